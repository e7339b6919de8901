"""Where the files of a set are."""

import sys

import numpy as np
import pytest

from skhippo.datasets import archive as archive_module
from skhippo.datasets import (
    load_uea,
)
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel

HEADER = "# Toy\n@timeStamps {times}\n@equalLength {equal}\n@classLabel true Up down\n@data\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Return a function that makes `rows` both files of the set Toy, in the folder of SKHIPPO_DATA."""
    monkeypatch.setenv("SKHIPPO_DATA", str(tmp_path))
    (tmp_path / "Toy").mkdir()

    def write(rows, times="false", equal="false", header=HEADER):
        for part in ("TRAIN", "TEST"):
            text = header.format(times=times, equal=equal) + rows
            (tmp_path / "Toy" / f"Toy_{part}.ts").write_text(text, encoding="utf-8-sig")

    return write


def test_channels_of_unequal_lengths_and_missing_values(write):
    write("1.5,2,?:nan,4,5,-6e-1:Up\n\n3:4:down\n")
    X, y = load_uea("Toy", "train")
    assert y.tolist() == ["Up", "down"]  # as the file has them, not in lower case
    assert X.lengths.tolist() == [4, 1]
    times, values = X[0]
    assert times.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(values, [[1.5, 2, np.nan, np.nan], [np.nan, 4, 5, -0.6]])
    assert X.channel_names is None


def test_both_splits_are_train_then_test(write, tmp_path):
    write("1,2:Up\n")
    (tmp_path / "Toy" / "Toy_TEST.ts").write_text(HEADER.format(times="false", equal="true") + "3,4:down\n")
    X, y = load_uea("Toy")
    assert y.tolist() == ["Up", "down"]
    assert X.values[:, 0].tolist() == [1, 2, 3, 4]
    pairs, _ = load_uea("Toy", return_panel=False)
    assert as_panel(pairs) == X


@pytest.mark.parametrize(("equal", "length"), [("false", 3), ("true", 5)])
def test_trailing_nan_is_padding_only_where_lengths_are_unequal(write, equal, length):
    write("1,NaN,NaN,NaN,NaN:NaN,NaN,3,?,?:Up\n", equal=equal)
    assert load_uea("Toy", "train")[0].lengths.tolist() == [length]


def test_series_without_any_value_keeps_one_time(write):
    write("?,?,?:Up\n1,2,3:down\n")
    assert load_uea("Toy", "train")[0].lengths.tolist() == [1, 3]


def test_empty_channel_is_not_observed(write):
    write("1,2: :Up\n")
    assert np.isnan(load_uea("Toy", "train")[0].values[:, 1]).all()


def test_timestamps_of_channels_are_joined(write):
    write("(0.5,1),(2,2):(1,-1),(2,?):Up\n", times="true")
    times, values = load_uea("Toy", "train")[0][0]
    assert times.tolist() == [0.5, 1, 2]
    np.testing.assert_array_equal(values, [[1, np.nan, 2], [np.nan, -1, np.nan]])


def test_timestamps_that_are_dates_may_hold_colons(write):
    write("(2007-01-01 00:00:00,1),(2007-01-01 00:01:30,2):down\n", times="true")
    X, y = load_uea("Toy", "test")
    assert X.times.tolist() == [0, 90]
    assert X.origins[0] == np.datetime64("2007-01-01")
    assert y.tolist() == ["down"]


def test_targets_of_a_regression_set_are_floats(write):
    write("1,2:0.5\n3,4:-1\n", header="@timestamps false\n@targetlabel true\n@data\n")
    assert load_uea("Toy", "train")[1].tolist() == [0.5, -1.0]


@pytest.mark.parametrize(
    ("rows", "times", "message"),
    [
        ("1,2:Up\n1,x:Up\n", "false", r"Toy_TRAIN.ts, series 1: .*'x'"),
        ("1,2:Up\n1,2:3,4:Up\n", "false", "series 1: 2 channels, 1 in series 0"),
        ("1,2\n", "false", "series 0: there is no label after a ':'"),
        (":Up\n", "false", "series 0: there is no value"),
        ("", "false", "no series after '@data'"),
        ("(0,1),(0,2):Up\n", "true", "series 0: a channel has two values at the same time"),
        ("(0,1),2:Up\n", "true", r"'2' is not a pair '\(time,value\)'"),
        (":Up\n", "true", "series 0: there is no value"),
        ("(noon,1):Up\n", "true", "series 0, times, position 0 holds 'noon'"),
    ],
)
def test_malformed_file_names_the_file_and_the_series(write, rows, times, message):
    write(rows, times=times)
    with pytest.raises(ValueError, match=message):
        load_uea("Toy", "train")


def test_splits_with_different_channels_are_refused(write, tmp_path):
    write("1,2:Up\n")
    (tmp_path / "Toy" / "Toy_TEST.ts").write_text(HEADER.format(times="false", equal="true") + "3:4:down\n")
    with pytest.raises(ValueError, match=r"different numbers of channels: .*'Toy_TEST.ts': 2"):
        load_uea("Toy")


def test_one_split_is_enough_where_one_is_asked_for(write, tmp_path):
    write("1,2:Up\n")
    (tmp_path / "Toy" / "Toy_TEST.ts").unlink()
    assert len(load_uea("Toy", "train")[0]) == 1


@pytest.mark.parametrize("name", ["", None, 3])
def test_name_is_checked(name):
    with pytest.raises(ValueError, match="name must be the name of a set"):
        load_uea(name)


def test_split_is_checked():
    with pytest.raises(ValueError, match="split must be one of 'train', 'test'; got 'TRAIN'"):
        load_uea("GunPoint", "TRAIN")


def test_local_set_needs_no_sktime(write, monkeypatch):
    write("1,2:Up\n")
    monkeypatch.setitem(sys.modules, "sktime", None)
    monkeypatch.setattr(archive_module.importlib.util, "find_spec", lambda name: None)
    assert len(load_uea("Toy")[0]) == 2
    with pytest.raises(ImportError, match=r"'Missing' is not in .*\(SKHIPPO_DATA\).*\"skhippo\[sktime\]\""):
        load_uea("Missing")


def test_without_any_place_the_message_says_so(monkeypatch):
    monkeypatch.delenv("SKHIPPO_DATA", raising=False)
    monkeypatch.setattr(archive_module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"not in SKHIPPO_DATA \(not set\), and sktime.*set the environment"):
        load_uea("GunPoint")


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Return sktime's loader module with three empty places in front of the network."""
    sktime_datasets = pytest.importorskip("sktime.datasets")
    places = {label: tmp_path / label for label in ("SKHIPPO_DATA", "sktime", "downloaded by sktime")}
    monkeypatch.setattr(archive_module, "_places", lambda: places)
    return sktime_datasets, places, monkeypatch


def test_failed_download_names_every_place_and_the_way_out(archive):
    sktime_datasets, places, monkeypatch = archive

    def refuse(name):
        raise RuntimeError("no network")

    monkeypatch.setattr(sktime_datasets, "load_UCR_UEA_dataset", refuse)
    (places["sktime"] / "GunPoint").mkdir(parents=True)
    (places["sktime"] / "GunPoint" / "GunPoint_TRAIN.ts").touch()
    with pytest.raises(FileNotFoundError, match="RuntimeError: no network") as raised:
        load_uea("Gunpoint")
    message = str(raised.value)
    assert all(str(folder) in message for folder in places.values())
    assert "Did you mean 'GunPoint'?" in message
    assert "Gunpoint/Gunpoint_TRAIN.ts and Gunpoint/Gunpoint_TEST.ts" in message


def test_download_that_brings_other_files_is_not_a_success(archive):
    sktime_datasets, _, monkeypatch = archive
    monkeypatch.setattr(sktime_datasets, "load_UCR_UEA_dataset", lambda name: None)
    with pytest.raises(FileNotFoundError, match="the downloaded files have other names"):
        load_uea("Toy")


def test_downloaded_set_is_read_from_its_files(archive):
    sktime_datasets, places, monkeypatch = archive

    def download(name):
        folder = places["downloaded by sktime"] / name
        folder.mkdir(parents=True)
        for part in ("TRAIN", "TEST"):
            (folder / f"{name}_{part}.ts").write_text(HEADER.format(times="false", equal="true") + "3,4:Up\n")

    monkeypatch.setattr(sktime_datasets, "load_UCR_UEA_dataset", download)
    assert load_uea("Toy", "train")[1].tolist() == ["Up"]


@pytest.mark.parametrize("name", ["JapaneseVowels", "BasicMotions", "ArrowHead", "UnitTest"])
def test_sets_in_the_sktime_wheel_have_the_values_that_its_reader_finds(name, monkeypatch):
    sktime_datasets = pytest.importorskip("sktime.datasets")
    monkeypatch.delenv("SKHIPPO_DATA", raising=False)
    X, y = load_uea(name, "test")
    nested, labels = sktime_datasets.load_UCR_UEA_dataset(name, "test")
    assert [label.lower() for label in y] == labels.tolist()
    for i, row in enumerate(nested.to_numpy()):
        np.testing.assert_array_equal(X[i][1], np.array([channel.to_numpy() for channel in row]))


# name: training series, test series, channels, classes, shortest, longest, missing values
ARCHIVE = {
    "AllGestureWiimoteX": (300, 700, 1, 10, 2, 385, 0),
    "ArrowHead": (36, 175, 1, 3, 251, 251, 0),
    "BasicMotions": (40, 40, 6, 4, 100, 100, 0),
    "CharacterTrajectories": (1422, 1436, 3, 20, 60, 182, 0),
    "DodgerLoopDay": (78, 80, 1, 7, 288, 288, 337),
    "ECG200": (100, 100, 1, 2, 96, 96, 0),
    "ECGFiveDays": (23, 861, 1, 2, 136, 136, 0),
    "ERing": (30, 270, 4, 6, 65, 65, 0),
    "Epilepsy": (137, 138, 3, 4, 206, 206, 0),
    "GestureMidAirD1": (208, 130, 1, 26, 80, 360, 0),
    "GesturePebbleZ1": (132, 172, 1, 6, 100, 455, 0),
    "GunPoint": (50, 150, 1, 2, 150, 150, 0),
    "ItalyPowerDemand": (67, 1029, 1, 2, 24, 24, 0),
    "JapaneseVowels": (270, 370, 12, 9, 7, 29, 0),
    "Libras": (180, 180, 2, 15, 45, 45, 0),
    "MelbournePedestrian": (1194, 2439, 1, 10, 9, 24, 235),
    "OSULeaf": (200, 242, 1, 6, 427, 427, 0),
    "PickupGestureWiimoteZ": (50, 50, 1, 10, 29, 361, 0),
    "RacketSports": (151, 152, 6, 4, 30, 30, 0),
    "SyntheticControl": (300, 300, 1, 6, 60, 60, 0),
}


@pytest.mark.parametrize("name", ARCHIVE)
def test_archive_table(name, data_folder):
    if not (data_folder / name).is_dir():
        pytest.skip(f"{name} is not in the folder of SKHIPPO_DATA")
    (train, y_train), (test, y_test) = load_uea(name, "train"), load_uea(name, "test")
    both = Panel.concatenate([train, test])
    n_missing = len(both.values) * both.n_channels - both.n_observations
    found = (
        *(len(train), len(test), both.n_channels, len(set(y_train) | set(y_test))),
        *(both.lengths.min(), both.lengths.max(), n_missing),
    )
    assert found == ARCHIVE[name]
    assert len(y_train) == len(train)
    assert load_uea(name)[0] == both
