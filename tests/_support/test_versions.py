"""What a report of a fault says about the machine."""

import sys

import numpy as np

import skhippo


def test_show_versions(capsys, monkeypatch):
    monkeypatch.setattr("skhippo._support.versions._OPTIONAL", ("no-such-library",))
    skhippo.show_versions()
    rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if "JIT" not in line)
    assert rows["numpy"] == np.__version__
    assert rows["python"] == sys.version.split()[0]
    assert rows["no-such-library"] == "not installed"
    assert {"skhippo", "numba", "scikit-learn", "scipy", "joblib", "system"} <= set(rows)
