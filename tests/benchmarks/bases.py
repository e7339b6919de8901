"""Polynomials, sines and wavelets on signals that WaLRUS compares them on, with equal numbers of coefficients.

The coefficients are exact under every measure, so what differs is the basis and nothing else.  Run it from the root of
the repository::

    python -m tests.benchmarks.bases

It prints the rows of both tables in docs/guide/since_2020.rst.  Results are deterministic.

The signals have 4097 points on [0, 1].  Those of Donoho and Johnstone are from Ideal spatial adaptation by wavelet
shrinkage (Biometrika 81, 1994, table 1).  The spikes are 12 triangles, 1/256 wide, at places that are drawn once.
Speech and monthly series are imitated: harmonics of a gliding pitch in syllables with bursts of noise, and trends with
seasons and noise as in the M4 competition, ten draws of each.
"""

from __future__ import annotations

import numpy as np

from skhippo import ChebT, FouT, JacS, LagT, LegE, LegS, LegT, WavS, project, reconstruct
from skhippo.measures import Measure

POINTS = 4097
ORDERS = (32, 128)
PLACES = np.array([0.1, 0.13, 0.15, 0.23, 0.25, 0.40, 0.44, 0.65, 0.76, 0.78, 0.81])
MEASURES = {
    "LegS": LegS(),
    "JacS(-0.5, 0)": JacS(-0.5, 0.0),
    "ChebT": ChebT(1.0),
    "FouT": FouT(1.0),
    "Haar": WavS(0),
    "WavS(1)": WavS(1),
    "WavS(2)": WavS(2),
    "WavS(3)": WavS(3),
    "Haar, largest": WavS(0),
    "WavS(3), largest": WavS(3),
}
# Number of coefficients among which the largest are chosen.
MANY = 4096
# For errors by age: measures of the whole history, and others with a time scale of a fifth of it.
BY_AGE = (LegS(), JacS(0.0, 2.0), JacS(-0.5, 0.0), JacS(-0.8, 0.0), LegT(0.2), LagT(0.2), LegE(0.2))
AGES = (0.001, 0.01, 0.1, 1.0)


def spikes_at() -> np.ndarray:
    return np.sort(np.random.default_rng(0).uniform(0.02, 0.98, 12))


def speech(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return three syllables of voiced sound, about 30 periods with 8 harmonics in two formants, and bursts between."""
    pitch = 30 * (1 + 0.15 * np.sin(2 * np.pi * (rng.uniform(0.5, 1.5) * x + rng.uniform())))
    phase = 2 * np.pi * np.cumsum(pitch) / x.size
    numbers = np.arange(1, 9)
    formants = rng.uniform(1, 4), rng.uniform(4, 8)
    heights = sum(np.exp(-((numbers - formant) ** 2)) for formant in formants) / numbers
    voice = heights @ np.sin(numbers[:, None] * phase + rng.uniform(0, 2 * np.pi, (8, 1)))
    syllables = np.sin(3 * np.pi * x) ** 2
    bursts = np.repeat(rng.normal(size=x.size // 8 + 1), 8)[: x.size]
    return voice * syllables + 0.1 * bursts * (1 - syllables)


def monthly(x: np.ndarray, rng: np.random.Generator, months: int = 240) -> np.ndarray:
    """Return 20 years of monthly values: a random walk with a drift, a season and noise."""
    level = np.cumsum(rng.normal(0.05, 0.3, months))
    season = rng.normal(size=12)[np.arange(months) % 12]
    return np.interp(x, np.linspace(0, 1, months), level + season + 0.3 * rng.normal(size=months))


def signals(x: np.ndarray, draws: int = 10) -> dict[str, np.ndarray]:
    """Return the signals at the places `x`, one row per draw."""
    heights = np.array([4, -5, 3, -4, 5, -4.2, 2.1, 4.3, -3.1, 2.1, -4.2])
    blocks = (heights * (1 + np.sign(x[:, None] - PLACES)) / 2).sum(axis=1)
    heights = np.array([4, 5, 3, 4, 5, 4.2, 2.1, 4.3, 3.1, 5.1, 4.2])
    widths = np.array([0.005, 0.005, 0.006, 0.01, 0.01, 0.03, 0.01, 0.01, 0.005, 0.008, 0.005])
    bumps = (heights * (1 + np.abs((x[:, None] - PLACES) / widths)) ** -4).sum(axis=1)
    spikes = np.maximum(0.0, 1 - np.abs(x[:, None] - spikes_at()) * 512).sum(axis=1)
    waves = np.sqrt(x * (1 - x)) * np.sin(2 * np.pi * 1.05 / (x + 0.05))
    smooth = 4 * np.sin(4 * np.pi * x) + np.exp(x) * np.cos(9 * x)
    single = {"blocks": blocks, "bumps": bumps, "spikes": spikes, "Doppler": waves, "smooth": smooth}
    drawn = {
        imitate.__name__: np.stack([imitate(x, np.random.default_rng(seed)) for seed in range(draws)])
        for imitate in (speech, monthly)
    }
    return {name: row[None] for name, row in single.items()} | drawn


def coefficients(name: str, x: np.ndarray, rows: np.ndarray, order: int) -> np.ndarray:
    """Return the coefficients that are kept: the first `order`, or as many of the largest."""
    largest = name.endswith("largest")
    found = project([(x, row) for row in rows], MEASURES[name], MANY if largest else order)[:, 0]
    if largest:
        found[np.arange(len(rows))[:, None], np.argsort(-np.abs(found), axis=1, kind="stable")[:, order:]] = 0.0
    return found


def missed(name: str, x: np.ndarray, f: np.ndarray, order: int, peaks: np.ndarray) -> int:
    """Count the peaks that the approximation does not reach half of, within 1/256 of their places."""
    near = (peaks[:, None] + np.linspace(-1, 1, 65) / 256).clip(0, 1)
    kept = coefficients(name, x, f[None], order)[0]
    heights = reconstruct(kept, near, MEASURES[name]).max(axis=1)
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
        for name, measure in MEASURES.items():
            cells = []
            for what, rows in signals(x).items():
                exact = np.stack([np.interp(middles, x, row) for row in rows])
                error = reconstruct(coefficients(name, x, rows, order), middles, measure) - exact
                relative = np.sqrt(np.mean(error**2, axis=1)) / exact.std(axis=1)
                peaks = {"bumps": PLACES, "spikes": spikes_at()}.get(what)
                lost = "" if peaks is None else f" ({missed(name, x, rows[0], order, peaks)})"
                cells.append(f"{relative.mean():.2g}{lost}")
            print(order, name, *cells, sep=" & ", flush=True)


if __name__ == "__main__":
    main()
