"""What holds for everything that computes numbers from series: one table of objects and properties.

An object is fitted to one panel and applied to another; where there is nothing to fit, only the second counts.
"""

import importlib.util
import pickle
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhippo import (
    AugmentedClassifier,
    HiPPOClassifier,
    HiPPOMemory,
    HiPPORegressor,
    HiPPOScatteringTransformer,
    HiPPOTransformer,
    Panel,
    SummaryTransformer,
    as_panel,
)
from skhippo import project as project_panel
from tests.conftest import MEASURES

nan = np.nan


# ---------------------------------------------------------------------- objects
class Object(NamedTuple):
    """What is computed, and how exactly its rows are independent of each other."""

    fit: Callable[..., Any]  # (X, y, n_jobs) -> model
    apply: Callable[[Any, Any], np.ndarray]  # (model, X) -> one row per series
    parallel: bool = True  # whether it takes n_jobs
    rounding: float = 0.0  # between a row alone and in a batch
    single: float = 1e-4  # between float32 and float64, relative to the largest value; None: quantiles may flip
    keeps: bool | None = True  # whether float32 in gives float32 out; None if another estimator decides


def of_estimator(estimator, method="transform", **options):
    def fit(X, y, n_jobs=None):
        model = clone(estimator)
        return model.set_params(**({} if n_jobs is None else {"n_jobs": n_jobs})).fit(X, y)

    return Object(fit, lambda model, X: table(getattr(model, method)(X)), **options)


def of_function(function, **options):
    def fit(X, y, n_jobs=None):
        return function if n_jobs is None else partial(function, n_jobs=n_jobs)

    return Object(fit, lambda model, X: model(X), **options)


def table(features):
    """Return one row per series: sequences are padded to the same length, whatever carries them."""
    if isinstance(features, np.ndarray) and features.ndim <= 2:
        return features.reshape(len(features), -1)
    sequences = [values for _, values in features] if isinstance(features, Panel) else features
    rows = np.full((len(sequences), 16, len(sequences[0])), nan, sequences[0].dtype)
    for row, values in zip(rows, sequences, strict=True):
        row[: values.shape[1]] = values.T
    return rows.reshape(len(rows), -1)


def remember(X, **parameters):
    return HiPPOMemory.from_panel(X, **parameters).coefficients


@cache
def objects():
    """Return all objects by name."""
    found = {}
    for measure in MEASURES:
        memories = {"parallel": False, "rounding": 1e-15, "keeps": False}
        for hold in ("linear", "previous"):
            options = {"measure": measure, "order": 5, "hold": hold}
            found[f"project {measure} {hold}"] = of_function(partial(project_panel, **options))
            found[f"memory {measure} {hold}"] = of_function(partial(remember, **options), **memories)
        stepped = {"measure": measure, "order": 4, "method": "recurrence"}
        found[f"memory {measure} recurrence"] = of_function(partial(remember, **stepped), **memories)
        for way in ({"measure": measure, "order": 4}, stepped):
            sequence = HiPPOTransformer(output="sequence", **way)
            found[f"sequence {measure} {way.get('method', 'projection')}"] = of_estimator(sequence)
    for name, parameters in {
        "legs": {},
        "unscaled": {"scaling": None},
        "legt, everything on": {"measure": "legt", "hold": "previous", "add_indicator": True, "add_duration": True},
        "n_windows": {"n_windows": 2},
        "recurrence": {"measure": "lagt", "method": "recurrence"},
        "sequence of windows": {"measure": "fout", "n_windows": 2, "output": "sequence"},
    }.items():
        found[f"transformer {name}"] = of_estimator(HiPPOTransformer(**{"order": 4} | parameters))
    found["summary"] = of_estimator(SummaryTransformer(), parallel=False)
    small = {"n_windows": 2, "n_combinations": 20}
    for relative in (True, False):
        scattering = HiPPOScatteringTransformer(relative=relative, **small)
        found[f"scattering relative={relative}"] = of_estimator(scattering, single=None)
    found["summary"] = of_estimator(SummaryTransformer(n_windows=2, hold="previous"), keeps=False)
    automatic = {"rounding": 1e-9, "single": None, "keeps": False}
    found["classifier"] = of_estimator(HiPPOClassifier(), "predict_proba", **automatic)
    found["regressor"] = of_estimator(HiPPORegressor(), "predict", **automatic)
    pipeline = make_pipeline(HiPPOTransformer(order=3, handle_empty="zero"), LogisticRegression())
    augmented = AugmentedClassifier(pipeline, ("drop", "gap"), n_copies=1, random_state=0)
    found["augmented"] = of_estimator(augmented, "predict_proba", parallel=False, rounding=1e-14, keeps=None)
    if importlib.util.find_spec("torch"):
        from skhippo import HiPPORNNClassifier, HiPPORNNRegressor

        tiny = {"hidden_size": 4, "order": 3, "max_epochs": 1, "random_state": 0}
        exact = {"parallel": False, "rounding": 1e-12, "single": 1e-3}
        for feedback in (True, False):
            network = HiPPORNNClassifier(feedback=feedback, **tiny)
            found[f"network feedback={feedback}"] = of_estimator(network, "predict_proba", **exact)
        found["network of a regressor"] = of_estimator(HiPPORNNRegressor(feedback=False, **tiny), "predict", **exact)
    return found


# ---------------------------------------------------------------------- series
def series(n=8, seed=0, missing=0.3):
    """Irregular, ragged, holed; one with a single observation, one with a channel that was never observed."""
    rng = np.random.default_rng(seed)
    out = []
    for length in [1, 14, *rng.integers(2, 15, n - 2)]:
        times = np.cumsum(rng.integers(1, 900, length)) / 1000
        values = rng.normal(size=(2, length))
        values[rng.random(values.shape) < missing] = nan
        values[:, 0] = rng.normal(size=2)
        out.append((times - times[0], values))
    out[2][1][1] = nan
    return out


def cube(n=6, seed=1):
    return np.random.default_rng(seed).normal(size=(n, 2, 9))


def labels(n):
    return np.arange(n) % 2


def computed(thing, train, X, **options):
    return thing.apply(thing.fit(train, labels(len(as_panel(train))), **options), X)


# ---------------------------------------------------------------------- properties
def threads_change_no_bit(thing):
    X = series(150, seed=2)
    assert_array_equal(computed(thing, X, X, n_jobs=2), computed(thing, X, X))


def a_row_does_not_depend_on_the_others(thing):
    X = as_panel(series())
    model = thing.fit(X, labels(8))
    whole = thing.apply(model, X)
    for i in range(8):
        alone = thing.apply(model, X[i : i + 1])[0]
        assert_allclose(alone, whole[i], rtol=0, atol=thing.rounding)


def permuted_series_give_permuted_rows(thing):
    X, order = as_panel(series()), np.random.default_rng(3).permutation(8)
    model = thing.fit(X, labels(8))
    assert_allclose(thing.apply(model, X[order]), thing.apply(model, X)[order], rtol=0, atol=thing.rounding)


def read_only_input_gives_the_same(thing):
    X, fixed = series(), series()
    for times, values in fixed:
        times.flags.writeable = values.flags.writeable = False
    assert_array_equal(computed(thing, fixed, fixed), computed(thing, X, X))
    frozen = cube()
    frozen.flags.writeable = False
    assert_array_equal(computed(thing, frozen, frozen), computed(thing, cube(), cube()))


def input_is_not_modified(thing):
    X, before = series(), series()
    computed(thing, X, X)
    assert_array_equal(np.concatenate([t for t, _ in X]), np.concatenate([t for t, _ in before]))
    assert_array_equal(np.concatenate([v for _, v in X], axis=1), np.concatenate([v for _, v in before], axis=1))
    dense = cube()
    found = computed(thing, dense, dense)
    assert_array_equal(dense, cube())
    assert not np.shares_memory(found, dense)


def float32_is_near_float64(thing):
    X = series(missing=0.0)
    exact = computed(thing, X, X)
    single = [(times, values.astype(np.float32)) for times, values in X]
    found = computed(thing, single, single)
    assert thing.keeps is None or (found.dtype == np.float32) == thing.keeps
    assert_allclose(found, exact, rtol=0, atol=thing.single * np.nanmax(np.abs(exact)))


def copies_compute_the_same(thing):
    X = series()
    model = thing.fit(X, labels(8))
    expected = thing.apply(model, X)
    assert_array_equal(thing.apply(pickle.loads(pickle.dumps(model)), X), expected)
    if hasattr(model, "get_params"):
        assert_array_equal(thing.apply(clone(model).fit(X, labels(8)), X), expected)


def trailing_nan_is_padding(thing):
    X = cube()
    lengths = [9, 4, 1, 9, 6, 2]
    for row, length in zip(X, lengths, strict=True):
        row[:, length:] = nan
    ragged = [row[:, :length] for row, length in zip(X, lengths, strict=True)]
    assert_array_equal(computed(thing, X, X), computed(thing, ragged, ragged))


def every_container_gives_the_same(thing):
    X = cube()
    expected = computed(thing, as_panel(X), as_panel(X))
    for name, carrier in containers(X).items():
        assert_array_equal(computed(thing, carrier, carrier), expected, err_msg=name)


def containers(X):
    """Return what carries the same series."""
    cells = np.empty(len(X), dtype=object)
    cells[:] = [(np.arange(9.0), values) for values in X]
    found = {
        "cube": X,
        "list of arrays": list(X),
        "nested lists": X.tolist(),
        "object array of pairs": cells,
        "pairs": [(np.arange(9), values) for values in X],
        "panel": Panel(np.concatenate([x.T for x in X]), np.tile(np.arange(9.0), len(X)), np.arange(len(X) + 1) * 9),
    }
    if importlib.util.find_spec("pandas"):
        import pandas as pd

        frames = [pd.DataFrame(values.T, columns=["a", "b"]) for values in X]
        found["frames"] = frames
        found["two index levels"] = pd.concat(dict(enumerate(frames)), names=["id", "t"])
        found["long table"] = Panel.from_long(found["two index levels"].reset_index())
        found["nested frame"] = pd.DataFrame({name: [frame[name] for frame in frames] for name in "ab"})
    return found


def dates_count_as_seconds(thing):
    X = series()
    dated = [(np.datetime64("2024-02-28T23:59:59", "ms") + np.rint(1000 * t).astype("m8[ms]"), v) for t, v in X]
    spans = [(np.rint(1000 * t).astype("m8[ms]"), v) for t, v in X]
    expected = computed(thing, X, X)
    for other in (dated, spans):
        assert_allclose(computed(thing, other, other), expected, rtol=0, atol=1e-12)


PROPERTIES = [
    threads_change_no_bit,
    a_row_does_not_depend_on_the_others,
    permuted_series_give_permuted_rows,
    read_only_input_gives_the_same,
    input_is_not_modified,
    float32_is_near_float64,
    copies_compute_the_same,
    trailing_nan_is_padding,
    every_container_gives_the_same,
    dates_count_as_seconds,
]


def applies(holds, thing):
    return (thing.parallel or holds is not threads_change_no_bit) and (
        thing.single is not None or holds is not float32_is_near_float64
    )


TABLE = [
    pytest.param(holds, name, id=f"{name}: {holds.__name__}")
    for name, thing in objects().items()
    for holds in PROPERTIES
    if applies(holds, thing)
]


@pytest.mark.parametrize(("holds", "name"), TABLE)
def test_it_holds(holds, name):
    holds(objects()[name])
