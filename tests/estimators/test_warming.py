"""After a warm-up nothing is left to compile, and nothing that was given has changed."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOMemory, HiPPOTransformer, LegT, Panel, warm_up

CODE = """
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from skhippo import HiPPOTransformer, warm_up
    from skhippo._support import jit

    rng = np.random.default_rng(1)
    X = [(np.sort(rng.uniform(0, 9, n)), rng.normal(size=n)) for n in (20, 30, 25, 40)]
    model = make_pipeline(HiPPOTransformer("legt", order=8), LogisticRegression()).fit(X, [0, 1, 0, 1])
    warm_up(model)
    compile_kernel = jit.kernel._compile
    def refuse(self): raise SystemExit(f"{self.__name__} is compiled for the first time")
    jit.kernel._compile = lambda self: compile_kernel(self) if self._compiled else refuse(self)
    for series in (X, X[:1], [(t, np.where(t > 4, v, np.nan)) for t, v in X], np.ones((2, 30))):
        model.predict(series)
"""


@pytest.mark.compiled
def test_nothing_is_left_to_compile():
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(CODE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_given_is_left_as_it_is(rng):
    X = rng.normal(size=(4, 2, 30))
    for memory in (
        HiPPOMemory("lagt", 4, theta=2.0),
        HiPPOMemory(order=4, n_channels=2).update([[1.0, 2.0]], 5.0),
        HiPPOMemory(LegT(3.0), 4).update([[1.0]], np.datetime64("2024-01-01")),
        HiPPOMemory(order=4, n_streams=2).update([[1.0], [2.0]], np.timedelta64(3, "s")),
    ):
        before = {name: array.copy() for name, array in memory._store.arrays.items()}
        warm_up(memory)
        for name, array in memory._store.arrays.items():
            np.testing.assert_array_equal(array, before[name])
    fitted = HiPPOTransformer(order=4).fit(X)
    before = fitted.transform(X)
    warm_up(fitted, make_pipeline(HiPPOTransformer(order=4), LogisticRegression()))
    np.testing.assert_array_equal(fitted.transform(X), before)


@pytest.mark.parametrize("aware", [False, True])
def test_series_with_dates(aware, rng):
    pandas = pytest.importorskip("pandas")
    days = pandas.date_range("2024-01-01", periods=30, tz="UTC" if aware else None)
    frames = [pandas.DataFrame({"a": rng.normal(size=30), "b": 1.0}, index=days) for _ in range(3)]
    warm_up(make_pipeline(HiPPOTransformer(order=3), Ridge()).fit(frames, [0.0, 1.0, 2.0]))


def test_names_of_measures():
    warm_up("legs", LegT(2.0))


def test_what_cannot_be_warmed_up():
    for item in (3, HiPPOTransformer, Panel(np.ones((3, 1)))):
        with pytest.raises(TypeError, match="an estimator, a HiPPOMemory, a measure or the name of one"):
            warm_up(item)
    with pytest.raises(ValueError, match="'legx' is unknown"):
        warm_up("legx")
    with pytest.raises(TypeError, match="Ridge does not read series"):
        warm_up(Ridge().fit([[1.0], [2.0]], [1.0, 2.0]))
