"""`HiPPOTransformer`: a scikit-learn transformer that returns one row of coefficients per series."""

from __future__ import annotations

import datetime
from contextlib import AbstractContextManager, nullcontext
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import TransformerMixin

from skhippo._sklearn.estimator import SeriesEstimator
from skhippo._sklearn.input import array_width
from skhippo._sklearn.labels import ids_of_rows, one_row_per_series
from skhippo._sklearn.learning import center_and_scale, median_duration
from skhippo._support.progress import progress
from skhippo._support.types import Floats, Integers
from skhippo._support.validation import N_JOBS, Interval, StrOptions, fit_context, output_container
from skhippo.measures import MEASURES, Measure, as_measure, warn_unused_theta
from skhippo.memory.memory import HiPPOMemory
from skhippo.panel.alignment import check_columns
from skhippo.panel.arrays import as_real
from skhippo.panel.container import Panel
from skhippo.panel.durations import DURATION_TYPES, in_unit_of_times
from skhippo.panel.layout import namer, sample_numbers
from skhippo.projection.hold import Domain, Hold, check_durations
from skhippo.projection.reconstruction import sample_approximation
from skhippo.recurrence.discretization import DISCRETIZATIONS
from skhippo.transformer.compute import final_coefficients, sequence_coefficients
from skhippo.transformer.inverse import blank_series, join_ids
from skhippo.transformer.settings import Settings
from skhippo.transformer.shrinkage import Prior, learn_prior, shrink
from skhippo.transformer.streams import coefficients_of_memory

__all__ = ["HiPPOTransformer"]


class HiPPOTransformer(TransformerMixin, SeriesEstimator):
    r"""Coefficients of the optimal approximation of each series, as features of fixed length.

    Each channel of each series becomes `order` numbers: by default the result has shape (n_series, n_channels * order).
    They are the coefficients of the best approximation of the channel by the basis of a measure (polynomials, for the
    default), computed exactly from the real timestamps.  With the default measure, the first coefficient is the level
    of the channel, the second its trend, and later ones describe finer detail.  Series may be irregular, of different
    lengths, and have missing values.

    Parameters
    ----------
    measure : str or Measure, default="legs"
        ``"legs"``, ``"legt"``, ``"lagt"``, ``"fout"``, ``"chebt"``, ``"jacs"``, ``"jact"``, ``"lege"``, ``"wavs"``,
        ``"wavt"``, or a measure object.  It says how much each past moment matters: the whole history equally (legs,
        wavs), or its later part more (jacs); a window of length `theta` (legt, fout, chebt, jact, wavt); or exponential
        forgetting (lagt, lege).  See :doc:`/guide/measures` for when to choose which.
    order : int, default=16
        Number of coefficients per channel.  Increase it for signals with more detail.
    theta : float, str, numpy.timedelta64, datetime.timedelta or pandas.Timedelta, optional
        Time scale of the measure, in the units of the timestamps: the length of its window, or the time in which it
        forgets.  If the timestamps are dates or durations, `theta` is in seconds or a duration such as ``"7D"`` or
        ``"1h 30min"``.  Default: the median duration of the training series (`theta_`).  Decrease it if only the recent
        past matters.  LegS, JacS and WavS have no time scale: `fit` warns that they ignore `theta`.
    hold : {"linear", "previous"}, default="linear"
        The signal between two observations of a channel: a straight line, or the earlier value.
    method : {"projection", "recurrence"}, default="projection"
        "projection" uses the exact closed form.  "recurrence" runs the paper's algorithm step by step (see
        `skhippo.recurrence`) and gives the same coefficients as a `HiPPOMemory` of that method after the same
        observations.  A recurrence ends with the last observation for either hold, and replaces a missing value by
        the last one before it.
    discretization : {"forward", "backward", "bilinear", "zoh", "hippo2020"} or float, default="bilinear"
        Discretization of the recurrence, by name or by the `alpha` of the generalized bilinear transform; see
        `skhippo.discretization`.  ``"hippo2020"`` is the rule of the published code.  Ignored for
        ``method="projection"``.
    output : {"final", "sequence"}, default="final"
        "final" returns the coefficients at the end of each series.  "sequence" returns the coefficients after every
        observation time, computed only from what has been observed by then.
    n_windows : int, default=1
        Number of nested windows, at most 52: the last 1, 1/2, 1/4, ... of `theta`, or of each series' duration if the
        measure has no time scale.  Increase it to describe the recent past in more detail.
    scaling : {"channel"} or None, default="channel"
        "channel" scales each channel by two numbers learned in `fit`: the mean of its :math:`c_0` is subtracted from
        :math:`c_0`, and all its coefficients are divided by their joint root mean square.  The basis is orthonormal,
        so the sizes of the coefficients relative to each other carry meaning.  A `StandardScaler` after this
        transformer would remove it.
    add_indicator : bool, default=False
        Append the observation pattern of each channel (1 observed, 0 not observed) as another channel.  Use it if the
        time at which something was measured says something about the series.
    add_duration : bool, default=False
        Append the logarithms of the duration and the number of observation times of each series.  LegS, JacS and WavS
        need it if the duration matters, because their coefficients do not depend on it.  In a sequence, both are
        counted up to each time.
    shrinkage : bool, default=False
        Shrink the coefficients of each channel towards their mean over the training series, as far as gaps between
        observations make them uncertain (see `skhippo.coefficient_covariance`).  Use it if series to predict have fewer
        observations or longer gaps than those of the training.  Needs ``method="projection"``, ``hold="linear"`` and
        ``output="final"``.
    handle_empty : {"nan", "zero", "error"}, default="nan"
        What to return for a channel without any observation.  After scaling, ``"zero"`` stands for a channel that is
        constant at the average (except for LagT with other parameters than its defaults).  In a sequence this also
        applies to the times before the first observation of a channel (NaN with ``"error"``).
    time_channel : int, optional
        Number of the channel of array input that holds the timestamps.
    n_jobs : int, optional
        Number of threads, as in joblib.  The result does not depend on it.
    verbose : int, default=0
        If 1, show a progress bar (tqdm) if `fit` or `transform` takes more than a second.

    Attributes
    ----------
    measure_ : Measure
        The measure in use.
    theta_ : float or None
        Its time scale, in seconds if the timestamps are dates or durations; None for LegS, JacS and WavS.
    center_, scale_ : ndarray of shape (n_channels,)
        The numbers subtracted from :math:`c_0`, and those by which all coefficients are divided.  They are learned
        from the final coefficients and used for all windows and for both outputs.
    variance_rate_ : ndarray of shape (n_channels,)
        Variance of the change of each channel per unit of time.  Only with ``shrinkage=True``.
    prior_mean_ : ndarray of shape (n_channels, n_windows, order)
        Mean of the coefficients of the training series, before scaling.  Only with ``shrinkage=True``.
    prior_covariance_ : ndarray of shape (n_channels, n_windows, order, order)
        Covariance of the coefficients of the training series, minus the part that gaps cause.  If nothing is left,
        the coefficients are not shrunk.  Only with ``shrinkage=True``.
    n_channels_ : int
        Number of channels of the training panel (without those of `add_indicator`).
    channel_names_ : tuple of str
        Names of the channels; ``x0, x1, ...`` if the input has none.
    sample_times_ : ndarray
        Times of the median training series, used by `inverse_transform` if no times are given.
    shortest_duration_ : float
        Shortest duration above zero in the training panel.  Shorter durations count as this one in the logarithm.
    n_features_in_ : int
        Number of columns of two-dimensional input; number of channels of any other input.
    feature_names_in_ : ndarray of str
        Names of the columns, if the input was a wide table with column names.

    See Also
    --------
    skhippo.project : The same projection as a function, without scaling.
    HiPPOClassifier, HiPPORegressor : Predictions without settings.
    SummaryTransformer : Statistics, which describe values and not when things happen.

    Notes
    -----
    Gu, Dao, Ermon, Rudra, Re, "HiPPO: Recurrent Memory with Optimal Polynomial Projections", NeurIPS 2020
    (arXiv 2008.07669).

    The features of a series depend on that series and on what `fit` learned, not on the other series passed with it
    (apart from rounding).  Timestamps are part of `X` (a `Panel`, a list of ``(times, values)``, data frames with a
    time index), because scikit-learn passes nothing else to `transform`.

    In a two-dimensional array, each row is a series of one channel.  As for every scikit-learn estimator, `fit` and
    `transform` must get the same number of columns.  Pass series of other lengths as a list or a `Panel`.

    With ``set_output(transform="pandas")`` the ids of the series are the index of the features.  Frames of polars have
    no index, so they hold the features only: one row per series, in the order of ``as_panel(X).series_ids``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> from skhippo import HiPPOTransformer
    >>> rng = np.random.default_rng(0)
    >>> def swing(frequency):  # an irregular series of 20 to 39 observations
    ...     times = np.sort(rng.uniform(0, 3, rng.integers(20, 40)))
    ...     return times, np.sin(frequency * times) + 0.1 * rng.normal(size=times.size)
    >>> X = [swing(1.0) for _ in range(20)] + [swing(2.0) for _ in range(20)]
    >>> y = np.repeat([0, 1], 20)
    >>> HiPPOTransformer(order=8).fit_transform(X).shape  # one row of 8 coefficients per series
    (40, 8)
    >>> model = make_pipeline(HiPPOTransformer(order=8), LogisticRegression()).fit(X, y)
    >>> model.score(X, y)
    1.0

    Two series with two channels, of which the second misses a value.  Values have the shape (n_channels, n_times):

    >>> series = [([0.0, 0.5, 2.0], [[1.0, 3.0, 2.0], [7.0, np.nan, 6.0]]), ([0.0, 4.0], [[2.0, 2.0], [6.0, 8.0]])]
    >>> HiPPOTransformer(order=2).fit(series).get_feature_names_out().tolist()
    ['x0__legs_c0', 'x0__legs_c1', 'x1__legs_c0', 'x1__legs_c1']
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "measure": [StrOptions(set(MEASURES)), Measure],
        "order": [Interval(Integral, 1, None, closed="left")],
        "theta": [None, *DURATION_TYPES, Interval(Real, 0, None, closed="neither")],
        "hold": [StrOptions({"linear", "previous"})],
        "method": [StrOptions({"projection", "recurrence"})],
        "discretization": [StrOptions(set(DISCRETIZATIONS)), Interval(Real, 0, 1, closed="both")],
        "output": [StrOptions({"final", "sequence"})],
        "n_windows": [Interval(Integral, 1, 52, closed="both")],
        "scaling": [None, StrOptions({"channel"})],
        "add_indicator": ["boolean"],
        "add_duration": ["boolean"],
        "shrinkage": ["boolean"],
        "handle_empty": [StrOptions({"nan", "zero", "error"})],
        "time_channel": [None, Integral],
        "n_jobs": list(N_JOBS),
        "verbose": ["verbose"],
    }
    _free_parameters = SeriesEstimator._free_parameters | {"handle_empty", "output", "time_channel"}

    def __init__(
        self,
        measure: str | Measure = "legs",
        order: int = 16,
        *,
        theta: float | str | np.timedelta64 | datetime.timedelta | None = None,
        hold: Hold = "linear",
        method: Literal["projection", "recurrence"] = "projection",
        discretization: str | float = "bilinear",
        output: Literal["final", "sequence"] = "final",
        n_windows: int = 1,
        scaling: Literal["channel"] | None = "channel",
        add_indicator: bool = False,
        add_duration: bool = False,
        shrinkage: bool = False,
        handle_empty: Literal["nan", "zero", "error"] = "nan",
        time_channel: int | None = None,
        n_jobs: int | None = None,
        verbose: int = 0,
    ) -> None:
        self.measure = measure
        self.order = order
        self.theta = theta
        self.hold = hold
        self.method = method
        self.discretization = discretization
        self.output = output
        self.n_windows = n_windows
        self.scaling = scaling
        self.add_indicator = add_indicator
        self.add_duration = add_duration
        self.shrinkage = shrinkage
        self.handle_empty = handle_empty
        self.time_channel = time_channel
        self.n_jobs = n_jobs
        self.verbose = verbose

    # ------------------------------------------------------------------ fit and transform
    def fit(self, X: object, y: object = None) -> HiPPOTransformer:
        """Learn the time scale and the scaling from a panel.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : None
            Ignored.

        Returns
        -------
        HiPPOTransformer
            The fitted transformer.
        """
        self._fit(X)
        return self

    def fit_transform(self, X: object, y: object = None, **params: object) -> Any:
        """Fit to a panel and return its features.

        This projects the series once; `fit` followed by `transform` projects them twice.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : None
            Ignored.
        **params : object
            Not accepted: any further parameter raises a TypeError.

        Returns
        -------
        ndarray or Panel
            See `transform`.
        """
        if params:
            raise TypeError(f"fit_transform() takes no further parameters, got {', '.join(map(repr, params))}")
        panel, domain, coefficients = self._fit(X)
        return self._output(X, panel, domain, coefficients)

    def transform(self, X: object) -> Any:
        """Return the features of series.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes, or HiPPOMemory
            Series with the channels seen in `fit`, or a memory with the same measure, hold and method.  The streams of
            a memory give the same features as series with the same observations.  With ``method="projection"`` the
            memory may have a higher order.

        Returns
        -------
        ndarray of shape (n_series, n_features_out), or a sequence
            float32 for float32 values, else float64.  After ``set_output`` a data frame; in pandas its index holds the
            ids of the series or streams.

            With ``output="sequence"`` there are two cases.  If `X` is an array without times (or a list of rows of
            equal length), the result is an array of shape (n_series, n_features_out, n_times), NaN where `X` was
            padded.  For any other input it is a `Panel` with the times of `X` and the features as its channels.  Both
            can be passed to another step that takes panels.
        """
        if isinstance(X, HiPPOMemory):
            return self._features_of_memory(X)
        panel = self._read(X, reset=False)
        domain = Domain.of(panel, self.hold)
        final = None
        if self.output == "final":
            final = self._final(panel, domain)
            self._shrink(panel, domain, final)
        return self._output(X, panel, domain, final)

    def _features_of_memory(self, memory: HiPPOMemory) -> Any:
        """Return the features of the streams of a memory."""
        self._check_fitted()
        for name, needed in (
            ("add_indicator", False),
            ("add_duration", False),
            ("shrinkage", False),
            ("output", "final"),
        ):
            value = getattr(self, name)
            if value != needed:
                raise ValueError(
                    f"{name}={value!r}: a memory does not keep the observations that this needs; use {name}={needed!r}"
                )
        coefficients = coefficients_of_memory(memory, self._settings, self._input_layout)
        if self.handle_empty == "error" and np.isnan(coefficients).any():
            stream, channel = np.argwhere(np.isnan(coefficients))[0, :2]
            name = memory._store.setting.name(stream)
            raise ValueError(f'{name}, channel "{self.channel_names_[channel]}" has no observation')
        nothing = np.zeros(memory.n_streams)  # add_duration=True was refused above
        return one_row_per_series(self, memory, memory.stream_ids, self._scaled(coefficients, nothing, nothing))

    @fit_context(prefer_skip_nested_validation=True)
    def _fit(self, X: object) -> tuple[Panel, Domain, Floats]:
        panel = self._read(X, reset=True)
        domain = Domain.of(panel, self.hold)
        check_durations(domain)
        durations = domain.duration
        positive = durations[durations > 0]
        theta = in_unit_of_times(self.theta, panel.time_kind)
        by_default = theta is None and isinstance(self.measure, str)
        self.measure_ = as_measure(self.measure, median_duration(panel, self.hold) if by_default else theta)
        self.theta_ = self.measure_.time_scale
        warn_unused_theta(self.theta, self.measure_)
        self.shortest_duration_ = float(positive.min()) if positive.size else 1.0
        self._sampling = float(np.median(domain.last - domain.start)), int(np.median(panel.lengths))
        coefficients = self._final(panel, domain)
        if self.shrinkage:
            self._check_shrinkage()
            prior = learn_prior(panel, coefficients[:, : panel.n_channels], self._settings, domain)
            self.variance_rate_, self.prior_mean_, self.prior_covariance_ = prior
            self._shrink(panel, domain, coefficients)
        self.center_, self.scale_ = _channel_scaling(coefficients, self.scaling)
        self._remember_parameters()
        return panel, domain, coefficients

    @property
    def sample_times_(self) -> Floats:
        """Times with the median duration and the median number of observations of the training series."""
        duration, number = self._sampling
        return np.linspace(0.0, duration, number)

    # ------------------------------------------------------------------ inverse transform
    def inverse_transform(self, C: ArrayLike, times: object = None) -> Panel:
        """Reconstruct series from their features.

        Parameters
        ----------
        C : array-like or data frame of shape (n_series, n_features_out)
            Features returned by `transform`; for a sequence, the features at one time of each series.  The index of a
            pandas data frame gives the ids of the series, unless it is the default index.
        times : Panel, array-like or list of array-like, optional
            Observation times of the series: one array for all series, one array per series, or a `Panel` whose times
            and ids are used.  As in `transform`, the domain of a series runs over its times; for features of a
            sequence, pass the times up to that moment.  By default the times of the median training series,
            `sample_times_`.

        Returns
        -------
        Panel
            The approximated series; with several windows, from the coefficients of the longest.  Values are NaN at
            moments older than the window of the measure.

        Raises
        ------
        ValueError
            If `C` has another shape, columns of other names or in another order, or holds infinities, or the ids of
            `times` are not those of `C`.
        TypeError
            If `times` are of another kind than those of `fit`, such as dates instead of numbers.
        """
        self._check_fitted()
        features = as_real(C, "C").astype(np.float64, copy=False)
        if features.ndim != 2 or features.shape[1] != self._n_features_out:
            raise ValueError(
                f"C has the shape {features.shape}: expected (n_series, {self._n_features_out}), as from transform"
            )
        check_columns(self.get_feature_names_out(), C, "C")
        if np.isinf(features).any():
            raise ValueError("C holds infinities: features are finite, or NaN for a channel that was never observed")
        blank = blank_series(self.sample_times_ if times is None else times, len(features), self.n_channels_)
        if times is not None:
            self._input_layout.check_clock(blank, "times are", type(self).__name__)
        return self._approximate(features, blank, join_ids(ids_of_rows(C), getattr(times, "series_ids", None)))

    def _approximate(self, features: Floats, blank: Panel, ids: NDArray | None = None) -> Panel:
        """Return series with the times of `blank` and the values reconstructed from features."""
        n_rows, width = len(self.scale_), self.n_windows * self.order
        scaled = features[:, : n_rows * width].reshape(len(features), n_rows, width)[..., : self.order]
        coefficients = scaled * self.scale_[:, None]
        coefficients[..., 0] += self.center_
        # Only a projection continues after the last observation, to the end of the domain.
        hold = self.hold if (self.method, self.output) == ("projection", "final") else "linear"
        values = sample_approximation(coefficients[:, : self.n_channels_], blank, self.measure_, hold)
        return Panel._trusted(
            **blank.__getstate__()
            | {"values": values, "channel_names": self.channel_names_, "series_ids": ids, "_n_missing": None}
        )

    # ------------------------------------------------------------------ names and tags
    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return the names of the features.

        They have the form ``<channel>__<measure>_c<n>``, or ``<channel>__<measure>_w1/2_c<n>`` with several windows.

        Parameters
        ----------
        input_features : array-like of str, optional
            Names of the channels, instead of those seen in `fit`.  For two-dimensional input these are the names of
            its columns; they are only checked, since the columns are times of one channel.

        Returns
        -------
        ndarray of str
        """
        self._check_fitted()
        names = self._name_channels(input_features)
        if self.add_indicator:
            names = _with_patterns(names)
        windows = ["w1", *(f"w1/{2**k}" for k in range(1, self.n_windows))]
        prefixes = [f"{self.measure_.name}_{w}" for w in windows] if self.n_windows > 1 else [self.measure_.name]
        features = [f"{name}__{prefix}_c{n}" for name in names for prefix in prefixes for n in range(self.order)]
        if self.add_duration:
            features += ["log_duration", "log_n_observations"]
        return np.asarray(features, dtype=object)

    @property
    def _n_features_out(self) -> int:
        return len(self.scale_) * self.n_windows * self.order + 2 * self.add_duration

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    # ------------------------------------------------------------------ parts
    @property
    def _settings(self) -> Settings:
        discretization = self.discretization if self.method == "recurrence" else None
        return Settings(self.measure_, self.order, self.hold, discretization, self.n_windows, self.n_jobs)

    def _described(self, panel: Panel) -> Panel:
        """Return the panel to transform; raise on a channel without observations if ``handle_empty="error"``."""
        if self.handle_empty == "error":
            _refuse_empty_channels(panel, self.channel_names_)
        return self._with_indicators(panel)

    def _with_indicators(self, panel: Panel) -> Panel:
        """Append the observation patterns of the channels if ``add_indicator=True``."""
        if not self.add_indicator:
            return panel
        values = np.concatenate([panel.values, ~np.isnan(panel.values)], axis=1, dtype=panel.dtype)
        return panel._with_channels(values, _with_patterns(self.channel_names_))

    def _final(self, panel: Panel, domain: Domain) -> Floats:
        """Return unscaled coefficients at the end of each series, of shape (n_series, n_rows, n_windows, order)."""
        described = self._described(panel)
        with self._progress(described):
            return final_coefficients(described, self._settings, domain)

    def _shrink(self, panel: Panel, domain: Domain, coefficients: Floats) -> None:
        """Shrink final coefficients in place if ``shrinkage=True``; patterns of observations are not uncertain."""
        if self.shrinkage:
            prior = Prior(self.variance_rate_, self.prior_mean_, self.prior_covariance_)
            shrink(panel, coefficients[:, : panel.n_channels], self._settings, domain, prior)

    def _check_shrinkage(self) -> None:
        """Raise unless the coefficients are means given the observations."""
        for name, needed in (("method", "projection"), ("hold", "linear"), ("output", "final")):
            value = getattr(self, name)
            if self.shrinkage and value != needed:
                raise ValueError(f"shrinkage=True needs {name}={needed!r}, got {name}={value!r}")

    def _progress(self, panel: Panel) -> AbstractContextManager:
        if not self.verbose:
            return nullcontext()
        return progress(self.verbose, type(self).__name__, panel.values.size * self.n_windows)

    def _output(self, X: Any, panel: Panel, domain: Domain, final: Floats | None) -> Any:
        """Return the features for either output; `final` holds the coefficients for ``output="final"``."""
        if self.output == "final":
            assert final is not None  # for the type checker
            # A recurrence ends with the last observation.
            durations = domain.duration if self.method == "projection" else domain.last - domain.start
            features = self._scaled(final, durations, panel.lengths)
            return one_row_per_series(self, X, panel.series_ids, features.astype(panel.dtype, copy=False))
        self._check_shrinkage()
        if output_container(self) != "default":
            raise ValueError(
                f"output='sequence' does not return a table, but set_output asks for {output_container(self)!r}: use "
                "set_output(transform='default') on this transformer"
            )
        described = self._described(panel)
        with self._progress(described):
            sequence = sequence_coefficients(described, self._settings)
        so_far = panel.times - np.repeat(domain.start, panel.lengths)
        features = self._scaled(sequence, so_far, 1.0 + sample_numbers(panel.offsets)).astype(panel.dtype, copy=False)
        width = array_width(X) if self.time_channel is None else None
        if width is None:
            return panel._with_channels(features, tuple(self.get_feature_names_out()))
        return _as_cube(features, panel.offsets, width)

    def _scaled(self, coefficients: Floats, durations: Floats, counts: NDArray) -> Floats:
        """Scale coefficients (n, n_rows, n_windows, order) in place; append durations and counts if asked for."""
        coefficients[..., 0] -= self.center_[:, None]
        coefficients /= self.scale_[:, None, None]
        if self.handle_empty == "zero":
            np.nan_to_num(coefficients, copy=False, nan=0.0)
        features = coefficients.reshape(len(coefficients), -1)
        if self.add_duration:
            log_duration = np.log(np.maximum(durations, self.shortest_duration_))
            features = np.column_stack([features, log_duration, np.log(counts)])
        return features


def _with_patterns(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the channels, followed by those of their observation patterns."""
    return (*names, *(f"{name}__observed" for name in names))


def _as_cube(packed: NDArray, offsets: Integers, n_times: int) -> NDArray:
    """Return packed features as an array (n_series, n_features, n_times), NaN after the end of a series."""
    n_series, n_features = len(offsets) - 1, packed.shape[1]
    if len(packed) == n_series * n_times:
        cube = packed.reshape(n_series, n_times, n_features)
    else:
        cube = np.full((n_series, n_times, n_features), np.nan, dtype=packed.dtype)
        series, position = np.repeat(np.arange(n_series), np.diff(offsets)), sample_numbers(offsets).astype(np.int64)
        cube[series, position] = packed
    return cube.transpose(0, 2, 1)


def _refuse_empty_channels(panel: Panel, names: tuple[str, ...]) -> None:
    observed = np.logical_or.reduceat(~np.isnan(panel.values), panel.offsets[:-1], axis=0)
    if not observed.all():
        series, channel = np.argwhere(~observed)[0]
        raise ValueError(
            f'{namer(panel.series_ids)(int(series))}, channel "{names[channel]}" has no observation: drop it, or '
            'choose handle_empty="nan" or "zero"'
        )


def _channel_scaling(coefficients: NDArray, scaling: str | None) -> tuple[Floats, Floats]:
    """Return per channel the mean of c_0 and the root mean square of the centred coefficients (else 0 and 1)."""
    n_channels, order = coefficients.shape[1], coefficients.shape[-1]
    center, scale = np.zeros(n_channels), np.ones(n_channels)
    if scaling is None:
        return center, scale
    for channel in range(n_channels):
        rows = coefficients[:, channel].reshape(-1, order)
        center[channel], scale[channel] = center_and_scale(rows[~np.isnan(rows[:, 0])])
    return center, scale
