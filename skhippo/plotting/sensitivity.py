"""Plot the weights of a linear model as functions of time."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.measures import Measure
from skhippo.panel.dataframes import library, make_table
from skhippo.plotting.axes import GREY, axes_for, colours, entitle
from skhippo.plotting.display import Display
from skhippo.plotting.measure import inner_places, moments_at, moments_label
from skhippo.plotting.source import channel_number, model_of, projecting
from skhippo.transformer.transformer import HiPPOTransformer

# Relative deviation up to which a decision counts as linear: float32 solvers pass, curved models do not.
_LINEAR = 1e-4
# Sizes of the random features with which linearity is checked.
_SIZES = (1.0, 1e3, 1e6, 1e9)
# A weight function is cut off where it has fallen to this fraction of its largest value.
_QUIET = 1e-3


class SensitivityDisplay(Display):
    r"""Sensitivity of the decision of a linear model to the signal at each moment.

    Parameters
    ----------
    grid_times : ndarray of shape (n_points,)
        Moments of the past in the units of the timestamps; the present is 0.  For LegS, fractions of the history.
    sensitivity : ndarray of shape (n_curves, n_points)
        One weight function per class or per target; a single one for two classes.
    labels : sequence of str
        Names of the curves.
    title : str
        Title of the plot.
    time_label, channel_name : str
        Label of the axis of times, and name of the channel in the label of the other axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    lines_ : list of matplotlib Line2D
        One line per curve.

    See Also
    --------
    OcclusionDisplay : For models that are not linear.

    Notes
    -----
    Coefficients are linear in the signal, so with a linear model the decision is

    .. math::

        d = d_0 + \sum_n w_n c_n = d_0 + \int f(x)\, \beta(x)\, dx, \qquad
        \beta(x) = \sum_n w_n\, g_n(s)\, \frac{\omega(s)}{\theta}

    for each channel: the coefficient function of a functional linear model (Ramsay and Silverman, Functional Data
    Analysis, 2005, chapter 15).  It is exact, not an attribution: raising the signal by :math:`\delta(x)` changes the
    decision by :math:`\int \delta\,\beta\,dx`.  For LegS :math:`x` is the fraction of the history (and
    :math:`\theta = 1`).

    Each weight :math:`w_n` is computed as the decision at a unit vector of the features minus the decision at zero.
    The pipeline may therefore contain any affine steps (scalers, PCA, selections); an error is raised if a step is not
    affine.  The features of ``add_duration=True`` do not belong to a moment and are left out.

    There is no such curve for trees.  Their importances have no sign, so they cannot weight a sum of the functions
    :math:`g_n`.  Weighting the squares :math:`g_n^2` instead would emphasise the ends of the series for any model,
    since those of LegS are largest there.  For models of any kind see `OcclusionDisplay`.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skhippo import HiPPOTransformer
    >>> from skhippo.datasets import irregular_sinusoids
    >>> from skhippo.plotting import SensitivityDisplay
    >>> X, y = irregular_sinusoids(60, n_classes=3, random_state=0)
    >>> model = make_pipeline(HiPPOTransformer(order=8), LogisticRegression()).fit(X, y)
    >>> SensitivityDisplay.from_estimator(model).sensitivity.shape
    (3, 500)
    """

    def __init__(
        self,
        *,
        grid_times: Floats,
        sensitivity: Floats,
        labels: tuple[str, ...] = (),
        title: str = "",
        time_label: str = "time",
        channel_name: str = "the signal",
    ) -> None:
        self.grid_times = grid_times
        self.sensitivity = sensitivity
        self.labels = labels
        self.title = title
        self.time_label = time_label
        self.channel_name = channel_name

    @classmethod
    def from_estimator(
        cls,
        estimator: object,
        *,
        channel: int | str = 0,
        n_points: int = 500,
        ax: Any = None,
        **kwargs: Any,
    ) -> SensitivityDisplay:
        """Draw the weight function of a fitted linear model.

        Parameters
        ----------
        estimator : Pipeline
            A fitted pipeline of a HiPPOTransformer, optional affine steps, and a model whose `decision_function`
            (classifier) or `predict` (regressor) is linear.
        channel : int or str, default=0
            Channel to draw, by number or by name.  With ``add_indicator=True`` this may also be an observation pattern,
            such as ``"x0__observed"``.
        n_points : int, default=500
            Number of times at which the function is evaluated.
        ax : matplotlib Axes, optional
            Axes to draw on.  By default a new figure is made.
        **kwargs : dict
            Passed to the lines.

        Returns
        -------
        SensitivityDisplay

        Raises
        ------
        TypeError
            If `estimator` is not such a pipeline.
        ValueError
            If its decision is not linear in the coefficients.
        """
        n_points = check_count("n_points", n_points)
        hippo = projecting(estimator)
        model = model_of(estimator)
        names = hippo.channel_names_
        if hippo.add_indicator:
            names = (*names, *(f"{name}__observed" for name in names))
        number = channel_number(channel, names)
        slopes = _slopes(_decision(model, estimator), hippo, type(model).__name__)
        own = slopes[_features_of(hippo, names[number])] / hippo.scale_[number]
        measure = hippo.measure_
        s = inner_places(measure, n_points, _reach(measure, own))
        return cls(
            grid_times=moments_at(measure, s),
            sensitivity=_weight_function(measure, own, s),
            labels=_labels(model, own.shape[1]),
            title=f"{type(model).__name__}: sensitivity of the decision to channel {names[number]}",
            time_label=moments_label(measure),
            channel_name=names[number],
        ).plot(ax, **kwargs)

    def plot(self, ax: Any = None, **kwargs: Any) -> SensitivityDisplay:
        """Draw the weight functions.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on.  By default a new figure is made.
        **kwargs : dict
            Passed to the lines.

        Returns
        -------
        SensitivityDisplay
        """
        ax = axes_for(ax)
        ax.axhline(0.0, color=GREY, linewidth=0.8)
        labels = self.labels or tuple(str(i) for i in range(len(self.sensitivity)))
        self.lines_ = [
            ax.plot(self.grid_times, curve, **{"color": colour, "label": label, "linewidth": 2.0, **kwargs})[0]
            for curve, colour, label in zip(self.sensitivity, colours(len(labels)), labels, strict=True)
        ]
        ax.set(xlabel=self.time_label, ylabel=f"decision per unit of {self.channel_name} and of time")
        entitle(ax, self.title)
        return self._drawn_on(ax)


def _features_of(hippo: HiPPOTransformer, channel: str) -> list[int]:
    """Return the positions of the coefficients of a channel among the features."""
    if hippo.n_windows > 1:
        raise ValueError(f"n_windows={hippo.n_windows}: the curve is defined for one window only; fit with n_windows=1")
    features = hippo.get_feature_names_out().tolist()
    names = [f"{channel}__{hippo.measure_.name}_c{n}" for n in range(hippo.order)]
    return [features.index(name) for name in names]


def _decision(model: object, estimator: Any) -> Callable[[Floats], Floats]:
    """Return the decision of the model of a pipeline as a function of the features of its first step."""
    method = "decision_function" if is_classifier(model) else "predict"
    if not hasattr(model, method):
        raise ValueError(
            f"{type(model).__name__} has no {method}: a linear model is expected; for others see OcclusionDisplay"
        )
    rest = Pipeline(estimator.steps[1:])
    names = _feature_names(rest.steps[0][1])

    def decide(features: Floats) -> Floats:
        decided = np.asarray(getattr(rest, method)(names(features)), dtype=np.float64)
        return decided.reshape(len(features), -1)

    return decide


def _feature_names(step: object) -> Callable[[Floats], Any]:
    """Return a function that makes features a frame with the names the step was fitted with, if it was fitted so."""
    if not hasattr(step, "feature_names_in_"):
        return lambda features: features

    frames = "pandas" if library("pandas") else "polars"
    return lambda features: make_table(dict(zip(step.feature_names_in_, features.T, strict=True)), frames)


def _slopes(decide: Callable[[Floats], Floats], hippo: HiPPOTransformer, model: str) -> Floats:
    """Return the slopes of the decision, of shape (n_features, n_curves); raise if the decision is not linear."""
    number = len(hippo.get_feature_names_out())
    origin = decide(np.zeros((1, number)))
    slopes = decide(np.eye(number)) - origin
    # Check far from zero too: near zero, a tree is constant and a network of rectifiers is linear.
    probes = np.random.default_rng(0).normal(size=(8 * len(_SIZES), number)) * np.repeat(_SIZES, 8)[:, None]
    expected, change = probes @ slopes, decide(probes) - origin
    largest = np.maximum(np.abs(expected), np.abs(change)).max(axis=1)
    if (np.abs(change - expected).max(axis=1) > _LINEAR * largest).any():
        raise ValueError(
            f"the decision of {model} is not linear in the coefficients, so there is no weight function: for models of "
            "any kind see OcclusionDisplay"
        )
    return slopes


def _weight_function(measure: Measure, slopes: Floats, s: Floats) -> Floats:
    """Return the weight functions (n_curves, n_places) of slopes (order, n_curves) at places."""
    kernel = measure.basis(len(slopes), s) * (measure.weight(s) / (measure.time_scale or 1.0))[:, None]
    return (kernel @ slopes).T


def _reach(measure: Measure, slopes: Floats) -> float:
    """Return the age, in units of the time scale, beyond which the weight function is negligible."""
    if math.isfinite(measure.domain[1]):
        return 1.0
    s = inner_places(measure, 2000, measure.horizon(len(slopes)))
    size = np.abs(_weight_function(measure, slopes, s)).max(axis=0)
    return float(s[np.argmax(size > _QUIET * size.max())]) if size.any() else float(s[0])


def _labels(model: Any, number: int) -> tuple[str, ...]:
    """Return the names of the curves: the classes (of two, the one of positive decisions) or the targets."""
    if not is_classifier(model):
        return ("prediction",) if number == 1 else tuple(f"target {i}" for i in range(number))
    classes: NDArray[Any] = model.classes_
    if getattr(model, "decision_function_shape", None) == "ovo" and len(classes) > 2:
        return tuple(f"class {one} against {other}" for one, other in combinations(classes, 2))
    if number == 1:
        return (f"class {classes[1]} against {classes[0]}",)
    return (
        tuple(f"class {label}" for label in classes)
        if number == len(classes)
        else tuple(f"decision {i}" for i in range(number))
    )
