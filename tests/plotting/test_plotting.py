"""Displays show what the definition says: compared are the data of the artists, not pixels."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from skhippo import HiPPOMemory, HiPPOTransformer, LagT, LegT, as_panel
from skhippo.plotting import (
    CoefficientsDisplay,
    MeasureDisplay,
    MemoryDisplay,
    OcclusionDisplay,
    ReconstructionDisplay,
    SensitivityDisplay,
)
from tests import naive

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

DAY = 86400.0


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture
def series(rng):
    """One irregular series of two channels; the second has holes."""
    times = np.sort(rng.uniform(0, 5, 60))
    values = np.stack([np.sin(times), np.cos(2 * times) + 3])
    values[1, [0, 20, 21, 22, 40]] = np.nan
    return times, values


@pytest.fixture
def panel(rng):
    """Thirty series of three classes."""
    labels = np.arange(30) % 3
    series = []
    for label in labels:
        times = np.sort(rng.uniform(0, 3, 25))
        values = np.stack([np.sin((1 + label) * times), np.cos(times)]) + 0.2 * rng.normal(size=(2, 25))
        values[1, 3:6] = np.nan
        series.append((times, values))
    return as_panel(series), labels


def rendered(display):
    """Draw all of it: what matplotlib refuses, or warns of, shows now."""
    display.figure_.canvas.draw()
    return display


# ------------------------------------------------------------------ reconstruction
@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_reconstruction_is_the_sum_of_the_definition(series, measure, hold):
    times, values = series
    order = 6
    display = ReconstructionDisplay.from_panel([series], measure=measure, order=order, hold=hold, channel=1)
    moments, drawn = rendered(display).line_.get_data()
    end = naive.domain_end(times, hold)
    c = naive.project(times, values[1], measure, order, hold)
    ages = (end - moments) / (measure.time_scale or end - times[0])
    inside = ages <= (np.inf if measure.name == "lagt" else 1.0)
    s = ages if measure.name == "lagt" else 1 - ages
    assert_allclose(drawn[inside], naive.basis(measure, order, s[inside]) @ c, rtol=0, atol=1e-8)
    assert np.isnan(drawn[~inside]).all()
    seen = ~np.isnan(values[1])
    assert_array_equal(display.observations_.get_data(), [times[seen], values[1, seen]])
    assert display.held_.get_drawstyle() == {"linear": "default", "previous": "steps-post"}[hold]


def test_scaling_and_pipelines_do_not_change_the_reconstruction(series):
    raw = ReconstructionDisplay.from_panel([series], order=8, channel=1)
    model = make_pipeline(HiPPOTransformer(order=8).set_output(transform="pandas"), LogisticRegression())
    model[0].fit([series, (series[0], series[1] + 5)])
    scaled = ReconstructionDisplay.from_estimator(model, [series], channel=1)
    assert_allclose(scaled.approximation, raw.approximation, rtol=1e-12)


def test_holes_reach_half_the_way_to_their_neighbours(series):
    times, _ = series
    display = rendered(ReconstructionDisplay.from_panel([series], channel=1))
    middle = (times[1:] + times[:-1]) / 2
    expected = [[times[0], middle[0]], [middle[19], middle[22]], [middle[39], middle[40]]]
    assert_allclose(display.holes, expected)
    paths = display.holes_.get_paths()
    assert len(paths) == 3
    for path, hole in zip(paths, expected, strict=True):
        assert_allclose([path.vertices[:, 0].min(), path.vertices[:, 0].max()], hole)
    assert ReconstructionDisplay.from_panel([series], channel=0).holes_ is None


def test_dates_stay_dates(series):
    times, values = series
    dates = np.datetime64("2024-03-01", "s") + np.rint(times * DAY).astype("timedelta64[s]")
    display = rendered(ReconstructionDisplay.from_panel([(dates, values)], order=8, channel=1))
    assert display.moments.dtype == "datetime64[us]"
    assert display.moments[[0, -1]].tolist() == dates[[0, -1]].astype("datetime64[us]").tolist()
    plain = ReconstructionDisplay.from_panel([(np.rint(times * DAY), values)], order=8, channel=1)
    assert_allclose(display.approximation, plain.approximation, rtol=1e-12)
    assert display.ax_.get_xlabel() == "time (UTC)"
    assert display.holes.dtype == display.times.dtype


def test_one_observation_and_none(series):
    display = rendered(ReconstructionDisplay.from_panel([([2.0], [[7.0], [np.nan]])], order=4))
    assert_array_equal(display.line_.get_data(), [[2.0], [7.0]])
    empty = rendered(ReconstructionDisplay.from_panel([([2.0, 3.0], [[7.0, 8.0], [np.nan, np.nan]])], channel=1))
    assert np.isnan(empty.line_.get_ydata()).all()
    assert_array_equal(empty.holes, [[2.0, 3.0]])
    assert CoefficientsDisplay.from_panel([([2.0], [7.0])], order=3).coefficients.tolist() == [[7.0, 0.0, 0.0]]
    rendered(CoefficientsDisplay.from_panel([([2.0, 3.0], [[1.0, 2.0], [np.nan, np.nan]])], channel=1))


def test_a_time_channel_is_read_as_in_fit(series):
    cube = np.concatenate([series[0][None], series[1]])[None]
    hippo = HiPPOTransformer(order=5, time_channel=0).fit(cube)
    timed = ReconstructionDisplay.from_estimator(hippo, cube, channel="x1")
    assert_allclose(timed.approximation, ReconstructionDisplay.from_panel([series], order=5, channel=1).approximation)


def test_given_axes_and_styles_are_used(series):
    figure, ax = plt.subplots()
    display = ReconstructionDisplay.from_panel([series], ax=ax, color="red", label="mine")
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert display.line_.get_color() == "red"
    again = display.plot()
    assert again is display
    assert again.ax_ is not ax
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"held signal (linear)", "observations", "mine"}


def test_what_is_not_there(series):
    with pytest.raises(ValueError, match=r"series=3 is asked for in a panel of 1"):
        ReconstructionDisplay.from_panel([series], series=3)
    with pytest.raises(ValueError, match=r"channel='y' is not there: the channels are 'x0', 'x1'"):
        ReconstructionDisplay.from_panel([series], channel="y")
    with pytest.raises(ValueError, match=r"channel=2 is asked for of 2"):
        CoefficientsDisplay.from_panel([series], channel=2)
    with pytest.raises(TypeError, match="estimator is Pipeline and begins with StandardScaler: a HiPPOTransformer"):
        ReconstructionDisplay.from_estimator(make_pipeline(StandardScaler()), [series])
    with pytest.raises(ValueError, match=r"method='recurrence': the integrals that are drawn are"):
        CoefficientsDisplay.from_estimator(HiPPOTransformer().fit([series]).set_params(method="recurrence"), [series])


# ------------------------------------------------------------------ coefficients
def test_coefficients_are_those_of_the_history_until_each_moment(series, measure):
    times, values = series
    display = rendered(CoefficientsDisplay.from_panel([series], measure=measure, order=5, channel=1, n_moments=7))
    shown = np.asarray(display.mesh_.get_array()).reshape(5, 7)
    for moment, c in list(zip(display.moments, shown.T, strict=True))[1:]:
        assert_allclose(c, naive.project(times, values[1], measure, 5, now=moment), rtol=0, atol=1e-9)
    assert display.moments[[0, -1]].tolist() == times[[0, -1]].tolist()
    low, high = display.mesh_.get_clim()
    assert low == -high  # nought is white


def test_the_last_coefficients_are_the_features(panel):
    X, y = panel
    model = make_pipeline(HiPPOTransformer(order=6), LogisticRegression()).fit(X, y)
    display = CoefficientsDisplay.from_estimator(model, X, series=4, channel=1)
    assert_allclose(display.coefficients[-1], model[0].transform(X[[4]])[0, 6:], rtol=1e-10, atol=1e-13)
    assert display.colorbar_.ax.get_ylabel() == "coefficient, scaled as in fit"


# ------------------------------------------------------------------ measures and memories
def test_measure_display_shows_basis_and_weight(measure):
    display = rendered(MeasureDisplay.from_measure(measure, order=5, n_moments=50))
    if measure.time_scale is None:
        s = display.moments
    else:
        ages = -display.moments / measure.time_scale
        s = ages if measure.name == "lagt" else 1 - ages
    basis = naive.basis(measure, 5, s)
    for n, line in enumerate(display.lines_):
        assert_allclose(line.get_xdata(), display.moments)
        assert_allclose(line.get_ydata(), basis[:, n], rtol=1e-9, atol=1e-10)
    expected = 1 / (np.pi * np.sqrt(s * (1 - s))) if measure.name == "chebt" else naive.weight(measure, s)
    assert_allclose(display.weight, expected, rtol=1e-9)
    assert (np.diff(display.moments) > 0).all()  # from the past to the present
    assert display.weight_ax_.get_xlim() == display.ax_.get_xlim()


def test_memory_display_shows_what_the_memory_reconstructs(series, measure):
    times, values = series
    chunk = np.stack([values.T, values.T + 1])
    memory = HiPPOMemory(measure, order=9, n_streams=2, n_channels=2).update(chunk, times)
    display = rendered(MemoryDisplay.from_memory(memory, stream=1, channel=1, happened=(times, values[1] + 1)))
    moments, drawn = display.line_.get_data()
    oldest = times[0] if measure.name in ("legs", "lagt") else times[-1] - measure.time_scale
    assert_allclose([moments[0], moments[-1]], [oldest, times[-1]], rtol=1e-14)
    assert_allclose(drawn, memory.reconstruct(moments)[1, 1], rtol=0, atol=1e-9)
    length = measure.time_scale or times[-1] - times[0]
    ages = (times[-1] - moments[1:-1]) / length
    s = ages if measure.name == "lagt" else 1 - ages
    assert_allclose(display.weight[1:-1], measure.weight(s), rtol=1e-6)
    assert display.happened_.get_xdata().tolist() == times[times >= moments[0]].tolist()


def test_memory_display_of_dates(series):
    times, values = series
    dates = np.datetime64("2024-03-01", "s") + np.rint(times * DAY).astype("timedelta64[s]")
    memory = HiPPOMemory("legt", order=9, theta=2 * DAY).update(values[0].reshape(1, -1, 1), dates)
    display = rendered(MemoryDisplay.from_memory(memory, happened=(dates, values[0])))
    assert display.moments[-1] == dates[-1]
    assert_allclose(display.approximation[1:], memory.reconstruct(display.moments[1:])[0, 0], atol=1e-6)
    assert (display.happened[0] >= display.moments[0]).all()
    assert display.weight_ax_.get_xlabel() == "time (UTC)"


def test_memories_that_cannot_be_drawn():
    with pytest.raises(ValueError, match="nothing was observed yet: update the memory first"):
        MemoryDisplay.from_memory(HiPPOMemory())
    memory = HiPPOMemory(order=4).update([[[1.0], [2.0]]])
    with pytest.raises(ValueError, match="stream=1 is asked for of 1"):
        MemoryDisplay.from_memory(memory, stream=1)
    with pytest.raises(ValueError, match=r"times of shape \(2,\) and values of shape \(3,\)"):
        MemoryDisplay.from_memory(memory, happened=([0.0, 1.0], [1.0, 2.0, 3.0]))


def test_the_strip_shares_the_place_of_the_axes_it_is_given():
    figure, axes = plt.subplots(1, 2, layout="constrained")
    left = MeasureDisplay.from_measure("chebt", ax=axes[0])
    figure.canvas.draw()
    place, strip = left.ax_.get_position(), left.weight_ax_.get_position()
    assert strip.y1 < place.y0
    assert strip.x0 == pytest.approx(place.x0)
    assert strip.x1 < axes[1].get_position().x0
    alone = plt.figure().add_axes((0.2, 0.4, 0.7, 0.5))  # placed by hand
    rendered(MeasureDisplay.from_measure("legs", ax=alone))


# ------------------------------------------------------------------ from a model back to time
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
    curves = [SensitivityDisplay.from_estimator(model, channel=c, n_moments=20_000) for c in (0, 1)]
    nothing = as_panel([(times, np.zeros_like(values)) for times, values in X])
    decided = model.decision_function(X) - model.decision_function(nothing)
    for (times, values), decision in zip(list(X)[:5], decided[:5], strict=True):
        total = np.zeros(3)
        for channel, display in zip(values, curves, strict=True):
            start, length = (times[0], times[-1] - times[0]) if name == "legs" else (times[-1], 1.0)
            f = naive.signal(times, channel, "linear")(start + length * display.moments)
            total += (display.sensitivity * f).sum(axis=1) * np.diff(display.moments[:2])
        assert_allclose(total, decision, rtol=0, atol=INTEGRAL[name] * np.abs(decided).max())


def test_a_bump_moves_the_decision_by_the_curve_there(panel):
    """The curve is the functional derivative; a curve of the mirrored time is not."""
    X, y = panel
    model = make_pipeline(HiPPOTransformer(order=6), LogisticRegression()).fit(X, y == 1)
    display = SensitivityDisplay.from_estimator(model, n_moments=2000)
    times, place = np.linspace(0, 1, 2001), 700
    flat = np.zeros((2, times.size))
    bump = flat.copy()
    bump[0, place] = 1000.0  # a triangle of area 1/2
    low, high = model.decision_function([(times, flat), (times, bump)])
    at = np.interp(times[[place, 2000 - place]], display.moments, display.sensitivity[0])
    assert_allclose((high - low) / 0.5, at[0], rtol=1e-3)
    assert abs((high - low) / 0.5 - at[1]) > 0.1 * np.abs(display.sensitivity).max()
    assert display.lines_[0].get_label() == "class True against False"
    assert_array_equal(rendered(display).lines_[0].get_ydata(), display.sensitivity[0])


@pytest.mark.parametrize(
    "model",
    [
        make_pipeline(HiPPOTransformer(order=5, indicator=True, duration=True), Ridge()),
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
    display = rendered(SensitivityDisplay.from_estimator(model, channel="x0", n_moments=4000))
    moved = as_panel([(times, values + np.array([[1.0], [0.0]])) for times, values in X])
    decide = model.predict if isinstance(model[-1], Ridge) else model.decision_function
    change = (decide(moved) - decide(X)).reshape(len(X), -1)
    assert_allclose(np.tile(display.sensitivity.mean(axis=1), (len(X), 1)), change, rtol=1e-4, atol=1e-5)


def test_observation_patterns_have_curves_of_their_own(panel):
    X, y = panel
    model = make_pipeline(HiPPOTransformer(order=5, indicator=True), Ridge()).fit(X, y)
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
    model = make_pipeline(HiPPOTransformer(order=4, windows=2), LogisticRegression())
    expected = "windows=2: the curve that is drawn is that of one window; fit with windows=1"
    with pytest.raises(ValueError, match=expected):
        SensitivityDisplay.from_estimator(model.fit(*panel))


def test_models_without_a_decision(panel):
    X, y = panel
    model = make_pipeline(HiPPOTransformer(order=4), RandomForestClassifier(5, random_state=0)).fit(X, y)
    with pytest.raises(ValueError, match="RandomForestClassifier has no decision_function"):
        SensitivityDisplay.from_estimator(model)
    with pytest.raises(TypeError, match="a transformer alone: a Pipeline that ends with a model is expected"):
        SensitivityDisplay.from_estimator(model[0])
    with pytest.raises(TypeError, match="a transformer alone"):
        OcclusionDisplay.from_estimator(model[0], X, y)
    with pytest.raises(ValueError, match=r"channel='z' is not there"):
        SensitivityDisplay.from_estimator(make_pipeline(model[0], Ridge().fit(np.eye(8), np.ones(8))), channel="z")


# ------------------------------------------------------------------ occlusion
def test_occlusion_scores_series_with_holes(panel):
    X, y = panel
    model = make_pipeline(HiPPOTransformer(order=6), RandomForestClassifier(20, random_state=0)).fit(X[:15], y[:15])
    display = rendered(OcclusionDisplay.from_estimator(model, X[15:], y[15:], n_windows=4))
    for j in range(4):
        holed = []
        for times, values in X[15:]:
            place = (times - times[0]) / (times[-1] - times[0])
            inside = (place >= j / 4) & ((place < (j + 1) / 4) | (j == 3))
            holed.append((times, np.where(inside, np.nan, values)))
        assert display.scores[j] == model.score(holed, y[15:])
    assert display.score == model.score(X[15:], y[15:])
    assert_allclose([bar.get_height() for bar in display.bars_], display.losses)
    assert_allclose([bar.get_x() for bar in display.bars_], [0.0, 0.25, 0.5, 0.75])


def test_occlusion_finds_the_stretch_that_tells_the_classes_apart(rng):
    """Only the third fifth differs; with shuffled labels nothing can be lost."""
    y = np.arange(60) % 2
    X = rng.normal(scale=0.1, size=(60, 1, 50))
    X[y == 1, :, 20:30] += 2.0
    model = make_pipeline(HiPPOTransformer(order=20), RandomForestClassifier(50, random_state=0)).fit(X, y)
    display = OcclusionDisplay.from_estimator(model, X, y, n_windows=5, scoring="balanced_accuracy")
    assert display.losses.argmax() == 2
    assert display.losses[2] > 0.3
    assert np.abs(np.delete(display.losses, 2)).max() < 0.2
    assert display.ax_.get_ylabel() == "loss of balanced_accuracy (whole: 1)"


def test_a_channel_keeps_its_only_observations(panel):
    X = as_panel([([0.0, 1.0, 2.0], [[1.0, 2.0, 3.0], [np.nan, 5.0, np.nan]]), ([4.0], [[1.0], [2.0]])])
    model = make_pipeline(HiPPOTransformer(order=2), Ridge()).fit(X, [0.0, 1.0])
    display = OcclusionDisplay.from_estimator(model, X, [0.0, 1.0], n_windows=3)
    assert np.isfinite(display.scores).all()
    timed = make_pipeline(HiPPOTransformer(order=2, time_channel=0), Ridge()).fit(
        np.arange(8.0).reshape(2, 2, 2), [0, 1]
    )
    with pytest.raises(ValueError, match="time_channel=0: series with holes are a Panel"):
        OcclusionDisplay.from_estimator(timed, X, [0.0, 1.0])


# ------------------------------------------------------------------ matplotlib
def test_importing_the_displays_does_not_import_matplotlib():
    code = "import sys, skhippo.plotting; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install 'skhippo\[plot\]'"):
        MeasureDisplay.from_measure(LegT(1.0))


def test_many_classes_have_their_legend_on_the_right():
    display = rendered(MeasureDisplay.from_measure(LagT(1.0), order=12))
    assert len({line.get_color() for line in display.lines_}) == 12
    legend = display.ax_.get_legend().get_window_extent()
    assert legend.x0 >= display.ax_.get_window_extent().x1 - 1
