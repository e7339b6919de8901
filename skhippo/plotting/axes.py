"""Axes, colours and legends of all displays.  matplotlib is imported only when something is drawn."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, NDArray

# Colours that colour-blind readers can distinguish (Okabe and Ito; Wong, Nature Methods 8, 441, 2011).
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
)
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)
GREY = "0.45"
# Number of legend entries that fit into one line above the axes.
_ABOVE = 4


def axes_for(ax: Any, *, height: float = 4.0) -> Any:
    """Return the given axes, or new ones with a height of `height` inches."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError('skhippo.plotting draws with matplotlib: pip install "skhippo[plot]"') from error
    return plt.subplots(figsize=(8.0, height), layout="constrained")[1] if ax is None else ax


def entitle(ax: Any, title: str) -> None:
    """Write the title and the legend.  The legend is above the axes, or on the right if it is long."""
    handles, _ = ax.get_legend_handles_labels()
    above = 0 < len(handles) <= _ABOVE
    if above:
        compact = {"fontsize": "small", "handlelength": 1.5, "columnspacing": 1.3, "borderaxespad": 0.1}
        ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=_ABOVE, frameon=False, **compact)
    elif handles:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    ax.set_title(title, loc="left", fontsize="medium", pad=20.0 if above else 8.0)
    ax.spines[["top", "right"]].set_visible(False)


def label_times(ax: Any, moments: NDArray[Any], label: str) -> None:
    """Label the axis of times; dates get concise tick labels."""
    ax.set_xlabel(label)
    if moments.dtype.kind == "M":
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator()
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def colours(number: int) -> list[Any]:
    """Return distinct colours: from the palette, or from a perceptually uniform map if the palette has too few."""
    return list(PALETTE[:number]) if number <= len(PALETTE) else shades(number)


def shades(number: int) -> list[Any]:
    """Return colours for ordered curves, from dark to light."""
    import matplotlib

    ramp = matplotlib.colormaps["viridis"]
    return [ramp(0.9 * i / max(number - 1, 1)) for i in range(number)]


def weight_below(ax: Any, moments: NDArray[Any], weight: ArrayLike, label: str) -> tuple[Any, Any]:
    """Draw the weight of a measure on a strip below the axes; return the strip and the filled area."""
    strip = _strip(ax)
    filled = strip.fill_between(moments, weight, color=SKY, alpha=0.5, linewidth=0.0)
    strip.plot(moments, weight, color=BLUE, linewidth=1.0)
    strip.set(ylabel="weight", ylim=(0.0, None))
    strip.spines[["top", "right"]].set_visible(False)
    label_times(strip, moments, label)
    ax.tick_params(axis="x", labelbottom=False)
    return strip, filled


def _strip(ax: Any) -> Any:
    """Return new axes in the lower quarter of the place of `ax`, sharing its times; `ax` shrinks."""
    spec = ax.get_subplotspec()
    if spec is None:  # `ax` was placed by hand, so the strip is put below it
        return ax.inset_axes((0.0, -0.3, 1.0, 0.24), sharex=ax)
    parts = spec.subgridspec(2, 1, height_ratios=(3.0, 1.0), hspace=0.12)
    ax.set_subplotspec(parts[0])
    return ax.figure.add_subplot(parts[1], sharex=ax)
