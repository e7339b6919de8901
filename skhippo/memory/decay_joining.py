r"""Joining under exponential decay (LagT): the older state decays over the newer stretch, and the newer state is added.

The state is the difference :math:`d = c - f\, A^{-1} B` to the coefficients of a signal that has always had the present
value :math:`f`.  While the signal is constant the state decays, :math:`d(t + \theta s) = e^{-As}\, d(t)`; later changes
are added to it.  Without the norms of the basis, `A` is a triangular Toeplitz matrix with the symbol
:math:`p + z / (1 - z)`.  Since :math:`e^{-sz/(1-z)} = \sum_n L_n^{(-1)}(s)\, z^n` (DLMF 18.12.13),

.. math:: (e^{-As})_{nk} = e^{-ps} L_{n-k}^{(-1)}(s)\, \lambda_k / \lambda_n .

A line from 0 to 1 over the time :math:`\theta s` has the state :math:`-s^{-1} (1 - e^{-As})\, A^{-1} A^{-1} B`.  Below
its diagonal the Toeplitz matrix :math:`(1 - e^{-As}) / s` has the entries :math:`e^{-ps} L_{n-1}^{(1)}(s) / n`, because
:math:`L_n^{(-1)}(s) = -s\, L_{n-1}^{(1)}(s) / n`.  So nothing cancels for short lines.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from skhippo._support.jit import kernel
from skhippo._support.types import Floats, Integers
from skhippo.measures import LowerSemiseparable, Measure
from skhippo.memory.joining import Joining, Stretches, plain_arrays
from skhippo.panel.container import Panel
from skhippo.projection.hold import Hold

__all__ = ["DecayJoining"]


class DecayJoining(Joining):
    """Exponential forgetting (LagT): the state is the difference to a signal that has always had its last value."""

    def __init__(self, measure: Measure, order: int, hold: Hold) -> None:
        super().__init__(measure, order, hold)
        structure = measure.structure(order)
        if (
            measure.time_scale is None
            or not isinstance(structure, LowerSemiseparable)
            or np.ptp(structure.diagonal) > 0.0
        ):
            raise ValueError(
                f"{measure!r} declares memory_kind='decay': a time scale is expected, and a LowerSemiseparable with a "
                "constant diagonal as its structure"
            )
        self._constant = measure.steady_state(order)
        self._theta, self._rate, self._norm = measure.time_scale, float(structure.diagonal[0]), structure.q

    def point(self, values: Floats) -> Floats:
        return np.zeros((values.size, self.order))

    def segment(self, lengths: Floats, first: Floats, last: Floats) -> Floats:
        change = (last - first)[:, None]
        if self.hold == "previous":  # a jump at the end
            return -change * self._constant
        return change * self._ramps(lengths)

    def from_coefficients(self, coefficients: Floats, last: Floats) -> Floats:
        return coefficients - last[:, None] * self._constant

    def join(self, old: Floats, old_lengths: Floats, new: Floats, new_lengths: Floats) -> Floats:
        return self._decayed(old, new_lengths) + new

    def coefficients(
        self, state: Floats, first: Floats, last: Floats, before: Floats, length: Floats, after: Floats
    ) -> Floats:
        return self._decayed(state, after) + last[:, None] * self._constant

    def is_faster_one_by_one(self, n_rows: int, k: int, steps: Callable[[], Floats]) -> bool:
        # Microseconds on one core: one step of one row; projecting a chunk, and each of its rows, with the join.
        step = 0.03 * self.order
        call, row = 250.0 + 0.008 * self.order**2, 1.3 + 0.07 * self.order
        return k * n_rows * step <= call + n_rows * row

    def update_one_by_one(self, stretches: Stretches, times: Floats, values: Floats) -> None:
        constants = self._norm, self._constant, self._integrated
        _update_one_by_one(times, values, self.hold == "linear", stretches, self._theta, self._rate, constants)

    def fill_sequence(self, panel: Panel, out: Floats) -> None:
        times, values = plain_arrays(panel)
        since = np.empty(values.shape)
        _find_since(times, values, panel.offsets, since)
        which, responses = np.zeros(since.shape, dtype=np.int64), -self._constant[None]  # to a jump at the end
        if self.hold == "linear":
            distinct, which = np.unique(since, return_inverse=True)
            responses = self._ramps(distinct)
        ages = np.minimum(since / self._theta, _FORGOTTEN)
        constants = self._norm, responses, self._constant
        _fill_sequence(ages, values, panel.offsets, self._rate, *constants, which.reshape(since.shape), out)

    def _ramps(self, lengths: Floats) -> Floats:
        """Return the states of straight lines from 0 to 1 that have just ended, one per length."""
        out = np.empty((lengths.size, self.order))
        _fill_ramps(lengths / self._theta, self._rate, self._norm, self._integrated, out)
        return out

    @cached_property
    def _integrated(self) -> Floats:
        """A^{-1} A^{-1} B, times the norms of the basis."""
        return -self._norm * self.measure.ramp(self.order)

    def _decayed(self, state: Floats, lengths: Floats) -> Floats:
        out = state.copy()
        ages = np.minimum(lengths / self._theta, _FORGOTTEN)
        _decay(ages, self._rate, self._norm, out)
        return out


# After this many time scales nothing is left in double precision.
_FORGOTTEN = 1e6


@kernel
def _fill_column(s: float, rate: float, column: Floats) -> None:
    """Fill in the first column of exp(-A s), without the norms of the basis."""
    column[0] = np.exp(-rate * s)
    for n in range(1, column.size):  # n L_n = (2 n - 2 - s) L_{n-1} - (n - 2) L_{n-2}, alpha = -1 (DLMF 18.9.13)
        older = column[n - 2] if n > 1 else 0.0
        column[n] = ((2.0 * n - 2.0 - s) * column[n - 1] - (n - 2.0) * older) / n


@kernel
def _decay_row(column: Floats, norm: Floats, before: Floats, row: Floats) -> None:
    """Multiply a row by exp(-A s), in place."""
    order = norm.size
    for n in range(order):
        before[n] = norm[n] * row[n]
        row[n] = 0.0
    for k in range(order):
        value, rest = before[k], row[k:]
        for n in range(order - k):
            rest[n] += column[n] * value
    for n in range(order):
        row[n] /= norm[n]


@kernel
def _decay(ages: Floats, rate: float, norm: Floats, state: Floats) -> None:
    """Multiply rows by exp(-A s), in place."""
    column, before = np.empty(norm.size), np.empty(norm.size)
    for r in range(len(state)):
        if r == 0 or ages[r] != ages[r - 1]:
            _fill_column(ages[r], rate, column)
        _decay_row(column, norm, before, state[r])


@kernel
def _find_since(times: Floats, values: Floats, offsets: Integers, out: Floats) -> None:
    """Fill in the time since the channel's last observation before each row; 0 if there is none."""
    for i in range(offsets.size - 1):
        for c in range(values.shape[1]):
            last = np.nan
            for k in range(offsets[i], offsets[i + 1]):
                out[k, c] = 0.0 if np.isnan(last) else times[k] - last
                if not np.isnan(values[k, c]):
                    last = times[k]


@kernel
def _fill_sequence(
    ages: Floats,
    values: Floats,
    offsets: Integers,
    rate: float,
    norm: Floats,
    responses: Floats,
    constant: Floats,
    which: Integers,
    out: Floats,
) -> None:
    """Decay the difference to the last value and add the response to its change, observation by observation."""
    order, n_channels = norm.size, values.shape[1]
    state, last = np.empty((n_channels, order)), np.empty(n_channels)
    for i in range(offsets.size - 1):
        last[:], state[:] = np.nan, 0.0
        for k in range(offsets[i], offsets[i + 1]):
            here = out[k]
            here[:] = state
            _decay(ages[k], rate, norm, here)
            for c in range(n_channels):
                value, row = values[k, c], here[c]
                seen = not np.isnan(value)
                change = value - last[c] if seen and not np.isnan(last[c]) else 0.0
                response = responses[which[k, c]]
                if seen:
                    last[c] = value
                for n in range(order):
                    difference = row[n] + change * response[n]
                    if seen:
                        state[c, n] = difference
                    row[n] = difference + last[c] * constant[n]


@kernel
def _fill_ramp(s: float, rate: float, norm: Floats, integrated: Floats, column: Floats, row: Floats) -> None:
    """Fill in the state of a straight line from 0 to 1 that has just ended."""
    order = norm.size
    # (1 - e^{-As}) / s; a line of zero length, where memories meet, has its limit.
    column[0] = -np.expm1(-rate * s) / s if s > 0.0 else rate
    older, here = 0.0, np.exp(-rate * s)  # L_{n-1}^{(1)}, times the exponential
    for n in range(1, order):
        column[n] = here / n
        older, here = here, ((2.0 * n - s) * here - n * older) / n
    for n in range(order):
        row[n] = 0.0
    for k in range(order):
        value, rest = integrated[k], row[k:]
        for n in range(order - k):
            rest[n] -= column[n] * value
    for n in range(order):
        row[n] /= norm[n]


@kernel
def _fill_ramps(ages: Floats, rate: float, norm: Floats, integrated: Floats, out: Floats) -> None:
    column = np.empty(norm.size)
    for r in range(len(out)):
        if r > 0 and ages[r] == ages[r - 1]:
            out[r] = out[r - 1]
        else:
            _fill_ramp(ages[r], rate, norm, integrated, column, out[r])


@kernel
def _update_one_by_one(
    times: Floats, values: Floats, linear: bool, stretches: Stretches, theta: float, rate: float, constants: tuple
) -> None:
    """Process observations one by one: the state decays, and the response to a change is added."""
    norm, constant, integrated = constants
    n_streams, k, n_channels = values.shape
    order = norm.size
    column, response, scratch, known = np.empty(order), -constant, np.empty(order), np.nan
    for r in range(n_streams * n_channels):
        for j in range(k):
            time, value = times[r // n_channels, j], values[r // n_channels, j, r % n_channels]
            if np.isnan(value):
                continue
            if np.isnan(stretches.last_time[r]):
                stretches.first_time[r], stretches.first_value[r] = time, value
            else:
                age = (time - stretches.last_time[r]) / theta
                if age != known:
                    if linear:
                        _fill_ramp(age, rate, norm, integrated, column, response)
                    _fill_column(min(age, _FORGOTTEN), rate, column)
                    known = age
                change, row = value - stretches.last_value[r], stretches.state[r]
                _decay_row(column, norm, scratch, row)
                for n in range(order):
                    row[n] += change * response[n]
            stretches.last_time[r], stretches.last_value[r] = time, value
