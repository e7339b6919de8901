"""Series of a long table under a measure of the whole history: what a partition sends, and what becomes of it.

A long piece of a series is sent as what is remembered of it, N + 4 numbers per channel, a short one as its
observations.  A row of the table that is sent is an observation, or one of the numbers per channel of a long piece:
so a row is as wide for one kind as for the other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhippo._support.types import Floats, Integers
from skhippo.distributed.rows import SERIES, TIME, Columns, finished, make_table, value_columns
from skhippo.measures import Measure
from skhippo.memory import checks
from skhippo.memory.history_store import HistoryStore
from skhippo.memory.store import Setting
from skhippo.panel.clocks import NAIVE, NUMBERS
from skhippo.panel.container import Panel
from skhippo.panel.labels import shown
from skhippo.panel.times import dates_after
from skhippo.projection.hold import Domain
from skhippo.projection.projection import project_ends
from skhippo.transformer.transformer import HiPPOTransformer

__all__ = ["join_pieces", "keep_pieces"]

_PLACE = "place"
# A piece is sent as observations if it has at most this many, and this many for each coefficient: to bring these
# together costs less than to join a piece, which takes O(N^2).
_FEW = (8, 2)


def keep_pieces(transformer: HiPPOTransformer, columns: Columns, frame: Any) -> Any:
    """Return what is sent of the pieces of series in a partition."""
    panel = checks.read_panel(columns.panel(frame, transformer))
    long = panel.lengths > _FEW[0] + _FEW[1] * transformer.order
    parts = []
    if not long.all():
        parts.append(_observations(panel._take(np.flatnonzero(~long))))
    if long.any():
        parts.append(_remembered(transformer, panel._take(np.flatnonzero(long))))
    ids, times, place, values = (np.concatenate(column) for column in zip(*parts, strict=True))
    return make_table(ids, frame[columns.series], {TIME: times, _PLACE: place}, values)


def _observations(panel: Panel) -> tuple[NDArray, NDArray, Integers, Floats]:
    """Return ids, times, places and values of rows that are observations, at the place 0."""
    times = panel.times if panel.origins is None else panel._dates()
    ids = np.repeat(np.asarray(panel.series_ids), panel.lengths)
    return ids, times, np.zeros(len(times), dtype=np.int64), panel.values.astype(np.float64, copy=False)


def _remembered(transformer: HiPPOTransformer, panel: Panel) -> tuple[NDArray, NDArray, Integers, Floats]:
    """Return the same of rows that hold what is remembered of pieces, from the place 1 on.

    These are the start, the end and the number of observations, the same for each channel, and the rest of the store.
    """
    store = HistoryStore.empty(_setting(transformer, len(panel))).begin(panel)
    kept = store.as_rows()
    ends = np.column_stack([kept[:, :2], panel.lengths])
    lines = np.column_stack([np.repeat(ends, panel.n_channels, axis=1), kept[:, 2:]])
    height = lines.shape[1] // panel.n_channels
    times = store.start if store.origins is None else store.origins
    return (
        np.repeat(np.asarray(panel.series_ids), height),
        np.repeat(times, height),
        np.tile(np.arange(1, height + 1), len(panel)),
        lines.reshape(-1, panel.n_channels),
    )


class _Lines(NamedTuple):
    """Rows that were sent, by series, time and place."""

    codes: Integers  # number of the series
    times: NDArray
    place: Integers
    values: Floats

    @classmethod
    def of(cls, frame: Any, codes: Integers) -> _Lines:
        """Sort the rows of a frame."""
        times, place = frame[TIME].to_numpy(), frame[_PLACE].to_numpy()
        order = np.lexsort((place, times, codes))
        return cls(codes[order], times[order], place[order], frame[value_columns(frame)].to_numpy()[order])

    def where(self, rows: NDArray[np.bool_]) -> _Lines:
        """Return some of the rows."""
        return _Lines(self.codes[rows], self.times[rows], self.place[rows], self.values[rows])

    def panel(self, ids: NDArray) -> Panel:
        """Return observations by series; raises where a time is there twice."""
        new = np.flatnonzero(np.diff(self.codes, prepend=-1))
        return Panel(self.values, self.times, [*new, len(self.codes)], series_ids=ids[self.codes[new]])


class _Joined(NamedTuple):
    """Coefficients, durations and numbers of observations of series."""

    coefficients: Floats
    durations: Floats
    counts: Integers


def join_pieces(transformer: HiPPOTransformer, series: str, dtype: np.dtype, frame: Any) -> Any:
    """Return the features of series, all pieces of which are there."""
    codes, ids = frame[SERIES].factorize()
    lines = _Lines.of(frame, codes)
    remembered = np.zeros(len(ids), dtype=bool)
    remembered[lines.codes[lines.place > 0]] = True
    shape = (len(ids), lines.values.shape[1], transformer.order)
    out = _Joined(np.empty(shape), np.empty(len(ids)), np.empty(len(ids), dtype=np.int64))
    for chosen, of_series in ((~remembered, _of_observations), (remembered, _of_pieces)):
        if chosen.any():
            found = of_series(transformer, series, np.asarray(ids), lines.where(chosen[lines.codes]))
            for column, part in zip(out, found, strict=True):
                column[chosen] = part
    return finished(transformer, ids.rename(series), *out, dtype)


def _of_observations(transformer: HiPPOTransformer, series: str, ids: NDArray, lines: _Lines) -> _Joined:
    """Describe series that were sent as observations only, as on one machine."""
    panel = lines.panel(ids)
    domain = Domain.of(panel, transformer.hold)
    coefficients = project_ends(panel, transformer.measure_, transformer.order, transformer.hold, domain)
    return _Joined(coefficients, domain.duration, panel.lengths)


def _of_pieces(transformer: HiPPOTransformer, series: str, ids: NDArray, lines: _Lines) -> _Joined:
    """Describe series of which some pieces were sent as coefficients."""
    codes, counts, kept = _pieces(transformer, series, ids, lines)
    start, now = kept.times_as_given()
    order = np.lexsort((start, codes))
    codes, counts, kept = codes[order], counts[order], kept.take(order)
    _check_overlap(ids, codes, start[order], now[order], transformer.measure_, series)
    kept = _join_neighbours(transformer, codes, kept)
    counts = np.add.reduceat(counts, np.flatnonzero(np.diff(codes, prepend=-1)))
    # With hold="previous" the last value lasts for a mean step, in which nothing is observed.
    kept.now = Domain.spanning(kept.start, kept.now, counts, transformer.hold).end
    coefficients = kept.coefficients().reshape(len(counts), -1, transformer.order)
    return _Joined(coefficients, kept.now - kept.start, counts)


def _pieces(
    transformer: HiPPOTransformer, series: str, ids: NDArray, lines: _Lines
) -> tuple[Integers, Integers, HistoryStore]:
    """Return of pieces the series, the number of observations, and what is remembered.

    Observations between two pieces that came as coefficients are one piece, whatever partitions they were in.
    """
    begins, seen = lines.place == 1, lines.place == 0
    codes, counts, kept = lines.codes[begins], *_read(transformer, series, ids, lines.where(~seen))
    if not seen.any():
        return codes, counts, kept
    alone, before = lines.where(seen), np.cumsum(begins)[seen]
    new = np.flatnonzero(np.diff(alone.codes, prepend=-1) | np.diff(before, prepend=-1))
    panel = alone.panel(ids)
    runs = Panel._trusted(
        values=panel.values,
        _times=panel._times,
        offsets=np.append(new, len(before)),
        origins=None if panel.origins is None else panel.origins[np.searchsorted(panel.offsets, new, "right") - 1],
        time_kind=panel.time_kind,
    )
    store = HistoryStore.empty(_setting(transformer, len(runs))).begin(runs)
    return np.append(codes, alone.codes[new]), np.append(counts, runs.lengths), kept.join([store])


def _read(transformer: HiPPOTransformer, series: str, ids: NDArray, lines: _Lines) -> tuple[Integers, HistoryStore]:
    """Return the number of observations and the store of pieces that were sent as coefficients."""
    first, last = lines.where(lines.place == 1), lines.where(lines.place == 2)
    start, now, origins = first.values[:, 0], last.values[:, 0], None
    if lines.times.dtype.kind == "M":
        origins = first.times
        start, now = dates_after(start, origins), dates_after(now, origins)
    # Two with the same start cannot be told apart.
    _check_overlap(ids, first.codes, start, now, transformer.measure_, series)
    n_channels = lines.values.shape[1]
    numbers = lines.values.reshape(len(start), -1)
    rows = np.column_stack([numbers[:, : 2 * n_channels : n_channels], numbers[:, 3 * n_channels :]])
    return numbers[:, 2 * n_channels].astype(np.int64), _store(transformer, rows, origins)


def _join_neighbours(transformer: HiPPOTransformer, codes: Integers, kept: HistoryStore) -> HistoryStore:
    """Return one stream per series; those of a series are in the order of time."""
    place = np.arange(len(codes)) - np.searchsorted(codes, codes)
    while place.any():
        newer, left = np.flatnonzero(place % 2), np.flatnonzero(place % 2 == 0)
        union = kept.take(newer - 1).absorb(kept.take(newer))
        rows, origins = kept.as_rows(), None if kept.origins is None else kept.origins.copy()
        rows[newer - 1] = union.as_rows()
        kept = _store(transformer, rows, origins).take(left)
        place = place[left] // 2
    return kept


def _setting(transformer: HiPPOTransformer, n_streams: int) -> Setting:
    n_channels = len(transformer.scale_)
    return Setting(transformer.measure_, transformer.order, transformer.hold, n_streams, n_channels, "bilinear")


def _store(transformer: HiPPOTransformer, rows: Floats, origins: NDArray | None) -> HistoryStore:
    """Return the store that rows hold; origins are dates if the times are."""
    return HistoryStore.from_rows(
        _setting(transformer, len(rows)), rows, origins, NUMBERS if origins is None else NAIVE
    )


def _check_overlap(ids: Any, codes: Integers, start: NDArray, now: NDArray, measure: Measure, series: str) -> None:
    """Raise if pieces of a series, sorted by their starts, overlap in time."""
    overlap = np.flatnonzero((codes[1:] == codes[:-1]) & (start[1:] <= now[:-1]))
    if overlap.size:
        i = overlap[0]
        raise ValueError(
            f"series {shown(ids[codes[i]])}: one partition has observations from {start[i]} to {now[i]}, another "
            f"from {start[i + 1]} to {now[i + 1]}: with {measure!r} partitions must not overlap in time; if "
            "observations were delivered twice, use table.drop_duplicates(), else bring each series into one "
            f"partition, table.shuffle({series!r})"
        )
