"""The constructor that adapters get: the parameters of what they wrap, as if written out."""

import inspect
import pickle

import pytest
from sklearn.base import BaseEstimator, clone

from skhippo._sklearn.delegation import Delegating


class Worker(BaseEstimator):
    def __init__(self, a, b=2, *, c=3):
        self.a, self.b, self.c = a, b, c


class Parent(BaseEstimator):
    def __init__(self):
        self.built = True


class Adapter(Delegating, Parent, to=Worker, without=["b"], defaults={"c": 4}):
    pass


def test_signature_and_parameters():
    assert str(inspect.signature(Adapter)) == "(a, *, c=4)"
    adapter = Adapter(1)
    assert adapter.get_params() == {"a": 1, "c": 4}
    assert vars(adapter) == {"a": 1, "c": 4, "built": True}
    assert clone(adapter.set_params(c=9)).get_params() == {"a": 1, "c": 9}
    assert pickle.loads(pickle.dumps(adapter)).c == 9


def test_the_delegate_has_the_present_parameters():
    adapter = Adapter(1)
    adapter.c = 7
    worker = adapter._delegate()
    assert type(worker) is Worker
    assert worker.get_params() == {"a": 1, "b": 2, "c": 7}


def test_wrong_calls_are_errors_as_of_any_function():
    with pytest.raises(TypeError, match="missing a required argument: 'a'"):
        Adapter()
    with pytest.raises(TypeError, match="unexpected keyword argument 'b'"):
        Adapter(1, b=2)
    with pytest.raises(TypeError, match="too many positional arguments"):
        Adapter(1, 2)


def test_a_subclass_keeps_the_constructor_and_calls_its_parents():
    class Special(Adapter):
        pass

    assert Special(5).get_params() == {"a": 5, "c": 4}
    assert Special(5).built
