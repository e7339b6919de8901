"""`check_measure` accepts every measure of the library, and says what is wrong with broken ones."""

import dataclasses
from typing import ClassVar

import numpy as np
import pytest

from skhippo import ChebT, FouT, LagT, LegS, LegT
from skhippo.measures import LowerSemiseparable, Outflow, check_measure

ALL = [
    LegS(),
    LegT(3.0),
    FouT(2.0),
    ChebT(3.0),
    LagT(1.0),
    LagT(2.0, 0.7, 0.6),
    LagT(1.0, -0.4, 2.0),
    LagT(1.0, beta=0.0),
]


@pytest.mark.parametrize("measure", ALL, ids=repr)
def test_the_measures_of_the_library_are_what_they_say(measure):
    check_measure(measure)
    check_measure(measure, orders=(17,))


def broken(parent, **methods):
    """Return a measure like `parent`, but for some attributes."""
    return type("Broken", (type(parent),), methods)(**dataclasses.asdict(parent))


def scaled(name, factor):
    """Return a method that gives a multiple of what the parent's gives."""

    def method(self, *arguments):
        return factor * getattr(super(type(self), self), name)(*arguments)

    return method


def without_last(self, order):
    A = super(type(self), self).A(order)
    A[-1] = 0.0
    return A


@pytest.mark.parametrize(
    ("measure", "match"),
    [
        (
            broken(LegT(1.0), basis=scaled("basis", 1.1)),
            r"order 1: the integrals of g_m g_n differ by 0.21 .*orthonormal",
        ),
        (broken(ChebT(1.0), weight=scaled("weight", 2.0)), "the basis is not orthonormal"),
        (
            broken(LegS(), basis=lambda self, order, s: LegS().basis(order, 1 - np.asarray(s))),
            "coefficients_from_moments differs by",
        ),
        (
            broken(LegT(1.0), coefficients_from_moments=scaled("coefficients_from_moments", 0.5)),
            "steady_state differs by 0.5 at coefficient 0",
        ),
        (broken(LagT(1.0), horizon=lambda self, order: 3.0), "nothing should be left beyond the horizon, 3"),
        (broken(FouT(1.0), phase=scaled("phase", 0.1)), "phase grows by .* while the last function changes its sign"),
        (broken(LegT(1.0), phase=scaled("phase", -1.0)), "phase decreases with age"),
        (
            broken(LegS(), B=scaled("B", 2.0)),
            "A @ steady_state differs from B by 1 at coefficient 0: a constant .* not stay",
        ),
        (broken(LegT(1.0), A=without_last), "real part 0: its recurrence would not forget"),
        (broken(LagT(1.0), ramp=lambda self, order: np.ones(order)), "ramp differs by .* a ramp to 0 at the present"),
        (
            broken(LegT(1.0), structure=LegS().structure.__func__),
            "structure: A differs by .* LowerSemiseparable does not stand for",
        ),
        (
            broken(LegS(), structure=lambda self, order: LegS().structure(order)._replace(excess=np.ones(order))),
            "structure: excess differs",
        ),
        (
            broken(LegS(), structure=lambda self, order: LegS().structure(order + 1)),
            "A of the LowerSemiseparable has the shape",
        ),
        (broken(LegT(1.0), outflow=lambda self, order: Outflow(1.0)), r"outflow: A \+ A.T differs"),
        (broken(LegT(1.0), A=lambda self, order: LegS().A(order) + 0.0, structure=lambda self, order: None), "outflow"),
        (broken(LegT(1.0), memory_kind="polynomial"), "memory_kind is 'polynomial': no time scale is expected"),
        (
            broken(FouT(1.0), mergeable_windows=True),
            "mergeable_windows: uniform weight and Legendre polynomials are expected",
        ),
        (
            broken(LegT(1.0), memory_kind="decay"),
            "memory_kind is 'decay': a time scale and a LowerSemiseparable .* are expected",
        ),
        (broken(LegT(1.0), memory_kind="all"), "memory_kind is 'all': 'polynomial', 'decay' or 'window' is expected"),
        (broken(LegT(1.0), domain=(0.0, 2.0)), r"domain is \(0.0, 2.0\): \(0, 1\) or \(0, inf\) is expected"),
        (broken(LegT(1.0), with_theta=lambda self, theta: self), r"with_theta\(2.0\) gives Broken\(theta=1.0\)"),
        (broken(LegT(1.0), B=lambda self, order: np.ones((order, 1))), r"B\(order\) has the shape \(1, 1\): \(1,\) is"),
        (broken(LegT(1.0), __hash__=None), "it has no hash, or does not equal itself: write it as a frozen dataclass"),
    ],
)
def test_what_is_broken_is_found_and_named(measure, match):
    with pytest.raises(ValueError, match=r"(?s)Broken\(.*\) is not what it says:\n- .*" + match):
        check_measure(measure)


@pytest.mark.parametrize("parent", [LegT(1.0), ChebT(1.0)], ids=repr)
def test_dynamics_that_are_not_those_of_the_projection_are_found(parent):
    """Constants stay and all is forgotten, but lines are not followed."""

    def A(self, order):
        turn = np.zeros((order, order))
        if order > 3:
            turn[2, 3], turn[3, 2] = 1.0, -1.0
        return parent.A(order) + turn

    measure = broken(parent, A=A, structure=lambda self, order: None, outflow=lambda self, order: None)
    with pytest.raises(ValueError, match=r"order 7: -A c \+ B f differs by 1 .* the derivative of the projection"):
        check_measure(measure)


def test_a_kernel_that_is_not_an_exponential_is_found():
    def A(self, order):
        return LagT(1.0).A(order) + np.diag(np.arange(order) % 2 * 0.1)

    measure = broken(
        LagT(1.0),
        A=A,
        ramp=lambda self, order: LagT(1.0).ramp(order),
        structure=lambda self, order: None,
        outflow=lambda self, order: None,
        memory_kind="window",
    )
    with pytest.raises(ValueError, match=r"expm\(-A s\) @ B differs"):
        check_measure(measure, orders=(3,))


def test_a_decay_with_a_triangle_of_another_kind_is_found():
    class Faded(LagT):
        memory_kind: ClassVar[str] = "decay"

        def structure(self, order):
            triangle = super().structure(order)
            return LowerSemiseparable(
                triangle.diagonal, 2.0 * triangle.p, triangle.q / 2.0 * 1.5, triangle.excess, triangle.source / 2.0
            )

    with pytest.raises(ValueError, match="structure: A differs"):
        check_measure(Faded(1.0))


def test_only_measures_are_checked():
    with pytest.raises(TypeError, match="measure must be a Measure, got 'legs' of type str"):
        check_measure("legs")
