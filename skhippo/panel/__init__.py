"""The container of series, and the door for every other format."""

from skhippo.panel.axes import AmbiguousInputWarning
from skhippo.panel.container import Panel
from skhippo.panel.formats import as_panel

__all__ = ["AmbiguousInputWarning", "Panel", "as_panel"]
