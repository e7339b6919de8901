"""`HiPPOScatteringTransformer`: statistics of the coefficients of sliding windows, as features."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import TransformerMixin
from sklearn.utils import check_random_state

from skhippo._sklearn.estimator import SeriesEstimator
from skhippo._sklearn.labels import one_row_per_series
from skhippo._sklearn.learning import median_duration
from skhippo._support.allocation import check_room
from skhippo._support.progress import progress
from skhippo._support.validation import N_JOBS, Interval, StrOptions, fit_context
from skhippo.panel.container import Panel
from skhippo.panel.layout import namer
from skhippo.projection.hold import Hold, domain_ends
from skhippo.scattering.combinations import Combinations, draw, learn
from skhippo.scattering.competition import Groups, draw_groups
from skhippo.scattering.resolution import count_positions, count_windows
from skhippo.scattering.thresholds import margins, quantiles, scales
from skhippo.scattering.windows import Pooling, Positions, SlidingWindows
from skhippo.transformer.transformer import HiPPOTransformer

__all__ = ["HiPPOScatteringTransformer"]


# Number of coefficients of the whole series that are also features.
_PLAIN_ORDER = 16
# Number of windows from which each threshold is learned; the smallest such number, for many channels; and the largest
# number of sampled values in all.
_SAMPLES, _FEW_SAMPLES, _ALL_SAMPLES = 1 << 11, 1 << 8, 1 << 24
# Largest number of positions along a series.
_POSITIONS = 1 << 24
# A channel has a shape if it changes in some training series by more than this fraction of its largest value there.
_CHANGE = 1e-12


class HiPPOScatteringTransformer(TransformerMixin, SeriesEstimator):
    r"""Statistics of the Legendre coefficients of sliding windows, as features of fixed length.

    Windows of several lengths slide along each channel.  The coefficients of a window (those of the measure LegT)
    describe the signal in it, exactly at the given timestamps.  Three statistics of these coefficients along the series
    are features, meant for a linear model behind a `StandardScaler`:

    - *occupancy*: the fraction of time in which a coefficient lies above a threshold.  Thresholds are quantiles of the
      training series;
    - *combinations*: the same for sums and differences of three coefficients of any channels and of neighbouring window
      lengths, drawn at random;
    - *competition*: random patterns compete in groups; at each position the pattern that fits best wins and the one
      that fits worst loses.  The features are how strongly each pattern wins and how often it loses.

    The first 16 coefficients of the whole series (`HiPPOTransformer`) are appended.  For one channel the result has the
    shape (n_series, about 8700), and more columns for several.  Labels are not used.  Series may be irregular, of
    different lengths, and have missing values.

    Use it in pipelines of your own, for classes that differ in the shape of parts of the series.  If you only want
    predictions, use `HiPPOClassifier` or `HiPPORegressor`, which choose these features where they are suitable.

    Parameters
    ----------
    order : int, default=6
        Number of coefficients per window.  Increase it for more detail within each window; features and time grow with
        it.
    n_windows : int, optional
        Number of window lengths: 1, 1/2, 1/4, ... of each series' duration, at most 12.  By default it is chosen from 4
        to 8 (`n_windows_`), so that the narrowest window of the median training series still spans two intervals
        between observations.  Increase it for series with very short events.
    n_thresholds : int, default=12
        Number of thresholds per coefficient, each of which gives one feature per window length and channel.
    n_combinations : int, default=4096
        Number of combinations, each with one threshold.  Fewer are faster and less accurate (:doc:`/scattering`).
    n_groups : int, default=256
        Number of groups of competing patterns.  Fewer are faster and less accurate (:doc:`/scattering`).
    n_competitors : int, default=8
        Number of patterns per group; each gives two features.
    pool_order : int, default=0
        Number of features per window coefficient that describe how large its absolute value is, and when: Legendre
        coefficients of the absolute value over the series.  Increase it if events always happen at the same place in
        the series.
    relative : bool, default=True
        If True, window lengths are fractions of each series' own duration, and features are invariant under stretching
        time.  If False, they are fractions of the median duration of the training series (`theta_`), so that windows
        have the same length in all series.
    coverage : bool, default=True
        Leave out positions whose windows lie mostly in gaps; if False, count them as well.  A gap is an interval
        between two observations of a channel that is more than 8 times as long as the median interval of that channel
        and series, and longer than intervals between random times are (Notes).  The time before the first and after the
        last observation of a channel is not a gap.
    hold : {"linear", "previous"}, default="linear"
        The signal between the observations of a channel: straight lines, or each value until the next one.  Use
        "previous" for states, counts and prices.
    n_jobs : int, optional
        Number of threads, see joblib.  The result does not depend on it.
    random_state : int, RandomState instance or None, default=0
        Seed of the combinations and patterns.  The draws depend only on it, on the number of varying channels, on
        `n_windows_` and on the other parameters.
    verbose : int, default=0
        1 shows a progress bar (tqdm) if `fit` or `transform` takes more than a second.

    Attributes
    ----------
    varying_ : ndarray of int
        Positions of the channels that change within some training series.  Only these have windows.  A channel that is
        constant within each series (age, sex, a device number) has no shape and gives one feature, its level.
    thresholds_ : ndarray of shape (n_varying, n_windows, order, n_thresholds)
        Thresholds of the coefficients, which are scaled like those of `plain_`.
    combinations_ : ndarray of shape (n_combinations, 3, 3), int
        Channel (its position in `varying_`), window length and coefficient of each term.
    factors_ : ndarray of shape (n_combinations, 3)
        Factors of the terms: their signs divided by the root mean squares of the coefficients.
    combination_thresholds_ : ndarray of shape (n_combinations,)
        Threshold of each combination, a quantile of it in the training series.
    group_windows_ : ndarray of shape (n_groups,), int
        Window length of each group.
    group_channels_ : ndarray of shape (n_groups, min(2, n_varying)), int
        Channels of each group (their positions in `varying_`).
    patterns_ : ndarray of shape (n_groups, n_competitors, min(2, n_varying), order)
        Weights of the coefficients in each pattern: a random direction divided by the coefficients' root mean squares.
    n_windows_ : int
        Number of window lengths.
    n_positions_ : int
        Number of positions of windows along a series (with ``relative=False``: per `theta_`).
    theta_ : float
        Median duration of the training series.  With ``relative=False`` it is the length of the widest window.
    plain_ : HiPPOTransformer
        Transformer of whole series to coefficients.  Its center and scale per channel also apply to the windows.
    n_channels_ : int
        Number of channels of the training panel.
    channel_names_ : tuple of str
        Names of the channels; ``x0, x1, ...`` if the input has none.
    n_features_in_ : int
        Number of columns of two-dimensional input; number of channels of any other input.
    feature_names_in_ : ndarray of str
        Column names.  Defined only if the input was a wide table with column names.

    See Also
    --------
    HiPPOTransformer : coefficients of whole series; far fewer features.

    Notes
    -----
    As in wavelet scattering (Mallat, "Group invariant scattering", 2012), local linear filters are followed by a
    nonlinearity and averages; here the filters are those of HiPPO (Gu et al. 2020, arXiv 2008.07669).  Occupancy is the
    proportion of positive values of ROCKET (Dempster et al. 2020, arXiv 1910.13051).  Thresholds at quantiles come from
    MiniRocket (Dempster et al. 2021, arXiv 2012.08791).  Competition comes from Hydra (Dempster et al. 2023,
    arXiv 2203.13652), with random patterns of exact coefficients in place of convolutions.

    A window is centred at its position; beyond the domain of the series a channel is constant.  For J window lengths
    there are :math:`2^{J + 1}` positions per series, or per `theta_` units of time with ``relative=False``
    (`n_positions_`).  If the intervals of most training series are uneven, so that their mean is more than 1.2 times
    their median, there are at least 128.  An interval between n observations is a gap if it is longer than
    :math:`\max(8, (\log n + 3) / \log 2)` median intervals; in about 5 % of series of n random times there is such an
    interval.

    The features of an unobserved channel, and those of combinations and patterns that contain it, are NaN.  The
    features of a series depend only on that series and the fitted state, not on other series in the batch.

    There are about 8700 features for one channel, so the penalty of a linear model has to grow with their number.  For
    a ridge regression, try ``alphas`` from 1e-6 to 10 times the number of features (:doc:`/guide/recommended`).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import RidgeClassifierCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skhippo import HiPPOScatteringTransformer
    >>> from skhippo.datasets import irregular_sinusoids
    >>> X, y = irregular_sinusoids(60, n_classes=3, random_state=0)
    >>> head = RidgeClassifierCV(alphas=np.logspace(-2, 5, 15))
    >>> model = make_pipeline(HiPPOScatteringTransformer(), StandardScaler(), head)
    >>> model.fit(X[:40], y[:40]).score(X[40:], y[40:])
    1.0
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "order": [Interval(Integral, 1, None, closed="left")],
        "n_windows": [None, Interval(Integral, 1, 12, closed="both")],
        "n_thresholds": [Interval(Integral, 1, None, closed="left")],
        "n_combinations": [Interval(Integral, 0, None, closed="left")],
        "n_groups": [Interval(Integral, 0, None, closed="left")],
        "n_competitors": [Interval(Integral, 2, None, closed="left")],
        "pool_order": [Interval(Integral, 0, None, closed="left")],
        "relative": ["boolean"],
        "coverage": ["boolean"],
        "hold": [StrOptions({"linear", "previous"})],
        "n_jobs": list(N_JOBS),
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        order: int = 6,
        *,
        n_windows: int | None = None,
        n_thresholds: int = 12,
        n_combinations: int = 4096,
        n_groups: int = 256,
        n_competitors: int = 8,
        pool_order: int = 0,
        relative: bool = True,
        coverage: bool = True,
        hold: Hold = "linear",
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = 0,
        verbose: int = 0,
    ) -> None:
        self.order = order
        self.n_windows = n_windows
        self.n_thresholds = n_thresholds
        self.n_combinations = n_combinations
        self.n_groups = n_groups
        self.n_competitors = n_competitors
        self.pool_order = pool_order
        self.relative = relative
        self.coverage = coverage
        self.hold = hold
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    # ------------------------------------------------------------------ fit and transform
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: object, y: object = None) -> HiPPOScatteringTransformer:
        """Learn scales and thresholds from a panel, and draw combinations and patterns.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : None
            Ignored.

        Returns
        -------
        HiPPOScatteringTransformer
            The fitted transformer.
        """
        panel = self._read(X, reset=True)
        self.theta_ = median_duration(panel, self.hold)
        self.n_windows_ = count_windows(panel) if self.n_windows is None else self.n_windows
        self.n_positions_ = count_positions(panel, self.n_windows_)
        self.varying_ = np.flatnonzero(_changes(panel))
        shape = (self.varying_.size, self.n_windows_, self.order)
        n_samples = min(_SAMPLES, max(_ALL_SAMPLES // max(int(np.prod(shape)), 1), _FEW_SAMPLES))
        self._check_room(shape, 1)
        plain = HiPPOTransformer("legs", _PLAIN_ORDER, hold=self.hold, n_jobs=self.n_jobs)
        with self._progress(panel):
            self.plain_ = plain.set_output(transform="default").fit(panel)
            samples = self._windows(panel).sample(n_samples) if self.varying_.size else np.empty((*shape, 0, 0))
        level = (self.plain_.center_ / self.plain_.scale_)[self.varying_]
        share = np.arange(1, self.n_thresholds + 1) / (self.n_thresholds + 1)
        margin = margins(samples, level)
        samples = samples.reshape(*shape, math.prod(samples.shape[3:]))
        self.thresholds_ = quantiles(samples, share, margin.reshape(-1, 1, 1, 1))
        size, some = scales(samples, margin), int(self.varying_.size > 0)
        rng = check_random_state(self.random_state)
        combinations = learn(samples, size, margin, *draw(self.n_combinations * some, shape, rng))
        groups = draw_groups(self.n_groups * some, self.n_competitors, size, rng)
        self.combinations_, self.factors_, self.combination_thresholds_ = combinations
        self.group_windows_, self.group_channels_, self.patterns_ = groups
        self._remember_parameters()
        return self

    def transform(self, X: object) -> Any:
        """Compute the features of series.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_features_out), float32
        """
        panel = self._read(X, reset=False)
        with self._progress(panel):
            features = self._features(panel)
        return one_row_per_series(self, X, panel.series_ids, features)

    # ------------------------------------------------------------------ names and tags
    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return the names of the features.

        - ``x0__legt3_w1/8_above_t5``: the fraction of time in which coefficient 3 of the channel ``x0``, in windows of
          length 1/8, lies above threshold 5;
        - ``x0__legt3_w1/8_abs_legs2``: coefficient 2 of the absolute value of this coefficient over the series;
        - ``x0__legs_c0``: coefficient 0 of the whole series;
        - ``combination7__x0_legt3_w1/8+x1_legt0_w1/4-x0_legt1_w1/4``: the fraction of time in which combination 7, with
          these terms, lies above its threshold;
        - ``group9__x0+x1_w1/8_p3_wins``: how strongly pattern 3 of group 9 wins, in windows of length 1/8 of these
          channels; ``..._p3_losses``: how often it loses.

        Parameters
        ----------
        input_features : array-like of str, optional
            Channel names to use instead of those seen in `fit`.  For two-dimensional input, the names of its columns;
            these are the times of one channel, so they are only checked.

        Returns
        -------
        ndarray of str
        """
        self._check_fitted()
        pooled = [f"above_t{k}" for k in range(self.n_thresholds)] + [f"abs_legs{k}" for k in range(self.pool_order)]
        windows = ["w1"] + [f"w1/{2**j}" for j in range(1, self.n_windows_)]
        paths = [f"legt{n}_{window}_{what}" for window in windows for n in range(self.order) for what in pooled]
        every = self._name_channels(input_features)
        channels = [every[c] for c in self.varying_]
        names = [f"{channel}__{what}" for channel in channels for what in paths]
        plain = [f"{channel}__legs_c{n}" for channel in every for n in range(_PLAIN_ORDER)]
        names += [plain[place] for place in self._plain_places()]
        for k, (parts, factors) in enumerate(zip(self.combinations_, self.factors_, strict=True)):
            terms = [f"{channels[c]}_legt{n}_{windows[j]}" for c, j, n in parts]
            sums = "".join("+-"[int(f < 0.0)] + term for f, term in zip(factors, terms, strict=True))
            names.append(f"combination{k}__{sums.removeprefix('+')}")
        for g, (j, of_group) in enumerate(zip(self.group_windows_, self.group_channels_, strict=True)):
            group = f"group{g}__{'+'.join(channels[c] for c in of_group)}_{windows[j]}"
            names += [f"{group}_p{k}_{what}" for k in range(self.n_competitors) for what in ("wins", "losses")]
        return np.asarray(names, dtype=object)

    @property
    def _n_features_out(self) -> int:
        n_pooled = self.n_thresholds + self.pool_order
        n_paths = self.varying_.size * self.n_windows_ * self.order
        n_patterns = self.patterns_.shape[0] * self.patterns_.shape[1]
        return n_paths * n_pooled + self._plain_places().size + len(self.factors_) + 2 * n_patterns

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # float32 for any input
        return tags

    # ------------------------------------------------------------------ parts
    def _check_room(self, shape: tuple[int, int, int], n_series: int) -> None:
        """Raise `MemoryError` unless there is room for the features of `n_series` series and for the combinations."""
        advice = "lower order, n_thresholds, pool_order, n_combinations or n_groups, or transform fewer series at once"
        pooled = math.prod(shape) * (self.n_thresholds + self.pool_order)
        drawn = self.n_combinations + 2 * self.n_groups * self.n_competitors
        check_room(
            {"series": n_series, "features": pooled + drawn}, np.dtype(np.float32), advice, "a table of features"
        )
        # Each combination has three terms, with three places and a sign.
        check_room(
            {"combinations": self.n_combinations, "numbers": 12}, np.dtype(float), advice, "a table of combinations"
        )

    def _progress(self, panel: Panel) -> AbstractContextManager:
        """Show a progress bar for the coefficients of the series and those of their windows."""
        return progress(self.verbose, type(self).__name__, 2 * panel.values.size)

    def _features(self, panel: Panel) -> NDArray[np.float32]:
        pooling = Pooling(
            self.thresholds_,
            self.pool_order,
            Combinations(self.combinations_, self.factors_, self.combination_thresholds_),
            Groups(self.group_windows_, self.group_channels_, self.patterns_),
        )
        self._check_room((self.varying_.size, self.n_windows_, self.order), len(panel))
        features = np.empty((len(panel), self._n_features_out), dtype=np.float32)
        places = self._plain_places()
        n_pooled = self.varying_.size * self.n_windows_ * self.order * (self.n_thresholds + self.pool_order)
        begins = 0, n_pooled + places.size, n_pooled + places.size + len(self.factors_)
        with np.errstate(over="ignore"):
            if self.varying_.size:
                self._windows(panel).pool(pooling, begins, features)
            features[:, n_pooled : begins[1]] = self.plain_.transform(panel)[:, places]
        if np.isinf(features).any():
            series, place = np.argwhere(np.isinf(features))[0]
            name = self.get_feature_names_out()[place].split("__")[0]
            raise ValueError(
                f'{namer(panel.series_ids)(int(series))}, channel "{name}" has values beyond 1e38 times the scale of '
                "the training series, which float32 cannot represent: check these values and their unit"
            )
        return features

    def _course(self) -> NDArray[np.intp]:
        """Return the positions of the features that are coefficients of whole series, of channels with a shape."""
        return self._of_whole_series(with_shape=True)

    def _levels(self) -> NDArray[np.intp]:
        """Return the positions of the features that are levels of channels without a shape."""
        return self._of_whole_series(with_shape=False)

    def _of_whole_series(self, with_shape: bool) -> NDArray[np.intp]:
        pooled = self.varying_.size * self.n_windows_ * self.order * (self.n_thresholds + self.pool_order)
        channels = self._plain_places() // _PLAIN_ORDER
        return pooled + np.flatnonzero(np.isin(channels, self.varying_) == with_shape)

    def _plain_places(self) -> NDArray[np.intp]:
        """Return the coefficients of whole series that are features: only the first for channels without a shape."""
        places = np.arange(self.n_channels_ * _PLAIN_ORDER).reshape(self.n_channels_, _PLAIN_ORDER)
        has_shape = np.isin(np.arange(self.n_channels_), self.varying_)
        return places[has_shape[:, None] | (np.arange(_PLAIN_ORDER) == 0)]

    def _windows(self, panel: Panel) -> SlidingWindows:
        start, end = domain_ends(panel, self.hold)
        duration = end - start
        if self.relative:
            distance = np.where(duration > 0.0, duration, 1.0) / self.n_positions_
            number = np.full(len(panel), float(self.n_positions_))
        else:
            distance = np.full(len(panel), self.theta_ / self.n_positions_)
            number = np.maximum(np.ceil(duration / distance), 1.0)
            if number.max() > _POSITIONS:
                where = namer(panel.series_ids)(int(number.argmax()))
                raise ValueError(
                    f"{where} lasts {duration.max() / self.theta_:.2g} times as long as the median "
                    "training series, which is too long for windows of that length: use relative=True"
                )
        if self.varying_.size < panel.n_channels:
            names = tuple(self.channel_names_[c] for c in self.varying_)
            panel = panel._with_channels(np.ascontiguousarray(panel.values[:, self.varying_]), names)
        scaling = np.stack([self.plain_.center_, self.plain_.scale_])[:, self.varying_]
        positions = Positions(start, distance, number.astype(np.int64))
        narrowest = self.n_positions_.bit_length() - self.n_windows_
        return SlidingWindows(
            panel, self.hold, scaling, positions, self.order, self.n_windows_, narrowest, self.coverage, self.n_jobs
        )


def _changes(panel: Panel) -> NDArray[np.bool_]:
    """Return a mask of the channels that change within some series; the others have a level and no shape."""
    high, low = (f.reduceat(panel.values, panel.offsets[:-1], axis=0) for f in (np.fmax, np.fmin))
    changes: NDArray[np.bool_] = high - low > _CHANGE * np.maximum(np.abs(high), np.abs(low))
    return np.asarray(changes.any(axis=0))
