"""What scattering costs beside MiniRocket: the table of docs/scattering.rst (`make bench-scattering`).

The same series, whole and of one length (as MiniRocket needs them; its interpolation is not counted), in one thread and
side by side in one run.  The times are processor times, so that a busy machine counts less.
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
HEAD = ["set", "series", "channels", "length"]
HEAD += [f"{what}, {whose}" for what in ("fit", "transform") for whose in ("ms", "MiniRocket", "ratio")]
ROUNDS = 15


def best(work):
    """Milliseconds, the least of some rounds: not in turns, for the other's threads wait busily for a while."""
    work()  # compiles
    found = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        found.append(1e3 * (time.process_time() - begin))
    return min(found)


def row(name):
    X, _ = load_uea(name, "train")
    length = int(X.lengths.max())
    cube = Grid(length).transform(X)
    X = as_panel(cube)
    ours, rocket = HiPPOScatteringTransformer(n_jobs=1), MiniRocketMultivariate(n_jobs=1, random_state=0)
    fits = best(lambda: ours.fit(X)), best(lambda: rocket.fit(cube))
    made = best(lambda: ours.transform(X)), best(lambda: rocket.transform(cube))
    cells = [cell for a, b in (fits, made) for cell in (f"{a:.3g}", f"{b:.3g}", as_ratio(b / a))]
    return [name, str(len(X)), str(X.n_channels), str(length), *cells]


if __name__ == "__main__":
    table = simple_table(HEAD, [row(name) for name in SETS])
    print(table)
    pathlib.Path(sys.argv[1]).write_text(f"{table}\n", encoding="utf-8")
