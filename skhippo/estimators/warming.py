"""Compile before the first request: for services, container images and pools of workers."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from skhippo._support.types import Floats
from skhippo.measures import MEASURES, Measure, as_measure
from skhippo.memory import HiPPOMemory
from skhippo.panel.clocks import DATES, NUMBERS
from skhippo.panel.container import Panel
from skhippo.scattering import HiPPOScatteringTransformer
from skhippo.transformer import HiPPOTransformer

__all__ = ["warm_up"]

_SCATTERING = "scattering"
# Lengths of the made-up series: short ones, and one that is long enough for the kernels of long series.
_LENGTHS = (20, 30, 20, 3000)


def warm_up(*what: Any) -> None:
    """Compile kernels now, so that the first series do not wait for the compiler.

    Compiled kernels are cached on disk (``NUMBA_CACHE_DIR``), where later processes find them.

    Parameters
    ----------
    *what : estimator, HiPPOMemory, Measure or str
        What to compile for:

        - a fitted estimator of this library, or a fitted pipeline that begins with one: it predicts or transforms
          made-up series with the number of channels and the kind of times seen in `fit`;
        - an unfitted estimator: a copy of it is fitted first;
        - a memory: a copy of it is updated and read;
        - a measure or its name: its coefficients and a memory are computed;
        - ``"scattering"``: the features of `HiPPOScatteringTransformer` are computed.

        By default, all measures and scattering.

    Raises
    ------
    TypeError
        If an argument has another type.
    ValueError
        If a name is unknown.

    Notes
    -----
    The arguments are not changed.  Kernels are compiled for float64 values.

    Examples
    --------
    >>> import numpy as np
    >>> from skhippo import HiPPOTransformer, warm_up
    >>> hippo = HiPPOTransformer(order=4).fit(np.ones((3, 2, 10)))
    >>> warm_up(hippo)
    """
    for item in what or (*MEASURES, _SCATTERING):
        if isinstance(item, HiPPOMemory):
            _use_memory(item.copy())
        elif isinstance(item, str) and item == _SCATTERING:
            _use_estimator(HiPPOScatteringTransformer(n_combinations=8))
        elif isinstance(item, (str, Measure)):
            _use_measure(item)
        elif hasattr(item, "fit") and not isinstance(item, type):
            _use_estimator(item)
        else:
            raise TypeError(
                f"{item!r:.80} is of type {type(item).__name__}: an estimator, a HiPPOMemory, a measure or the name of "
                f"one, or {_SCATTERING!r} is expected"
            )


def _use_measure(name: str | Measure) -> None:
    measure = name if isinstance(name, Measure) else as_measure(name, None if name == "legs" else 1.0)
    _use_estimator(HiPPOTransformer(measure))
    _use_memory(HiPPOMemory(measure))


def _use_memory(memory: HiPPOMemory) -> None:
    """Update a memory with single observations and with chunks, and read it."""
    steps = np.arange(1, 51)
    if memory._store.time_kind in DATES:
        begin = memory.now.max()
        times = begin + (1000 * steps).astype("timedelta64[ms]")
    else:
        now = memory._store.now
        times = (np.nanmax(now) if memory._store.begun.any() else 0.0) + steps
    if memory._store.time_kind not in (*DATES, NUMBERS, None):
        times = np.rint(1000 * times).astype("timedelta64[ms]")
    values = np.ones((memory.n_streams, steps.size, memory.n_channels))
    memory.update(values[:, :40], times[:40])
    for k in (40, 41):
        memory.update(values[:, k], times[k])
        assert memory.coefficients.shape[-1] == memory.order  # reading compiles kernels, too
    memory.update(values[:, 42:], times[42:])


def _use_estimator(estimator: Any) -> None:
    """Let an estimator (a fitted copy if it is not fitted) predict or transform, as a service does."""
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        panel = _series(1, NUMBERS, 1.0)
        y = np.arange(len(panel)) % 2 if is_classifier(estimator) else np.arange(float(len(panel)))
        labels = (y,) if is_classifier(estimator) or is_regressor(estimator) else ()
        estimator = clone(estimator).fit(panel, *labels)
    step = _first_step(estimator)
    layout, measure = getattr(step, "_input_layout", None), getattr(step, "measure_", None)
    scale = getattr(measure, "time_scale", None) or 1.0
    panel = _series(step.n_channels_, getattr(layout, "time_kind", NUMBERS), scale)
    for method in ("predict_proba", "predict", "transform"):
        if hasattr(estimator, method):
            for series in (panel, panel[:1], panel[::2]):  # many, one (as in most requests), and some with equal times
                getattr(estimator, method)(series)
            return


def _first_step(estimator: Any) -> Any:
    """Return the estimator that reads the series: of a pipeline, the first step."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[0][1]
    if not hasattr(estimator, "n_channels_"):
        raise TypeError(f"{type(estimator).__name__} does not read series: an estimator of skhippo is expected")
    return estimator


def _series(n_channels: int, time_kind: str, scale: float) -> Panel:
    """Make up series: two on a common grid, irregular ones with missing values, and a long one."""
    rng = np.random.default_rng(0)
    times = [_times(rng, n, scale) for n in _LENGTHS]
    times[2] = times[0] = scale * np.arange(20.0)
    values = rng.normal(size=(sum(_LENGTHS), n_channels))
    values[25:28] = np.nan
    clocks = np.concatenate(times)
    if time_kind in DATES:
        moments = np.datetime64("2000-01-01", "us") + np.rint(1e6 * clocks).astype("timedelta64[us]")
        return Panel(values, moments, np.cumsum([0, *_LENGTHS]), time_kind=time_kind)
    return Panel(values, clocks, np.cumsum([0, *_LENGTHS]), time_kind=time_kind)


def _times(rng: np.random.Generator, n: int, scale: float) -> Floats:
    return scale * np.cumsum(rng.exponential(4.0 / n, n) + 1e-3)
