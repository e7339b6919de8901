"""Which part of the series a model of any kind cannot do without."""

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
    """What a model loses when a stretch of every series is taken from it.

    Parameters
    ----------
    edges : ndarray of shape (n_windows + 1,)
        Ends of the stretches, as fractions of each series.
    scores : ndarray of shape (n_windows,)
        Score of the model without each stretch.
    score : float
        Score on the series as they are.
    title : str
        Title of the plot.
    score_name : str
        Name of the score in the label of its axis.

    Attributes
    ----------
    losses : ndarray of shape (n_windows,)
        `score` less `scores`.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    bars_ : matplotlib BarContainer
        One bar a stretch.

    See Also
    --------
    SensitivityDisplay : exact, for linear models.

    Notes
    -----
    The observations of a stretch are marked as not observed, so the hold bridges it; nothing is trained again.  (Hiding
    parts of the input from a trained model: Zeiler and Fergus, ECCV 2014, section 4.2.)  What is shown is therefore
    what the model needs *and* cannot have from the neighbourhood: it depends on the width of the stretches, and a
    moment that another one can stand in for looks unimportant.  A channel that would be left without any observation
    is left as it is.  Give it series that the model was not trained on.

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
        """What the score falls by without each stretch."""
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
        """Score a fitted model on series with holes.

        Parameters
        ----------
        estimator : Pipeline
            Fitted: a HiPPOTransformer, then a model of any kind.
        X : Panel or anything that `as_panel` takes
            Series.
        y : array-like of shape (n_series,)
            Their classes or targets.
        n_windows : int, default=10
            Number of stretches, each the same fraction of its series.
        scoring : str or callable, optional
            As in `sklearn.model_selection.cross_val_score`; by default the model's own score.
        ax : matplotlib Axes, optional
            Where to draw; by default on a new figure.
        **kwargs : dict
            For the bars.

        Returns
        -------
        OcclusionDisplay
        """
        hippo, model = transformer_of(estimator), model_of(estimator)
        if hippo.time_channel is not None:
            raise ValueError(
                f"time_channel={hippo.time_channel}: series with holes are a Panel, which has its own times; fit on a "
                "list of (times, values)"
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
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where; by default on a new figure.
        **kwargs : dict
            For the bars.

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
    """Return the place of each row in its series, from 0 to 1."""
    start, end = panel._ends()
    duration = np.where(end > start, end - start, 1.0)
    return (panel.times - np.repeat(start, panel.lengths)) / np.repeat(duration, panel.lengths)


def occlude(panel: Panel, hidden: NDArray[np.bool_]) -> Panel:
    """Return a panel without the observations of some rows, but for channels that would have none left.

    Parameters
    ----------
    panel : Panel
    hidden : ndarray of shape (total,), bool
        Rows of the packed values.

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
