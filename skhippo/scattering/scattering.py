"""`HiPPOScatteringTransformer`: what the coefficients of sliding windows do along a series, as features."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from skhippo._sklearn.input import channel_names, one_row_a_series, read_panel
from skhippo._sklearn.links import DocumentedMixin
from skhippo._support.types import Integers
from skhippo._support.validation import Interval, StrOptions, fit_context
from skhippo.panel.container import Panel
from skhippo.projection.hold import Hold, domain_ends, signals
from skhippo.scattering.combinations import Combinations, draw, learn, weigh
from skhippo.scattering.thresholds import quantiles
from skhippo.scattering.windows import STEPS, Sliding
from skhippo.transformer.transformer import HiPPOTransformer

__all__ = ["HiPPOScatteringTransformer"]


# Coefficients of the whole series that are features too.
_PLAIN_ORDER = 16
# Intervals between observations in the narrowest window, and how many window lengths there are at least and at most,
# unless the user says so.
_NARROWEST = 4
_FEWEST, _MOST = 4, 8
# Windows from which each threshold is learned; where there are so many channels that all together were more than the
# last number, fewer, down to the second.
_SAMPLES, _FEW_SAMPLES, _ALL_SAMPLES = 1 << 13, 1 << 8, 1 << 25
# Series of which labels choose among combinations, at most; and of how many features in all, unless that left fewer
# than the last number.
_WEIGHED, _ALL_WEIGHED, _FEW_WEIGHED = 1 << 11, 1 << 26, 1 << 8
# Positions along a series at most.
_POSITIONS = 1 << 24


class HiPPOScatteringTransformer(DocumentedMixin, TransformerMixin, BaseEstimator):
    r"""Statistics of the Legendre coefficients of sliding windows, as features of fixed length.

    Windows of several lengths slide along each channel.  Their coefficients (the LegT memory of each moment, exact
    at the real timestamps) say what the signal looks like there; what they do along the series is pooled
    into numbers for a linear classifier behind a `StandardScaler`:

    - *occupancy*: the fraction of the time in which a coefficient lies above a threshold, a quantile of the training
      series;
    - *combinations*: the same of sums and differences of three coefficients, of neighbouring window lengths and of
      any channels, drawn at random: patterns that no single coefficient is.  Where there are labels, they choose.

    To them come the coefficients of `HiPPOTransformer`, of order 16.  Series may be irregular, of different lengths,
    and have missing values.

    Parameters
    ----------
    order : int, default=5
        Coefficients of a window.
    n_windows : int, optional
        Window lengths: 1, 1/2, 1/4, ... of each series' own duration, at most 12.  By default as many as leave four
        intervals between observations to the narrowest one in the median training series, from 4 to 8 (`n_windows_`).
    n_thresholds : int, default=12
        Thresholds of each coefficient.
    n_combinations : int, default=512
        Combinations in all, each with one threshold; more are more accurate (:doc:`/scattering`).
    n_candidates : int, default=4096
        Combinations that are drawn, if `y` is given to `fit`: of these, those `n_combinations` are kept that weigh
        most in a ridge regression of `y` on all features.  Without `y` only as many are drawn as are kept.
    pool_order : int, default=0
        Legendre coefficients, over the series, of the absolute value of each coefficient: how much of it there is,
        and when.  For series whose events are always at the same place.
    relative : bool, default=True
        Windows relative to each series' own duration; features are then invariant under stretching time.  If False, to
        the median duration of the training series (`theta_`), so that windows have the same length in all series.
    coverage : bool, default=True
        Leave positions out whose windows lie mostly in gaps: intervals between two observations of a channel that are
        more than 8 times as long as the median one of that channel and series.  What precedes the first observation
        of a channel and follows its last is no gap.
    hold : {"linear", "previous"}, default="linear"
        The signal between the observations of a channel: straight lines, or each value until the next one.
    n_jobs : int, optional
        Number of threads, as joblib means it; the result does not depend on it.
    random_state : int, RandomState instance or None, default=0
        Which combinations are drawn, as scikit-learn means it.  They depend on the number of channels and on the
        parameters alone, so that by default the features are the same at every fit.

    Attributes
    ----------
    thresholds_ : ndarray of shape (n_channels, n_windows, order, n_thresholds)
        Of coefficients that are scaled as those of `plain_` are.
    combinations_ : ndarray of shape (n_combinations, 3, 3), int
        Channel, window length and coefficient of each term.
    factors_ : ndarray of shape (n_combinations, 3)
        What the terms are multiplied by: their signs over the root mean squares of the coefficients.
    combination_thresholds_ : ndarray of shape (n_combinations,)
        A quantile of each combination in the training series.
    n_windows_ : int
        Number of window lengths.
    theta_ : float
        Median duration of the training series: the length of the widest window where ``relative=False``.
    plain_ : HiPPOTransformer
        What gives the coefficients of whole series, and scales each channel by two numbers.
    n_channels_ : int
        Channels of the training panel.
    channel_names_ : tuple of str
        Their names; ``x0, x1, ...`` where the input has none.
    n_features_in_ : int
        Columns of two-dimensional input; channels of any other.
    feature_names_in_ : ndarray of str
        Column names, where the input was a wide table that has them.

    See Also
    --------
    HiPPOTransformer : the coefficients of whole series; far fewer features.

    Notes
    -----
    The order of operations (local linear filters, a nonlinearity, averages) is that of wavelet scattering (Mallat,
    "Group invariant scattering", 2012) with the filters of HiPPO (Gu et al. 2020, arXiv 2008.07669); occupancy is the
    proportion of positive values of ROCKET (Dempster et al. 2020, arXiv 1910.13051), and thresholds at quantiles are
    those of MiniRocket (Dempster et al. 2021, arXiv 2012.08791).

    A window lies around its position; beyond the domain of the series a channel is constant.  There are
    :math:`2^{J + 1}` positions for J window lengths, with ``relative=False`` in the time `theta_`.  The features of a
    channel that was never observed, and combinations of it, are NaN.  The features of a series depend on that series
    and on what `fit` learned, not on the rest of the batch (but for the last digits).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import RidgeClassifierCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skhippo import HiPPOScatteringTransformer
    >>> from skhippo.datasets import irregular_sinusoids
    >>> X, y = irregular_sinusoids(60, n_classes=3, random_state=0)
    >>> head = RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))
    >>> model = make_pipeline(HiPPOScatteringTransformer(), StandardScaler(), head)
    >>> model.fit(X[:40], y[:40]).score(X[40:], y[40:])
    1.0
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "order": [Interval(Integral, 1, None, closed="left")],
        "n_windows": [None, Interval(Integral, 1, 12, closed="both")],
        "n_thresholds": [Interval(Integral, 1, None, closed="left")],
        "n_combinations": [Interval(Integral, 0, None, closed="left")],
        "n_candidates": [Interval(Integral, 0, None, closed="left")],
        "pool_order": [Interval(Integral, 0, None, closed="left")],
        "relative": ["boolean"],
        "coverage": ["boolean"],
        "hold": [StrOptions({"linear", "previous"})],
        "n_jobs": [None, Integral],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        order: int = 5,
        *,
        n_windows: int | None = None,
        n_thresholds: int = 12,
        n_combinations: int = 512,
        n_candidates: int = 4096,
        pool_order: int = 0,
        relative: bool = True,
        coverage: bool = True,
        hold: Hold = "linear",
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.order = order
        self.n_windows = n_windows
        self.n_thresholds = n_thresholds
        self.n_combinations = n_combinations
        self.n_candidates = n_candidates
        self.pool_order = pool_order
        self.relative = relative
        self.coverage = coverage
        self.hold = hold
        self.n_jobs = n_jobs
        self.random_state = random_state

    # ------------------------------------------------------------------ fit and transform
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: object, y: Any = None) -> HiPPOScatteringTransformer:
        """Learn scales and thresholds from a panel, draw combinations, and choose among them if there are labels.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : array-like of shape (n_series,) or (n_series, n_outputs), optional
            Labels or quantities (fractions, or whole numbers of which more than half differ), which choose among
            combinations: those of training series only, as in a pipeline.  A score of series whose labels have chosen
            is far too good (:doc:`/sharp_edges`).

        Returns
        -------
        HiPPOScatteringTransformer
            The fitted transformer.
        """
        panel = read_panel(self, X, reset=True)
        start, end = domain_ends(panel, self.hold)
        self.theta_ = float(np.median(end - start)) or 1.0  # series of one observation have no duration
        self.n_windows_ = _resolvable(panel) if self.n_windows is None else self.n_windows
        plain = HiPPOTransformer("legs", _PLAIN_ORDER, hold=self.hold, n_jobs=self.n_jobs)
        self.plain_ = plain.set_output(transform="default").fit(panel)
        self._layout = self._setting()
        n_paths = panel.n_channels * self.n_windows_ * self.order
        n_samples = min(_SAMPLES, max(_ALL_SAMPLES // n_paths, _FEW_SAMPLES))
        samples = self._sliding(panel).sample(n_samples)
        share = np.arange(1, self.n_thresholds + 1) / (self.n_thresholds + 1)
        self.thresholds_ = quantiles(samples, share)
        number = self.n_combinations if y is None else max(self.n_combinations, self.n_candidates)
        shape = (panel.n_channels, self.n_windows_, self.order)
        rng = check_random_state(self.random_state)
        combinations = learn(samples, *draw(number, shape, rng))
        if number > self.n_combinations > 0:
            combinations = combinations.take(self._choose(panel, combinations, y, rng))
        combinations = combinations.take(slice(self.n_combinations))
        self.combinations_, self.factors_, self.combination_thresholds_ = combinations
        return self

    def transform(self, X: object) -> Any:
        """Return the features of series.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_features_out), float32
        """
        check_is_fitted(self)
        if self._layout != self._setting():
            raise ValueError("a parameter was changed after fit, to which the learned thresholds belong: fit again")
        panel = read_panel(self, X, reset=False)
        combinations = Combinations(self.combinations_, self.factors_, self.combination_thresholds_)
        return one_row_a_series(self, X, panel, self._features(panel, combinations))

    # ------------------------------------------------------------------ names and tags
    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Names of the features.

        ``x0__legt3_w1/8_above_t5``: the time in which, for the channel ``x0``, coefficient 3 in windows of 1/8 lies
        above its threshold 5; ``x0__legt3_w1/8_abs_legs2``: coefficient 2 of its modulus; ``x0__legs_c0``:
        coefficient 0 of the series; ``combination7__x0_legt3_w1/8+x1_legt0_w1/4-x0_legt1_w1/4``: the time in which
        combination 7, with these terms, lies above its threshold.

        Parameters
        ----------
        input_features : array-like of str, optional
            Names of the channels, instead of those seen in `fit`.  For two-dimensional input the names of its
            columns, which are moments of one channel: they are only checked.

        Returns
        -------
        ndarray of str
        """
        check_is_fitted(self)
        pooled = [f"above_t{k}" for k in range(self.n_thresholds)] + [f"abs_legs{k}" for k in range(self.pool_order)]
        windows = ["w1"] + [f"w1/{2**j}" for j in range(1, self.n_windows_)]
        paths = [f"legt{n}_{window}_{what}" for window in windows for n in range(self.order) for what in pooled]
        plain = [f"legs_c{n}" for n in range(_PLAIN_ORDER)]
        channels = channel_names(self, input_features)
        names = [f"{channel}__{what}" for channel in channels for what in paths + plain]
        for k, (parts, factors) in enumerate(zip(self.combinations_, self.factors_, strict=True)):
            terms = [f"{channels[c]}_legt{n}_{windows[j]}" for c, j, n in parts]
            sums = "".join("+-"[int(f < 0.0)] + term for f, term in zip(factors, terms, strict=True))
            names.append(f"combination{k}__{sums.removeprefix('+')}")
        return np.asarray(names, dtype=object)

    @property
    def _n_features_out(self) -> int:
        return self._n_features_of_channels + len(self.factors_)

    @property
    def _n_features_of_channels(self) -> int:
        pooled = self.n_windows_ * self.order * (self.n_thresholds + self.pool_order)
        return self.n_channels_ * (pooled + _PLAIN_ORDER)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = []  # float32 whatever comes
        return tags

    # ------------------------------------------------------------------ parts
    def _setting(self) -> tuple[Any, ...]:
        """Return what the thresholds belong to."""
        numbers = self.order, self.n_windows, self.n_thresholds, self.n_combinations, self.n_candidates
        return *numbers, self.relative, self.coverage, self.hold

    def _choose(self, panel: Panel, combinations: Combinations, y: Any, rng: np.random.RandomState) -> Integers:
        """Choose the combinations that weigh most beside all other features, as the labels of some series have it."""
        check_consistent_length(panel, y)
        labels = np.asarray(y)
        labels = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
        number = len(combinations.factors)
        n_features = self._n_features_of_channels + number
        most = min(_WEIGHED, max(_ALL_WEIGHED // n_features, _FEW_WEIGHED))
        which = np.sort(rng.permutation(len(panel))[:most])
        weights = weigh(self._features(panel[which], combinations), labels[which])[-number:]
        return np.sort(np.argsort(-weights, kind="stable")[: self.n_combinations])

    def _features(self, panel: Panel, combinations: Combinations) -> NDArray[np.float32]:
        rows = (len(panel), panel.n_channels, -1)
        with np.errstate(over="ignore"):
            pooled, combined = self._sliding(panel).pool(self.thresholds_, self.pool_order, combinations)
            plain = self.plain_.transform(panel).astype(np.float32).reshape(rows)
        features = np.concatenate([pooled.reshape(rows), plain], axis=2)
        if np.isinf(features).any():
            series, channel, _ = np.argwhere(np.isinf(features))[0]
            raise ValueError(
                f'series {series}, channel "{self.channel_names_[channel]}" has values beyond 1e38 times the scale of '
                "the training series, which float32 cannot hold: look for a wrong value or unit"
            )
        return np.hstack([features.reshape(len(panel), -1), combined])

    def _sliding(self, panel: Panel) -> Sliding:
        start, end = domain_ends(panel, self.hold)
        duration = end - start
        n_cells = 2 ** (STEPS + self.n_windows_ - 1)  # in the widest window
        if self.relative:
            cell = np.where(duration > 0.0, duration, 1.0) / n_cells
            number = np.full(len(panel), float(n_cells))
        else:
            cell = np.full(len(panel), self.theta_ / n_cells)
            number = np.maximum(np.ceil(duration / cell), 1.0)
            if number.max() > _POSITIONS:
                raise ValueError(
                    f"series {number.argmax()} lasts {duration.max() / self.theta_:.2g} times as long as the median "
                    "training series, too long to slide along in windows of that length: use relative=True"
                )
        scaling = np.stack([self.plain_.center_, self.plain_.scale_])
        clocks = np.column_stack([start, cell, number])
        return Sliding(
            signals(panel, self.hold), scaling, clocks, self.order, self.n_windows_, self.coverage, self.n_jobs
        )


def _resolvable(panel: Panel) -> int:
    """Return how many window lengths the median series has the observations for."""
    widest = max(float(np.median(panel.lengths)) / _NARROWEST, 1.0)
    return min(max(1 + int(np.log2(widest)), _FEWEST), _MOST)
