"""The base class of `HiPPOClassifier` and `HiPPORegressor`, which choose features and a head for a panel."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import check_scoring
from sklearn.utils import check_random_state

from skhippo._sklearn.estimator import SeriesEstimator
from skhippo._support.progress import progress
from skhippo._support.types import Floats
from skhippo._support.validation import N_JOBS
from skhippo.estimators.choice import Choice, choose
from skhippo.estimators.emphasis import choose_emphasis
from skhippo.estimators.fit_time import estimated_seconds
from skhippo.estimators.importance import score_losses
from skhippo.estimators.patterns import Patterns, learn_patterns
from skhippo.estimators.ridge import LinearModel, fit_ridge
from skhippo.estimators.units import Units, learn_units
from skhippo.panel.container import Panel
from skhippo.scattering import HiPPOScatteringTransformer

__all__ = ["Automatic"]

# Number of series whose features are computed at a time for predictions.
_SERIES = 1024


class Automatic(SeriesEstimator, ABC):
    """Base class of estimators that choose features and a head for the training panel."""

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "n_jobs": list(N_JOBS),
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    n_jobs: int | None
    random_state: Any
    verbose: int
    _unseen: NDArray[np.bool_]  # channels without an observation in the training series
    _known: NDArray[np.intp]  # features that are not NaN in all training series
    _units: dict[str, Units]  # of the features of each transformer but scattering
    _patterns: Patterns | None  # the range of observation patterns
    _emphasis: dict[str, float]  # chosen weights of groups of features

    # ------------------------------------------------------------------ fit
    def _fit_features(self, panel: Panel) -> NDArray[np.float32]:
        """Choose features and a head, fit the features, and return those of the training series."""
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        self._seed = int(seed)
        self._unseen = np.isnan(panel.values).all(axis=0)
        self.choice_ = choose(panel, self.n_jobs, self._seed)
        with progress(self.verbose, "learning features", panel.values.size):
            for transformer in self.choice_.transformers.values():
                transformer.fit(panel)
        if self.verbose:
            self._announce(panel)
        self._emphasis = {}
        parts = self._parts(panel, "features of the training series")
        self._patterns = learn_patterns(parts["observation"]) if "observation" in parts else None
        self._units = {name: learn_units(part) for name, part in parts.items() if name != "scattering"}
        features = self._join(parts)
        # Nothing can be learned about a channel that no training series has.
        self._known = np.flatnonzero(~np.isnan(features).all(axis=0))
        return features[:, self._known]

    def _announce(self, panel: Panel) -> None:
        """Write to standard error what `fit` will do, and about how long it will take."""
        seconds = estimated_seconds(self.choice_.transformers, panel, self.choice_.head)
        about = f"about {seconds:.0f} s" if seconds >= 1.0 else "less than a second"
        print(
            f"{type(self).__name__}: {len(panel)} series, features: {self.choice_.features}, "
            f"head: {self.choice_.head}; {about} on one core without compilation",
            file=sys.stderr,
        )

    def _all_features(self, panel: Panel, title: str) -> NDArray[np.float32]:
        """Compute features, in the units of the training series."""
        return self._join(self._parts(panel, title))

    def _parts(self, panel: Panel, title: str) -> dict[str, NDArray]:
        """Return the features of each transformer."""
        with progress(self.verbose, title, panel.values.size):
            return {name: transformer.transform(panel) for name, transformer in self.choice_.transformers.items()}

    def _join(self, parts: dict[str, NDArray]) -> NDArray[np.float32]:
        """Return the features of all transformers side by side, in the units of the training series."""
        units = self._units
        if self._patterns is not None:
            parts = parts | {"observation": self._patterns.known(parts["observation"])}
        return np.hstack([units[name].measure(part) if name in units else part for name, part in parts.items()])

    def _fit_linear(
        self, features: NDArray[np.float32], targets: Floats, weights: Floats, counted: NDArray[np.bool_]
    ) -> LinearModel:
        """Choose how much groups of features count, and fit the ridge regression."""
        groups = self._groups()
        self._emphasis = choose_emphasis(features, targets, weights, groups, counted)
        emphasis = np.ones(features.shape[1])
        for name, factor in self._emphasis.items():
            emphasis[groups[name]] = factor
        return fit_ridge(features, targets, weights, emphasis)

    def _groups(self) -> dict[str, NDArray[np.intp]]:
        """Return the positions of features that are few beside those of windows, by the name of their group."""
        scattering = self.choice_.transformers.get("scattering")
        if not isinstance(scattering, HiPPOScatteringTransformer):
            return {}
        n_features = scattering._n_features_out
        groups = {"course": scattering._course(), "levels": scattering._levels()}
        if "observation" in self.choice_.transformers:
            width = len(self.choice_.transformers["observation"].get_feature_names_out())
            groups["observation"] = np.arange(n_features, n_features + width)
        return {name: np.flatnonzero(np.isin(self._known, places)) for name, places in groups.items()}

    # ------------------------------------------------------------------ use
    def _in_parts(self, panel: Panel, function: Any) -> NDArray:
        """Apply a function of features to all series, one block at a time."""
        if self._unseen.any():  # a feature that is the same in all training series may have a weight
            panel = panel._with_channels(np.where(self._unseen, np.nan, panel.values), panel.channel_names)
        parts = [panel[begin : begin + _SERIES] for begin in range(0, len(panel), _SERIES)]
        return np.concatenate([function(self._all_features(part, "features")[:, self._known]) for part in parts])

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the features that the head uses.

        These are the features of the transformers in `choice_`, without those that are NaN in all training series.

        Parameters
        ----------
        input_features : array-like of str, optional
            Channel names to use instead of those seen in `fit`.

        Returns
        -------
        ndarray of str
        """
        self._check_fitted()
        names = [t.get_feature_names_out(input_features) for t in self.choice_.transformers.values()]
        return np.concatenate(names)[self._known]

    def importance(self, X: object, y: ArrayLike, *, n_windows: int = 1, scoring: Any = None) -> Floats:
        """Return how much the score falls without the observations of each channel in each window of time.

        The observations of one channel in one window are treated as missing in all series.  The model is not fitted
        again.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.  Use series that the model was not fitted on.
        y : array-like of shape (n_series,) or (n_series, n_targets)
            Their labels or targets.
        n_windows : int, default=1
            Number of equal parts into which the duration of each series is cut, from its beginning.  With 1, a whole
            channel is missing.
        scoring : str or callable, optional
            See `sklearn.model_selection.cross_val_score`.  Default: the method `score` of the estimator.

        Returns
        -------
        ndarray of shape (n_channels, n_windows)
            The score of the complete series minus the score without these observations.  0 if there are none.

        Notes
        -----
        The losses show what the model needs *and* cannot infer from the remaining observations.  A channel looks
        unimportant if another one carries the same information, and a window does if its neighbours do.  A channel that
        is often missing in training may also be important because of when it was observed.

        `X` is predicted up to ``n_channels * n_windows + 1`` times; ``verbose=1`` shows a progress bar.

        Examples
        --------
        >>> import numpy as np
        >>> from skhippo import HiPPOClassifier
        >>> rng = np.random.default_rng(0)
        >>> y = np.arange(60) % 2
        >>> X = rng.normal(size=(60, 2, 40))
        >>> X[y == 1, 1, 20:] += 3.0  # the second channel differs, in its second half
        >>> model = HiPPOClassifier().fit(X[:40], y[:40])
        >>> losses = model.importance(X[40:], y[40:], n_windows=2, scoring="neg_log_loss")
        >>> np.unravel_index(losses.argmax(), losses.shape) == (1, 1)
        True
        """
        panel = self._read_labelled(X, y, reset=False)
        return score_losses(self, check_scoring(self, scoring), panel, y, n_windows, self.verbose)

    def describe(self) -> str:
        """Describe which features and head were chosen for the training series, and why.

        Returns
        -------
        str
            Several lines of text.
        """
        self._check_fitted()
        choice: Choice = self.choice_
        lines = [f"features: {choice.features}"]
        for name, transformer in choice.transformers.items():
            described = " ".join(repr(transformer).split())
            weight = f", {self._weight(name)}" if name == "observation" else ""
            lines.append(f"  {name}: {len(transformer.get_feature_names_out())} features of {described}{weight}")
        lines += self._describe_groups()
        lines += [f"head: {choice.head}", *(f"  {' '.join(line.split())}" for line in self._describe_head())]
        return "\n".join([*lines, *(f"because {reason}" for reason in choice.reasons)])

    def _describe_groups(self) -> list[str]:
        """Describe the groups of features of scattering that may count more, one line per group."""
        scattering = self.choice_.transformers.get("scattering")
        if scattering is None:
            return []
        lines = [f"  course: coefficients of the whole series, {self._weight('course')}"]
        names = [name for c, name in enumerate(self.channel_names_) if c not in scattering.varying_]
        if names:
            lines.append(f"  static: {', '.join(names)}; one feature each, {self._weight('levels')}")
        return lines

    def _weight(self, group: str) -> str:
        return f"weight {self._emphasis.get(group, 1.0):.3g}"

    @abstractmethod
    def _describe_head(self) -> list[str]:
        """Describe the fitted head, one line per item."""
