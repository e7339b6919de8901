"""The entries for other projects in docs/upstream run with this version."""

import pathlib
import runpy

import numpy as np
import pytest

FOLDER = pathlib.Path(__file__).parents[1] / "docs" / "upstream"


def test_every_entry_is_described():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    entries = [path.name for path in FOLDER.iterdir() if path.name != "README.md" and path.is_file()]
    assert entries
    assert [name for name in entries if f"`{name}`" not in text] == []


def test_the_pipeline_of_pyrregular_reads_times_in_the_last_channel(rng):
    y = np.repeat([0, 1], 15)
    X = np.full((30, 2, 20), np.nan)
    for series, label in zip(X, y, strict=True):
        n = rng.integers(10, 21)
        series[1, :n] = np.sort(rng.uniform(0.0, 9.0, n))
        series[0, :n] = np.sin((1 + label) * series[1, :n])
    pipeline = runpy.run_path(str(FOLDER / "pyrregular_hippo.py"))["hippo_pipeline"]
    assert pipeline.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.9


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("sktime_hippo.py", "HiPPOTransformer"),
        ("sktime_hippo_classifier.py", "HiPPOClassifier"),
        ("sktime_hippo_regressor.py", "HiPPORegressor"),
    ],
)
def test_the_record_of_sktime_stands_for_the_adapter(file, name):
    adapters = pytest.importorskip("skhippo.sktime")
    assert runpy.run_path(str(FOLDER / file))[name] is getattr(adapters, name)
