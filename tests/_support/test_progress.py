"""The bar counts what is done, ends full, and is not shown for short work."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhippo import AugmentedClassifier, HiPPOScatteringTransformer, HiPPOTransformer, as_panel
from skhippo._support import progress as _progress


@pytest.fixture
def panel(rng):
    """Series of all kinds: a grid in pieces, irregular ones, one observation."""
    times = [np.arange(9000.0), np.sort(rng.uniform(0, 3, 500)), np.array([1.0])]
    return as_panel([(t, rng.normal(size=(2, t.size))) for t in times])


@pytest.mark.compiled
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("measure", ["legs", "legt"])
@pytest.mark.parametrize("options", [{}, {"n_windows": 2}, {"output": "sequence"}, {"method": "recurrence"}])
def test_the_bar_counts_what_is_done_and_ends_full(panel, monkeypatch, capsys, n_jobs, measure, options):
    tqdm = pytest.importorskip("tqdm")
    seen = []
    update = tqdm.tqdm.update
    monkeypatch.setattr(tqdm.tqdm, "update", lambda bar, n=1: seen.append((n, bar.total)) or update(bar, n))
    monkeypatch.setattr(_progress, "_DELAY", 0.0)
    theta = None if measure == "legs" else 2.0
    quiet = HiPPOTransformer(measure, order=40, theta=theta, n_jobs=n_jobs, **options).fit(panel)
    loud = HiPPOTransformer(**quiet.get_params() | {"verbose": 1}).fit(panel)
    seen.clear()
    results = (as_panel(model.transform(panel)).values for model in (quiet, loud))
    assert_array_equal(*results)
    total = panel.values.size * quiet.n_windows
    assert sum(n for n, _ in seen) == total
    assert {all_of_it for _, all_of_it in seen} == {total}
    assert len(seen) > 1  # on the way, too
    assert "HiPPOTransformer: 100%" in capsys.readouterr().err


def test_scattering_and_copies_have_a_bar(panel, monkeypatch, capsys):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(_progress, "_DELAY", 0.0)
    small = {"order": 2, "n_windows": 2, "n_combinations": 4, "n_groups": 2}
    quiet = HiPPOScatteringTransformer(**small).fit(panel[1:])
    assert capsys.readouterr().err == ""
    loud = HiPPOScatteringTransformer(**small, verbose=1).fit(panel[1:])
    assert_array_equal(loud.transform(panel[1:]), quiet.transform(panel[1:]))
    assert capsys.readouterr().err.count("HiPPOScatteringTransformer: 100%") >= 2
    pipeline = make_pipeline(HiPPOTransformer(order=2), LogisticRegression())
    AugmentedClassifier(pipeline, random_state=0, verbose=1).fit(panel, [0, 1, 0])
    assert "AugmentedClassifier: 100%" in capsys.readouterr().err


def test_short_work_shows_no_bar(panel, capsys):
    pytest.importorskip("tqdm")
    HiPPOTransformer(order=4, verbose=1).fit(panel[1:])
    assert capsys.readouterr().err == ""


def test_nothing_is_counted_after_an_error_and_without_tqdm(panel, monkeypatch):
    pytest.importorskip("tqdm")
    with pytest.raises(ValueError, match="overflow"):
        HiPPOTransformer(order=4, verbose=1).fit([[1e308, -1e308]])
    assert _progress._bar.get() is None
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    HiPPOTransformer(order=4).fit(panel[1:])
    with pytest.raises(ImportError, match="verbose=1 needs tqdm: pip install tqdm, or set verbose=0"):
        HiPPOTransformer(order=4, verbose=1).fit(panel[1:])
