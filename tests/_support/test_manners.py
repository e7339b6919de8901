"""Progress, sizes in errors, versions, links: what a user meets around the numbers."""

import math
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import skhippo
from skhippo import HiPPOTransformer, Panel, as_panel, project
from skhippo._support import allocation as _allocation
from skhippo._support import progress as _progress


@pytest.fixture
def panel(rng):
    """Series of all kinds: a grid in pieces, irregular ones, one observation."""
    times = [np.arange(9000.0), np.sort(rng.uniform(0, 3, 500)), np.array([1.0])]
    return as_panel([(t, rng.normal(size=(2, t.size))) for t in times])


# ------------------------------------------------------------------ progress
@pytest.mark.compiled
@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("measure", ["legs", "legt"])
@pytest.mark.parametrize("options", [{}, {"windows": 2}, {"output": "sequence"}, {"method": "recurrence"}])
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
    total = panel.values.size * quiet.windows
    assert sum(n for n, _ in seen) == total
    assert {all_of_it for _, all_of_it in seen} == {total}
    assert len(seen) > 1  # on the way, too
    assert "HiPPOTransformer: 100%" in capsys.readouterr().err


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
    with pytest.raises(ImportError, match="verbose=1 draws with tqdm: pip install tqdm, or set verbose=0"):
        HiPPOTransformer(order=4, verbose=1).fit(panel[1:])


# ------------------------------------------------------------------ sizes
def test_a_result_that_cannot_fit_says_how_large_it_would_be():
    panel = Panel(np.ones((1 << 16, 1)), offsets=np.arange((1 << 16) + 1))
    size = r"65536 series x 1099511627776 coefficients x 8 bytes = 5\.37e\+08 GiB"
    with pytest.raises(MemoryError, match=f"the result takes {size}.*project fewer series at a time, or take a lower"):
        project(panel, order=1 << 40)


def test_limits_are_those_of_the_machine_or_the_container(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(_allocation, "_CONTAINER", limit)
    machine = _allocation._memory()
    assert machine > 2**20
    for text, expected in (("max\n", machine), ("1048576\n", 2.0**20), ("junk", machine)):
        limit.write_text(text)
        assert _allocation._memory() == expected
    limit.write_text("1048576\n")
    assert _allocation.allocate({"series": 2**17}, np.dtype(np.float64), "").shape == (2**17,)
    with pytest.raises(MemoryError, match=r"262144 series x 8 bytes = 0\.00195 GiB and there are 0\.000977 GiB"):
        _allocation.allocate({"series": 2**18}, np.dtype(np.float64), "take less")
    monkeypatch.setattr(_allocation, "_memory", lambda: math.inf)  # nobody says: numpy refuses
    for size in (2**58, 2**70):
        with pytest.raises(MemoryError, match=r"GiB: take less$"):
            _allocation.allocate({"series": size}, np.dtype(np.float64), "take less")


# ------------------------------------------------------------------ reports and links
def test_show_versions(capsys, monkeypatch):
    monkeypatch.setattr("skhippo._support.versions._OPTIONAL", ("no-such-library",))
    skhippo.show_versions()
    rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if "JIT" not in line)
    assert rows["numpy"] == np.__version__
    assert rows["python"] == sys.version.split()[0]
    assert rows["no-such-library"] == "not installed"
    assert {"skhippo", "numba", "scikit-learn", "scipy", "joblib", "system"} <= set(rows)


def test_the_html_representation_links_to_the_page_of_the_class(monkeypatch):
    class Metadata:
        entries = ("Homepage, https://a.invalid", "Documentation, https://b.invalid/en/")

        def get_all(self, name):
            assert name == "Project-URL"
            return self.entries

    monkeypatch.setattr("skhippo._sklearn.links.metadata", lambda name: Metadata())
    page = "https://b.invalid/en/api/generated/skhippo.HiPPOTransformer.html"
    assert HiPPOTransformer()._get_doc_link() == page
    assert page in make_pipeline(HiPPOTransformer(), LogisticRegression())._repr_html_()
    for Metadata.entries in (("Homepage, https://a.invalid",), None):  # no address, no link
        assert HiPPOTransformer()._get_doc_link() == ""


# ------------------------------------------------------------------ types
def test_types_as_a_user_sees_them():
    """The public surface has types that mypy's strictest settings accept in other people's code."""
    pytest.importorskip("mypy")
    root = pathlib.Path(__file__).parents[2]
    code = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "tests/typing/user.py"]
    done = subprocess.run(code, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
