"""Panels and parameters that hypothesis draws for all entry points, and every container that can carry a panel."""

import importlib.util
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from skhippo import ChebT, FouT, LagT, LegS, LegT, Panel
from skhippo.measures import Measure

nan = np.nan
CLOCKS = ["sample numbers", "numbers", "durations", "dates"]
START = np.datetime64("1999-12-31T23:59:59.250", "ms")


@dataclass(frozen=True)
class Case:
    """A panel, series by series, and what is computed of it."""

    series: list[tuple[np.ndarray, np.ndarray]]  # times on the clock that the definition has, values (n_channels, n)
    clock: str
    measure: Measure
    order: int
    hold: str
    cut: float  # a fraction of the observations of each series

    @property
    def scale(self):
        """Largest absolute value, at least the smallest that leaves room for rounding."""
        sizes = [float(np.nanmax(np.abs(values), initial=0.0)) for _, values in self.series]
        return max(*sizes, 1e-280)

    def given(self, times):
        """Return times as the user has them."""
        if self.clock in ("dates", "durations"):
            spans = np.rint(1000 * times).astype("timedelta64[ms]")
            return START + spans if self.clock == "dates" else spans
        return times

    def pairs(self):
        return [(self.given(times), values) for times, values in self.series]


@st.composite
def cases(draw, most=4, longest=9, highest=12):
    """Irregular, ragged, holed panels on clocks of every kind, measures of every time scale relative to them."""
    clock = draw(st.sampled_from(CLOCKS))
    n_channels = draw(st.integers(1, 3))
    unit = draw(st.sampled_from([1.0, 1e-6, 1e7])) if clock == "numbers" else 1.0
    origin = unit * draw(st.sampled_from([0, 0, -3, 10**6])) if clock == "numbers" else 0.0
    size = draw(st.sampled_from([1.0, 1.0, 1e-150, 1e150]))
    dtype = draw(st.sampled_from([np.float64, np.float64, np.float32])) if size == 1.0 else np.float64
    series = []
    for _ in range(draw(st.integers(1, most))):
        n = draw(st.integers(1, longest))
        gaps = draw(st.lists(st.sampled_from([1, 2, 7, 250, 1000, 10**6]), min_size=n - 1, max_size=n - 1))
        steps = np.append(0.0, np.cumsum(gaps))
        times = np.arange(n) * 1.0 if clock == "sample numbers" else origin + unit * steps / 1000
        cells = draw(st.lists(st.integers(-9, 8), min_size=n * n_channels, max_size=n * n_channels))
        values = size * np.array(cells, dtype=float).reshape(n_channels, n) / 4
        values[values == -9 * size / 4] = nan
        if draw(st.integers(0, 5)) == 0:
            values[draw(st.integers(0, n_channels - 1))] = nan  # a channel that was never observed
        if clock == "sample numbers" and np.isnan(values[:, -1]).all():
            values[0, -1] = size  # else it would be padding
        series.append((times, values.astype(dtype)))
    duration = float(np.median([times[-1] - times[0] for times, _ in series])) or unit
    theta = duration * draw(st.sampled_from([1.0, 0.03, 0.4, 3.0]))
    kinds = [LegS(), LegT(theta), LagT(theta), LagT(theta, alpha=0.7, beta=0.6), FouT(theta), ChebT(theta)]
    measure, hold = draw(st.sampled_from(kinds)), draw(st.sampled_from(["linear", "previous"]))
    return Case(
        series, clock, measure, draw(st.integers(1, highest)), hold, draw(st.sampled_from([0.0, 0.3, 0.6, 1.0]))
    )


def carriers(case):
    """Yield the name of a container, the container, and the time channel that it has, for all that can carry a case."""
    pairs = case.pairs()
    yield "pairs", pairs, None
    cells = np.empty(len(pairs), dtype=object)
    cells[:] = pairs
    yield "object array", cells, None
    if case.clock != "durations":  # of which a panel keeps the seconds only
        lengths = [len(times) for times, _ in pairs]
        yield (
            "panel",
            Panel(
                np.concatenate([values.T for _, values in pairs]),
                np.concatenate([times for times, _ in pairs]),
                np.append(0, np.cumsum(lengths)),
            ),
            None,
        )
    if case.clock == "sample numbers":
        yield from _arrays([values for _, values in pairs])
    if case.clock in ("sample numbers", "numbers"):
        yield "time channel", [np.vstack([times, values.astype(float)]) for times, values in pairs], 0
    if importlib.util.find_spec("pandas"):
        yield from _frames(pairs)
    yield from _tables(pairs)


def _arrays(values):
    yield "list of arrays", values, None
    yield "nested lists", [rows.tolist() for rows in values], None
    cube = np.full((len(values), len(values[0]), max(rows.shape[1] for rows in values)), nan, values[0].dtype)
    for padded, rows in zip(cube, values, strict=True):
        padded[:, : rows.shape[1]] = rows
    yield "cube", cube, None
    if cube.shape[1] == 1:
        yield "flat array", cube[:, 0], None
    for library in ("pandas", "polars"):
        if cube.shape[1] == 1 and cube.shape[2] > 1 and importlib.util.find_spec(library):
            columns = {f"t{k}": cube[:, 0, k] for k in range(cube.shape[2])}
            yield f"wide {library}", importlib.import_module(library).DataFrame(columns), None


def _frames(pairs):
    import pandas as pd

    names = list("abc")[: len(pairs[0][1])]
    frames = [pd.DataFrame(values.T, index=times, columns=names) for times, values in pairs]
    yield "frames", frames, None
    ids = [f"s{9 - i}" for i in range(len(frames))]
    yield "two index levels", pd.concat(dict(zip(ids, frames, strict=True)), names=["id", "t"]), None
    yield "nested frame", pd.DataFrame({name: [frame[name] for frame in frames] for name in names}), None


def _tables(pairs):
    for library in ("pandas", "polars", "pyarrow"):
        if importlib.util.find_spec(library):
            yield f"long {library}", Panel.from_long(long_table(library, pairs)), None


def long_table(library, pairs):
    """Return pairs as a long table whose rows of all series take turns."""
    rank = np.concatenate([np.arange(len(times)) for times, _ in pairs])
    order = np.argsort(rank, kind="stable")  # rows of all series in turn
    columns = {
        "id": np.concatenate([np.full(len(times), i) for i, (times, _) in enumerate(pairs)])[order],
        "t": np.concatenate([times for times, _ in pairs])[order],
    }
    values = np.concatenate([values for _, values in pairs], axis=1)[:, order]
    columns |= {f"x{c}": row for c, row in enumerate(values)}
    module = importlib.import_module(library)
    return module.table(columns) if library == "pyarrow" else module.DataFrame(columns)
