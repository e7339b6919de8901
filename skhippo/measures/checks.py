r"""Tests of measures against the definition, for built-in and user-defined measures.

The tests do not use the closed forms that they test.  Integrals are quadratures of `Measure.basis` and
`Measure.weight`, derivatives are those of interpolants, and kernels are matrix exponentials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.linalg import expm

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures.measure import Measure
from skhippo.measures.structure import LowerSemiseparable

__all__ = ["check_measure"]

# Number of nodes of the quadrature over places, and of the interpolation.
_NODES, _POINTS = 400, 80
# Tolerances for integrals, whose weight may be infinite at the edges, and for matrices.
_CLOSE, _EQUAL = 1e-7, 1e-10


class _Rule(NamedTuple):
    """Nodes of a quadrature in the domain of a measure, with their weights."""

    places: Floats
    lengths: Floats  # weights of an integral over places
    masses: Floats  # weights of an integral over the measure: lengths times density


def check_measure(measure: Measure, orders: tuple[int, ...] = (1, 2, 7)) -> None:
    r"""Check that a measure is consistent with its definition.

    Use it to test a measure class of your own.

    Parameters
    ----------
    measure : Measure
        The measure to check.
    orders : tuple of int, default=(1, 2, 7)
        Numbers of coefficients to check.  The dynamics are compared with the derivative of the projection at the last
        of these orders.

    Raises
    ------
    ValueError
        If a check fails.  The message lists all failures, with the difference found and what was expected.
    TypeError
        If `measure` is not a `Measure`.

    Notes
    -----
    These properties are checked:

    - the basis is orthonormal under the weight;
    - `antiderivative`, `steady_state`, `ramp` and `coefficients_from_moments` return the integrals of the definition;
    - `phase` counts the oscillations of the fastest function, and the kernel is 0 beyond `horizon`;
    - `A` and `B` keep a constant, forget everything else, and give the derivative of the projection for every function
      of the basis (for an infinite domain: the kernel is ``expm(-A s) B``);
    - `structure` and `outflow` agree with `A` and `B`;
    - coefficients can be joined as `memory_kind` and `mergeable_windows` declare.

    Integrals are quadratures in double precision.  They resolve weights that are infinite at an edge like the power
    -1/2 of the distance, but not much more.

    Examples
    --------
    >>> from skhippo.measures import LegT, check_measure
    >>> check_measure(LegT(theta=2.0))
    >>> class Wrong(LegT):
    ...     def B(self, order):
    ...         return 2.0 * super().B(order)
    >>> check_measure(Wrong(theta=2.0))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: Wrong(theta=2.0) is not what it says:
    - order 1: A @ steady_state differs from B by 1 at coefficient 0: a constant signal would not stay
    ...
    """
    if not isinstance(measure, Measure):
        raise TypeError(f"measure must be a Measure, got {measure!r} of type {type(measure).__name__}")
    found = list(_check_declarations(measure))
    for order in orders:
        check_count("orders", order)
        failures = []
        for check in (_check_shapes, _check_basis, _check_coefficients, _check_reach, _check_matrices, _check_forms):
            failures = list(check(measure, order))
            found += [f"order {order}: {failure}" for failure in failures]
            if failures and check is _check_shapes:
                break
    if not found:
        order = orders[-1]
        checks: tuple[Callable[[Measure, int], Iterator[str]], ...] = (_check_dynamics, _check_memory)
        found = [f"order {order}: {failure}" for check in checks for failure in check(measure, order)]
    if found:
        raise ValueError(f"{measure!r} is not what it says:\n" + "\n".join(f"- {failure}" for failure in found))


# ---------------------------------------------------------------------- means
def _rule(measure: Measure, order: int, oldest: float = 0.0, newest: float = 1.0) -> _Rule:
    """Return a quadrature rule between two places of a window, or over all ages.

    The nodes are clustered at the edges, so that weights that are infinite there do no harm, and at the places where
    functions of the basis jump.
    """
    if _endless(measure):
        # Beyond the horizon the kernels are 0, but products of two functions may not be.
        return _rule_up_to(measure, max(measure.horizon(order), 4.0 * order + 100.0))
    x, weights = _gauss()
    angle = 0.5 * np.pi * (x + 1.0)
    edges = _edges(measure, order, oldest, newest)
    span = np.diff(edges)[:, None]
    places = (edges[:-1, None] + span * np.sin(0.5 * angle) ** 2).ravel()
    lengths = (span * 0.25 * np.pi * weights * np.sin(angle)).ravel()
    return _Rule(places, lengths, lengths * measure.weight(places))


def _rule_up_to(measure: Measure, age: float) -> _Rule:
    """Return a quadrature rule over the ages from 0 to `age`, with more nodes at small ages."""
    x, weights = _gauss()
    root = 0.5 * age**0.25 * (x + 1.0)
    lengths = 0.5 * age**0.25 * weights * 4.0 * root**3
    return _Rule(root**4, lengths, lengths * measure.weight(root**4))


def _edges(measure: Measure, order: int, oldest: float = 0.0, newest: float = 1.0) -> Floats:
    """Return both ends of a part of a window, and the places between them where functions of the basis jump."""
    breaks = measure.breakpoints(order)
    return np.concatenate([[oldest], breaks[(breaks > oldest) & (breaks < newest)], [newest]])


@lru_cache(maxsize=1)
def _gauss() -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(_NODES)


def _endless(measure: Measure) -> bool:
    """Tell whether the places are ages without a bound."""
    return bool(np.isinf(measure.domain[1]))


def _integrate(measure: Measure, order: int, function: Callable[[Floats], Floats]) -> Floats:
    """Return the coefficients of a function of the places, by the definition."""
    places, _, masses = _rule(measure, order)
    return (masses * function(places)) @ measure.basis(order, places)


def _worst(name: str, found: Floats, expected: Floats, tolerance: float, why: str) -> Iterator[str]:
    """Report the largest difference, if it is too large."""
    difference = np.abs(found - expected)
    if not np.isfinite(found).all():
        yield f"{name} is not finite: {why}"
    elif difference.max() > tolerance * max(1.0, float(np.abs(expected).max())):
        place = np.unravel_index(int(difference.argmax()), difference.shape)
        at = ", ".join(str(int(k)) for k in place)
        yield f"{name} by {difference.max():.2g} at coefficient {at}: {why}"


# ---------------------------------------------------------------------- checks
def _check_declarations(measure: Measure) -> Iterator[str]:
    if tuple(measure.domain) not in ((0.0, 1.0), (0.0, np.inf)):
        yield f"domain is {measure.domain}: (0, 1) or (0, inf) is expected"
    if measure.memory_kind not in ("polynomial", "decay", "window"):
        yield f"memory_kind is {measure.memory_kind!r}: 'polynomial', 'decay' or 'window' is expected"
    try:
        hash(measure)
        equal = measure == measure
    except TypeError:
        equal = False
    if not equal:
        yield "it has no hash, or does not equal itself: write it as a frozen dataclass"
    if measure.time_scale is not None:
        other = measure.with_theta(2.0 * measure.time_scale)
        if type(other) is not type(measure) or other.time_scale != 2.0 * measure.time_scale:
            yield f"with_theta({2.0 * measure.time_scale}) gives {other!r}"


def _check_shapes(measure: Measure, order: int) -> Iterator[str]:
    places = _rule(measure, order).places.reshape(2, -1)
    for name, array, shape in (
        ("weight(s)", measure.weight(places), places.shape),
        ("basis(order, s)", measure.basis(order, places), (*places.shape, order)),
        ("antiderivative(order, s)", measure.antiderivative(order, places), (*places.shape, order)),
        ("A(order)", measure.A(order), (order, order)),
        ("B(order)", measure.B(order), (order,)),
        ("steady_state(order)", measure.steady_state(order), (order,)),
    ):
        if np.shape(array) != shape:
            yield f"{name} has the shape {np.shape(array)}: {shape} is expected"


def _check_basis(measure: Measure, order: int) -> Iterator[str]:
    places, _, masses = _rule(measure, order)
    if (masses < 0.0).any():
        yield "weight is negative somewhere"
    g = measure.basis(order, places)
    products = (g * masses[:, None]).T @ g
    yield from _worst(
        "the integrals of g_m g_n differ", products, np.eye(order), _CLOSE, "the basis is not orthonormal"
    )
    if order > 1:
        fewer = measure.basis(order - 1, places)
        yield from _worst("basis(order - 1) differs", fewer, g[:, :-1], _EQUAL, "its functions should be the same")


def _check_coefficients(measure: Measure, order: int) -> Iterator[str]:
    wave = _test_signal(measure)
    exact = _integrate(measure, order, wave)
    oldest, newest = (measure.horizon(order), 0.0) if _endless(measure) else (0.0, 1.0)
    places, lengths, _ = _rule(measure, order)
    # As in `project`: the moments of the changes of the signal, from the oldest place on.
    slope = _derivative(wave)(places) * (-1.0 if _endless(measure) else 1.0)
    functions = measure.functions(order).evaluate(measure.age(places))
    first, last = wave(np.array([oldest, newest]))
    found = measure.coefficients_from_moments((lengths * slope) @ functions, first, last, order)
    yield from _worst(
        "coefficients_from_moments differs",
        found,
        exact,
        _CLOSE,
        "a signal does not have the coefficients of the definition",
    )
    for place in (0.2, 0.5, 0.9):
        inner = _rule_up_to(measure, place) if _endless(measure) else _rule(measure, order, place, 1.0)
        step = inner.masses @ measure.basis(order, inner.places)
        why = f"the integral of the basis from the place {place} to the present is expected"
        yield from _worst("antiderivative differs", measure.antiderivative(order, place), step, _CLOSE, why)
    constant = _integrate(measure, order, np.ones_like)
    yield from _worst(
        "steady_state differs",
        measure.steady_state(order),
        constant,
        _CLOSE,
        "the coefficients of a constant are expected",
    )
    line = _integrate(measure, order, lambda s: -measure.age(s))
    yield from _worst(
        "ramp differs", measure.ramp(order), line, _CLOSE, "those of a ramp to 0 at the present are expected"
    )


def _test_signal(measure: Measure) -> Callable[[Floats], Floats]:
    if _endless(measure):
        return lambda s: np.exp(-s) * np.cos(2.0 * s)
    return lambda s: np.cos(3.0 * s + 0.5) + s * s


def _derivative(function: Callable[[Floats], Floats], step: float = 1e-3) -> Callable[[Floats], Floats]:
    """Return the derivative of a smooth function by central differences of sixth order."""

    def derivative(s: Floats) -> Floats:
        near, far, farther = (function(s + k * step) - function(s - k * step) for k in (1, 2, 3))
        return (0.75 * near - 0.15 * far + farther / 60.0) / step

    return derivative


def _check_reach(measure: Measure, order: int) -> Iterator[str]:
    horizon = measure.horizon(order)
    ages = np.linspace(0.0, horizon, 20 * order + 200)[1:-1]  # at the edges it may be infinite
    phase = measure.phase(order, ages)
    if (np.diff(phase) < 0.0).any():
        yield "phase decreases with age somewhere"
    kernel = measure.basis(order, measure.age(ages))[:, -1]
    turns = int((np.diff(np.sign(kernel)) != 0.0).sum())
    if phase[-1] - phase[0] < 0.7 * np.pi * (turns - 1):
        yield f"phase grows by {phase[-1] - phase[0]:.3g} while the last function changes its sign {turns} times"
    everything = measure.antiderivative(order, measure.age(np.array(horizon)))
    why = f"nothing should be left beyond the horizon, {horizon:g}"
    yield from _worst(
        "antiderivative at the horizon differs from steady_state", everything, measure.steady_state(order), _EQUAL, why
    )


def _check_matrices(measure: Measure, order: int) -> Iterator[str]:
    A, B = measure.A(order), measure.B(order)
    kept = A @ measure.steady_state(order)
    yield from _worst("A @ steady_state differs from B", kept, B, _CLOSE, "a constant signal would not stay")
    slowest = float(np.linalg.eigvals(A).real.min())
    if slowest <= 1e-9 * np.abs(A).max():
        yield f"A has an eigenvalue with the real part {slowest:.2g}: its recurrence would not forget"


def _check_forms(measure: Measure, order: int) -> Iterator[str]:
    A, B = measure.A(order), measure.B(order)
    structure, outflow = measure.structure(order), measure.outflow(order)
    if structure is not None:
        name = type(structure).__name__
        for what, found, expected in zip("AB", structure.matrices(), (A, B), strict=True):
            if found.shape != expected.shape:
                yield f"structure: {what} of the {name} has the shape {found.shape}: {expected.shape} is expected"
                continue
            why = f"the {name} does not stand for this matrix"
            yield from _worst(f"structure: {what} differs", found, expected, _EQUAL, why)
    if isinstance(structure, LowerSemiseparable):
        excess = structure.diagonal - structure.p * structure.q
        yield from _worst("structure: excess differs", structure.excess, excess, _EQUAL, "diagonal - p * q is expected")
    if outflow is not None:
        edge = np.zeros(order) if outflow.edge is None else outflow.edge
        form = np.outer(B, B) + outflow.decay * np.eye(order) + np.outer(edge, edge)
        why = "outer(B, B) + decay * identity + outer(edge, edge) is expected"
        yield from _worst("outflow: A + A.T differs", A + A.T, form, _EQUAL, why)


def _check_dynamics(measure: Measure, order: int) -> Iterator[str]:
    A, B = measure.A(order), measure.B(order)
    if _endless(measure):
        for age in (0.3, 1.0, 2.5):
            kernel = measure.basis(order, age) * measure.weight(age)
            why = f"the kernel at the age {age} is expected"
            yield from _worst("expm(-A s) @ B differs", expm(-age * A) @ B, kernel, _CLOSE, why)
        return
    # The signal is a function of the basis that moves through the window (for the whole history, that is stretched).
    exact, before = np.zeros((order, order)), np.zeros(order)
    edges = _edges(measure, order)
    for low, high in pairwise(edges.tolist()):
        places, _, masses = _rule(measure, order, low, high)
        nodes = np.polynomial.chebyshev.chebpts1(_POINTS)
        inside = measure.basis(order, low + 0.5 * (high - low) * (nodes + 1.0))
        fitted = np.polynomial.chebyshev.chebfit(nodes, inside, _POINTS - 1)
        local = (2.0 * places - low - high) / (high - low)
        slopes = 2.0 / (high - low) * np.polynomial.chebyshev.chebval(local, np.polynomial.chebyshev.chebder(fitted))
        moving = masses * (places if measure.time_scale is None else 1.0)
        exact += (slopes * moving) @ measure.basis(order, places)
        if low > edges[0]:  # a jump moves into the older part
            jump = np.polynomial.chebyshev.chebval(-1.0, fitted) - before
            exact += np.outer(jump, before) * measure.weight(low) * (low if measure.time_scale is None else 1.0)
        before[:] = np.polynomial.chebyshev.chebval(1.0, fitted)
    found = np.outer(measure.basis(order, 1.0), B) - A.T
    why = "the derivative of the projection of a function of the basis (the first index) is expected"
    yield from _worst("-A c + B f differs", found, exact, 1e3 * _CLOSE, why)


def _check_memory(measure: Measure, order: int) -> Iterator[str]:
    if measure.memory_kind == "decay":
        structure = measure.structure(order)
        if (
            measure.time_scale is None
            or not isinstance(structure, LowerSemiseparable)
            or np.ptp(structure.diagonal) > 0.0
        ):
            yield "memory_kind is 'decay': a time scale and a LowerSemiseparable with a constant diagonal are expected"
        elif np.abs(structure.p * structure.q - 1.0).max() > _EQUAL:
            yield "memory_kind is 'decay': a LowerSemiseparable with p * q == 1 is expected"
    if measure.memory_kind == "polynomial" and measure.time_scale is not None:
        yield "memory_kind is 'polynomial': no time scale is expected, because it is for the whole history"
    if measure.memory_kind == "polynomial" or measure.mergeable_windows:
        name = "memory_kind is 'polynomial'" if measure.memory_kind == "polynomial" else "mergeable_windows"
        places = _rule(measure, order).places
        uniform = np.ptp(measure.weight(places)) < _EQUAL
        polynomials = np.polynomial.legendre.legvander(2.0 * places - 1.0, order - 1) * np.sqrt(
            2.0 * np.arange(order) + 1.0
        )
        if not uniform or np.abs(measure.basis(order, places) - polynomials).max() > _CLOSE:
            yield f"{name}: uniform weight and Legendre polynomials are expected, else coefficients cannot be joined"
