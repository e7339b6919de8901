"""Time and memory of reading PhysioNet 2012 (set A) as a stacked table and as lists, beside pandas and tsfresh.

Run with ``python -m tests.benchmarks.reading``; needs the set PhysioNet2012 in the folder ``SKHIPPO_DATA``, Linux (for
the peak of memory), pandas, polars and pyarrow.  tsfresh is measured if it is installed.  Each way runs in a process of
its own.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow.parquet as pq

from skhippo import Panel, as_panel
from tests.benchmarks.physionet import read_set

STACKED, LISTS = "stacked.parquet", "lists.parquet"


def stacked():
    """Return the table of events as pandas reads it."""
    return pd.read_parquet(STACKED)


def pivot(frame):
    """Return what pandas makes of the table of events: one column per parameter."""
    return frame.pivot_table(index=["id", "t"], columns="kind", values="value", aggfunc="last")


def pieces(frame):
    """Return what tsfresh makes of the table of events: one series of pandas per record and parameter."""
    from tsfresh.feature_extraction.data import to_tsdata

    found = list(to_tsdata(frame, column_id="id", column_sort="t", column_kind="kind", column_value="value"))
    return pd.DataFrame(index=range(len(found)))


WAYS = {
    "stacked, pandas": (stacked, lambda frame: Panel.from_long(frame, variable="kind", value="value")),
    "stacked, pandas categories": (
        lambda: stacked().astype({"kind": "category"}),
        lambda frame: Panel.from_long(frame, variable="kind", value="value"),
    ),
    "stacked, polars": (
        lambda: pl.read_parquet(STACKED),
        lambda frame: Panel.from_long(frame, variable="kind", value="value"),
    ),
    "stacked, pyarrow": (
        lambda: pq.read_table(STACKED),
        lambda frame: Panel.from_long(frame, variable="kind", value="value"),
    ),
    "pivot of pandas alone": (stacked, pivot),
    "pivot of pandas, then as_panel": (stacked, lambda frame: as_panel(pivot(frame))),
    "pieces of tsfresh": (stacked, pieces),
    "lists, pyarrow": (lambda: pq.read_table(LISTS), as_panel),
    "lists, polars": (lambda: pl.read_parquet(LISTS), as_panel),
    "lists, pandas": (lambda: pd.read_parquet(LISTS), as_panel),
}


def peak():
    """Return the highest resident memory since it was reset, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def measure(way):
    """Print the processor time of a way, the best of three, and its additional memory, after the table was loaded."""
    load, read = WAYS[way]
    frame = load()
    Path("/proc/self/clear_refs").write_text("5")
    before, start = peak(), time.process_time()
    found = read(frame)
    seconds, more = time.process_time() - start, peak() - before
    for _ in range(2 if seconds < 10 else 0):
        start = time.process_time()
        read(frame)
        seconds = min(seconds, time.process_time() - start)
    rows = f"{len(found)} rows" if isinstance(found, pd.DataFrame) else f"{found.n_observations} values"
    print(f"{way:32s} {seconds:6.2f} s  {more:7.0f} MB more  {rows}", flush=True)


def main():
    """Write both tables into a temporary folder and measure each way in a fresh process."""
    archive = Path(os.environ["SKHIPPO_DATA"]) / "PhysioNet2012" / "set-a.tar.xz"
    panel = read_set(archive)
    root = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        events = panel.to_long().melt(["id", "t"], var_name="kind").dropna().sort_values(["id", "t"], kind="stable")
        print(
            f"{len(events)} events; {panel.values.size} cells if pivoted; the panel has {panel.values.nbytes >> 20} MB"
        )
        events.to_parquet(Path(folder) / STACKED, index=False)
        pq.write_table(panel.to_arrow(), Path(folder) / LISTS)
        for way in WAYS:
            if "tsfresh" in way and importlib.util.find_spec("tsfresh") is None:
                continue
            command = [sys.executable, "-m", "tests.benchmarks.reading", way]
            subprocess.run(command, cwd=folder, env=os.environ | {"PYTHONPATH": str(root)}, check=True)


if __name__ == "__main__":
    measure(sys.argv[1]) if len(sys.argv) > 1 else main()
