"""The engine of projection: one sum, and what makes it fast.

From the bottom up:

`sums`
    Kernels: moments of weighted places over the functions of a recurrence, for many rows at once.
`quadrature`
    Gauss rules, and how many nodes are enough.
`sources`
    What coefficients are linear in, and their moments; one sum, whatever the sources are.
`compression`
    Many sources replaced by few with the same moments.
`clocks`
    Series with the same times, and how the work is cut up.
`cells`
    From the observations in a unit of work to sources to moments.
`threads`
    Work in threads.
"""
