"""Files of a classifier: they give it back, and damaged and foreign ones are refused."""

import json
import os
import pathlib
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

pytest.importorskip("torch", reason="torch is not installed")

import safetensors.torch
import torch

from skhippo import HiPPORNNClassifier
from skhippo.rnn.saving import digest
from tests.rnn.cases import classifier, weights
from tests.rnn.files.write import series

DAYS = np.datetime64("2024-01-01") + np.arange(9)


@pytest.mark.parametrize("theta", ["7D", np.timedelta64(7, "D"), np.timedelta64(7 * 86400 * 10**9, "ns")], ids=repr)
def test_a_time_scale_may_be_a_duration(theta, tmp_path):
    X, y = [(DAYS, np.sin(np.arange(9.0) + k)) for k in range(4)], [0, 1, 0, 1]
    model = classifier(cell="legt", theta=theta, max_epochs=1).fit(X, y)
    assert model.theta_ == 7 * 86400.0
    model.save(tmp_path / "model.safetensors")
    loaded = HiPPORNNClassifier.load(tmp_path / "model.safetensors")
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert_array_equal(loaded.fit(X, y).predict_proba(X), model.predict_proba(X))
    with pytest.raises(TypeError, match=r"theta is the duration .*, but the times of X are numbers"):
        model.fit([[1.0, 2.0, 3.0]] * 4, y)


@pytest.mark.parametrize("feedback", [True, False])
def test_files_give_the_classifier_back(feedback, data, tmp_path):
    X, y = data
    model = classifier(feedback=feedback, cell="legt", class_weight={0: 1.0, 1: 2.0}, callbacks=[print])
    model.set_params(hidden_size=np.int64(8), theta=np.float32(2.0)).fit(X, y)  # as a grid search has them
    model.save(tmp_path / "model.safetensors")
    loaded = HiPPORNNClassifier.load(tmp_path / "model.safetensors")
    assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert loaded.history_ == model.history_
    assert loaded.get_params() == model.get_params() | {"callbacks": None}
    assert_array_equal(weights(loaded.partial_fit(X, y)), weights(model.set_params(callbacks=None).partial_fit(X, y)))
    loaded.save(tmp_path / "again")
    assert_array_equal(HiPPORNNClassifier.load(tmp_path / "again").predict(X), loaded.predict(X))


def test_parameters_changed_after_fit_do_not_spoil_a_file(data, tmp_path):
    X, y = data
    model = classifier().fit(X, y)
    with pytest.raises(ValueError, match="hidden_size was changed after fit, from 8 to 99"):
        model.set_params(hidden_size=99).save(tmp_path / "model")
    assert not (tmp_path / "model").exists()
    model.set_params(hidden_size=8).save(tmp_path / "model")
    loaded = HiPPORNNClassifier.load(tmp_path / "model")
    with pytest.raises(ValueError, match="order was changed after fit"):
        loaded.set_params(order=2).predict(X)


def test_feature_names_are_kept(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(np.random.default_rng(0).normal(size=(12, 3)), columns=["a", "b", "c"])
    classifier().fit(frame, [0, 1] * 6).save(tmp_path / "model")
    loaded = HiPPORNNClassifier.load(tmp_path / "model")
    assert loaded.predict(frame).shape == (12,)
    with pytest.raises(ValueError, match="feature names should match"):
        loaded.predict(frame[["b", "a", "c"]])


def test_files_that_are_none_are_refused(data, tmp_path):
    X, y = data
    path = tmp_path / "model"
    classifier().fit(X, y).save(path)
    good = path.read_bytes()
    for bad in (b"", good[: len(good) // 2], good[:20], b"junk" * 99, pickle.dumps(data)):
        path.write_bytes(bad)
        with pytest.raises(ValueError, match="is damaged, or no file of a HiPPORNNClassifier"):
            HiPPORNNClassifier.load(path)
    with pytest.raises(FileNotFoundError, match="nothing"):
        HiPPORNNClassifier.load(tmp_path / "nothing")


def rewritten(good, path, change=lambda header: None, drop=(), replace=lambda tensors: None):
    """Write a file with another header, without some of its tensors, or with others."""
    tensors = safetensors.torch.load(good)
    replace(tensors)
    length = int.from_bytes(good[:8], "little")
    header = json.loads(json.loads(good[8 : 8 + length])["__metadata__"]["skhippo"])
    change(header)
    kept = {name: tensor for name, tensor in tensors.items() if not any(part in name for part in drop)}
    text = json.dumps(header)
    path.write_bytes(safetensors.torch.save(kept, {"skhippo": text, "sha256": digest(text, kept)}))


def test_foreign_and_later_files_are_refused(data, tmp_path):
    X, y = data
    path = tmp_path / "model"
    classifier().fit(X, y).save(path)
    good = path.read_bytes()
    rewritten(good, path)
    assert_array_equal(HiPPORNNClassifier.load(path).predict(X), classifier().fit(X, y).predict(X))  # the control
    safetensors.torch.save_file({"w": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match="is damaged, or no file of a HiPPORNNClassifier"):
        HiPPORNNClassifier.load(path)
    rewritten(good, path, lambda header: header.update(format="HiPPOMemory"))
    with pytest.raises(ValueError, match="holds a 'HiPPOMemory': a HiPPORNNClassifier is expected"):
        HiPPORNNClassifier.load(path)
    rewritten(good, path, lambda header: header.update(version=99))
    with pytest.raises(ValueError, match=r"was written by a later version of skhippo \(format 99"):
        HiPPORNNClassifier.load(path)
    for change, drop_ in [
        (lambda header: None, ["center"]),
        (lambda header: None, ["network"]),
        (lambda header: header["parameters"]["_architecture"].update(hidden_size=9), []),
        (lambda header: header["parameters"].pop("classes"), []),
        (lambda header: header["parameters"]["settings"].update(moons=3), []),
    ]:
        rewritten(good, path, change, drop_)
        with pytest.raises(ValueError, match="is damaged, or no file of a HiPPORNNClassifier"):
            HiPPORNNClassifier.load(path)


def test_labels_that_only_pickle_can_write_are_refused(data, tmp_path):
    X, y = data
    model = classifier().fit(X, y)
    model.classes_ = np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]")
    with pytest.raises(ValueError, match=r"classes such as datetime.date\(2020, 1, 1\) cannot be written"):
        model.save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


def test_damage_never_goes_unnoticed(data, tmp_path):
    """Whatever bit of a file changes: it is refused."""
    path = tmp_path / "model"
    classifier().fit(*data).save(path)
    content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    rng = np.random.default_rng(0)
    for place in rng.choice(content.size, 150, replace=False):
        damaged = content.copy()
        damaged[place] ^= np.uint8(1 << rng.integers(8))
        path.write_bytes(damaged.tobytes())
        with pytest.raises(ValueError, match="model'"):
            HiPPORNNClassifier.load(path)


@pytest.mark.parametrize(
    ("replace", "message"),
    [
        (lambda t: t.update(center=t["center"] * np.inf), "finite numbers in float32 or float64"),
        (lambda t: t.update(scale=t["scale"].half()), "finite numbers in float32 or float64"),
        (lambda t: t.update(center=t["center"][:0]), "one number per channel is expected, and median and spread"),
        (lambda t: t.pop("median"), "one number per channel is expected, and median and spread"),
        (lambda t: t.update({name: x.long() for name, x in t.items() if "network" in name}), "float32 or float64"),
    ],
)
def test_tensors_that_no_classifier_has_written_are_refused(data, tmp_path, replace, message):
    path = tmp_path / "model"
    classifier().fit(*data).save(path)
    rewritten(path.read_bytes(), path, replace=replace)
    with pytest.raises(ValueError, match=f"is damaged, .*{message}"):
        HiPPORNNClassifier.load(path)


@pytest.mark.parametrize("change", [{"batch_size": -1}, {"dropout": float("nan")}, {"device": 3}])
def test_settings_are_checked_when_they_are_read(data, tmp_path, change):
    path = tmp_path / "model"
    classifier().fit(*data).save(path)
    rewritten(path.read_bytes(), path, lambda header: header["parameters"]["settings"].update(change))
    with pytest.raises(ValueError, match="is damaged"):
        HiPPORNNClassifier.load(path)


def test_numbers_that_no_float_holds_are_refused(data, tmp_path):
    path = tmp_path / "model"
    classifier().fit(*data).save(path)
    rewritten(path.read_bytes(), path, lambda header: header["parameters"]["_architecture"].update(theta=10**400))
    with pytest.raises(ValueError, match="is damaged"):
        HiPPORNNClassifier.load(path)


def test_only_paths_are_loaded():
    with pytest.raises(TypeError, match=r"os\.PathLike"):
        HiPPORNNClassifier.load(3)


def test_a_file_of_an_earlier_version_is_read():
    """A file that was written once; the script beside it says how."""
    folder = pathlib.Path(__file__).parent / "files"
    model = HiPPORNNClassifier.load(folder / "classifier-1.safetensors")
    expected = json.loads((folder / "probabilities-1.json").read_text())
    np.testing.assert_allclose(model.predict_proba(series()), expected, rtol=0, atol=1e-6)  # float32
    assert set(model.predict(series())) <= {"even", "odd"}
    assert model.partial_fit(series(), ["even", "odd"] * 3).predict_proba(series()).shape == (6, 2)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe' is not a regular file"):
        HiPPORNNClassifier.load(tmp_path / "pipe")


def test_a_channel_that_was_never_observed_survives_the_file(tmp_path):
    rng = np.random.default_rng(0)
    X = [([0.0, 1.0, 2.0], np.vstack([rng.normal(size=3), np.full(3, np.nan)])) for _ in range(8)]
    with pytest.warns(UserWarning, match="never observed in the training series: 'x1'"):
        model = classifier(max_epochs=1).fit(X, np.arange(8) % 2)
    model.save(tmp_path / "model")
    seen = [(t, rng.normal(size=(2, 3))) for t, _ in X]
    again = type(model).load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict_proba(seen), model.predict_proba(seen))
    assert np.isnan(again.preparation_.scaling.center).tolist() == [False, True]
