"""Time of the projection relative to that of the recurrence, for features at the end: a figure of docs/guide/along.rst.

Run it from the root of the repository::

    python -m tests.benchmarks.recurrence_costs

Each ratio is the median over rounds in which both methods take turns, in processor time.
"""

import time

import numpy as np

from skhippo import HiPPOTransformer, as_panel

ORDER = 16
ROUNDS = 7


def main() -> None:
    """Print one ratio per measure, for 2000 irregular series of 20 to 200 observations."""
    rng = np.random.default_rng(0)
    panel = as_panel([(np.sort(rng.random(n)), rng.normal(size=n)) for n in rng.integers(20, 201, 2000)])
    for measure in ("legs", "legt", "lagt", "fout", "chebt"):
        theta = None if measure == "legs" else 0.5
        settings = {"measure": measure, "order": ORDER, "theta": theta, "n_jobs": 1}
        methods = [HiPPOTransformer(**settings, method=m).fit(panel) for m in ("projection", "recurrence")]

        def seconds(transformer):
            begin = time.process_time()
            transformer.transform(panel)
            return time.process_time() - begin

        for transformer in methods:
            transformer.transform(panel)  # compile
        ratio = np.median([seconds(methods[0]) / seconds(methods[1]) for _ in range(ROUNDS)])
        print(f"{measure:6s} {ratio:.2f}")


if __name__ == "__main__":
    main()
