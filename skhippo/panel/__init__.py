"""The container `Panel`, and `as_panel`, which converts other formats to it."""

from skhippo.panel.axes import AmbiguousInputWarning
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel
from skhippo.panel.smoothing import smooth
from skhippo.panel.warping import warp_time

__all__ = ["AmbiguousInputWarning", "Panel", "as_panel", "smooth", "warp_time"]
