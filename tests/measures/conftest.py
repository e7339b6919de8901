"""What the tests of all measures share."""

import numpy as np

from skhippo import LagT
from tests import naive

LAGUERRES = [LagT(1.0), LagT(1.0, alpha=0.7, beta=0.6), LagT(1.0, alpha=-0.4, beta=2.0), LagT(1.0, beta=0.1)]


def derivative(measure, f, order, now, step=1e-4):
    """Time derivative of the projection of a smooth signal, by a five-point difference of quadratures."""
    length = measure.time_scale
    reach = np.sqrt(90 / min(1, measure.beta)) if measure.name == "lagt" else 1.0
    edges = -(np.linspace(reach, 0, 60) ** 2)
    values = [
        naive.quadrature(measure, f, order, t, length or t, edges * (length or t))
        for t in now + step * np.array([-2, -1, 0, 1, 2])
    ]
    return values[2], (values[0] - 8 * values[1] + 8 * values[3] - values[4]) / (12 * step)
