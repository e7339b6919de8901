"""A real cluster: what Dask computes is what one machine computes, also when a worker dies."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression

from skhippo import HiPPOTransformer, Panel, project

dask = pytest.importorskip("dask", reason="Dask is not installed")
pytest.importorskip("distributed", reason="Dask is not installed")
db = pytest.importorskip("dask.bag")
from skhippo.distributed import memory_from_chunks, transform  # noqa: E402
from tests.distributed.cases import TOLERANCE, cut, features, long_table, same  # noqa: E402


def die_once(marker):
    """Kill the process that comes here first; True for the others."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return True
    os._exit(1)


def deadly(frame, marker, victim):
    if victim in set(frame["id"]):
        die_once(marker)
    return frame


def deadly_chunk(times, values, marker):
    die_once(marker)
    return times, values


@pytest.mark.parametrize("name", ["legs", "legt"])
def test_a_worker_dies_and_the_table_is_the_same(client, name, tmp_path, rng):
    table = long_table(rng, 40)
    hippo = HiPPOTransformer(name, 6, hold="previous").fit(Panel.from_long(table))
    marker = tmp_path / "died"
    rows = cut(table, rng, 6)
    rows = rows.map_partitions(deadly, str(marker), "s7", meta=rows._meta)
    same(transform(hippo, rows), features(hippo, table))
    assert marker.exists()


def test_a_worker_dies_and_the_memory_is_the_same(client, tmp_path, rng):
    times, values = np.cumsum(rng.exponential(0.1, 900)), rng.normal(size=900)
    marker = tmp_path / "died"
    pieces = [dask.delayed((times[i : i + 100], values[i : i + 100])) for i in range(0, 900, 100)]
    pieces[6] = dask.delayed(deadly_chunk)(times[600:700], values[600:700], str(marker))
    memory = memory_from_chunks(pieces, order=16).compute()
    assert marker.exists()
    assert_allclose(memory.coefficients, project([(times, values)], order=16), rtol=0, atol=TOLERANCE)


def test_features_of_a_bag_on_a_cluster(client, rng):
    series = [(np.cumsum(rng.exponential(1.0, n)), rng.normal(size=(1, n))) for n in rng.integers(1, 20, 30)]
    hippo = HiPPOTransformer(order=5, n_jobs=2).fit(series)
    assert_array_equal(transform(hippo, db.from_sequence(series, npartitions=3)).compute(), hippo.transform(series))


def test_grid_search_on_a_cluster(client):
    import joblib
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline

    from skhippo.datasets import irregular_sinusoids

    X, y = irregular_sinusoids(60, n_classes=2, random_state=0)
    model = make_pipeline(HiPPOTransformer(), LogisticRegression())
    grid = {"hippotransformer__order": [4, 8], "hippotransformer__measure": ["legs", "legt"]}
    local = GridSearchCV(model, grid, cv=3).fit(X, y)
    with joblib.parallel_config("dask"):
        remote = GridSearchCV(model, grid, cv=3).fit(X, y)
    assert remote.best_params_ == local.best_params_
    assert_array_equal(remote.cv_results_["mean_test_score"], local.cv_results_["mean_test_score"])


def test_without_dask_the_error_says_how_to_install_it():
    code = "import sys; sys.modules['dask'] = None; import skhippo.distributed"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'ImportError: skhippo.distributed needs Dask: pip install "skhippo[dask]"' in done.stderr
