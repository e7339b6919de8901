"""Sets of pyrregular: here from small files in its format, on a server of this computer."""

import hashlib
import sys

import numpy as np
import pytest

from skhippo import Panel
from skhippo.datasets import fetch_irregular, irregular

nan = np.nan
TASKS = {
    "default": {"task": "classification", "target": "kind", "split": "split"},
    "regression": {"task": "regression", "target": "size", "split": "split"},
    "other": {"task": "other"},
}
#: series, channels and values at each observation; times are positions on a common axis
CELLS = [(0, 0, 1, 1.5), (0, 1, 1, 2.5), (0, 0, 3, 3.5), (1, 1, 0, 4.5), (2, 0, 2, 5.5), (2, 0, 3, 6.5)]
TIMES = [10.0, 20.0, 25.0, 40.0]
EXPECTED = Panel(
    [[1.5, 2.5], [3.5, nan], [nan, 4.5], [5.5, nan], [6.5, nan]],
    [20.0, 40.0, 10.0, 25.0, 40.0],
    [0, 2, 3, 5],
    ["u", "v"],
    series_ids=["a", "b", "c"],
)


def write(path, dated=False, tasks=TASKS):
    """Write a file as pyrregular.io_utils.save_to_file does; return its hash."""
    h5py = pytest.importorskip("h5py")
    series, channels, times, values = map(np.array, zip(*CELLS, strict=True))
    coordinates = {
        "ts_id": ("ts_id", np.array(["a", "b", "c"])),
        "signal_id": ("signal_id", np.array(["u", "v"])),
        "time_id": ("time_id", np.array(TIMES).astype("M8[s]").astype("M8[ns]") if dated else np.array(TIMES)),
        "kind": ("ts_id", np.array(["odd", "even", "odd"])),
        "size": ("ts_id", np.array([1.0, 2.0, 3.0])),
        "split": ("ts_id", np.array(["train", "test", "train"])),
    }
    with h5py.File(path, "w") as file:
        file["data"], file["coords"] = values, np.stack([series, channels, times])
        file.attrs["__shape"] = (3, 2, 4)
        file["dims"] = np.array(["ts_id", "signal_id", "time_id"], dtype="S")
        for name, (dim, labels) in coordinates.items():
            kind = labels.dtype.kind
            file.attrs[f"__{name}/type"] = kind
            file[f"coords_xarray/{name}"] = labels.astype({"M": "int64", "U": "S"}.get(kind, labels.dtype))
            file[f"coords_xarray_dims/{name}"] = np.array([dim], dtype="S")
        file.attrs["configs"] = str(tasks)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def toy(server, monkeypatch):
    """Serve a set called Toy."""
    pytest.importorskip("pooch")
    monkeypatch.setattr(irregular, "_URL", f"{server.url}/{{name}}.h5")
    monkeypatch.setattr(irregular, "_HASHES", {"Toy": write(server.folder / "Toy.h5")})


@pytest.mark.parametrize("dated", [False, True])
def test_files_are_read(dated, tmp_path):
    write(tmp_path / "Toy.h5", dated)
    panel, kinds, split = irregular.read_irregular(tmp_path / "Toy.h5")
    assert panel == EXPECTED
    assert kinds.tolist() == ["odd", "even", "odd"]
    assert split.tolist() == ["train", "test", "train"]
    assert irregular.read_irregular(tmp_path / "Toy.h5", "regression")[1].tolist() == [1.0, 2.0, 3.0]


def test_sets_are_downloaded_once(toy, server, tmp_path):
    panel, kinds = fetch_irregular("Toy", data_home=tmp_path)
    assert panel == EXPECTED
    assert kinds.tolist() == ["odd", "even", "odd"]
    train, sizes = fetch_irregular("Toy", "train", task="regression", data_home=tmp_path)
    assert train == EXPECTED[[0, 2]]
    assert sizes.tolist() == [1.0, 3.0]
    assert fetch_irregular("Toy", "test", data_home=tmp_path)[1].tolist() == ["even"]
    assert fetch_irregular("Toy", task="other", data_home=tmp_path)[1] is None
    assert server.requests == ["/Toy.h5"]
    assert (tmp_path / "pyrregular" / "Toy.h5").exists()


def test_errors_name_what_is_expected(toy, tmp_path):
    with pytest.raises(ValueError, match=r"name is 'toy', .* Did you mean 'Toy'\?  Its sets are Toy"):
        fetch_irregular("toy")
    with pytest.raises(ValueError, match="split must be one of 'train', 'test'"):
        fetch_irregular("Toy", "valid")
    with pytest.raises(ValueError, match="task is 'rank': one of 'default', 'regression', 'other' is expected"):
        fetch_irregular("Toy", task="rank", data_home=tmp_path)
    with pytest.raises(ValueError, match="split='train' is given, but the task 'other' of Toy has no split"):
        fetch_irregular("Toy", "train", task="other", data_home=tmp_path)


def test_damaged_files_are_named(tmp_path):
    write(tmp_path / "Toy.h5", tasks="__import__('os')")
    with pytest.raises(ValueError, match=r"Toy.h5 is damaged, or not a file of pyrregular: .*its tasks are __import__"):
        irregular.read_irregular(tmp_path / "Toy.h5")
    (tmp_path / "Text.h5").write_text("no data")
    with pytest.raises(ValueError, match=r"Text.h5 is damaged, or not a file of pyrregular"):
        irregular.read_irregular(tmp_path / "Text.h5")


def test_every_set_has_a_hash():
    assert len(irregular._HASHES) == 38
    assert {len(digest) for digest in irregular._HASHES.values()} == {64}
    with pytest.raises(OSError, match=r"Animals\.h5 does not exist, and download_if_missing is False"):
        fetch_irregular("Animals", data_home="nowhere", download_if_missing=False)


def test_files_need_h5py(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=r"reading Toy\.h5 needs h5py: pip install h5py"):
        irregular.read_irregular(tmp_path / "Toy.h5")
