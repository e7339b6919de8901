"""Features of a long table whose series may be cut anywhere between its partitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from skhippo.distributed.pieces import join_pieces, keep_pieces
from skhippo.distributed.rows import SERIES, Columns
from skhippo.distributed.windows import join_windows, keep_windows
from skhippo.memory.merging import can_join
from skhippo.transformer.transformer import HiPPOTransformer

__all__ = ["transform_table"]


def transform_table(
    transformer: Any,
    table: Any,
    series: str,
    time: str,
    channels: Sequence[str] | str | None,
) -> Any:
    """Reduce each partition to what its series need, collect this by series, and compute the features."""
    _check_needs(transformer, series)
    if table.index.name in (series, time) and table.index.name not in table.columns:
        table = table.reset_index()
    if channels is None:
        named = list(transformer._input_layout.channel_names or ())
        channels = named or [name for name in table.columns if name not in (series, time)]
    columns = Columns(series, time, [channels] if isinstance(channels, str) else list(channels))
    keep, join = (keep_pieces, join_pieces) if can_join(transformer.measure_) else (keep_windows, join_windows)
    example = table._meta_nonempty.iloc[:1]  # reading it raises if the columns are wrong
    dtype = columns.panel(example, transformer).dtype
    kept = keep(transformer, columns, example)
    joined = join(transformer, series, dtype, kept)
    # Bind the arguments, in which Dask would otherwise look for tables.
    keep_some = partial(_unless_empty, keep, kept.iloc[:0], transformer, columns)
    join_some = partial(_unless_empty, join, joined.iloc[:0], transformer, series, dtype)
    parts = table.map_partitions(keep_some, meta=kept.iloc[:0])
    return parts.shuffle(SERIES).map_partitions(join_some, meta=joined.iloc[:0])


def _check_needs(transformer: Any, series: str) -> None:
    """Raise if features need whole series."""
    if not isinstance(transformer, HiPPOTransformer):
        raise ValueError(
            f"{type(transformer).__name__} needs whole series, and those of a table may cross partitions: pass a bag "
            f"or delayed panels of whole series, such as table.shuffle({series!r}).to_delayed() with Panel.from_long "
            "in each"
        )
    measure = transformer.measure_
    endless = measure.time_scale is None and not can_join(measure)  # no old observation may be forgotten
    if transformer.shrinkage or endless:
        raise ValueError(
            f"{'shrinkage=True' if transformer.shrinkage else f'the measure {measure}'} needs whole series, and those "
            "of a table may cross partitions: pass a bag or a list of delayed panels of whole series"
        )
    if (transformer.method, transformer.output, transformer.n_windows) != ("projection", "final", 1):
        raise ValueError(
            f"method={transformer.method!r}, output={transformer.output!r}, n_windows={transformer.n_windows} needs "
            "whole series, and those of a table may cross partitions; only method='projection', output='final', "
            f"n_windows=1 does not: bring each series into one partition, table.shuffle({series!r}), and transform the "
            "partitions"
        )


def _unless_empty(work: Callable[..., Any], empty: Any, *arguments: Any) -> Any:
    """Call `work` if the frame, the last argument, has rows; else return `empty`."""
    *rest, frame = arguments
    return work(*rest, frame) if len(frame) else empty
