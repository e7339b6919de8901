"""skhippo.aeon: aeon's own conformance suite, and the same features (`make test-aeon`)."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

import skhippo
from skhippo import LagT


def test_without_aeon_the_error_says_what_to_install():
    code = "import sys; sys.modules['aeon'] = None; import skhippo.aeon"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'ModuleNotFoundError: skhippo.aeon needs aeon: pip install "skhippo[aeon]"' in done.stderr


@pytest.fixture(scope="module")
def adapter():
    pytest.importorskip("aeon", reason="aeon is not installed: make test-aeon")
    from skhippo.aeon import HiPPOTransformer

    return HiPPOTransformer


@pytest.fixture(scope="module")
def series():
    """Two classes of irregular, ragged, holed series: times, then two channels."""
    rng = np.random.default_rng(0)
    X, y = [], np.arange(24) % 2
    for label in y:
        times = np.sort(rng.uniform(0, 3, rng.integers(15, 40)))
        values = np.sin((1 + label) * times + np.arange(2)[:, None]) + 0.1 * rng.normal(size=(2, times.size))
        values[rng.random(values.shape) < 0.2] = np.nan
        X.append(np.vstack([times, values]))
    return X, y


def test_check_estimator(adapter):
    from aeon.testing.estimator_checking import check_estimator

    check_estimator(adapter, raise_exceptions=True)


def test_times_travel_as_a_channel(adapter, series):
    X, _ = series
    transformer = adapter(order=5, time_channel=0)
    features = transformer.fit_transform(X)
    pairs = [(x[0], x[1:]) for x in X]
    assert_array_equal(features, skhippo.HiPPOTransformer(order=5).fit_transform(pairs))
    assert_array_equal(transformer.transform(X), features)
    # Without them the same values are another signal.
    blind = adapter(order=5).fit_transform([x[1:] for x in X])
    assert np.abs(blind - features).max() > 0.1


def test_times_in_an_index(adapter, series):
    import pandas as pd

    X, _ = series
    frames = [pd.DataFrame(x[1:].T, index=x[0]) for x in X]
    assert_array_equal(
        adapter(order=5).fit_transform(pd.concat(frames, keys=range(len(X)))),
        adapter(order=5, time_channel=0).fit_transform(X),
    )


def test_numpy3d(adapter, rng):
    X = rng.normal(size=(5, 2, 12))
    X[0, 1, 3] = np.nan
    assert_array_equal(adapter(order=3).fit_transform(X), skhippo.HiPPOTransformer(order=3).fit_transform(X))


def test_arrays_have_channels_first_by_definition(adapter, rng):
    X = rng.normal(size=(5, 12, 3)).cumsum(axis=1)
    expected = skhippo.HiPPOTransformer(order=2).fit_transform([(np.arange(3.0), x) for x in X])
    for Y in (X, list(X)):  # as arrays of their own, they would give a warning
        assert_array_equal(adapter(order=2).fit_transform(Y), expected)


def test_parameters(adapter):
    transformer = adapter(LagT(2.0), 7)
    wrapped = skhippo.HiPPOTransformer(LagT(2.0), 7, n_jobs=1)
    parameters = wrapped.get_params()
    del parameters["output"]  # always "final"
    assert transformer.get_params() == parameters
    assert clone(transformer).set_params(order=3).order == 3


def test_in_a_pipeline(adapter, series):
    X, y = series
    model = make_pipeline(adapter(order=4, time_channel=0), LogisticRegression())
    assert cross_val_score(model, X, y, cv=3, error_score="raise").min() > 0.8
    assert list(model.fit(X, y)[:-1].get_feature_names_out()[[0, -1]]) == ["x0__legs_c0", "x1__legs_c3"]
