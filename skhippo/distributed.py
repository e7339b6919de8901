"""Distributed (Dask): features and memories of series in a Dask collection.

- `transform`: the features of a fitted transformer, for a bag, delayed panels, an array of series, or a long table
  whose series may cross its partitions.
- `remember`: a `HiPPOMemory` of one long series that is given in chunks.

Both are lazy.  Workers send each other memories, not whole series.  For LegS and LagT a memory is a row of ``order``
numbers per channel and stretch of a series; for a window measure it is the observations in the window.  Stretches are
joined in pairs, neighbours in time first (`skhippo.memory.merging`).  The result equals that of one machine, up to
rounding.  If a worker fails, its tasks run again and give the same result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skhippo._support.names import plain
from skhippo._support.types import Floats, Integers
from skhippo.measures import Measure
from skhippo.memory import checks
from skhippo.memory.history_store import HistoryStore
from skhippo.memory.memory import HiPPOMemory
from skhippo.memory.merging import can_join
from skhippo.memory.store import Setting
from skhippo.panel.clocks import NAIVE, NUMBERS
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel
from skhippo.projection.hold import Hold, domain_end
from skhippo.projection.projection import project
from skhippo.scattering.scattering import HiPPOScatteringTransformer
from skhippo.transformer.transformer import HiPPOTransformer

try:
    import dask.array as da
    from dask import delayed
    from dask.base import is_dask_collection
    from dask.delayed import Delayed
except ImportError as error:
    raise ImportError('skhippo.distributed needs Dask: pip install "skhippo[dask]"') from error

__all__ = ["remember", "transform"]


# Columns of the tables that are sent between workers.
_SERIES, _TIME, _COUNT, _ORIGIN, _VALUE = "series", "time", "count", "origin", "value"
# For window measures: first and last time of the observations that a partition left out, and its last time.
_SPAN = ("left_out_from", "left_out_to", "last")


# ---------------------------------------------------------------------- features
def transform(
    transformer: HiPPOTransformer | HiPPOScatteringTransformer,
    X: Any,
    *,
    series: str = "id",
    time: str = "t",
    channels: Sequence[str] | str | None = None,
) -> Any:
    """Transform the series in a Dask collection to features.

    Parameters
    ----------
    transformer : HiPPOTransformer or HiPPOScatteringTransformer
        A fitted transformer; it may be fitted on a sample.  `HiPPOScatteringTransformer` needs whole series and takes
        no long table.
    X : dask.bag.Bag, list of Delayed, dask.array.Array or dask.dataframe.DataFrame
        The series, as one of:

        - a bag of series, each in a format that `as_panel` takes as the item of a list;
        - a list of delayed panels, or of anything else that `transformer.transform` takes (for one delayed series `s`,
          ``delayed([s])``);
        - an array of shape (n_series, n_times) or (n_series, n_channels, n_times);
        - a long table with one row per observation time.
    series, time : str
        Columns of a long table with the series ids and the observation times.  `series` may be the name of the index.
    channels : str or sequence of str, optional
        Columns of a long table that are channels.  By default the channels seen in `fit`; if those had no names, all
        other columns.

    Returns
    -------
    dask.array.Array or dask.dataframe.DataFrame
        The features, as ``transformer.transform`` returns them: one row per series, in the order of `X`.  The number
        of rows is known in advance only if `X` is an array.  For a long table, a frame with the series ids as its
        index and the feature names as its columns; the order of its rows is not defined.

    Raises
    ------
    TypeError
        If `X` or `transformer` has another type.
    ValueError
        If columns or channels are missing in the table, or if the transformer needs whole series and `X` is a table,
        whose series may cross partitions.  On computation: if series cannot be read, or if observations of a series in
        different partitions overlap in time (see Notes).

    Notes
    -----
    The rows of a partition may be in any order.

    With LegS and LagT, which cover the whole history, a partition sends one row per series.  So the partitions have to
    cut a series by time, for example into ``[0, 10)`` and ``[10, 20)``; the partitions may be in any order.
    ``table.shuffle("id")`` brings any other table into a valid form.

    With a window measure, a partition sends the observations in the window that ends with its last observation.  Only
    these may overlap in time with the observations of another partition.  Observations that were delivered twice raise
    an error, as on one machine.

    Examples
    --------
    >>> import dask.dataframe as dd
    >>> import pandas as pd
    >>> from skhippo import HiPPOTransformer, Panel
    >>> from skhippo.distributed import transform
    >>> long = pd.DataFrame({"id": [1, 1, 2, 1, 2], "t": [0.0, 1.0, 0.0, 2.5, 1.0], "x": [1.0, 0.0, 2.0, 3.0, 1.0]})
    >>> hippo = HiPPOTransformer(order=2, scaling=None).fit(Panel.from_long(long))
    >>> table = dd.from_pandas(long, npartitions=2, sort=False)  # cuts both series
    >>> transform(hippo, table).compute(scheduler="sync").sort_index().round(4)
        x__legs_c0  x__legs_c1
    id
    1          1.1      0.6813
    2          1.5     -0.2887
    """
    if not isinstance(transformer, (HiPPOTransformer, HiPPOScatteringTransformer)):
        raise TypeError(
            f"transformer is of type {type(transformer).__name__}: a fitted HiPPOTransformer or "
            "HiPPOScatteringTransformer is expected; from a pipeline, pass its first step"
        )
    transformer._check_fitted()
    if _is_collection(X) and hasattr(X, "dtypes"):
        return _transform_table(transformer, X, series, time, channels)
    parts, lengths = _parts(X)
    width = transformer._n_features_out
    dtype = np.dtype(np.float32 if getattr(X, "dtype", None) == np.float32 else np.float64)
    task, model = delayed(_features), delayed(transformer)
    rows = [
        da.from_delayed(task(model, part, dtype), (length, width), dtype=dtype)
        for part, length in zip(parts, lengths, strict=True)
    ]
    return da.concatenate(rows)


def _is_collection(X: Any) -> bool:
    return is_dask_collection(X) and not isinstance(X, Delayed)


def _parts(X: Any) -> tuple[list[Any], Sequence[float]]:
    """Return the parts of a collection, one per task, and their lengths; NaN for unknown lengths."""
    if isinstance(X, da.Array):
        whole = X.rechunk(dict.fromkeys(range(1, X.ndim), -1))
        return whole.to_delayed().ravel().tolist(), whole.chunks[0]
    if _is_collection(X):
        parts = X.to_delayed()
    elif isinstance(X, (list, tuple)) and X and all(hasattr(part, "key") for part in X):  # delayed or futures
        parts = list(X)
    else:
        raise TypeError(
            f"X is of type {type(X).__name__}: a dask bag, array or dataframe or a list of delayed panels is expected"
        )
    return parts, [np.nan] * len(parts)


def _features(transformer: HiPPOTransformer | HiPPOScatteringTransformer, part: Any, dtype: np.dtype) -> NDArray:
    """Return the features of one part; a part of a bag may be empty, or an iterator."""
    series = part if hasattr(part, "__len__") else list(part)
    if len(series) == 0:
        return np.empty((0, transformer._n_features_out), dtype)
    return np.asarray(transformer.transform(series)).astype(dtype, copy=False)


# ---------------------------------------------------------------------- one long series
def remember(
    chunks: Any,
    measure: str | Measure = "legs",
    order: int = 64,
    *,
    times: ArrayLike | None = None,
    theta: float | None = None,
    hold: Hold = "linear",
) -> Any:
    """Compute the memory of one series that is given in chunks.

    Parameters
    ----------
    chunks : dask.array.Array or list of Delayed
        Values of shape (n_times,) or (n_channels, n_times); or delayed pieces of the series in the order of time.  A
        piece is a pair ``(times, values)`` or a frame with a time index.
    measure, order, theta, hold
        Parameters of the memory, see `HiPPOMemory`.
    times : dask.array.Array or array-like of shape (n_times,), optional
        Observation times, if `chunks` is an array.  By default the sample numbers 0, 1, 2, ...

    Returns
    -------
    Delayed
        Computes to a `HiPPOMemory` of one stream, which can be read, reconstructed, updated further and saved.

    Raises
    ------
    TypeError
        If `chunks` is neither an array nor a list of delayed pieces.
    ValueError
        If `times` and `chunks` have different lengths, or if the chunks of an array have unknown lengths and `times` is
        missing.  On computation: if chunks cannot be read or do not follow each other in time.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> from skhippo import project
    >>> from skhippo.distributed import remember
    >>> values = np.sin(np.arange(1000.0) / 50)
    >>> memory = remember(da.from_array(values, chunks=300), order=8).compute(scheduler="sync")
    >>> bool(np.allclose(memory.coefficients, project(values[None], order=8), rtol=0, atol=1e-12))
    True
    """
    HiPPOMemory(measure, order, theta=theta, hold=hold)  # raises if a parameter is wrong
    task = delayed(_remember)
    setting = {"measure": measure, "order": order, "theta": theta, "hold": hold}
    if isinstance(chunks, da.Array):
        memories = [task(*part, **setting) for part in _timed_blocks(chunks, times)]
    elif isinstance(chunks, (list, tuple)) and chunks and all(hasattr(chunk, "key") for chunk in chunks):
        if times is not None:
            raise ValueError("times are given, but delayed chunks have their own: delayed((times, values))")
        memories = [task(chunk, **setting) for chunk in chunks]
    else:
        raise TypeError(
            f"chunks is of type {type(chunks).__name__}: a dask array or a list of delayed (times, values) is expected"
        )
    join = delayed(_join)
    while len(memories) > 1:
        pairs = [join(older, newer) for older, newer in zip(memories[::2], memories[1::2], strict=False)]
        memories = pairs + memories[2 * len(pairs) :]
    return memories[0]


def _timed_blocks(values: Any, times: Any) -> list[tuple[Any, Any]]:
    """Return the blocks of values along time, each with its times or its first sample number."""
    if values.ndim not in (1, 2):
        raise ValueError(f"chunks has shape {values.shape}: (n_times,) or (n_channels, n_times) is expected")
    whole = values if values.ndim == 1 else values.rechunk({0: -1})
    sizes = whole.chunks[-1]
    blocks = whole.to_delayed().ravel().tolist()
    if times is None:
        if np.isnan(sizes).any():
            raise ValueError("the chunks have unknown lengths: give times, or call chunks.compute_chunk_sizes() first")
        return list(zip(blocks, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))
    clock = times if isinstance(times, da.Array) else da.from_array(np.asarray(times), chunks=-1)
    if np.isnan([*sizes, *clock.shape]).any():
        if clock.ndim != 1 or clock.npartitions != len(blocks):
            raise ValueError(
                f"times has {clock.npartitions} chunks of unknown lengths, the values have {len(blocks)}: the same "
                "chunks are expected"
            )
    elif clock.shape != values.shape[-1:]:
        raise ValueError(f"times has shape {clock.shape}: {values.shape[-1:]} is expected, one time per value")
    else:
        clock = clock.rechunk((sizes,))
    return list(zip(blocks, clock.to_delayed().ravel().tolist(), strict=True))


def _remember(chunk: Any, times: Any = None, **setting: Any) -> HiPPOMemory:
    """Return the memory of a piece of a series; `times` may be the number of its first sample."""
    if times is not None:
        values = np.atleast_2d(chunk)
        chunk = (times + np.arange(values.shape[1], dtype=float) if np.ndim(times) == 0 else times, values)
    return HiPPOMemory.from_panel(as_panel([chunk]), **setting)


def _join(older: HiPPOMemory, newer: HiPPOMemory) -> HiPPOMemory:
    return older.copy().merge(newer)


# ---------------------------------------------------------------------- long tables
class _Columns(NamedTuple):
    """Columns of a long table."""

    series: str
    time: str
    channels: list[str]

    def panel(self, frame: Any, transformer: HiPPOTransformer) -> Panel:
        """Read a frame whose rows may be in any order."""
        rows = frame.sort_values(self.time) if self.time in frame else frame  # if it is missing, `from_long` raises
        panel = Panel.from_long(rows, self.series, self.time, self.channels)
        return transformer._with_indicators(transformer._read(panel, reset=False))


def _transform_table(
    transformer: HiPPOTransformer | HiPPOScatteringTransformer,
    table: Any,
    series: str,
    time: str,
    channels: Sequence[str] | str | None,
) -> Any:
    """Reduce each partition to what its series need, collect this by series, and compute the features."""
    if isinstance(transformer, HiPPOScatteringTransformer):
        raise ValueError(
            "scattering needs whole series, and those of a table may cross partitions: pass a bag or delayed panels of "
            f"whole series, such as table.shuffle({series!r}).to_delayed() with Panel.from_long in each"
        )
    if (transformer.method, transformer.output, transformer.windows) != ("projection", "final", 1):
        raise ValueError(
            f"method={transformer.method!r}, output={transformer.output!r}, windows={transformer.windows} needs whole "
            "series, and those of a table may cross partitions; only method='projection', output='final', windows=1 "
            f"does not: bring each series into one partition, table.shuffle({series!r}), and transform the partitions"
        )
    if series not in table.columns and table.index.name == series:
        table = table.reset_index()
    if channels is None:
        named = list(transformer._input_layout.channel_names or ())
        channels = named or [name for name in table.columns if name not in (series, time)]
    columns = _Columns(series, time, [channels] if isinstance(channels, str) else list(channels))
    whole_history = can_join(transformer.measure_)
    keep, join = (_keep_stretches, _join_stretches) if whole_history else (_keep_windows, _join_windows)
    example = table._meta_nonempty.iloc[:1]  # reading it raises if the columns are wrong
    dtype = columns.panel(example, transformer).dtype
    kept = keep(transformer, columns, example)
    joined = join(transformer, series, dtype, kept)
    # Bind the arguments, in which Dask would otherwise look for tables.
    keep_some = partial(_unless_empty, keep, kept.iloc[:0], transformer, columns)
    join_some = partial(_unless_empty, join, joined.iloc[:0], transformer, series, dtype)
    parts = table.map_partitions(keep_some, meta=kept.iloc[:0])
    return parts.shuffle(_SERIES).map_partitions(join_some, meta=joined.iloc[:0])


def _unless_empty(work: Callable[..., Any], empty: Any, *arguments: Any) -> Any:
    """Call `work` if the frame, the last argument, has rows; else return `empty`."""
    *rest, frame = arguments
    return work(*rest, frame) if len(frame) else empty


def _table(ids: NDArray | None, like: Any, columns: dict[str, NDArray], values: NDArray) -> Any:
    """Return a frame of series ids (with the dtype of `like`), more columns, and the columns of an array."""
    import pandas as pd

    labels = pd.DataFrame({_SERIES: pd.Series(ids, dtype=like.dtype), **columns})
    return labels.join(pd.DataFrame(values, columns=[f"{_VALUE}{i}" for i in range(values.shape[1])]))


def _value_columns(frame: Any) -> list[str]:
    return [name for name in frame.columns if name.startswith(_VALUE)]


# Whole histories: one row of the table per stretch of a series.


def _keep_stretches(transformer: HiPPOTransformer, columns: _Columns, frame: Any) -> Any:
    panel = checks.read_panel(columns.panel(frame, transformer))
    store = HistoryStore.empty(_setting(transformer, len(panel))).begin(panel)
    origins = {} if store.origins is None else {_ORIGIN: store.origins}
    return _table(panel.series_ids, frame[columns.series], {_COUNT: panel.lengths, **origins}, store.as_rows())


def _join_stretches(transformer: HiPPOTransformer, series: str, dtype: np.dtype, frame: Any) -> Any:
    codes, ids = frame[_SERIES].factorize()
    rows = frame[_value_columns(frame)].to_numpy()
    origins = frame[_ORIGIN].to_numpy() if _ORIGIN in frame else None
    kept = _store(transformer, rows, origins)
    start, now = kept.times_as_given()
    order = np.lexsort((start, codes))
    codes, kept = codes[order], kept.take(order)
    _check_overlap(ids, codes, start[order], now[order], transformer.measure_, series)
    place = np.arange(len(codes)) - np.searchsorted(codes, codes)
    while place.any():
        newer, left = np.flatnonzero(place % 2), np.flatnonzero(place % 2 == 0)
        union = kept.take(newer - 1).absorb(kept.take(newer))
        rows, origins = kept.as_rows(), None if kept.origins is None else kept.origins.copy()
        rows[newer - 1] = union.as_rows()
        kept = _store(transformer, rows, origins).take(left)
        place = place[left] // 2
    counts = np.bincount(codes, weights=frame[_COUNT].to_numpy()[order]).astype(np.int64)
    # With hold="previous" the last value lasts for a mean step, in which nothing is observed.
    kept.now = domain_end(kept.start, kept.now, counts, transformer.hold)
    coefficients = kept.coefficients().reshape(len(counts), -1, transformer.order)
    return _finished(transformer, ids.rename(series), coefficients, kept.now - kept.start, counts, dtype)


def _setting(transformer: HiPPOTransformer, n_streams: int) -> Setting:
    n_channels = len(transformer.scale_)
    return Setting(transformer.measure_, transformer.order, transformer.hold, n_streams, n_channels, "bilinear")


def _store(transformer: HiPPOTransformer, rows: Floats, origins: NDArray | None) -> HistoryStore:
    """Return the store that rows of the table hold; origins are dates if the times are."""
    return HistoryStore.from_rows(
        _setting(transformer, len(rows)), rows, origins, NUMBERS if origins is None else NAIVE
    )


def _check_overlap(ids: Any, codes: Integers, start: NDArray, now: NDArray, measure: Measure, series: str) -> None:
    """Raise if stretches of a series, sorted by their starts, overlap in time."""
    overlap = np.flatnonzero((codes[1:] == codes[:-1]) & (start[1:] <= now[:-1]))
    if overlap.size:
        i = overlap[0]
        raise ValueError(
            f"series {plain(ids[codes[i]])!r}: one partition has observations from {start[i]} to {now[i]}, another "
            f"from {start[i + 1]} to {now[i + 1]}: with {measure!r} partitions must not overlap in time; bring each "
            f"series into one partition, table.shuffle({series!r})"
        )


# Windows: one row of the table per observation, which may also count earlier observations that were left out.


def _keep_windows(transformer: HiPPOTransformer, columns: _Columns, frame: Any) -> Any:
    panel = columns.panel(frame, transformer)
    measure, first = transformer.measure_, panel.offsets[:-1]
    assert measure.time_scale is not None  # for the type checker
    _, last = panel._ends()
    reach = measure.time_scale * measure.horizon(transformer.order)
    old = panel.times <= np.repeat(last - reach, panel.lengths)
    keep = ~old
    keep[first] = True  # the domain begins here
    for channel in range(panel.n_channels):  # the value of its signal at the beginning of the window
        seen = np.where(old & ~np.isnan(panel.values[:, channel]), np.arange(old.size), -1)
        before = np.maximum.reduceat(seen, first)
        keep[before[before >= 0]] = True
    counts = np.ones(old.size, dtype=np.int64)
    counts[first] += panel.lengths - np.add.reduceat(keep, first, dtype=np.int64)
    times = panel.times if panel.origins is None else panel._dates()
    ids = np.repeat(np.asarray(panel.series_ids), panel.lengths)
    more = {_TIME: times[keep], _COUNT: counts[keep], **_spans(panel, times, keep)}
    return _table(ids[keep], frame[columns.series], more, panel.values[keep])


def _spans(panel: Panel, times: NDArray, keep: NDArray[np.bool_]) -> dict[str, NDArray]:
    """Return columns whose first row per series holds the time span that was left out and the series' end."""
    first, rows = panel.offsets[:-1], np.arange(keep.size)
    from_row = np.minimum.reduceat(np.where(keep, keep.size, rows), first)
    to_row = np.maximum.reduceat(np.where(keep, -1, rows), first)
    some = to_row >= 0
    columns = {name: np.full(times.shape, np.nan).astype(times.dtype) for name in _SPAN}
    columns[_SPAN[0]][first[some]] = times[from_row[some]]
    columns[_SPAN[1]][first[some]] = times[to_row[some]]
    columns[_SPAN[2]][first] = times[panel.offsets[1:] - 1]
    return {name: column[keep] for name, column in columns.items()}


def _join_windows(transformer: HiPPOTransformer, series: str, dtype: np.dtype, frame: Any) -> Any:
    import pandas as pd

    _check_spans(frame, transformer.measure_, series)
    panel = Panel.from_long(frame.sort_values(_TIME), _SERIES, _TIME, [_COUNT, *_value_columns(frame)])
    counts = np.add.reduceat(panel.values[:, 0], panel.offsets[:-1]).astype(np.int64)
    start, last = panel._ends()
    end = domain_end(start, last, counts, transformer.hold)
    signals = Panel(panel.values[:, 1:], panel.times, panel.offsets)
    coefficients = project(signals, transformer.measure_, transformer.order, hold=transformer.hold, at=end)
    ids = pd.Index(panel.series_ids, dtype=frame[_SERIES].dtype, name=series)
    return _finished(transformer, ids, coefficients, end - start, counts, dtype)


def _check_spans(frame: Any, measure: Measure, series: str) -> None:
    """Raise if a partition has observations in the time span that another one has left out.

    Duplicate times cannot be detected there, because the left-out observations are gone.
    """
    parts = frame[frame[_SPAN[2]].notna()].sort_values([_SERIES, _TIME])  # the first rows of series in partitions
    earlier = parts[[_SERIES, *_SPAN[1:]]].groupby(_SERIES, sort=False).cummax()
    before = earlier.groupby(parts[_SERIES], sort=False).shift()
    overlap = (parts[_TIME] <= before[_SPAN[1]]) | (parts[_SPAN[0]] <= before[_SPAN[2]])
    if overlap.any():
        i = int(overlap.to_numpy().argmax())
        label, begin, end = (parts[name].iloc[i] for name in (_SERIES, _TIME, _SPAN[2]))
        raise ValueError(
            f"series {plain(label)!r}: one partition has observations until {before[_SPAN[2]].iloc[i]}, another from "
            f"{begin} to {end}: with {measure!r} partitions must not overlap in time before the window; if "
            "observations were delivered twice, use table.drop_duplicates(), else bring each series into one "
            f"partition, table.shuffle({series!r})"
        )


def _finished(
    transformer: HiPPOTransformer, ids: Any, coefficients: Floats, durations: Floats, counts: Integers, dtype: np.dtype
) -> Any:
    """Return the features as a frame with the series ids as its index."""
    import pandas as pd

    names = transformer.get_feature_names_out()
    if transformer.empty == "error":
        unseen = np.isnan(coefficients[..., 0])
        if unseen.any():
            row, channel = np.argwhere(unseen)[0]
            raise ValueError(
                f'series {plain(ids[row])!r}, channel "{transformer.channel_names_[channel]}" has no observation: drop '
                'it, or choose empty="nan" or empty="zero"'
            )
    features = transformer._scaled(coefficients[:, :, None], durations, counts)
    return pd.DataFrame(features.astype(dtype, copy=False), index=ids, columns=names)
