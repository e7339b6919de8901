"""`HiPPOTransformer`: coefficients of series as features.

- `transformer`: the estimator.
- `compute`: coefficients at the end of series or after every observation, by projection or recurrence.
- `stepping`, `windows`, `sliding`: three algorithms for the coefficients after every observation.
- `streams`: coefficients of a `HiPPOMemory` as features.
"""

from skhippo.transformer.transformer import HiPPOTransformer

__all__ = ["HiPPOTransformer"]
