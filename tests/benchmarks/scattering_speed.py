"""What scattering costs beside MiniRocket: the table of docs/scattering.rst (`make bench-scattering`).

The same series, whole and of one length (as MiniRocket needs them; its interpolation is not counted), one thread and
two.  Side by side in one run: processor time for one thread, so that a busy machine counts less, and wall-clock time
for two.
"""

import pathlib
import sys
import time

from sktime.transformations.rocket import MiniRocketMultivariate

from skhippo import HiPPOScatteringTransformer, as_panel
from skhippo.datasets import load_uea
from tests.benchmarks.accuracy.methods import Grid
from tests.benchmarks.table import as_ratio, simple_table

SETS = ("JapaneseVowels", "RacketSports", "Libras", "SyntheticControl", "GunPoint", "Epilepsy", "OSULeaf")
HEAD = ["set", "series", "channels", "length", "threads"]
HEAD += [f"{what}, {whose}" for what in ("fit", "transform") for whose in ("ms", "MiniRocket", "ratio")]
ROUNDS = 15


def best(work, clock):
    """Milliseconds, the least of some rounds: not in turns, for the other's threads wait busily for a while."""
    work()  # compiles
    found = []
    for _ in range(ROUNDS):
        begin = clock()
        work()
        found.append(1e3 * (clock() - begin))
    return min(found)


def rows(name):
    X, _ = load_uea(name, "train")
    length = int(X.lengths.max())
    cube = Grid(length).transform(X)
    X = as_panel(cube)
    for n_jobs in (1, 2):
        ours, rocket = HiPPOScatteringTransformer(n_jobs=n_jobs), MiniRocketMultivariate(n_jobs=n_jobs, random_state=0)
        clock = time.process_time if n_jobs == 1 else time.perf_counter
        fits = [best(work, clock) for work in (lambda ours=ours: ours.fit(X), lambda rocket=rocket: rocket.fit(cube))]
        made = [
            best(work, clock)
            for work in (lambda ours=ours: ours.transform(X), lambda rocket=rocket: rocket.transform(cube))
        ]
        cells = [cell for a, b in (fits, made) for cell in (f"{a:.3g}", f"{b:.3g}", as_ratio(b / a))]
        yield [name, str(len(X)), str(X.n_channels), str(length), str(n_jobs), *cells]


if __name__ == "__main__":
    table = simple_table(HEAD, [row for name in SETS for row in rows(name)])
    print(table)
    pathlib.Path(sys.argv[1]).write_text(f"{table}\n", encoding="utf-8")
