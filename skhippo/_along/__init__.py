"""Loops along the series of a panel, one kind a file.

`stepping`
    A recurrence, many series at once.
`windows`
    Windows that end at every observation, projected one by one.
`sliding`
    The same for LegT, joined from stretches where windows have many observations.
"""
