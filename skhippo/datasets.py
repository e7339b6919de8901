"""Labelled series to try things on: the UEA/UCR archive, seeded generators, and corruptions of a panel.

Three groups of functions:

- `load_uea` reads a set of the UEA/UCR archive from local files, or downloads it through sktime.
- `band_limited_noise`, `mackey_glass` and `irregular_sinusoids` generate signals.
- `drop`, `gap`, `resample` and `rescale_time` corrupt what `as_panel` accepts and return a new Panel.  Series
  `i` has a random generator of its own, made from `random_state` and `i` alone, so that what happens to it
  depends on no other series.
"""

from __future__ import annotations

import difflib
import functools
import importlib.util
import math
import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import lfilter
from sklearn.utils import check_random_state

from skhippo._support.types import Floats, Integers
from skhippo._support.validation import check_choice, check_count, check_finite_number
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel

__all__ = [
    "band_limited_noise",
    "drop",
    "gap",
    "irregular_sinusoids",
    "load_uea",
    "mackey_glass",
    "resample",
    "rescale_time",
]

Pairs = list[tuple[NDArray[Any], NDArray[Any]]]


# The UEA/UCR archive -------------------------------------------------------------------------------------

_SPLITS = {None: ("TRAIN", "TEST"), "train": ("TRAIN",), "test": ("TEST",)}


@overload
def load_uea(name: str, split: str | None = None, return_panel: Literal[True] = True) -> tuple[Panel, NDArray]: ...
@overload
def load_uea(name: str, split: str | None, return_panel: Literal[False]) -> tuple[Pairs, NDArray]: ...
@overload
def load_uea(name: str, split: str | None = None, *, return_panel: bool) -> tuple[Panel | Pairs, NDArray]: ...
def load_uea(name: str, split: str | None = None, return_panel: bool = True) -> tuple[Panel | Pairs, NDArray]:
    """Load a labelled set of the UEA/UCR time series archive.

    The files ``<name>/<name>_TRAIN.ts`` and ``<name>/<name>_TEST.ts`` are looked for in the folder that the
    environment variable ``SKHIPPO_DATA`` names, then among the sets that are installed with sktime, then
    among those that sktime downloaded before; at last sktime is asked to download them.

    Parameters
    ----------
    name : str
        The archive's name of the set, such as "GunPoint".
    split : {"train", "test"}, optional
        The archive's own split.  Default: both, first the training series, then the test series.
    return_panel : bool, default=True
        Whether to return a Panel; otherwise a list of pairs (times, values (n_channels, n_times)).

    Returns
    -------
    X : Panel or list of (times, values)
        Times are the sample numbers, unless the file holds timestamps.
    y : ndarray of shape (n_series,)
        The class labels, as the strings that stand in the file; floats for a regression set.

    Raises
    ------
    FileNotFoundError
        If the set is in none of the places; the message names each of them.
    ImportError
        If the set is not in ``SKHIPPO_DATA`` and sktime is not installed.
    ValueError
        If a file is not in the format.

    Notes
    -----
    "?" and "NaN" mean not observed.  A channel that ends before the others of its series is not observed from
    there on.  Where a file says that its series have unequal lengths, times at the end of a series at which
    no channel was observed are padding and are removed.

    Examples
    --------
    >>> from skhippo.datasets import load_uea
    >>> X, y = load_uea("GunPoint", split="train")  # doctest: +SKIP
    >>> X  # doctest: +SKIP
    Panel(50 series, 1 channel, 150 observations)
    """
    if not isinstance(name, str) or not name or Path(name).name != name:
        raise ValueError(f"name must be the name of a set of the archive, such as 'GunPoint'; got {name!r}")
    if split is not None:
        check_choice("split", split, ("train", "test"))
    files = _find_files(name, _SPLITS[split])
    parts = [_read_ts(file) for file in files]
    counts = {file.name: part.series[0][1].shape[1] for file, part in zip(files, parts, strict=True)}
    if len(set(counts.values())) > 1:
        raise ValueError(f"the files of {name!r} have different numbers of channels: {counts}")
    series = [pair for part in parts for pair in part.series]
    panel = Panel(
        np.concatenate([values for _, values in series]),
        np.concatenate([times for times, _ in series]),
        np.cumsum([0, *(len(times) for times, _ in series)]),
    )
    y = np.concatenate([part.labels for part in parts])
    return (panel if return_panel else list(panel)), y


def _find_files(name: str, parts: tuple[str, ...]) -> list[Path]:
    """Return the paths of the files of a set, downloading them if need be."""
    places = _places()
    for folder in places.values():
        files = [folder / name / f"{name}_{part}.ts" for part in parts]
        if all(file.is_file() for file in files):
            return files
    tried = [f"{folder} ({label})" for label, folder in places.items()]
    if "SKHIPPO_DATA" not in places:
        tried.insert(0, "SKHIPPO_DATA (not set)")
    wanted = " and ".join(f"{name}/{name}_{part}.ts" for part in parts)
    advice = f"Put {wanted} into a folder and set the environment variable SKHIPPO_DATA to it"
    if "sktime" not in places:
        raise ImportError(
            f"the set {name!r} is not in {', '.join(tried)}, and sktime, which downloads it, is not "
            f'installed: pip install "skhippo[sktime]".  Or: {advice}.'
        )
    failure = _download(name)
    files = [places["downloaded by sktime"] / name / f"{name}_{part}.ts" for part in parts]
    if all(file.is_file() for file in files):
        return files
    raise FileNotFoundError(
        f"the set {name!r} is not in {', '.join(tried)}, and sktime could not download it ({failure}).  "
        f"{_similar(name, places)}{advice}; the archive is at timeseriesclassification.com."
    )


def _places() -> dict[str, Path]:
    """Return the folders that may hold sets, by what they are."""
    places = {}
    if os.environ.get("SKHIPPO_DATA"):
        places["SKHIPPO_DATA"] = Path(os.environ["SKHIPPO_DATA"]).expanduser()
    sktime = importlib.util.find_spec("sktime")  # finding is quick, importing takes a second
    if sktime is not None and sktime.submodule_search_locations:
        home = Path(sktime.submodule_search_locations[0]) / "datasets"
        places |= {"sktime": home / "data", "downloaded by sktime": home / "local_data"}
    return places


def _download(name: str) -> str:
    """Have sktime download a set into its own folder; return what went wrong."""
    from sktime.datasets import load_UCR_UEA_dataset

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about mirrors that need further packages
        try:
            load_UCR_UEA_dataset(name)
        except Exception as error:  # network, permissions, archive: all end in one message of ours
            return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return "it brought other files"


def _similar(name: str, places: dict[str, Path]) -> str:
    """Return a question if a set with a similar name is at hand."""
    names = {file.parent.name for folder in places.values() for file in folder.glob("*/*_TRAIN.ts")}
    lower = {known.lower(): known for known in sorted(names)}
    close = difflib.get_close_matches(name.lower(), lower, n=1)
    return f"Did you mean {lower[close[0]]!r}?  " if close else ""


# The .ts format.  sktime's reader is not used: it turns class labels into lower case ("Badminton"), reads
# timestamps one character at a time into one object a value, and would be needed for local files as well.


class _TsFile(NamedTuple):
    series: Pairs  # times (T,), values (T, n_channels)
    labels: NDArray


_COLON_OUTSIDE_PARENTHESES = re.compile(r":(?![^(]*\))")
_TIMED_VALUE = re.compile(r"\(([^()]*),([^,()]*)\)")


def _read_ts(file: Path) -> _TsFile:
    """Read a file: header lines "@tag values", then one series a line, "channel:...:channel:label"."""
    # utf-8-sig: some files begin with a byte order mark; a comment in another encoding does no harm
    with file.open(encoding="utf-8-sig", errors="replace") as text:
        lines = (line.strip() for line in text)
        header = _read_header(lines)
        rows = [line for line in lines if line and line[0] not in "#%"]
    is_target = header.get("targetlabel", [""])[0] == "true"
    if not is_target and header.get("classlabel", [""])[0] != "true":
        raise ValueError(f"{file.name} has no labels: '@classLabel true' or '@targetLabel true' is expected")
    if not rows:
        raise ValueError(f"{file.name} has no series after '@data'")
    timed = header.get("timestamps", [""])[0] == "true"
    series: Pairs = []
    labels = []
    for i, row in enumerate(rows):
        *channels, label = _COLON_OUTSIDE_PARENTHESES.split(row) if timed else row.split(":")
        try:
            series.append(_read_timed(channels) if timed else _read_untimed(channels))
        except ValueError as error:
            raise ValueError(f"{file.name}, series {i}: {error}") from error
        if len(channels) != series[0][1].shape[1]:
            expected = series[0][1].shape[1]
            raise ValueError(f"{file.name}, series {i}: {len(channels)} channels, {expected} in series 0")
        labels.append(label.strip())
    if header.get("equallength", [""])[0] == "false":
        series = [_without_padding(*pair) for pair in series]
    return _TsFile(series, np.array(labels, dtype=np.float64 if is_target else np.str_))


def _read_header(lines: Iterator[str]) -> dict[str, list[str]]:
    """Return the values of each tag, all in lower case, and leave `lines` after "@data"."""
    header: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("@"):
            tag, *values = line[1:].lower().split()
            if tag == "data":
                break
            header[tag] = values
    return header


def _read_untimed(channels: Sequence[str]) -> tuple[NDArray, NDArray]:
    """Read channels of the form "1.0,?,2.5"; the times are the sample numbers."""
    columns = [_as_floats(text.split(",")) if text.strip() else np.empty(0) for text in channels]
    n_times = max((len(column) for column in columns), default=0)
    if n_times == 0:
        raise ValueError("there is no value")
    values = np.full((n_times, len(columns)), np.nan)
    for channel, column in enumerate(columns):
        values[: len(column), channel] = column
    return np.arange(n_times, dtype=np.float64), values


def _read_timed(channels: Sequence[str]) -> tuple[NDArray, NDArray]:
    """Read channels of the form "(time,value),(time,value)", times being numbers or dates."""
    for text in channels:
        rest = _TIMED_VALUE.sub("", text).strip(", ")
        if rest:
            raise ValueError(f"{rest!r} is no pair '(time,value)'")
    pairs = [_TIMED_VALUE.findall(text) for text in channels]
    stamps = [stamp.strip() for channel in pairs for stamp, _ in channel]
    if not stamps:
        raise ValueError("there is no value")
    try:
        clock = np.array(stamps, dtype=np.float64)
    except ValueError:
        clock = np.array(stamps, dtype="datetime64[us]")
    times, rows = np.unique(clock, return_inverse=True)
    columns = np.repeat(np.arange(len(pairs)), [len(channel) for channel in pairs])
    if len(np.unique(rows * len(pairs) + columns)) < len(rows):
        raise ValueError("a channel has two values at the same time")
    values = np.full((len(times), len(pairs)), np.nan)
    values[rows, columns] = _as_floats([value for channel in pairs for _, value in channel])
    return times, values


def _as_floats(items: Sequence[str]) -> NDArray:
    return np.array([math.nan if item.strip() == "?" else float(item) for item in items])


def _without_padding(times: NDArray, values: NDArray) -> tuple[NDArray, NDArray]:
    """Cut a series after the last time at which a channel was observed."""
    observed = np.flatnonzero(~np.isnan(values).all(axis=1))
    stop = observed[-1] + 1 if len(observed) else 1
    return times[:stop], values[:stop]


# Generators ----------------------------------------------------------------------------------------------


def band_limited_noise(
    n_samples: int,
    *,
    dt: float,
    band: float,
    n_series: int = 1,
    rms: float = 0.5,
    random_state: int | np.random.RandomState | None = None,
) -> Floats:
    """Generate Gaussian noise with equal power at all frequencies up to a limit and none above it.

    Parameters
    ----------
    n_samples : int
        Length of each series; the signal has the period ``n_samples * dt``.
    dt : float
        Time between two samples.
    band : float
        Highest frequency, in cycles per unit of time (Hz where `dt` is in seconds): at least one cycle a
        period, below ``1 / (2 dt)``.
    n_series : int, default=1
        Number of independent series.  Asking for more leaves the first ones as they are.
    rms : float, default=0.5
        Root mean square that is expected; that of one series differs from it by about one part in
        ``2 sqrt(K)``, K being the number of frequencies in the band.
    random_state : int, RandomState instance or None, default=None
        As scikit-learn means it.

    Returns
    -------
    ndarray of shape (n_series, n_samples)
        Samples at 0, dt, 2 dt, ..., of mean zero.

    Raises
    ------
    ValueError
        If no frequency fits below the limit, or `band` is not below the Nyquist frequency.

    Notes
    -----
    The Fourier coefficients at the K frequencies ``k / (n_samples dt) <= band``, k = 1, 2, ..., are
    independent complex normal numbers of one variance; all others are zero.  This is the process that
    nengo calls WhiteSignal, which Gu et al. (2020, arXiv 2008.07669, Figure 4) approximate with 10^6
    samples, ``dt=1e-4`` and ``band=1``.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo.datasets import band_limited_noise
    >>> x = band_limited_noise(1000, dt=0.01, band=2.0, random_state=0)
    >>> power = np.abs(np.fft.rfft(x[0])) ** 2
    >>> int(np.flatnonzero(power > 1e-12 * power.max()).max())  # 2 Hz are 20 cycles in 10 s
    20
    """
    check_count("n_samples", n_samples, 2)
    check_count("n_series", n_series)
    check_finite_number("dt", dt, minimum=0)
    check_finite_number("rms", rms, minimum=0, closed=True)
    check_finite_number("band", band, minimum=0)
    if band >= 0.5 / dt:
        raise ValueError(f"band must be below the Nyquist frequency 1 / (2 dt) = {0.5 / dt:g}, got {band!r}")
    K = _floor(band * n_samples * dt)
    if K < 1:
        raise ValueError(
            f"band={band!r} is below one cycle a period, {1 / (n_samples * dt):g}: no frequency is left; "
            "raise band or n_samples"
        )
    rng = check_random_state(random_state)
    real, imaginary = np.moveaxis(rng.standard_normal((n_series, K, 2)), 2, 0)
    spectrum = np.zeros((n_series, n_samples // 2 + 1), dtype=np.complex128)
    # Parseval: the mean square is the sum over k of 2 |spectrum_k|^2 / n_samples^2;
    # |real + i imaginary|^2 is 2 on average
    spectrum[:, 1 : K + 1] = 0.5 * rms * n_samples / math.sqrt(K) * (real + 1j * imaginary)
    return np.fft.irfft(spectrum, n=n_samples, axis=1)


def mackey_glass(
    n_samples: int,
    *,
    tau: float = 17.0,
    dt: float = 1.0,
    washout: float = 1000.0,
    substep: float = 0.1,
    n_series: int = 1,
    random_state: int | np.random.RandomState | None = None,
) -> Floats:
    """Generate the chaotic series of Mackey and Glass, the solution of an equation with a delay.

    Parameters
    ----------
    n_samples : int
        Length of each series.
    tau : float, default=17.0
        The delay; the solution is chaotic from about 16.8 on.
    dt : float, default=1.0
        Time between two samples.
    washout : float, default=1000.0
        Time that passes before the first sample.
    substep : float, default=0.1
        Largest step of the integration.
    n_series : int, default=1
        Number of independent series.  Asking for more leaves the first ones as they are.
    random_state : int, RandomState instance or None, default=None
        As scikit-learn means it.  It draws the history of each series before time zero, a constant between
        0.5 and 1.5.

    Returns
    -------
    ndarray of shape (n_series, n_samples)
        The solution at washout, washout + dt, washout + 2 dt, ...

    Notes
    -----
    The equation is dx/dt = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x(t).

    It is integrated by the classical Runge-Kutta method of order 4 with the step tau / m,
    m = ceil(tau / substep), so that the delayed values at both ends of a step are grid values and the kinks
    of the solution, at multiples of tau, fall on the grid.  In the middle of a step, and at the samples, the
    solution is the cubic that has its values and slopes at both ends.  Both are of order 4: halving `substep`
    divides the error by 16.  Over long times the chaos makes every solution another one, however small the
    step.

    References
    ----------
    M. C. Mackey and L. Glass, "Oscillation and chaos in physiological control systems", Science 197 (1977).

    Examples
    --------
    >>> from skhippo.datasets import mackey_glass
    >>> x = mackey_glass(500, n_series=3, random_state=0)
    >>> x.shape, bool(x.min() > 0.2), bool(x.max() < 1.5)
    ((3, 500), True, True)
    """
    check_count("n_samples", n_samples)
    check_count("n_series", n_series)
    for name, value in (("tau", tau), ("dt", dt), ("substep", substep)):
        check_finite_number(name, value, minimum=0)
    check_finite_number("washout", washout, minimum=0, closed=True)
    m = math.ceil(tau / substep)
    h = tau / m
    history = check_random_state(random_state).uniform(0.5, 1.5, size=(n_series, 1))
    nodes, middles = np.repeat(history, m + 1, axis=1), np.repeat(history, m, axis=1)
    positions = (washout + dt * np.arange(n_samples)) / h
    starts = m * np.arange(int(positions[-1] // m) + 2)
    bounds = np.searchsorted(positions, starts)
    out = np.empty((n_series, n_samples))
    for start, first, last in zip(starts, bounds, bounds[1:], strict=False):
        nodes, middles, slopes = _mackey_glass_delay(nodes, middles, h)
        out[:, first:last] = _hermite(nodes, slopes, h, positions[first:last] - start)
    return out


_PRODUCTION, _DECAY = 0.2, 0.1


def _mackey_glass_delay(nodes: NDArray, middles: NDArray, h: float) -> tuple[NDArray, NDArray, NDArray]:
    """Integrate over one delay, from the delay before; return values at and between nodes, slopes at nodes.

    Given the delayed values the equation is linear, x' = g(t) - b x, so a Runge-Kutta step is
    x <- weights . (x, g at its beginning, its middle, its end).
    """
    g = _PRODUCTION * nodes / (1 + nodes**10)
    g_middle = _PRODUCTION * middles / (1 + middles**10)
    weight_x, *weights = _linear_step(h)
    forcing = weights[0] * g[:, :-1] + weights[1] * g_middle + weights[2] * g[:, 1:]
    first = nodes[:, -1:]
    following, _ = lfilter([1.0], [1.0, -weight_x], forcing, axis=1, zi=weight_x * first)
    x = np.concatenate([first, following], axis=1)
    slopes = g - _DECAY * x
    return x, (x[:, :-1] + x[:, 1:]) / 2 + h / 8 * (slopes[:, :-1] - slopes[:, 1:]), slopes


def _linear_step(h: float) -> NDArray:
    """Return the weights of (x, g0, g_middle, g1) in one Runge-Kutta step of x' = g - b x."""
    x, g0, g_middle, g1 = np.eye(4)
    k1 = g0 - _DECAY * x
    k2 = g_middle - _DECAY * (x + h / 2 * k1)
    k3 = g_middle - _DECAY * (x + h / 2 * k2)
    k4 = g1 - _DECAY * (x + h * k3)
    return x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def _hermite(nodes: NDArray, slopes: NDArray, h: float, positions: NDArray) -> NDArray:
    """Evaluate the cubics between nodes at `positions`, counted in steps."""
    k = np.minimum(positions.astype(np.intp), nodes.shape[1] - 2)
    s = positions - k
    ends = (1 - s) ** 2 * (1 + 2 * s) * nodes[:, k] + s**2 * (3 - 2 * s) * nodes[:, k + 1]
    return ends + h * s * (1 - s) * ((1 - s) * slopes[:, k] - s * slopes[:, k + 1])


def irregular_sinusoids(
    n_series: int,
    *,
    n_classes: int = 2,
    lengths: tuple[int, int] = (30, 80),
    n_channels: int = 1,
    missing: float = 0.0,
    duration: float = 1.0,
    jitter: float = 0.1,
    noise: float = 0.1,
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Panel, Integers]:
    """Generate labelled series that are irregular, ragged and, on request, full of holes.

    Parameters
    ----------
    n_series : int
        Number of series.
    n_classes : int, default=2
        Number of classes; series `i` is of class ``i % n_classes``.
    lengths : (int, int), default=(30, 80)
        Smallest and largest number of observation times of a series, both included.
    n_channels : int, default=1
        Number of channels.
    missing : float, default=0.0
        Fraction of the values that is not observed, for each channel of each series as in
        ``drop(..., per_channel=True)``.
    duration : float, default=1.0
        Length of the time interval, from 0, in which the observations fall.
    jitter : float, default=0.1
        Standard deviation, from series to series, of the number of cycles and of the phase in cycles.
    noise : float, default=0.1
        Standard deviation of the noise on each observation.
    random_state : int, RandomState instance or None, default=None
        As scikit-learn means it.  Asking for more series leaves the first ones as they are.

    Returns
    -------
    X : Panel
        The series.
    y : ndarray of shape (n_series,), int64
        The classes, 0 to ``n_classes - 1``.

    Notes
    -----
    Channel `c` of a series of class `k` is ``sin(2 pi (cycles t / duration + phase + phases[k, c]))`` with
    cycles about k + 1, phase about 0 and `phases` drawn once for the whole panel.  The times are those of a
    Poisson process, given their number: independent and uniform, then sorted.

    Examples
    --------
    >>> from skhippo.datasets import irregular_sinusoids
    >>> X, y = irregular_sinusoids(6, n_classes=3, n_channels=2, missing=0.2, random_state=0)
    >>> len(X), X.n_channels, y
    (6, 2, array([0, 1, 2, 0, 1, 2]))
    """
    for name, count in (("n_series", n_series), ("n_classes", n_classes), ("n_channels", n_channels)):
        check_count(name, count)
    shortest, longest = _check_lengths(lengths)
    _check_fraction("missing", missing)
    check_finite_number("duration", duration, minimum=0)
    check_finite_number("jitter", jitter, minimum=0, closed=True)
    check_finite_number("noise", noise, minimum=0, closed=True)
    common, *generators = _generators(1 + n_series, random_state)
    phases = common.uniform(size=(n_classes, n_channels))
    y = np.arange(n_series, dtype=np.int64) % n_classes
    times, values = [], []
    for k, rng in zip(y, generators, strict=True):
        t = np.sort(rng.uniform(size=rng.integers(shortest, longest + 1)))
        cycles, phase = np.array([k + 1.0, 0.0]) + jitter * rng.standard_normal(2)
        x = np.sin(2 * np.pi * (cycles * t[:, np.newaxis] + phase + phases[k]))
        x += noise * rng.standard_normal(x.shape)
        times.append(t * duration)
        values.append(_without_entries(x, missing, rng))
    offsets = np.cumsum([0, *map(len, times)])
    return Panel(np.concatenate(values), np.concatenate(times), offsets), y


# Corruptions ---------------------------------------------------------------------------------------------


def drop(
    X: Any,
    fraction: ArrayLike,
    *,
    per_channel: bool = False,
    random_state: int | np.random.RandomState | None = None,
) -> Panel:
    """Drop a random fraction of the observations of each series.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.
    fraction : float or array-like of shape (n_series,)
        What part to drop, from 0 to 1: ``round(fraction * T)`` of the T observation times of each series (as
        Python rounds: half to even), but one is always left.  An array holds a fraction for each series.
    per_channel : bool, default=False
        Whether to drop from each channel by itself: the values become NaN, the times stay, and T counts the
        values that the channel has.  Otherwise whole observation times go, the first and last as well as
        others.
    random_state : int, RandomState instance or None, default=None
        As scikit-learn means it.  With one seed, a larger fraction drops the same observations and more.

    Returns
    -------
    Panel

    Examples
    --------
    >>> from skhippo.datasets import drop
    >>> drop([[1.0, 2.0, 3.0, 4.0]], 0.5, random_state=0)
    Panel(1 series, 1 channel, 2 observations)
    """
    panel = as_panel(X)
    fractions = _for_each_series("fraction", fraction, len(panel), _check_fraction)
    keep = np.ones(len(panel.values), dtype=bool)
    values = panel.values.copy() if per_channel else panel.values
    for rows, part, rng in zip(_rows(panel), fractions, _generators(len(panel), random_state), strict=True):
        if per_channel:
            values[rows] = _without_entries(values[rows], part, rng)
        else:
            keep[rows][_choose(len(keep[rows]), part, rng)] = False
    return panel._with_channels(values, panel.channel_names) if per_channel else panel.where(keep)


def gap(
    X: Any,
    fraction: ArrayLike,
    *,
    position: float | None = None,
    random_state: int | np.random.RandomState | None = None,
) -> Panel:
    """Remove one stretch of time from each series.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.
    fraction : float or array-like of shape (n_series,)
        Length of the stretch as a part of the series' duration, from 0 to below 1; an array holds one for each
        series.
    position : float, optional
        Where the stretch lies, from 0 (at the beginning) to 1 (at the end).  Default: at random, for each
        series anew.
    random_state : int, RandomState instance or None, default=None
        As scikit-learn means it; used where `position` is None.

    Returns
    -------
    Panel
        Without the observations in the stretch, its ends included.  The first observation of a series is
        left, or the last, or both; a series with one observation is left as it is, and so is a series whose
        fraction is 0.

    Examples
    --------
    >>> from skhippo.datasets import gap
    >>> times, values = gap([[0.0, 1.0, 2.0, 3.0, 4.0]], 0.5, position=0.5)[0]
    >>> times
    array([0., 4.])
    """
    panel = as_panel(X)
    fractions = _for_each_series("fraction", fraction, len(panel), functools.partial(_check_fraction, below_one=True))
    if position is not None:
        _check_fraction("position", position)
    keep = np.ones(len(panel.values), dtype=bool)
    for rows, part, rng in zip(_rows(panel), fractions, _generators(len(panel), random_state), strict=True):
        t = panel.times[rows]
        if part == 0 or len(t) == 1:
            continue
        place = rng.uniform() if position is None else position
        before, after = place * (1 - part), (1 - place) * (1 - part)
        u = (t - t[0]) / (t[-1] - t[0])
        # distances from either end, not before + part: so rounding never takes the last observation
        keep[rows] = (u < before) | (1 - u < after)
    return panel.where(keep)


def resample(X: Any, rate: ArrayLike, *, times: str = "keep") -> Panel:
    """Change the sampling rate of each series.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.
    rate : float or array-like of shape (n_series,)
        New samples per old sample: 0.5 takes every second observation, exactly; 2 puts one between each two.
        An array holds a rate for each series.
    times : {"keep", "index"}, default="keep"
        "keep": each sample has its time; "index": the samples of each series are numbered 0, 1, 2, ..., as if
        no timestamps were known.

    Returns
    -------
    Panel
        A series of T observations has ``floor((T - 1) * rate) + 1`` samples.

    Notes
    -----
    Sample k lies at the position k / rate among the observations 0, 1, ..., T - 1 of its series; between two
    observations its time and the value of each channel are interpolated linearly, and a value is NaN where
    one of the two is.  ``rate=0.5`` with ``times="index"`` is the shift from 200 Hz to 100 Hz under which Gu
    et al. (2020, arXiv 2008.07669) classify the trajectories of characters.

    Examples
    --------
    >>> from skhippo.datasets import resample
    >>> times, values = resample([[0.0, 10.0, 20.0, 30.0]], 0.5)[0]
    >>> times, values
    (array([0., 2.]), array([[ 0., 20.]]))
    >>> resample([[0.0, 10.0]], 2, times="index")[0]
    (array([0., 1., 2.]), array([[ 0.,  5., 10.]]))
    """
    panel = as_panel(X)
    rates = _for_each_series("rate", rate, len(panel), functools.partial(check_finite_number, minimum=0))
    check_choice("times", times, ("keep", "index"))
    parts = [_resampled(panel.times[rows], panel.values[rows], r) for rows, r in zip(_rows(panel), rates, strict=True)]
    values = np.concatenate([panel.values[:0], *(v for _, v in parts)])
    offsets = np.cumsum([0, *(len(t) for t, _ in parts)])
    if times == "index":
        return Panel(values, None, offsets, panel.channel_names, series_ids=panel.series_ids)
    return _rebuilt(panel, values, np.concatenate([panel.times[:0], *(t for t, _ in parts)]), offsets)


def rescale_time(X: Any, factor: float) -> Panel:
    """Multiply the observation times of all series by a factor: change the unit, or the speed.

    Parameters
    ----------
    X : Panel, or anything that `as_panel` accepts
        The series.  Dates move away from, or towards, the first of their series, to a microsecond.
    factor : float
        Above zero; 2 makes every series last twice as long.

    Returns
    -------
    Panel

    Examples
    --------
    >>> from skhippo.datasets import rescale_time
    >>> rescale_time([[1.0, 2.0, 3.0]], 0.5)[0][0]
    array([0. , 0.5, 1. ])
    """
    panel = as_panel(X)
    check_finite_number("factor", factor, minimum=0)
    return _rebuilt(panel, panel.values, panel.times * factor, panel.offsets)


def _resampled(t: NDArray, x: NDArray, rate: float) -> tuple[NDArray, NDArray]:
    """Return times and values of one series, x of shape (T, n_channels), at the positions k / rate."""
    positions = np.arange(_floor((len(t) - 1) * rate) + 1) / rate
    whole = np.rint(positions)
    positions = np.where(abs(positions - whole) <= _ROUNDING * (1 + whole), whole, positions)
    left = positions.astype(np.intp)
    right = np.minimum(left + 1, len(t) - 1)
    part = positions - left
    between = part > 0  # an observation itself is taken as it is: NaN beside it does not matter
    times, values = t[left], x[left]
    times[between] += (part * (t[right] - t[left]))[between]
    values[between] += (part[:, np.newaxis] * (x[right] - x[left]))[between].astype(x.dtype)
    return times, values


# k / rate and (T - 1) * rate carry a rounding error of a few units in the last place, 2e-16 each; what is
# this near to an integer (1 / 49 * 49 = 0.9999999999999999) is meant to be one.
_ROUNDING = 1e-12


def _floor(x: float) -> int:
    """Return the largest integer that does not exceed `x` by more than rounding."""
    return math.floor(x + _ROUNDING * (1 + x))


def _without_entries(values: NDArray, fraction: float, rng: np.random.Generator) -> NDArray:
    """Return values (T, n_channels) of one series with a fraction of each channel's observations made NaN."""
    out = values.copy()
    for channel in out.T:
        observed = np.flatnonzero(~np.isnan(channel))
        channel[observed[_choose(len(observed), fraction, rng)]] = np.nan
    return out


def _choose(count: int, fraction: float, rng: np.random.Generator) -> NDArray:
    """Return the positions to drop among `count`, all but one at most."""
    return rng.permutation(count)[: min(round(fraction * count), max(count - 1, 0))]


def _generators(n_series: int, random_state: int | np.random.RandomState | None) -> list[np.random.Generator]:
    """Return a generator for each series, the i-th depending on `random_state` and i only."""
    entropy = check_random_state(random_state).randint(2**32, size=4, dtype=np.uint32)
    return [np.random.default_rng(seed) for seed in np.random.SeedSequence(entropy.tolist()).spawn(n_series)]


def _rows(panel: Panel) -> Iterator[slice]:
    """Return the rows of each series."""
    return map(slice, panel.offsets[:-1], panel.offsets[1:])


def _rebuilt(panel: Panel, values: NDArray, times: Floats, offsets: Integers) -> Panel:
    """Return a panel with other observations of the same channels and series.

    Times between dates need a finer unit than theirs: days and seconds become microseconds.
    """
    origins = panel.origins
    if origins is not None:
        origins = origins.astype(np.promote_types(origins.dtype, "datetime64[us]"))
    names, ids = panel.channel_names, panel.series_ids
    return Panel(values, times, offsets, names, origins=origins, series_ids=ids, clock=panel.clock)


# Checks --------------------------------------------------------------------------------------------------


def _check_fraction(name: str, value: Any, *, below_one: bool = False) -> None:
    """Raise unless `value` is a number from 0 to 1."""
    check_finite_number(name, value, minimum=0, closed=True)
    if value > 1 or (below_one and value == 1):
        raise ValueError(f"{name} must be {'below' if below_one else 'at most'} 1, got {value!r}")


def _for_each_series(name: str, value: Any, n_series: int, check: Callable[[str, Any], None]) -> Sequence[float]:
    """Return one checked number for each series, of one for all or of an array that has one for each."""
    if np.ndim(value) == 0:
        check(name, value)
        return [value] * n_series
    array = np.asarray(value)
    if array.shape != (n_series,):
        raise ValueError(
            f"{name} has shape {array.shape}: one number is expected, or one for each of {n_series} series"
        )
    for i, number in enumerate(array.tolist()):
        check(f"{name}[{i}]", number)
    return array.tolist()


def _check_lengths(lengths: Any) -> tuple[int, int]:
    """Return the smallest and the largest length, or raise."""
    if not isinstance(lengths, Sequence) or len(lengths) != 2:
        raise ValueError(f"lengths must be a pair, such as (30, 80); got {lengths!r}")
    shortest, longest = lengths
    check_count("lengths[0]", shortest)
    check_count("lengths[1]", longest)
    if shortest > longest:
        raise ValueError(f"lengths must be (smallest, largest), got {lengths!r}: the first is the larger one")
    return shortest, longest
