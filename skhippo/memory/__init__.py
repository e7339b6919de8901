"""Online coefficients.

- `memory`: `HiPPOMemory`.
- `store`: the base class of all stores; `history_store` (LegS and LagT), `window_store` (window measures) and
  `recurrence_store` (``method="recurrence"``) implement it.
- `merging`: which measures have coefficients that can be joined.  `joining` is the base class: the coefficients of a
  union of adjacent intervals from those of its parts; `polynomial_joining` (with `polynomial_kernels`) and
  `decay_joining` implement it.
- `checkpoint`: files of arrays with a header.
- `checks`: checks of the arguments of `update`.
- `ids`: ids of streams.
"""

from skhippo.memory.memory import HiPPOMemory

__all__ = ["HiPPOMemory"]
