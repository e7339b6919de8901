"""Plot which parts of the series a model relies on, for models of any kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import check_scoring

from skhippo._support.types import Floats
from skhippo._support.validation import check_count
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel
from skhippo.plotting.axes import BLUE, GREY, axes_for, entitle
from skhippo.plotting.display import Display
from skhippo.plotting.source import model_of, transformer_of


class OcclusionDisplay(Display):
    """Loss of score of a model when a stretch of every series is hidden.

    Parameters
    ----------
    edges : ndarray of shape (n_windows + 1,)
        Ends of the stretches, as fractions of each series.
    scores : ndarray of shape (n_windows,)
        Score of the model without each stretch.
    score : float
        Score on the complete series.
    title : str
        Title of the plot.
    score_name : str
        Name of the score in the axis label.

    Attributes
    ----------
    losses : ndarray of shape (n_windows,)
        ``score - scores``.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    bars_ : matplotlib BarContainer
        One bar per stretch.

    See Also
    --------
    SensitivityDisplay : Exact weight functions, for linear models.

    Notes
    -----
    The observations in a stretch are marked as not observed, so the hold bridges the stretch.  The model is not trained
    again.  (Zeiler and Fergus, ECCV 2014, section 4.2, hide parts of the input of a trained model in the same way.)

    The losses therefore show what the model needs *and* cannot infer from the neighbouring observations.  They depend
    on the width of the stretches, and a moment looks unimportant if another one carries the same information.  A
    channel that would have no observation left is not changed.  Use series that the model was not trained on.

    Examples
    --------
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from skhippo import HiPPOTransformer
    >>> from skhippo.datasets import irregular_sinusoids
    >>> from skhippo.plotting import OcclusionDisplay
    >>> X, y = irregular_sinusoids(60, n_classes=2, random_state=0)
    >>> model = make_pipeline(HiPPOTransformer(order=8), RandomForestClassifier(random_state=0)).fit(X[:40], y[:40])
    >>> OcclusionDisplay.from_estimator(model, X[40:], y[40:], n_windows=5).losses.shape
    (5,)
    """

    def __init__(
        self, *, edges: Floats, scores: Floats, score: float, title: str = "", score_name: str = "score"
    ) -> None:
        self.edges = edges
        self.scores = scores
        self.score = score
        self.title = title
        self.score_name = score_name

    @property
    def losses(self) -> Floats:
        """Drop of the score without each stretch."""
        return self.score - self.scores

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: object,
        y: ArrayLike,
        *,
        n_windows: int = 10,
        scoring: Any = None,
        ax: Any = None,
        **kwargs: Any,
    ) -> OcclusionDisplay:
        """Hide each stretch in turn and draw how far the score of a fitted model drops.

        Parameters
        ----------
        estimator : Pipeline
            A fitted pipeline of a HiPPOTransformer and a model of any kind.
        X : Panel or anything that `as_panel` takes
            Series.
        y : array-like of shape (n_series,)
            Their classes or targets.
        n_windows : int, default=10
            Number of stretches.  Each covers the same fraction of its series.
        scoring : str or callable, optional
            See `sklearn.model_selection.cross_val_score`.  By default the model's own score.
        ax : matplotlib Axes, optional
            Axes to draw on.  By default a new figure is made.
        **kwargs : dict
            Passed to the bars.

        Returns
        -------
        OcclusionDisplay
        """
        hippo, model = transformer_of(estimator), model_of(estimator)
        if hippo.time_channel is not None:
            raise ValueError(
                f"time_channel={hippo.time_channel}: the series with hidden stretches are a Panel, which has its own "
                "times; fit on a list of (times, values) without time_channel"
            )
        panel, scorer = as_panel(X), check_scoring(estimator, scoring)
        edges = np.linspace(0.0, 1.0, check_count("n_windows", n_windows) + 1)
        places = _fractions(panel)
        windows = np.clip(np.searchsorted(edges, places, side="right") - 1, 0, n_windows - 1)
        name = scoring if isinstance(scoring, str) else "score"
        return cls(
            edges=edges,
            scores=np.array([scorer(estimator, occlude(panel, windows == j), y) for j in range(n_windows)]),
            score=float(scorer(estimator, panel, y)),
            title=f"{type(model).__name__}: loss of {name} without a stretch of every series",
            score_name=name,
        ).plot(ax, **kwargs)

    def plot(self, ax: Any = None, **kwargs: Any) -> OcclusionDisplay:
        """Draw the losses as bars.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw on.  By default a new figure is made.
        **kwargs : dict
            Passed to the bars.

        Returns
        -------
        OcclusionDisplay
        """
        ax = axes_for(ax)
        style = {"align": "edge", "color": BLUE, "edgecolor": "white", **kwargs}
        self.bars_ = ax.bar(self.edges[:-1], self.losses, np.diff(self.edges), **style)
        ax.axhline(0.0, color=GREY, linewidth=0.8)
        ax.set(
            xlabel="fraction of the series (0: start, 1: end)",
            ylabel=f"loss of {self.score_name} (whole: {self.score:.3g})",
            xlim=(0.0, 1.0),
        )
        entitle(ax, self.title)
        return self._drawn_on(ax)


def _fractions(panel: Panel) -> Floats:
    """Return the position in time of each row in its series, from 0 (start) to 1 (end)."""
    start, end = panel._ends()
    duration = np.where(end > start, end - start, 1.0)
    return (panel.times - np.repeat(start, panel.lengths)) / np.repeat(duration, panel.lengths)


def occlude(panel: Panel, hidden: NDArray[np.bool_]) -> Panel:
    """Return a panel without the observations of some rows; channels that would have none left are not changed.

    Parameters
    ----------
    panel : Panel
    hidden : ndarray of shape (total,), bool
        True for the rows to hide.

    Returns
    -------
    Panel
        With the same times.
    """
    seen = ~np.isnan(panel.values) & ~hidden[:, None]
    left = np.logical_or.reduceat(seen, panel.offsets[:-1], axis=0)
    hide = hidden[:, None] & np.repeat(left, panel.lengths, axis=0)
    values = np.where(hide, panel.values.dtype.type(np.nan), panel.values)
    return Panel._trusted(**panel.__getstate__() | {"values": values, "_n_missing": None})
