"""Order of the gallery: the quickstart first."""

from pathlib import Path

ORDER = [
    "quickstart",
    "at_a_glance",
    "plot_clustering",
    "plot_anomaly",
    "plot_light_curves",
    "plot_forecasting",
    "plot_displays",
    "plot_uncertainty",
    "plot_measures",
    "streaming",
    "plot_identification",
    "million_steps",
    "plot_gates_and_lmu",
    "plot_scattering",
]


class InOrder:
    """Key that sorts examples by their place in `ORDER`."""

    def __init__(self, src_dir):
        self.src_dir = src_dir

    def __repr__(self):
        return "<InOrder>"

    def __call__(self, filename):
        name = Path(filename).stem
        return ORDER.index(name) if name in ORDER else len(ORDER)
