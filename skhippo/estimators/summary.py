"""`SummaryTransformer`: time-weighted statistics per channel as features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import TransformerMixin

from skhippo._sklearn.estimator import SeriesEstimator
from skhippo._sklearn.labels import one_row_per_series
from skhippo._support.threads import run
from skhippo._support.types import Floats
from skhippo._support.validation import N_JOBS, Interval, StrOptions, check_ordered, fit_context
from skhippo.estimators.statistics import STATISTICS, fill_statistics
from skhippo.panel.arrays import as_real
from skhippo.panel.container import Panel
from skhippo.panel.layout import namer
from skhippo.projection.hold import Hold, domain_ends

__all__ = ["SummaryTransformer"]

# Number of series that are processed at a time.
_SERIES = 64


class SummaryTransformer(TransformerMixin, SeriesEstimator):
    r"""Time-weighted statistics of each channel, as features of fixed length.

    The statistics describe the continuous signal that `hold` defines between the observations.  Each value counts for
    as long as it lasts, however often it was measured.  All statistics are computed in closed form; nothing is sampled.

    The result has the shape (n_series, n_channels * n_windows * (n_statistics + n_quantiles)): by default 15 numbers
    per channel.

    Parameters
    ----------
    statistics : sequence of str or "all", default="all"
        Names of the statistics:

        - ``"mean"``, ``"std"``, ``"min"``, ``"max"``: moments and extremes of the values over time;
        - ``"first"``, ``"last"``: the values at the beginning and at the end;
        - ``"slope"``: the slope of the least-squares straight line;
        - ``"variation"``: the sum of all changes, up and down;
        - ``"count"``: the number of observations;
        - ``"interval"``: the mean interval between observations, 0 for fewer than two;
        - ``"gap"``: the longest stretch without an observation;
        - ``"since"``: the time since the last observation.
    quantiles : sequence of float, default=(0.25, 0.5, 0.75)
        Quantiles of the values over time, from 0 to 1.  The signal is at most the 0.5 quantile for half of the time.
    n_windows : int, default=1
        Number of nested windows: the last 1, 1/2, 1/4, ... of each series' duration.  More windows describe the end of
        a series in more detail.
    hold : {"linear", "previous"}, default="linear"
        The signal between the observations of a channel: straight lines, or each value until the next one.
    handle_empty : {"nan", "zero", "error"}, default="nan"
        Value of the statistics of a channel without any observation, or ``"error"`` to raise an error.  The count of
        such a channel is 0.
    n_jobs : int, optional
        Number of threads, see joblib.  The result does not depend on it.

    Attributes
    ----------
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
    HiPPOTransformer : coefficients of the signal, which also describe when things happen.

    Notes
    -----
    A window of length L that ends at the time b covers the signal f on :math:`[b - L, b]`.  Its occupation measure
    :math:`F(z) = |\{t : f(t) \le z\}| / L` is linear between the values at the ends of the straight pieces of f, and
    jumps at the values of level pieces.  Quantile q is the smallest z with :math:`F(z) \ge q`.  Before its first and
    after its last observation a channel is constant.  With ``hold="previous"`` the last value lasts for the mean step
    of the series, as in `project`.

    Examples
    --------
    >>> from skhippo import SummaryTransformer
    >>> times, values = [0.0, 1.0, 4.0], [0.0, 2.0, 2.0]
    >>> summary = SummaryTransformer(("mean", "max", "count"), quantiles=(0.5,)).fit([(times, values)])
    >>> summary.transform([(times, values)])
    array([[1.75, 2.  , 3.  , 2.  ]])
    >>> summary.get_feature_names_out()
    array(['x0__mean', 'x0__max', 'x0__count', 'x0__q0.5'], dtype=object)
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "statistics": [StrOptions({"all"}), "array-like"],
        "quantiles": ["array-like"],
        "n_windows": [Interval(Integral, 1, 52, closed="both")],
        "hold": [StrOptions({"linear", "previous"})],
        "handle_empty": [StrOptions({"nan", "zero", "error"})],
        "n_jobs": list(N_JOBS),
    }
    _free_parameters = SeriesEstimator._free_parameters | {"handle_empty"}

    def __init__(
        self,
        statistics: Sequence[str] | Literal["all"] = "all",
        *,
        quantiles: Sequence[float] = (0.25, 0.5, 0.75),
        n_windows: int = 1,
        hold: Hold = "linear",
        handle_empty: Literal["nan", "zero", "error"] = "nan",
        n_jobs: int | None = None,
    ) -> None:
        self.statistics = statistics
        self.quantiles = quantiles
        self.n_windows = n_windows
        self.hold = hold
        self.handle_empty = handle_empty
        self.n_jobs = n_jobs

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: object, y: object = None) -> SummaryTransformer:
        """Learn the channels of a panel.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Training series.
        y : None
            Ignored.

        Returns
        -------
        SummaryTransformer
            The fitted transformer.
        """
        self._columns()
        self._read(X, reset=True)
        self._remember_parameters()
        return self

    def transform(self, X: object) -> Any:
        """Compute the statistics of series.

        Parameters
        ----------
        X : Panel or anything that `as_panel` takes
            Series with the channels seen in `fit`.

        Returns
        -------
        ndarray of shape (n_series, n_features_out)
            The statistics, then the quantiles, for each window of each channel.

        Raises
        ------
        ValueError
            If a channel has no observation and ``handle_empty="error"``.
        """
        panel = self._read(X, reset=False)
        columns, quantiles = self._columns()
        features = self._statistics(panel, quantiles)[..., columns]
        missing = np.isnan(features)
        if missing.any():
            series, channel = np.argwhere(missing)[0, :2]
            if self.handle_empty == "error":
                where = f'{namer(panel.series_ids)(int(series))}, channel "{self.channel_names_[channel]}"'
                raise ValueError(
                    f'{where} has no observation: use handle_empty="nan" or "zero", or leave the series out'
                )
            if self.handle_empty == "zero":
                features[missing] = 0.0
        return one_row_per_series(self, X, panel.series_ids, features.reshape(len(panel), -1))

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> NDArray[np.object_]:
        """Return feature names: ``<channel>__<statistic>``, or ``<channel>__w1/2_<statistic>`` for several windows.

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
        columns, quantiles = self._columns()
        short = [f"q{q:g}" for q in quantiles]
        every = [*STATISTICS, *(short if len(set(short)) == len(short) else (f"q{q!r}" for q in quantiles.tolist()))]
        windows = [""] if self.n_windows == 1 else ["w1_", *(f"w1/{2**k}_" for k in range(1, self.n_windows))]
        names = self._name_channels(input_features)
        return np.asarray(
            [f"{name}__{window}{every[k]}" for name in names for window in windows for k in columns], dtype=object
        )

    @property
    def _n_features_out(self) -> int:
        return self.n_channels_ * self.n_windows * len(self._columns()[0])

    def _columns(self) -> tuple[list[int], Floats]:
        """Return the positions of the chosen statistics, and the quantiles."""
        check_ordered("statistics", self.statistics)
        check_ordered("quantiles", self.quantiles)
        names = STATISTICS if isinstance(self.statistics, str) else tuple(self.statistics)
        unknown = [name for name in names if name not in STATISTICS]
        if unknown:
            raise ValueError(
                f"unknown statistic {unknown[0]!r}: choose from {', '.join(STATISTICS)}; for the median and other "
                "quantiles use the parameter quantiles"
            )
        quantiles = as_real(self.quantiles, "quantiles").astype(np.float64).reshape(-1)
        if not ((quantiles >= 0.0) & (quantiles <= 1.0)).all():
            raise ValueError(f"quantiles must lie between 0 and 1, got {self.quantiles!r}")
        for what, given in (("statistics", names), ("quantiles", quantiles.tolist())):
            twice = next((one for i, one in enumerate(given) if one in given[:i]), None)
            if twice is not None:
                raise ValueError(f"{what} holds {twice!r} twice: two features would have the same name")
        if len(names) + quantiles.size == 0:
            raise ValueError("there are no statistics and no quantiles: choose at least one of them")
        places = [STATISTICS.index(name) for name in names]
        return [*places, *range(len(STATISTICS), len(STATISTICS) + quantiles.size)], quantiles

    def _statistics(self, panel: Panel, quantiles: Floats) -> Floats:
        """Return all statistics, (n_series, n_channels, n_windows, n_statistics + n_quantiles)."""
        start, end = domain_ends(panel, self.hold)
        windows = 0.5 ** np.arange(float(self.n_windows))
        out = np.empty((len(panel), panel.n_channels, self.n_windows, len(STATISTICS) + quantiles.size))

        def work(rows: slice) -> None:
            part = panel[rows]
            most = int(part.lengths.max())
            times = np.empty(0) if part._times is None else np.array(part._times)
            values = np.array(part.values, dtype=np.float64, order="C")
            series = (times, values, np.array(part.offsets), end[rows], (end - start)[rows])
            scratch = (np.empty((2, most)), np.empty((4, most + 1)), np.empty(2 * most + 2))
            fill_statistics(series, windows, quantiles, self.hold == "linear", scratch, out[rows])

        run(work, _parts(len(panel)), self.n_jobs)
        return out


def _parts(number: int) -> Iterator[slice]:
    for begin in range(0, number, _SERIES):
        yield slice(begin, min(begin + _SERIES, number))
