"""Exact projection of the held signal, and its reconstruction.

From the bottom up:

`rows`
    Observations of rows, without those that are missing.
`sums`
    Kernels: moments of masses over the functions of a recurrence, for many rows at once.
`gauss`, `grids`
    Means by quadrature, for functions that have no better way; many equally long cells replaced by few places.
`targets`
    The functions of a measure, as the kernels need them, and the leaves on which they are polynomials.
`hold`
    The signal between observations.
`schedule`
    Group series with equal times and split the work into units.
`units`
    From the observations in a unit of work to sums to moments.
`projection`
    `project` and `reconstruct`.
"""

from skhippo.projection.projection import project, reconstruct

__all__ = ["project", "reconstruct"]
