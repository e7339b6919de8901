"""Exact projection of series, and reconstruction from coefficients.

The modules, from the bottom up:

`rows`
    Observations of rows, without missing values.
`cells`
    Observations as cells, in blocks for SIMD, cut at the ends of windows and at the edges of leaves.
`beta`, `targets`
    The functions of a measure in the form that the kernels need, and the leaves on which they are polynomials.
`starts`, `sums`, `piecewise`
    Kernels: moments of masses over the functions of a recurrence, row by row.
`products`, `shared`
    The same for many rows with the same times, as matrix products.
`gauss`, `grids`
    Means by quadrature for functions without a recurrence; many equally long cells replaced by few points.
`hold`, `signals`
    The signal between observations, its domain, and what a window needs of it.
`schedule`
    Group series with equal times and split the work into units.
`units`
    Compute the sums and moments of a unit of work from its observations.
`projection`, `reconstruction`
    `project`, and `reconstruct`.
`covariances`, `uncertainty`
    Covariances of coefficients that gaps between observations leave; standard deviations of coefficients and signals.
"""

from skhippo.projection.projection import project
from skhippo.projection.reconstruction import reconstruct
from skhippo.projection.uncertainty import coefficient_covariance, coefficient_std, signal_std

__all__ = ["coefficient_covariance", "coefficient_std", "project", "reconstruct", "signal_std"]
