"""Corrupted copies: what they keep of their series, and how strongly they are corrupted."""

import functools

import numpy as np
import pytest

from skhippo import AugmentedClassifier, as_panel
from skhippo.datasets import resample
from tests.augmentation.conftest import Recorder, half, pipeline


def lies_in(copy, panel):
    """Whether each series of a copy is made of observations of the panel's series."""
    return all(
        np.isin(times, whole).all() and np.array_equal(values, all_values[:, np.isin(whole, times)], equal_nan=True)
        for (times, values), (whole, all_values) in zip(copy, panel, strict=True)
    )


def test_the_estimator_gets_the_panel_then_its_copies(sinusoids):
    X, y = sinusoids
    model = AugmentedClassifier(Recorder(), ("drop", "gap"), n_copies=2, random_state=0).fit(X, y)
    seen = model.estimator_.panel_
    parts = [seen[i * len(X) : (i + 1) * len(X)] for i in range(5)]
    assert len(seen) == 5 * len(X)
    assert parts[0] == X
    assert all(lies_in(copy, X) and copy != X for copy in parts[1:])
    assert parts[1] != parts[2]
    np.testing.assert_array_equal(model.estimator_.y_, np.tile(y, 5))


def test_strengths_cover_their_range():
    X = as_panel(np.ones((400, 101)))
    model = AugmentedClassifier(Recorder(), ("drop", "gap", "resample"), n_copies=1, random_state=0)
    lengths = model.fit(X, np.arange(400) % 2).estimator_.panel_.lengths.reshape(4, 400)
    assert (lengths[0] == 101).all()
    assert lengths[1].min() in range(20, 24)
    assert lengths[1].max() in range(98, 102)
    assert lengths[2].min() in range(49, 54)
    assert lengths[3].min() in range(50, 53)
    assert lengths[3].max() in range(195, 202)


def test_a_callable_may_do_with_chance_or_without(sinusoids):
    X, y = sinusoids
    corruptions = (half, functools.partial(resample, rate=0.5), lambda panel: panel)
    model = AugmentedClassifier(Recorder(), corruptions, n_copies=1, random_state=0).fit(X, y)
    _, thinned, resampled, same = (model.estimator_.panel_[i * 24 : (i + 1) * 24] for i in range(4))
    np.testing.assert_array_equal(thinned.lengths, X.lengths - np.round(X.lengths / 2))
    assert resampled == resample(X, 0.5)
    assert same == X


@pytest.mark.parametrize("unit", ["D", "s"])
def test_dates(unit):
    step = np.timedelta64(1, unit)
    series = [(np.datetime64("2020-01-01", unit) + step * np.arange(9), np.sin(k * np.arange(9.0))) for k in range(8)]
    model = AugmentedClassifier(Recorder(), ("drop", "gap", "resample"), n_copies=1, random_state=0)
    seen = model.fit(series, np.arange(8) % 2).estimator_.panel_
    assert len(seen) == 32
    assert seen[5][0].dtype.kind == "M"
    assert (np.diff(seen.times)[np.diff(np.repeat(np.arange(32), seen.lengths)) == 0] > 0).all()


@pytest.mark.parametrize(
    ("corruptions", "error", "match"),
    [
        (("dorp",), ValueError, "a corruption must be one of 'drop', 'gap', 'resample'; got 'dorp'"),
        ("drop", TypeError, r"corruptions is 'drop': a sequence .* such as \('drop',\)"),
        (half, TypeError, "corruptions is <function half"),
        ((0.5,), TypeError, "a corruption is 0.5: one of 'drop', 'gap', 'resample' or a callable"),
        ((lambda panel: panel.values,), TypeError, "returned a ndarray: a Panel is expected"),
        ((lambda panel: panel[:3],), ValueError, r"turned Panel\(24 series.*into Panel\(3 series"),
    ],
)
def test_wrong_corruptions(sinusoids, corruptions, error, match):
    with pytest.raises(error, match=match):
        AugmentedClassifier(pipeline(), corruptions).fit(*sinusoids)
