"""What a memory keeps of observations, how it joins what was kept, and its file.

- `checkpoint`: files of arrays with a header.
- `joining`: from the coefficients of neighbouring stretches of time to those of their union.
- `keeping`: what all kinds have in common.
- `stretches` (LegS and LagT), `window` (all others), `steps` (recurrences): the kinds.
"""
