"""Axes that are given or made; matplotlib is imported when something is drawn."""

import subprocess
import sys

import pytest

from skhippo import LegT
from skhippo.plotting import MeasureDisplay, ReconstructionDisplay
from tests.plotting.conftest import rendered

plt = pytest.importorskip("matplotlib.pyplot")


def test_given_axes_and_styles_are_used(series):
    figure, ax = plt.subplots()
    display = ReconstructionDisplay.from_panel([series], ax=ax, color="red", label="mine")
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert display.line_.get_color() == "red"
    again = display.plot()
    assert again is display
    assert again.ax_ is not ax
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"held signal (linear)", "observations", "mine"}


def test_the_strip_shares_the_place_of_the_axes_it_is_given():
    figure, axes = plt.subplots(1, 2, layout="constrained")
    left = MeasureDisplay.from_measure("chebt", ax=axes[0])
    figure.canvas.draw()
    place, strip = left.ax_.get_position(), left.weight_ax_.get_position()
    assert strip.y1 < place.y0
    assert strip.x0 == pytest.approx(place.x0)
    assert strip.x1 < axes[1].get_position().x0
    alone = plt.figure().add_axes((0.2, 0.4, 0.7, 0.5))  # placed by hand
    rendered(MeasureDisplay.from_measure("legs", ax=alone))


def test_importing_the_displays_does_not_import_matplotlib():
    code = "import sys, skhippo.plotting; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r'pip install "skhippo\[plot\]"'):
        MeasureDisplay.from_measure(LegT(1.0))
