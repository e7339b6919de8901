"""What `skhippo.distributed.transform` of a table costs: the table of docs/guide/distributed.rst.

Run with ``python -m tests.benchmarks.dask_costs``; needs Dask with data frames.  The table has 200,000 rows of two
channels and is sorted by time, so each of its 8 partitions has a piece of every series.  Processor time of one process,
the best of three runs, so that a busy machine counts little.
"""

import time
from unittest.mock import patch

import dask.dataframe
import numpy as np
import pandas as pd

from skhippo import HiPPOTransformer, Panel
from skhippo.distributed import pieces, transform

PARTITIONS = 8
#: series, observations per piece, order
CASES = [(5000, 5, 4), (5000, 5, 16), (5000, 5, 64), (1000, 25, 64), (50, 500, 16)]


def table(n_series: int, per_piece: int) -> pd.DataFrame:
    """Return the rows of all series, sorted by time."""
    rng = np.random.default_rng(0)
    n_times = PARTITIONS * per_piece
    rows = pd.DataFrame(
        {"id": np.tile(np.arange(n_series), n_times), "t": np.repeat(np.arange(float(n_times)), n_series)}
    )
    return rows.assign(x=rng.normal(size=len(rows)), y=rng.normal(size=len(rows)))


def seconds(work) -> float:
    """Return the processor time of a call, the best of three."""
    found = []
    for _ in range(3):
        begin = time.process_time()
        work()
        found.append(time.process_time() - begin)
    return min(found)


def main() -> None:
    """Print one line per case: the seconds as it is, with coefficients of every piece, and after a shuffle."""
    print(f"{'series':>7} {'piece':>6} {'order':>6} {'transform':>10} {'coefficients':>13} {'shuffled':>9}")
    for n_series, per_piece, order in CASES:
        rows = table(n_series, per_piece)
        parts = dask.dataframe.from_pandas(rows, npartitions=PARTITIONS, sort=False)
        hippo = HiPPOTransformer(order=order).fit(Panel.from_long(rows[rows["id"] < 50]))

        def run(parts=parts, hippo=hippo):
            return transform(hippo, parts).compute(scheduler="sync")

        local = hippo.transform(Panel.from_long(rows))
        np.testing.assert_allclose(run().sort_index(), local, rtol=0, atol=1e-9)
        plain = seconds(run)
        with patch.object(pieces, "_FEW", (0, 0)):  # every piece is sent as coefficients
            joined = seconds(run)
        shuffled = seconds(lambda parts=parts, run=run: run(parts.shuffle("id")))
        print(f"{n_series:7d} {per_piece:6d} {order:6d} {plain:10.2f} {joined:13.2f} {shuffled:9.2f}", flush=True)


if __name__ == "__main__":
    main()
