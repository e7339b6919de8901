"""Files of trained networks: tensors in the safetensors format, everything else as JSON in its header, no code."""

from __future__ import annotations

import datetime
import json
import os
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skhippo._support.files import check_regular, damaged, header, read_header, replacing
from skhippo.measures import MEASURES, Measure
from skhippo.panel.durations import text_of

__all__ = [
    "classes_from",
    "describe_classes",
    "describe_settings",
    "digest",
    "read_model",
    "settings_from",
    "write_model",
]

_VERSION = 1
_KEY, _DIGEST = "skhippo", "sha256"
# Allowed types of tensors, so that nothing is rounded when a file is read.
_TYPES = (torch.float32, torch.float64)


def write_model(
    path: str | os.PathLike[str], kind: str, parameters: dict[str, Any], tensors: dict[str, Tensor]
) -> None:
    """Write an estimator to a file.  If writing fails, an existing file is not changed."""
    from safetensors.torch import save

    text = header(kind, _VERSION, parameters)
    tensors = {name: tensor.contiguous() for name, tensor in tensors.items()}
    contents = save(tensors, {_KEY: text, _DIGEST: digest(text, tensors)})
    with replacing(path) as file:
        file.write(contents)


def read_model(path: str | os.PathLike[str], kind: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the parameters and the tensors (on the CPU) written by `write_model`.

    Raises
    ------
    ValueError
        If the file is damaged, is not such a file, or was written by a later version.
    OSError
        If the file does not exist or cannot be read.
    TypeError
        If `path` is not a path.
    """
    from safetensors import SafetensorError, safe_open

    check_regular(path)
    with open(os.fspath(path), "rb"):  # safetensors would not name the file
        pass
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            text = metadata.get(_KEY, "")
            parameters = read_header(path, text, kind, _VERSION)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise damaged(path, kind, error) from error
    if metadata.get(_DIGEST) != digest(text, tensors):
        raise damaged(path, kind, "its digest is not that of its contents")
    for name, tensor in tensors.items():
        # the center of a channel that was never observed is NaN
        good = ~tensor.isinf() if name == "center" else tensor.isfinite()
        if tensor.dtype not in _TYPES or not good.all():
            raise damaged(path, kind, f"finite numbers in float32 or float64 are expected in {name!r:.80}")
    return parameters, tensors


def digest(text: str, tensors: dict[str, Tensor]) -> str:
    """Return the SHA-256 digest of a header and of tensors with their names, types and shapes."""
    found = sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        found.update(repr((name, str(tensor.dtype), tuple(tensor.shape))).encode())
        found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def describe_settings(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters of an estimator as JSON values; those that JSON cannot represent are left out."""
    settings = {}
    for name, value in parameters.items():
        if isinstance(value, dict):  # JSON would turn its keys into strings
            value = {"pairs": [[_plain(key), _plain(number)] for key, number in value.items()]}
        value = list(value) if isinstance(value, tuple) else _plain(value)
        if isinstance(value, Measure):
            value = _describe_measure(value)
        try:
            json.dumps(value)
        except TypeError:
            continue
        settings[name] = value
    return settings


def settings_from(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters described by `describe_settings`."""
    return {name: _unjson(value) for name, value in settings.items()}


def _describe_measure(measure: Measure) -> dict[str, Any]:
    names = {cls: name for name, cls in MEASURES.items()}
    if type(measure) not in names:
        raise ValueError(
            f"cell={measure!r} cannot be written to a file without pickle: it is a measure that skhippo does not have"
        )
    return {"measure": names[type(measure)], "parameters": asdict(measure)}


def _unjson(value: Any) -> Any:
    if isinstance(value, dict) and "measure" in value:
        return MEASURES[value["measure"]](**value["parameters"])
    if isinstance(value, dict):
        return dict(map(tuple, value["pairs"]))
    return tuple(value) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """Convert a numpy number to a Python number, a duration to a string; return anything else unchanged."""
    if isinstance(value, np.timedelta64 | datetime.timedelta):  # of nanoseconds numpy would make integers
        return text_of(value)
    return value.item() if isinstance(value, np.generic) else value


def describe_classes(classes: NDArray) -> dict[str, Any]:
    """Return class labels as JSON values.

    Raises
    ------
    ValueError
        If the labels are neither strings, numbers nor booleans.
    """
    values = classes.tolist()
    if not all(isinstance(value, (str, int, float, bool)) for value in values):
        raise ValueError(
            f"classes such as {values[0]!r} cannot be written to a file without pickle: train with strings, numbers or "
            "truth values as labels, or use pickle"
        )
    return {"type": "object" if classes.dtype == object else classes.dtype.str, "values": values}


def classes_from(description: dict[str, Any]) -> NDArray:
    """Return the class labels described by `describe_classes`."""
    return np.array(description["values"], dtype=np.dtype(description["type"]))
