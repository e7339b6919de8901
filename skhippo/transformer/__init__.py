"""`HiPPOTransformer`: coefficients of series as features.

- `transformer`: the estimator.
- `compute`, `settings`: coefficients at the end of series or after every observation, by projection or recurrence.
- `stepping`, `windows`, `sliding`: three algorithms for the coefficients after every observation.
- `inverse`: times and ids of series that are reconstructed from features.
- `shrinkage`: coefficients that gaps make uncertain, shrunk towards those of the training series.
- `streams`: coefficients of a `HiPPOMemory` as features.
"""

from skhippo.transformer.transformer import HiPPOTransformer

__all__ = ["HiPPOTransformer"]
