"""Device and precision of training and predictions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from skhippo._support.text import shortened

__all__ = ["find_device", "find_precision", "on_cpu"]


def find_device(name: str, otherwise: str | None = None) -> torch.device:
    """Return the torch device with a name.

    Parameters
    ----------
    name : str
        Name of a torch device.  "auto" means a CUDA GPU if there is one, else the CPU.
    otherwise : str, optional
        Device to use if `name` is a GPU that does not exist.  By default this is an error.

    Raises
    ------
    ValueError
        If the device is a CUDA GPU, torch finds none, and `otherwise` is None; or if torch cannot use the device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        if device.type not in ("cpu", "cuda"):
            torch.empty(1, device=device)
    except Exception as error:  # each kind of device has its own type of error
        reason = shortened(str(error).splitlines()[0], 120)
        raise ValueError(f"device is {name!r}, but torch cannot use it ({reason}): choose 'auto' or 'cpu'") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        if otherwise is None:
            raise ValueError(f"device is {name!r}, but torch sees no CUDA GPU: choose 'auto' or 'cpu'")
        return torch.device(otherwise)
    return device


def find_precision(name: str, device: torch.device) -> str:
    """Return the precision of training; "auto" means bfloat16 on GPUs that support it, else float32."""
    if name != "auto":
        return name
    has_it = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
    return "bfloat16" if has_it else "float32"


def on_cpu(state: Any) -> Any:
    """Return nested dicts and lists with their tensors on the CPU."""
    if isinstance(state, Tensor):
        return state.cpu()
    if isinstance(state, dict):
        return {key: on_cpu(value) for key, value in state.items()}
    return [on_cpu(value) for value in state] if isinstance(state, list) else state
