"""What earlier runs of the benchmarks found: one line of JSON per run, with every ratio (`make bench-history`)."""

import datetime
import json
import math
import pathlib
import statistics
import subprocess

from tests.benchmarks.table import as_ratio, machine

PATH = pathlib.Path(__file__).with_name("history.jsonl")
# A ratio below this share of the median of earlier runs is called a regression: more than the noise of a busy machine.
_WORSE = 0.8


def ratios(lines):
    """Return the ratio of each line of the speed table that has a reference, by its work and its reference."""
    return {f"{line.work} / {line.reference}": line.ratio for line in lines if not math.isnan(line.reference_seconds)}


def read(path=PATH):
    """Return the earlier runs, oldest first."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def append(found, path=PATH):
    """Add a run: its date, its commit, the machine and its ratios."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes")
    run = {"date": now, "commit": commit.strip(), "machine": machine()}
    run["ratios"] = {name: float(f"{ratio:.3g}") for name, ratio in found.items()}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(run) + "\n")


def regressions(found, earlier):
    """Return a sentence for each ratio that is clearly lower than in earlier runs."""
    worse = []
    for name, ratio in found.items():
        known = [run["ratios"][name] for run in earlier if name in run["ratios"]]
        if known and ratio < _WORSE * statistics.median(known):
            worse.append(
                f"{name}: {as_ratio(ratio)}, in {len(known)} earlier runs {as_ratio(statistics.median(known))}"
            )
    return worse
