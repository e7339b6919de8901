"""The recurrence: discretized dynamics, in O(N) per step."""

from skhippo._support.names import name_publicly
from skhippo.recurrence.recurrence import Recurrence

__all__ = ["Recurrence"]

name_publicly(globals(), __all__)
