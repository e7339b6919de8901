"""Features and a head that are chosen for the panel: channels that say nothing, and what is said of the choice."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skhippo import HiPPOClassifier, HiPPORegressor, as_panel
from skhippo.datasets import irregular_sinusoids, load_uea
from tests.estimators.conftest import records


@pytest.mark.slow
def test_static_channels_that_say_nothing_cost_nothing(data_folder):
    (X, y), (X_test, y_test) = load_uea("ArrowHead", "train"), load_uea("ArrowHead", "test")
    rng = np.random.default_rng(0)
    with_static = [
        [(t, np.vstack([v, np.repeat(rng.normal(size=(3, 1)), t.size, axis=1)])) for t, v in panel]
        for panel in (X, X_test)
    ]
    assert HiPPOClassifier().fit(with_static[0], y).score(with_static[1], y_test) > 0.85


@pytest.mark.filterwarnings("ignore:never observed in the training series")
def test_channels_that_are_missing_in_some_series_or_in_all():
    X, y = irregular_sinusoids(60, n_classes=2, n_channels=3, random_state=0)
    values = X.values.copy()
    values[: X.offsets[20], 1] = np.nan
    values[:, 2] = np.nan
    holed = as_panel(
        [(t, v.T) for t, v in zip(np.split(X.times, X.offsets[1:-1]), np.split(values, X.offsets[1:-1]), strict=True)]
    )
    model = HiPPOClassifier().fit(holed[:40], y[:40])
    assert np.isfinite(model.predict_proba(X[40:])).all()
    assert model.score(holed[40:], y[40:]) > 0.9


@pytest.mark.filterwarnings("ignore:never observed in the training series")
@pytest.mark.parametrize("n_series", [30, 500])
def test_records_of_a_channel_that_training_never_observed(n_series):
    X, y = records(n_series)
    X = [(t, np.vstack([v[:2], np.full((1, t.size), np.nan)])) for t, v in X]
    model = HiPPOClassifier().fit(X, y)
    assert not any(name.startswith("x2__mean") for name in model.get_feature_names_out())
    seen = [(t, np.vstack([v[:2], np.ones((1, t.size))])) for t, v in X[:5]]
    assert np.isfinite(model.predict_proba(X[:5])).all()
    np.testing.assert_array_equal(model.predict_proba(seen), model.predict_proba(X[:5]))


@pytest.mark.parametrize("what", ["duration", "rhythm", "channel"])
def test_classes_that_differ_only_in_when_they_are_observed(what):
    rng = np.random.default_rng(0)
    y = np.arange(120) % 2
    X = []
    for label in y:
        t = np.sort(rng.uniform(0, 1 + (what == "duration") * label, 40))
        if what == "rhythm" and label:
            t = np.arange(40.0)
        values = rng.normal(size=(2, 40))
        if what == "channel" and label and rng.random() < 0.9:
            values[1] = np.nan
        X.append((t, values))
    model = HiPPOClassifier().fit(X[:80], y[:80])
    assert model.score(X[80:], y[80:]) > 0.85
    assert model._emphasis["observation"] > 1.0


def test_classes_that_differ_in_the_slow_course_under_noise():
    rng = np.random.default_rng(0)
    y = np.arange(160) % 2
    X = rng.normal(size=(160, 100)) + np.where(y, 0.8, -0.8)[:, None] * np.linspace(-0.5, 0.5, 100)
    model = HiPPOClassifier().fit(X[:100], y[:100])
    assert model.score(X[100:], y[100:]) > 0.9
    assert model._emphasis["course"] > 1.0


@pytest.mark.parametrize("unit", [1e-12, 1e40])
def test_the_unit_of_records_does_not_matter(unit):
    X, y = records(60)
    expected = HiPPOClassifier().fit(X, y).predict_proba(X)
    X = [(t, unit * v) for t, v in X]
    np.testing.assert_allclose(HiPPOClassifier().fit(X, y).predict_proba(X), expected, atol=1e-4)


def test_predictions_use_the_units_of_the_training_series(monkeypatch):
    X, y = records(40)
    model = HiPPOClassifier().fit(X, y)
    monkeypatch.setattr("skhippo.estimators.automatic.learn_units", lambda _: pytest.fail("units are learned again"))
    assert np.allclose(model.predict_proba(X[:1]), model.predict_proba(X)[:1])


@pytest.mark.parametrize("estimator", [HiPPOClassifier, HiPPORegressor])
def test_a_fit_that_was_interrupted_is_no_fit(estimator, monkeypatch):
    """HiPPOClassifier predicted the first class for all series."""

    def interrupted(*_):
        raise KeyboardInterrupt

    X, y = records(40)
    model = estimator().fit(X, y == "dead")
    monkeypatch.setattr("skhippo.estimators.automatic.fit_ridge", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y == "dead")
    with pytest.raises(NotFittedError):
        model.predict(X)


@pytest.mark.filterwarnings("ignore:y holds a single class")
def test_it_says_what_it_chose():
    X, y = irregular_sinusoids(30, n_classes=2, random_state=0)
    said = HiPPOClassifier().fit(X, y).describe()
    for part in (
        "course: ",
        "observation: ",
        "features: shape",
        "HiPPOScatteringTransformer",
        "head: ridge",
        "penalty",
        "temperature",
        "because",
    ):
        assert part in said
    assert "static" not in said
    levels = np.where(y, 1.0, -1.0) + np.random.default_rng(0).normal(size=30)
    with_level = [(t, np.vstack([v, np.full(t.size, level)])) for (t, v), level in zip(X, levels, strict=True)]
    assert "  static: x1; one feature each, weight " in HiPPOClassifier().fit(with_level, y).describe()
    assert "  static: x1; one feature each, weight 1\n" in HiPPOClassifier().fit(with_level, np.zeros(30)).describe()
    X, y = records(500)
    said = HiPPOClassifier().fit(X, y).describe()
    assert len(said.splitlines()) == 9
    for part in ("features: records", "SummaryTransformer", "head: ensemble", "HistGradientBoostingClassifier"):
        assert part in said
