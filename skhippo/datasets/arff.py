"""Read the .arff format of Weka, in which the UEA/UCR archive is distributed too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import arff

from skhippo.datasets.ts import TsFile, without_padding
from skhippo.panel.container import Panel

_TARGETS = ("class", "target", "label")


def read_arff(file: Path) -> TsFile:
    """Read an .arff file: one series per row, or one relation of channels per row; NaN at the end is padding.

    The last attribute holds the labels if it is nominal or is called class, target or label.
    """
    try:
        data, meta = arff.loadarff(file)
    except (arff.ArffError, NotImplementedError, ValueError, StopIteration, UnicodeDecodeError) as error:
        raise ValueError(f"{file.name} cannot be read as an .arff file: {error}") from error
    names, kinds = meta.names(), meta.types()
    if not len(data):
        raise ValueError(f"{file.name} has no series after '@data'")
    labelled = kinds[-1] == "nominal" or names[-1].lower() in _TARGETS
    attributes = list(zip(names, kinds, strict=True))[: len(names) - labelled]
    if [kind for _, kind in attributes] == ["relational"]:
        series = [_channels(row) for row in data[names[0]]]
    elif attributes and all(kind == "numeric" for _, kind in attributes):
        series = list(np.column_stack([data[name] for name, _ in attributes])[:, :, np.newaxis])
    else:
        found = next((f"{name!r} is {kind}" for name, kind in attributes if kind != "numeric"), "there is none")
        raise ValueError(
            f"{file.name}: numeric attributes, or one relation of them, are expected before the label; {found}"
        )
    panel = Panel(np.concatenate(series), None, np.cumsum([0, *map(len, series)]))
    return TsFile(without_padding(panel), _labels(data[names[-1]]) if labelled else None)


def _channels(relation: NDArray) -> NDArray:
    """Return the rows of a relation, which are the channels, as an array (n_times, n_channels)."""
    return np.array([row.tolist() for row in relation], dtype=np.float64).T


def _labels(column: Any) -> NDArray:
    return np.char.decode(column, "utf-8") if column.dtype.kind == "S" else column
