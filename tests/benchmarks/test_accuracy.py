"""The benchmark of accuracy: it runs what is missing, goes on from its records, and its tables are arithmetic."""

import sys

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from skhippo import as_panel
from skhippo.datasets import irregular_sinusoids
from tests.benchmarks.accuracy import __main__ as program
from tests.benchmarks.accuracy.irregular import Task
from tests.benchmarks.accuracy.methods import METHODS, Grid, Method, Summary, logistic, plain, with_times
from tests.benchmarks.accuracy.protocol import CONDITIONS, DEVELOPMENT
from tests.benchmarks.accuracy.report import cells, damaged, damaged_others, means, pairs, write
from tests.benchmarks.accuracy.results import Store, read_means, write_means


def record(set_name, method, seed, condition, score):
    return {"set": set_name, "method": method, "seed": seed, "condition": condition, "score": score}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "records")


def run(monkeypatch, folder, *options):
    monkeypatch.setattr(sys, "argv", ["accuracy", "--out", str(folder), "--seeds", "0", *options])
    program.main()


def test_a_run_goes_on_from_its_records(monkeypatch, tmp_path, capsys):
    pytest.importorskip("sktime")
    options = ("--sets", "ItalyPowerDemand", "--methods", "HiPPO LR", "--table", str(tmp_path / "table.rst"))
    run(monkeypatch, tmp_path, *options)
    first = (tmp_path / "ItalyPowerDemand.jsonl").read_text()
    assert first.count("\n") == len(CONDITIONS)
    clean = Store(tmp_path).find("ItalyPowerDemand", "HiPPO LR", 0, "clean")
    assert clean["score"] == pytest.approx(0.965, abs=0.005)
    (tmp_path / "ItalyPowerDemand.jsonl").write_text(first.split("\n", 1)[1])
    run(monkeypatch, tmp_path, *options)
    assert Store(tmp_path).find("ItalyPowerDemand", "HiPPO LR", 0, "clean")["score"] == clean["score"]
    assert f"{100 * clean['score']:.1f} (1)" in (tmp_path / "table.rst").read_text()
    lines = len((tmp_path / "ItalyPowerDemand.jsonl").read_text().splitlines())
    run(monkeypatch, tmp_path, *options)
    assert len((tmp_path / "ItalyPowerDemand.jsonl").read_text().splitlines()) == lines


def test_a_set_that_is_not_there_is_said_and_left_out(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SKHIPPO_DATA", str(tmp_path))
    monkeypatch.setattr("skhippo.datasets.archive._download", lambda name: "no network")
    run(monkeypatch, tmp_path, "--sets", "NoSuchSet", "PhysioNet2012", "--methods", "HiPPO LR")
    out = capsys.readouterr().out
    assert "NoSuchSet is left out: the set 'NoSuchSet' is not in" in out
    assert "PhysioNet2012 is left out: " in out


def test_a_method_without_its_packages_is_said_and_left_out(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(METHODS, "HiPPO LR", Method("HiPPO LR", METHODS["HiPPO LR"].make, needs=("no_such_package",)))
    run(monkeypatch, tmp_path, "--sets", "ItalyPowerDemand", "--methods", "HiPPO LR")
    assert "HiPPO LR is left out: it needs no_such_package" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_means_need_all_sets_and_pairs_common_seeds(store):
    for i, name in enumerate(DEVELOPMENT):
        for seed in (0, 1):
            store.add(record(name, "MiniRocket", seed, "clean", 0.5 + 0.01 * seed))
        store.add(
            record(name, "MiniRocket +c", 1, "clean", 0.51 + (0.02 if i < 3 else 0.0) - (0.01 if i == 7 else 0.0))
        )
    store.add(record(DEVELOPMENT[0], "HiPPO LR", 0, "clean", 0.9))
    rows = {row[0]: row for row in means(store, DEVELOPMENT)}
    assert rows["MiniRocket"][2] == "50.5"
    assert rows["HiPPO LR"][2] == ""
    row = next(row for row in pairs(store, DEVELOPMENT) if row[:3] == ("MiniRocket +c", "MiniRocket", "clean"))
    assert row[3:] == ("8", "+0.6", "0.4", "3", "4", "1")


def test_means_of_earlier_runs_are_kept_and_not_run_again(monkeypatch, tmp_path):
    kept = {("ItalyPowerDemand", "HiPPO LR", c.name): (50.0 + k, 3) for k, c in enumerate(CONDITIONS)}
    kept["ItalyPowerDemand", "HiPPO ET", "clean"] = (90.0, 1)  # one condition alone
    path = tmp_path / "means.csv"
    write_means(path, kept, [c.name for c in CONDITIONS])
    assert read_means(path) == kept
    options = ("--sets", "ItalyPowerDemand", "--methods", "HiPPO LR", "--kept", str(path))
    run(monkeypatch, tmp_path / "records", *options, "--table", str(tmp_path / "table.rst"))
    assert not list((tmp_path / "records").iterdir())
    assert "90.0 (1)" in (tmp_path / "table.rst").read_text()
    assert read_means(path) == kept
    store = Store(tmp_path / "records", kept)
    store.add(record("ItalyPowerDemand", "HiPPO ET", 0, "clean", 0.8))
    assert next(iter(cells(store, "clean")))[1:4] == ("50.0", "", "80.0 (1)")


def test_the_summary_compares_all_sets_that_both_were_run_on(store):
    for name, ours in (("GunPoint", 0.9), ("OSULeaf", 0.7), ("Libras", 0.6)):
        store.add(record(name, "HiPPOClassifier", 0, "clean", ours))
    store.add(record("GunPoint", "MiniRocket", 0, "clean", 0.8))
    store.kept["OSULeaf", "MiniRocket", "clean"] = (72.0, 3)
    assert list(damaged(store)) == [("clean", "2", "80.0", "76.0", "+4.0", "6.0", "1", "1")]
    for name in ("GunPoint", "OSULeaf"):
        store.add(record(name, "HiPPOClassifier +d", 0, "rate half", 0.5))
        store.add(record(name, "MiniRocket +c", 0, "rate half", 0.4))
    assert list(damaged(store))[1] == ("rate half, copies", "2", "50.0", "40.0", "+10.0", "0.0", "2", "0")


def test_other_methods_are_compared_each_on_the_sets_that_it_was_run_on(store, tmp_path):
    for name, ours, quant in (("GunPoint", 0.9, 0.8), ("OSULeaf", 0.7, 0.72), ("Libras", 0.6, None)):
        store.add(record(name, "HiPPOClassifier", 0, "test gap40", ours))
        if quant:
            store.add(record(name, "QUANT", 0, "test gap40", quant))
    store.add(record("GunPoint", "BORF", 0, "test gap40", 0.9))  # on one set: no row
    assert list(damaged_others(store)) == [("test gap40", "QUANT", "2", "80.0", "76.0", "+4.0", "6.0", "1", "1")]
    write(store, tmp_path / "table.rst")
    text = (tmp_path / "damaged_table.rst").read_text()
    assert ".. begin damaged others" in text
    assert ".. begin damaged\n" not in text


def test_cells_tell_the_number_of_seeds_where_some_are_missing(store):
    for seed in (0, 1, 2):
        store.add(record("GunPoint", "HiPPO LR", seed, "clean", 0.7 + 0.1 * seed))
    store.add(record("GunPoint", "HiPPO ET", 0, "clean", 0.9))
    (row,) = cells(store, "clean")
    assert row[: 1 + len(METHODS)][:2] == ("GunPoint", "80.0")
    assert row[1 + list(METHODS).index("HiPPO ET")] == "90.0 (1)"


def test_a_task_is_run_by_folds_and_its_mean_is_in_the_table(monkeypatch, store, tmp_path):
    method = Method("plain", lambda length, seed: make_pipeline(plain(), logistic()))
    data = irregular_sinusoids(60, n_classes=2, random_state=0)
    task = Task("sinusoids", lambda: data, (method,), ("AUROC", "accuracy"), folds=3)
    program.run_task(store, task)
    assert len(store.records) == 6
    assert min(r["score"] for r in store.records.values()) > 0.8
    monkeypatch.setattr("tests.benchmarks.accuracy.report.TASKS", {"sinusoids": task})
    write(store, tmp_path / "table.rst")
    text = (tmp_path / "irregular_table.rst").read_text()
    assert text.count("sinusoids") == 2
    assert not (tmp_path / "heads_table.rst").exists()
    assert ".. begin irregular" in text


def test_grid_interpolates_each_series_over_its_own_time():
    X = as_panel([([0.0, 1.0, 4.0], [[0.0, 1.0, 4.0], [float("nan"), 2.0, float("nan")]]), ([5.0], [[7.0], [8.0]])])
    grid = Grid(5).transform(X)
    assert grid[0, 0].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert grid[0, 1].tolist() == [2.0] * 5
    assert grid[1].tolist() == [[7.0] * 5, [8.0] * 5]


def test_times_are_the_last_channel_of_what_borf_takes():
    nan = float("nan")
    X = as_panel([([0.0, 1.0, 4.0], [[1.0, 2.0, 3.0], [nan, 5.0, nan]]), ([5.0], [[7.0], [8.0]])])
    expected = [[[1, 2, 3], [nan, 5, nan], [0, 1, 4]], [[7, nan, nan], [8, nan, nan], [5, nan, nan]]]
    np.testing.assert_array_equal(with_times(X), expected)


@pytest.mark.parametrize("name", ["MR-Hydra", "QUANT", "BORF", "BORF grid"])
def test_methods_of_other_packages_classify(name):
    for package in METHODS[name].needs:
        pytest.importorskip(package)
    X, y = irregular_sinusoids(40, n_classes=2, random_state=0)
    assert METHODS[name].make(30, 0).fit(X[:30], y[:30]).score(X[30:], y[30:]) > 0.6


def test_statistics():
    X = as_panel([([0.0, 1.0, 2.0], [[1.0, float("nan"), 3.0], [float("nan")] * 3])])
    assert Summary(empty=-1.0).transform(X).tolist() == [[2, 1, 1, 1.5, 2, 2.5, 3, 1, 3, 2, 2] + [-1] * 10 + [0]]
