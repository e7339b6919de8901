"""Processor time of `project` under each measure relative to LegT: the table of costs in docs/guide/since_2020.rst.

Run it from the root of the repository::

    python -m tests.benchmarks.measure_costs

Each ratio is the median over rounds in which both measures take turns, so a busy machine changes them little.
"""

from __future__ import annotations

import time

import numpy as np

from skhippo import ChebT, FouT, JacS, JacT, LagT, LegE, LegS, LegT, Panel, WavS, WavT, as_panel, project
from skhippo.measures import Measure

ROUNDS = 7
ORDERS = (16, 64)


def panels() -> dict[str, Panel]:
    """Return panels of a million observations: one long series, many short ones, and an equally spaced one."""
    rng = np.random.default_rng(0)

    def walks(number: int, length: int) -> Panel:
        times = np.cumsum(rng.exponential(size=(number, length)), axis=1)
        return as_panel([(row, rng.normal(size=length)) for row in times])

    sizes = {"one of 1,000,000": (1, 1_000_000), "1,000 of 1,000": (1000, 1000), "10,000 of 100": (10_000, 100)}
    regular = as_panel(rng.normal(size=(1, 1, 1_000_000)))
    return {what: walks(*size) for what, size in sizes.items()} | {"one of 1,000,000, equally spaced": regular}


def measures(theta: float) -> dict[str, Measure]:
    """Return the measures; windows are as long as the median series, fading memories a third of it."""
    return {
        "LegS": LegS(),
        "LagT": LagT(theta / 3),
        "FouT": FouT(theta),
        "ChebT": ChebT(theta),
        "JacS(-0.5, 0)": JacS(-0.5, 0.0),
        "JacS(0, 1)": JacS(0.0, 1.0),
        "JacT(-0.5, 0)": JacT(theta, -0.5, 0.0),
        "LegE": LegE(theta / 3),
        "WavS(0)": WavS(0),
        "WavS(3)": WavS(3),
        "WavT(3)": WavT(theta, 3),
    }


def seconds(panel: Panel, measure: Measure, order: int) -> float:
    begin = time.process_time()
    project(panel, measure, order, n_jobs=1)
    return time.process_time() - begin


def ratio(panel: Panel, measure: Measure, known: Measure, order: int) -> float:
    """Return the cost under a measure relative to that under a known one."""
    seconds(panel, measure, order), seconds(panel, known, order)  # compile, and make tables
    return float(np.median([seconds(panel, measure, order) / seconds(panel, known, order) for _ in range(ROUNDS)]))


def main() -> None:
    for what, panel in panels().items():
        theta = float(np.median(panel.times[panel.offsets[1:] - 1] - panel.times[panel.offsets[:-1]]))
        for order in ORDERS:
            row = {name: ratio(panel, measure, LegT(theta), order) for name, measure in measures(theta).items()}
            print(what, order, *(f"{name} {value:.2f}" for name, value in row.items()), sep="  ", flush=True)


if __name__ == "__main__":
    main()
