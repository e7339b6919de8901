"""`HiPPOTransformer`: series in, coefficients out.

- `transformer`: the estimator.
- `compute`: coefficients at the end of series or after every observation, by projection or recurrence.
- `stepping`, `windows`, `sliding`: the ways to coefficients after every observation.
"""

from skhippo.transformer.transformer import HiPPOTransformer

__all__ = ["HiPPOTransformer"]
