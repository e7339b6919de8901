"""Fixtures of the tests of the network."""

import pytest

from skhippo import FouT, LagT, LegS, LegT
from skhippo.datasets import irregular_sinusoids

MEASURES = [LegS(), LegT(5.0), LagT(3.0), FouT(5.0)]


@pytest.fixture(params=MEASURES, ids=repr)
def measure(request):
    return request.param


@pytest.fixture(autouse=True)
def _seed():
    pytest.importorskip("torch").manual_seed(0)


@pytest.fixture(scope="module")
def data():
    return irregular_sinusoids(40, n_classes=2, n_channels=2, lengths=(8, 20), missing=0.2, random_state=0)
