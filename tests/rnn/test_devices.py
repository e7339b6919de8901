"""Devices and precisions that are found or asked for."""

import pytest

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo.rnn.devices import find_device, find_precision, on_cpu


@pytest.mark.parametrize(("there", "kind"), [(True, "cuda"), (False, "cpu")])
def test_auto_is_the_gpu_where_there_is_one(there, kind, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert find_device("auto").type == kind
    assert find_device("cpu").type == "cpu"


def test_a_gpu_that_is_not_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="device is 'cuda:1', but torch sees no CUDA GPU: choose 'auto' or 'cpu'"):
        find_device("cuda:1")
    assert find_device("cuda:1", otherwise="cpu").type == "cpu"


@pytest.mark.parametrize("name", ["xpu", "nonsense"])
def test_a_device_that_torch_cannot_use(name, monkeypatch):
    monkeypatch.setattr(torch, "empty", lambda *_, **__: 1 / 0)
    with pytest.raises(ValueError, match=f"device is '{name}', but torch cannot use it .*: choose 'auto' or 'cpu'"):
        find_device(name)


@pytest.mark.parametrize(("capability", "expected"), [((8, 0), "bfloat16"), ((7, 5), "float32")])
def test_automatic_precision_is_bfloat16_where_the_gpu_has_it(capability, expected, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert find_precision("auto", torch.device("cuda")) == expected
    assert find_precision("auto", torch.device("cpu")) == "float32"
    assert find_precision("float64", torch.device("cuda")) == "float64"


def test_nested_states_keep_their_shape():
    state = {"step": 3, "groups": [{"rate": 0.1, "moment": torch.ones(2)}], "empty": []}
    found = on_cpu(state)
    assert found["step"] == 3
    assert found["empty"] == []
    assert found["groups"][0]["rate"] == 0.1
    assert found["groups"][0]["moment"].tolist() == [1.0, 1.0]
