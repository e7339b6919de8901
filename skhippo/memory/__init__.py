"""The coefficients online.

- `memory`: `HiPPOMemory`.
- `store`: what all stores of observations have in common; `history_store` (LegS and LagT), `window_store` (the window
  measures) and `recurrence_store` (``method="recurrence"``) are the kinds.
- `merging`: from the coefficients of adjacent intervals to those of their union.
- `checkpoint`: files of arrays with a header.
- `checks`: checks of the arguments of `update`.
"""

from skhippo.memory.memory import HiPPOMemory

__all__ = ["HiPPOMemory"]
