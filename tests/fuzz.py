"""Random panels through every entry point, without end: ``python -m tests.fuzz`` (`make fuzz`).

Each round runs the properties of `tests.test_entry_points` with a new seed and prints what was seen so far; the first
failure ends it, with the smallest example that hypothesis finds and the seed that gives it again
(``python -m tests.fuzz SEED``).
"""

import itertools
import os
import random
import sys
import time
import warnings

import hypothesis

from skhippo import AmbiguousInputWarning

# Per property and round.
PANELS = 100
os.environ["SKHIPPO_FUZZ_PANELS"] = str(PANELS)  # before the properties are made

from tests import test_entry_points as entry_points  # noqa: E402

PROPERTIES = [value for name, value in vars(entry_points).items() if name.startswith("test_")]


def run(seed):
    for test in PROPERTIES:
        hypothesis.seed(seed)(test)()


def main(seeds):
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", AmbiguousInputWarning)  # as in the tests
    begin = time.monotonic()
    for round_, seed in enumerate(seeds, start=1):
        try:
            run(seed)
        except BaseException:
            print(f"seed {seed}: python -m tests.fuzz {seed}", file=sys.stderr)
            raise
        worst = ", ".join(f"{what} {error:.1e}" for what, error in entry_points.WORST.items())
        panels = round_ * PANELS * len(PROPERTIES)
        print(f"{time.monotonic() - begin:6.0f} s, {panels} panels; worst error: {worst}", flush=True)


if __name__ == "__main__":
    main(map(int, sys.argv[1:]) if len(sys.argv) > 1 else (random.getrandbits(32) for _ in itertools.count()))
