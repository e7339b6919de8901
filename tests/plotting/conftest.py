"""Series to draw, and what draws all of a display."""

import os

import numpy as np
import pytest

from skhippo import as_panel

os.environ.setdefault("MPLBACKEND", "Agg")  # before matplotlib is imported


@pytest.fixture(autouse=True)
def _close_figures():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    yield
    pyplot.close("all")


@pytest.fixture
def series(rng):
    """One irregular series of two channels; the second has holes."""
    times = np.sort(rng.uniform(0, 5, 60))
    values = np.stack([np.sin(times), np.cos(2 * times) + 3])
    values[1, [0, 20, 21, 22, 40]] = np.nan
    return times, values


@pytest.fixture
def panel(rng):
    """Thirty series of three classes."""
    labels = np.arange(30) % 3
    series = []
    for label in labels:
        times = np.sort(rng.uniform(0, 3, 25))
        values = np.stack([np.sin((1 + label) * times), np.cos(times)]) + 0.2 * rng.normal(size=(2, 25))
        values[1, 3:6] = np.nan
        series.append((times, values))
    return as_panel(series), labels


def rendered(display):
    """Draw all of it: what matplotlib refuses, or warns of, shows now."""
    display.figure_.canvas.draw()
    return display
