"""Windows of a transformer, as fractions of the longest."""

import pytest

from skhippo import LegS, LegT
from skhippo.transformer.settings import Settings


def test_each_window_is_half_as_long_as_the_one_before():
    settings = Settings(LegT(6.0), 4, "linear", n_windows=3)
    assert settings.fractions() == [1.0, 0.5, 0.25]
    assert [settings.measure_of(f) for f in settings.fractions()] == [LegT(6.0), LegT(3.0), LegT(1.5)]


def test_a_measure_of_the_whole_history_has_no_shorter_one():
    settings = Settings(LegS(), 4, "linear", "bilinear", n_windows=2)
    assert settings.measure_of(0.5) == LegS()
    assert settings.recurrence_of(1.0).order == 4
    with pytest.raises(ValueError, match=r"n_windows=2 with method='recurrence': LegS\(\) can describe only its whole"):
        settings.recurrence_of(0.5)
