"""Exact projection of the held signal, and its reconstruction.

From the bottom up:

`sums`
    Kernels: moments of weighted places over the functions of a recurrence, for many rows at once.
`sources`
    What coefficients are linear in, and their moments; one sum, whatever the sources are.
`compression`
    Many sources replaced by few with the same moments.
`hold`
    The signal between observations.
`schedule`
    Group series with equal times and split the work into units.
`cells`
    From the observations in a unit of work to sources to moments.
`projection`
    `project` and `reconstruct`.
"""

from skhippo.projection.projection import project, reconstruct

__all__ = ["project", "reconstruct"]
