"""Values in error messages: on one line, and short."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["HUGE", "shortened"]

#: Integers from here on are described by their number of digits; Python refuses to write some of them.
HUGE = 10**40


def shortened(value: Any, width: int = 60) -> str:
    """Return the text of a value for an error message: its repr on one line, cut after `width` characters.

    Parameters
    ----------
    value : Any
        The value; a huge integer is described by its number of digits.
    width : int, default=60
        Largest number of characters.

    Returns
    -------
    str
    """
    if isinstance(value, int) and abs(value) >= HUGE:
        return f"an integer of {int(value.bit_length() * math.log10(2)) + 1} digits"
    text = " ".join(repr(value).split())
    return text if len(text) <= width else f"{text[:width]}..."
