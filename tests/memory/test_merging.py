"""Which measures are joined is what they say of themselves, and heirs say what their parents say."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo import HiPPOMemory, HiPPOTransformer, LagT, LegS, LegT
from skhippo.memory.decay_joining import DecayJoining
from skhippo.memory.merging import can_join, find_joining
from skhippo.memory.polynomial_joining import PolynomialJoining


@dataclass(frozen=True)
class Heir(LegS):
    """LegS under another name."""


@dataclass(frozen=True)
class Fading(LagT):
    """LagT under another name."""


@dataclass(frozen=True)
class Sliding(LegT):
    """LegT under another name."""


def test_a_measure_says_how_its_stretches_are_joined():
    assert isinstance(find_joining(LegS(), 3, "linear"), PolynomialJoining)
    assert isinstance(find_joining(LagT(1.0, alpha=0.3), 3, "linear"), DecayJoining)
    assert not can_join(LegT(1.0))


@pytest.mark.parametrize(("heir", "parent"), [(Heir(), LegS()), (Fading(2.0), LagT(2.0)), (Sliding(2.0), LegT(2.0))])
def test_an_heir_is_remembered_like_its_parent(heir, parent, rng):
    values, times = rng.normal(size=(1, 40, 1)), np.cumsum(rng.exponential(size=40))
    ours, theirs = (HiPPOMemory(m, 5).update(values[:, :30], times[:30]) for m in (heir, parent))
    assert ours.nbytes == theirs.nbytes
    ours, theirs = (m.update(values[:, 30:], times[30:]) for m in (ours, theirs))
    assert_array_equal(ours.coefficients, theirs.coefficients)
    series = [(times, values[0, :, 0])]
    along = [HiPPOTransformer(m, order=5, output="sequence").fit_transform(series).values for m in (heir, parent)]
    assert_array_equal(along[0], along[1])
    for method in ("bilinear", "zoh"):
        steps = [
            HiPPOTransformer(m, order=5, method="recurrence", discretization=method).fit_transform(series)
            for m in (heir, parent)
        ]
        assert_array_equal(*steps)


def test_a_decay_needs_a_triangle():
    @dataclass(frozen=True)
    class Wrong(LagT):
        memory_kind: ClassVar[str] = "decay"

        def structure(self, order):
            return None

    with pytest.raises(
        ValueError, match=r"Wrong\(theta=1.0.*\) declares memory_kind='decay': a time scale is expected"
    ):
        HiPPOMemory(Wrong(1.0), 3)
