"""Copies and files of memories: they know the same, and damage never goes unnoticed."""

import io
import json
import pathlib
import pickle
import zipfile

import numpy as np
import pytest

from skhippo import HiPPOMemory, LegT
from tests.memory.conftest import fed, observations, same, unchanged


@pytest.mark.parametrize("method", ["projection", "recurrence"])
def test_duplicates_know_the_same_and_go_on_alone(measure, method, duplicate, rng):
    values, times = observations(rng)
    memory = fed(values[:, :20], times[:, :20], measure=measure, order=5, hold="previous", method=method)
    twin = duplicate(memory)
    assert repr(twin) == repr(memory)
    unchanged(twin, memory)
    before = memory.copy()
    twin.update(values[:, 20:], times[:, 20:])
    unchanged(memory, before)
    memory.update(values[:, 20:], times[:, 20:])
    unchanged(twin, memory)
    assert np.isfinite(memory.coefficients).all()


def test_a_memory_that_knows_nothing_can_be_saved(measure, duplicate, rng):
    values, times = observations(rng)
    twin = duplicate(HiPPOMemory(measure, 4, n_streams=3, n_channels=2))
    same(twin.update(values, times), values, times)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "memory.npz"
    memory = HiPPOMemory(order=4).update([[1.0]])
    memory.save(path)
    content = path.read_bytes()
    memory.update([[2.0]])
    monkeypatch.setattr(np, "savez", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        memory.save(path)
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["memory.npz"]


def test_damaged_and_foreign_files_are_refused(tmp_path, rng):
    path = tmp_path / "memory"
    values, times = observations(rng)
    memory = fed(values, times, order=4)
    memory.save(path)
    content = path.read_bytes()
    for damaged in (b"", b"no archive", content[: len(content) // 2], pickle.dumps({"a": 1})):
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"is damaged, or no file of a skhippo\.HiPPOMemory"):
            HiPPOMemory.load(path)
    np.savez(path.with_suffix(".npz"), x=np.arange(3))
    with pytest.raises(ValueError, match=r"is damaged, or no file of a skhippo\.HiPPOMemory"):
        HiPPOMemory.load(path.with_suffix(".npz"))
    with pytest.raises(FileNotFoundError):
        HiPPOMemory.load(tmp_path / "nothing")


def test_damage_never_goes_unnoticed(tmp_path, rng):
    """Whatever byte of a file changes: it is refused, or what is read is what was written."""
    path = tmp_path / "memory"
    values, times = observations(rng, k=3)
    memory = fed(values, times, order=3)
    memory.save(path)
    content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    for place in rng.choice(content.size, 200, replace=False):
        damaged = content.copy()
        damaged[place] ^= np.uint8(1 << rng.integers(8))
        path.write_bytes(damaged.tobytes())
        try:
            found = HiPPOMemory.load(path)
        except ValueError:
            continue
        unchanged(found, memory)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h, _: h.update(version=2), r"by a later version of skhippo \(format 2, this version reads up to 1\)"),
        (lambda h, _: h.update(format="else"), "holds a 'else': a skhippo.HiPPOMemory is expected"),
        (lambda h, _: h.pop("parameters"), "is damaged"),
        (lambda h, _: h["parameters"].update(order=-1), "is damaged, .* order must be at least 1"),
        (lambda h, _: h["parameters"].update(spam=1), "is damaged"),
        (lambda h, _: h["parameters"]["measure"].update(name="spam"), "is damaged"),
        (lambda h, _: h["parameters"].update(order=5), r"state: float64 of shape \(6, 5\) is expected"),
        (lambda _, a: a.pop("state"), "state: float64"),
        (lambda _, a: a.update(now=a["now"].astype(np.float32)), "now: float64"),
        (lambda _, a: a.update(origins=np.zeros(3)), "origins: dates"),
        (lambda _, a: a.update(state=np.array([{}])), "is damaged"),
        (lambda h, _: h.update(version=0), "is damaged, .* 0 is no version of its format"),
        (lambda h, _: h.update(version=True), "is damaged, .* True is no version"),
        (lambda h, _: h.update(version="1"), "is damaged, .* '1' is no version"),
        (lambda h, _: h["parameters"].update(n_streams=10**8), r"start: float64 of shape \(100000000,\) is expected"),
        (lambda h, _: h["parameters"].update(order=2**31), "is damaged, .* state: float64 of shape"),
        (lambda h, _: h["parameters"].update(order=10**400), "is damaged"),
        (lambda h, _: h["parameters"]["measure"].update(name="legt", theta=10**400), "is damaged"),
        (
            lambda h, _: h["parameters"].update(clock="naive dates"),
            "is damaged, .* time_kind='naive dates' does not ma",
        ),
        (lambda h, _: h["parameters"].pop("clock"), "is damaged"),
        (lambda _, a: a.update(spam=np.zeros(3)), r"is damaged, .* an unexpected member 'spam.npy'"),
        (lambda _, a: a.update(anchor_time=np.zeros(3)), "is damaged, .* anchor_time: unexpected array"),
        (lambda _, a: a["state"].fill(np.nan), "is damaged, .* finite numbers"),
        (lambda _, a: a["state"].fill(np.inf), "is damaged, .* finite numbers"),
        (lambda _, a: a.update(start=a["now"] + 1.0), "is damaged, .* start lies after now"),
        (lambda _, a: a["now"].fill(np.nan), "is damaged, .* finite times of the same streams"),
        (lambda _, a: a.update(first_time=a["last_time"] + 1.0), "is damaged, .* times that do not decrease"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(tmp_path, change, message, rng):
    path = tmp_path / "memory.npz"
    values, times = observations(rng)
    fed(values, times, order=4).save(path)
    with np.load(path) as archive:
        arrays = dict(archive)
    header = json.loads(str(arrays.pop("header")))
    change(header, arrays)
    np.savez(path, header=np.array(json.dumps(header)), **arrays)
    with pytest.raises(ValueError, match=message):
        HiPPOMemory.load(path)


def test_a_measure_of_somebody_else_needs_pickle(tmp_path):
    class Own(LegT):
        pass

    with pytest.raises(ValueError, match="a file cannot name it: use pickle"):
        HiPPOMemory(Own(1.0)).save(tmp_path / "memory")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("times", lambda a: a[::-1], "times that increase are expected"),
        ("times", lambda a: a * np.nan, "finite numbers are expected"),
        ("values", lambda a: a + np.inf, "finite numbers are expected"),
        ("values", lambda a: a[1:], "values at"),
    ],
)
def test_windows_that_no_memory_has_written_are_refused(tmp_path, name, change, message, rng):
    path = tmp_path / "memory.npz"
    values, times = observations(rng, missing=0.0)
    fed(values, times, measure="legt", theta=3.0, order=4).save(path)
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **arrays | {name: change(arrays[name])})
    with pytest.raises(ValueError, match=f"is damaged, .* {message}"):
        HiPPOMemory.load(path)


def npy(header, contents=b""):
    """A file of an array with a header that was made up."""
    text = header.ljust(53).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + contents


@pytest.mark.parametrize(
    ("contents", "compression", "message"),
    [
        (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (100000000000,), }"), zipfile.ZIP_STORED, "reshape"),
        (npy("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }"), zipfile.ZIP_STORED, "Python objects"),
        (npy("[" * 5000), zipfile.ZIP_STORED, ""),
        (bytes(10**7), zipfile.ZIP_DEFLATED, "'start.npy' is compressed"),
    ],
)
def test_no_more_is_read_than_the_file_is_long(tmp_path, contents, compression, message, rng):
    path = tmp_path / "memory.npz"
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("start.npy", contents)
    with pytest.raises(ValueError, match=f"is damaged, or no file of a skhippo.HiPPOMemory: .*{message}"):
        HiPPOMemory.load(path)


def test_a_header_that_is_nested_too_deep(tmp_path):
    path = tmp_path / "memory.npz"
    np.savez(path, header=np.array("[" * 100_000))
    with pytest.raises(ValueError, match="is damaged"):
        HiPPOMemory.load(path)


@pytest.mark.parametrize("path", [3, None, io.BytesIO()])
def test_only_paths_are_loaded(path):
    with pytest.raises(TypeError, match=r"os\.PathLike"):
        HiPPOMemory.load(path)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no such folder: .*nowhere'"):
        HiPPOMemory().save(tmp_path / "nowhere" / "memory.npz")


GOLDEN = pathlib.Path(__file__).parent / "files"


@pytest.mark.parametrize("name", ["legs", "lagt", "legt", "recurrence"])
def test_files_of_earlier_versions_are_read(name):
    """Files that were written once; the script beside them says how."""
    memory = HiPPOMemory.load(GOLDEN / f"{name}-1.npz")
    expected = json.loads((GOLDEN / "coefficients-1.json").read_text())[name]
    np.testing.assert_allclose(memory.coefficients, expected, rtol=0, atol=1e-12)
    assert memory.update([[1.0], [2.0]], memory.now + np.timedelta64(1, "h")).n_streams == 2
