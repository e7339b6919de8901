"""Polynomials, sines and wavelets on signals that WaLRUS compares them on, with equal numbers of coefficients.

The coefficients are exact under every measure, so what differs is the basis and nothing else.  Run it from the root of
the repository::

    python -m tests.benchmarks.bases

It prints the rows of both tables in docs/guide/since_2020.rst.  Results are deterministic.

The signals are those of Donoho and Johnstone (Ideal spatial adaptation by wavelet shrinkage, Biometrika 81, 1994, table
1) on 4097 points of [0, 1], and spikes: 12 triangles, 1/256 wide, at places that are drawn once.
"""

from __future__ import annotations

import numpy as np

from skhippo import ChebT, FouT, JacS, LagT, LegE, LegS, LegT, project, reconstruct
from skhippo.measures import Measure

POINTS = 4097
ORDERS = (32, 128)
PLACES = np.array([0.1, 0.13, 0.15, 0.23, 0.25, 0.40, 0.44, 0.65, 0.76, 0.78, 0.81])
MEASURES = {
    "LegS": LegS(),
    "JacS(0, 1)": JacS(0.0, 1.0),
    "JacS(-0.5, 0)": JacS(-0.5, 0.0),
    "ChebT": ChebT(1.0),
    "FouT": FouT(1.0),
}
# For errors by age: measures of the whole history, and others with a time scale of a fifth of it.
BY_AGE = (LegS(), JacS(0.0, 2.0), JacS(-0.5, 0.0), JacS(-0.8, 0.0), LegT(0.2), LagT(0.2), LegE(0.2))
AGES = (0.001, 0.01, 0.1, 1.0)


def spikes_at() -> np.ndarray:
    return np.sort(np.random.default_rng(0).uniform(0.02, 0.98, 12))


def signals(x: np.ndarray) -> dict[str, np.ndarray]:
    """Return the signals at the places `x`."""
    heights = np.array([4, -5, 3, -4, 5, -4.2, 2.1, 4.3, -3.1, 2.1, -4.2])
    blocks = (heights * (1 + np.sign(x[:, None] - PLACES)) / 2).sum(axis=1)
    heights = np.array([4, 5, 3, 4, 5, 4.2, 2.1, 4.3, 3.1, 5.1, 4.2])
    widths = np.array([0.005, 0.005, 0.006, 0.01, 0.01, 0.03, 0.01, 0.01, 0.005, 0.008, 0.005])
    bumps = (heights * (1 + np.abs((x[:, None] - PLACES) / widths)) ** -4).sum(axis=1)
    spikes = np.maximum(0.0, 1 - np.abs(x[:, None] - spikes_at()) * 512).sum(axis=1)
    waves = np.sqrt(x * (1 - x)) * np.sin(2 * np.pi * 1.05 / (x + 0.05))
    smooth = 4 * np.sin(4 * np.pi * x) + np.exp(x) * np.cos(9 * x)
    return {"blocks": blocks, "bumps": bumps, "spikes": spikes, "Doppler": waves, "smooth": smooth}


def haar(x: np.ndarray, f: np.ndarray, order: int, largest: bool) -> np.ndarray:
    """Return the approximation by the first, or the largest, `order` Haar wavelets at the places `x`.

    The mean of a piecewise linear signal over a dyadic interval is elementary, and so are the coefficients.
    """
    depth = int(np.log2(POINTS - 1))
    means = 0.5 * (f[1:] + f[:-1])  # over the finest intervals, between neighbouring points
    details = []
    for _ in range(depth):
        left, right = means[::2], means[1::2]
        details.append(0.5 * (left - right))
        means = 0.5 * (left + right)
    details = details[::-1]  # from the coarsest; a detail on 2^-j of the interval has the coefficient 2^(-j/2) times it
    sizes = np.concatenate([np.abs(row) * 2.0 ** (-0.5 * j) for j, row in enumerate(details)])
    kept = np.zeros(sizes.size, dtype=bool)
    kept[np.argsort(-sizes, kind="stable")[: order - 1] if largest else np.arange(order - 1)] = True
    found, begin = means, 0
    for row in details:
        detail = np.where(kept[begin : begin + row.size], row, 0.0)
        begin += row.size
        found = np.column_stack([found + detail, found - detail]).ravel()
    return found[np.minimum((x * found.size).astype(int), found.size - 1)]


def approximation(name: str, x: np.ndarray, f: np.ndarray, order: int, places: np.ndarray) -> np.ndarray:
    if name.startswith("Haar"):
        return haar(places, f, order, name.endswith("largest"))
    return reconstruct(project([(x, f)], MEASURES[name], order)[0, 0], places, MEASURES[name])


def missed(name: str, x: np.ndarray, f: np.ndarray, order: int, peaks: np.ndarray) -> int:
    """Count the peaks that the approximation does not reach half of, within 1/256 of their places."""
    near = (peaks[:, None] + np.linspace(-1, 1, 65) / 256).clip(0, 1)
    heights = approximation(name, x, f, order, near.ravel()).reshape(near.shape).max(axis=1)
    return int((heights < 0.5 * np.interp(peaks, x, f)).sum())


def errors_by_age(measure: Measure, order: int, draws: int = 20) -> list[float]:
    """Return relative errors on the last parts of random walks."""
    x = np.linspace(0.0, 1.0, POINTS)
    walks = np.cumsum(np.random.default_rng(0).normal(size=(draws, POINTS)), axis=1)
    walks /= walks.std(axis=1, keepdims=True)
    coefficients = project([(x, walk) for walk in walks], measure, order)[:, 0]
    found = []
    for reach in AGES:
        ages = reach * (np.arange(1000) + 0.5) / 1000
        places = ages if np.isinf(measure.domain[1]) else (measure.time_scale or 1.0) - ages
        if places.min() < 0.0:  # outside the window
            found.append(np.nan)
            continue
        exact = np.stack([np.interp(1.0 - ages, x, walk) for walk in walks])
        found.append(float(np.sqrt(np.mean((reconstruct(coefficients, places, measure) - exact) ** 2))))
    return found


def main() -> None:
    for measure in BY_AGE:
        print(repr(measure), *(f"{error:.2g}" for error in errors_by_age(measure, 32)), sep=" & ")
    x = np.linspace(0.0, 1.0, POINTS)
    middles = 0.5 * (x[1:] + x[:-1])
    for order in ORDERS:
        for name in (*MEASURES, "Haar", "Haar, largest"):
            row = []
            for what, f in signals(x).items():
                exact = np.interp(middles, x, f)
                error = approximation(name, x, f, order, middles) - exact
                cell = f"{np.sqrt(np.mean(error**2)) / exact.std():.2g}"
                peaks = {"bumps": PLACES, "spikes": spikes_at()}.get(what)
                row.append(cell if peaks is None else f"{cell} ({missed(name, x, f, order, peaks)})")
            print(order, name, *row, sep=" & ")


if __name__ == "__main__":
    main()
