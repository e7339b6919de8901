"""Public objects know their public address."""

import pickle

import skhippo
from skhippo._support.names import name_publicly


def test_public_objects_name_their_public_module():
    for name in skhippo.__all__:
        value = getattr(skhippo, name)
        if hasattr(value, "__qualname__"):
            assert value.__module__.split(".")[0] == "skhippo"
            assert not any(part.startswith("_") for part in value.__module__.split("."))


def test_pickles_name_the_public_module():
    assert b"skhippo.panel" not in pickle.dumps(skhippo.Panel([[1.0]]))


def test_what_has_no_name_is_left_alone():
    namespace = {"__name__": "public", "number": 3, "made": type("made", (), {"__module__": "hidden"})}
    name_publicly(namespace, ["number", "made"])
    assert namespace["number"] == 3
    assert namespace["made"].__module__ == "public"
