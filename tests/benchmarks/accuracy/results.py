"""Records of runs, kept so that a run can stop and go on."""

import json
from pathlib import Path


class Store:
    """Records, one a line in one file a set; the key of a record is what it was measured on."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.records = {}
        for file in sorted(self.folder.glob("*.jsonl")):
            for line in file.read_text(encoding="utf-8").splitlines():
                record = json.loads(line)
                self.records[_key(record)] = record

    def find(self, set_name, method, seed, condition):
        """Return a record, or None."""
        return self.records.get((set_name, method, seed, condition))

    def add(self, record):
        self.records[_key(record)] = record
        with (self.folder / f"{record['set']}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")


def _key(record):
    return record["set"], record["method"], record["seed"], record["condition"]
