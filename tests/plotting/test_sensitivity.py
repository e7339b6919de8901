"""From the weights of a linear model back to time."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from skhippo import HiPPOTransformer, LagT, as_panel
from skhippo.plotting import MeasureDisplay, SensitivityDisplay
from tests import naive
from tests.plotting.conftest import rendered

# Of the integral over the drawn moments: midpoints; ChebT has singular ends, LagT is cut off where it is small.
INTEGRAL = {"legs": 1e-5, "legt": 1e-5, "fout": 1e-5, "chebt": 2e-2, "lagt": 5e-3}


@pytest.mark.parametrize("name", INTEGRAL)
def test_the_decision_is_the_integral_of_the_signal_times_the_curve(panel, name):
    X, y = panel
    model = make_pipeline(
        HiPPOTransformer(name, order=7, theta=None if name == "legs" else 0.8),
        StandardScaler(),
        LogisticRegression(C=0.1),
    ).fit(X, y)
    curves = [SensitivityDisplay.from_estimator(model, channel=c, n_points=20_000) for c in (0, 1)]
    nothing = as_panel([(times, np.zeros_like(values)) for times, values in X])
    decided = model.decision_function(X) - model.decision_function(nothing)
    for (times, values), decision in zip(list(X)[:5], decided[:5], strict=True):
        total = np.zeros(3)
        for channel, display in zip(values, curves, strict=True):
            start, length = (times[0], times[-1] - times[0]) if name == "legs" else (times[-1], 1.0)
            f = naive.signal(times, channel, "linear")(start + length * display.grid_times)
            total += (display.sensitivity * f).sum(axis=1) * np.diff(display.grid_times[:2])
        assert_allclose(total, decision, rtol=0, atol=INTEGRAL[name] * np.abs(decided).max())


def test_a_bump_moves_the_decision_by_the_curve_there(panel):
    """The curve is the functional derivative; a curve of the mirrored time is not."""
    X, y = panel
    model = make_pipeline(HiPPOTransformer(order=6), LogisticRegression()).fit(X, y == 1)
    display = SensitivityDisplay.from_estimator(model, n_points=2000)
    times, place = np.linspace(0, 1, 2001), 700
    flat = np.zeros((2, times.size))
    bump = flat.copy()
    bump[0, place] = 1000.0  # a triangle of area 1/2
    low, high = model.decision_function([(times, flat), (times, bump)])
    at = np.interp(times[[place, 2000 - place]], display.grid_times, display.sensitivity[0])
    assert_allclose((high - low) / 0.5, at[0], rtol=1e-3)
    assert abs((high - low) / 0.5 - at[1]) > 0.1 * np.abs(display.sensitivity).max()
    assert display.lines_[0].get_label() == "class True against False"
    assert_array_equal(rendered(display).lines_[0].get_ydata(), display.sensitivity[0])


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(HiPPOTransformer(order=5, add_indicator=True, add_duration=True), Ridge()),
        make_pipeline(HiPPOTransformer(order=5, scaling=None), PCA(4), Ridge()),
        make_pipeline(HiPPOTransformer(order=5), LinearDiscriminantAnalysis()),
        make_pipeline(HiPPOTransformer(order=5).set_output(transform="pandas"), LogisticRegression()),
        make_pipeline(HiPPOTransformer(order=5), MinMaxScaler(), Ridge()).set_output(transform="polars"),
    ],
    ids=["ridge", "pca", "lda", "pandas", "polars"],
)
def test_affine_steps_of_any_kind(panel, model):
    X, y = panel
    model.fit(X, y)
    display = rendered(SensitivityDisplay.from_estimator(model, channel="x0", n_points=4000))
    moved = as_panel([(times, values + np.array([[1.0], [0.0]])) for times, values in X])
    decide = model.predict if isinstance(model[-1], Ridge) else model.decision_function
    change = (decide(moved) - decide(X)).reshape(len(X), -1)
    assert_allclose(np.tile(display.sensitivity.mean(axis=1), (len(X), 1)), change, rtol=1e-4, atol=1e-5)


def test_observation_patterns_have_curves_of_their_own(panel):
    X, y = panel
    model = make_pipeline(HiPPOTransformer(order=5, add_indicator=True), Ridge()).fit(X, y)
    pattern = SensitivityDisplay.from_estimator(model, channel="x1__observed").sensitivity
    basis = model[0].measure_.basis(5, np.array([0.5]))
    expected = basis @ model[1].coef_[15:] / model[0].scale_[3]
    assert_allclose(pattern[0, 249:251].mean(), expected, rtol=1e-3)


def test_names_of_the_curves(panel):
    X, y = panel
    for model, labels in (
        (SVC(kernel="linear"), None),
        (SVC(kernel="linear", decision_function_shape="ovo"), ["0 against 1", "0 against 2", "1 against 2"]),
        (RidgeClassifier(), ["0", "1", "2"]),
    ):
        pipeline = make_pipeline(HiPPOTransformer(order=4), model).fit(X, y)
        if labels is None:  # votes are counted: no linear function
            with pytest.raises(ValueError, match="is not linear"):
                SensitivityDisplay.from_estimator(pipeline)
        else:
            display = SensitivityDisplay.from_estimator(pipeline)
            assert list(display.labels) == [f"class {label}" for label in labels]
    targets = make_pipeline(HiPPOTransformer(order=4), Ridge()).fit(X, np.stack([y, -y], axis=1))
    display = SensitivityDisplay.from_estimator(targets)
    assert display.labels == ("target 0", "target 1")
    assert_allclose(display.sensitivity[0], -display.sensitivity[1])


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
@pytest.mark.parametrize(
    "estimator",
    [
        SVC(),
        MLPRegressor(hidden_layer_sizes=(5,), max_iter=3000, tol=1e-3, random_state=0),
        RandomForestRegressor(5, random_state=0),
    ],
)
def test_curved_decisions_have_no_curve_in_time(panel, estimator):
    X, y = panel
    for scaling in ("channel", None):
        raw = as_panel([(times, values * 1e5 + 3e5) for times, values in X])  # thresholds are far from nought
        model = make_pipeline(HiPPOTransformer(order=4, scaling=scaling), clone(estimator)).fit(raw, y)
        with pytest.raises(ValueError, match=r"is not linear in the coefficients.*see OcclusionDisplay"):
            SensitivityDisplay.from_estimator(model)


def test_sensitivity_is_that_of_one_window(panel):
    model = make_pipeline(HiPPOTransformer(order=4, n_windows=2), LogisticRegression())
    expected = "n_windows=2: the curve is defined for one window only; fit with n_windows=1"
    with pytest.raises(ValueError, match=expected):
        SensitivityDisplay.from_estimator(model.fit(*panel))


def test_many_classes_have_their_legend_on_the_right():
    display = rendered(MeasureDisplay.from_measure(LagT(1.0), order=12))
    assert len({line.get_color() for line in display.lines_}) == 12
    legend = display.ax_.get_legend().get_window_extent()
    assert legend.x0 >= display.ax_.get_window_extent().x1 - 1
