"""
Classes of variable stars
=========================

A variable star is observed once in a few nights, over years, and its brightness repeats within hours or days.  Its
period is therefore found first.  The class is then learned from the period and the shape of the cycle.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import cross_val_score

from skhippo import HiPPOTransformer, as_panel
from skhippo.datasets import find_periods, fold

# %%
# Stars of four classes
# ---------------------
# The brightness is given in magnitudes: smaller is brighter.  Pulsating stars vary as a sine, or rise quickly and fall
# slowly.  Eclipsing binaries have two dips per cycle, which are narrow or wide.

rng = np.random.default_rng(0)
CYCLES = {
    "sine": lambda phase, depth: 0.5 * np.sin(2 * np.pi * phase),
    "sawtooth": lambda phase, depth: np.minimum(phase, 8 * (1 - phase)) - 0.45,
    "narrow eclipses": lambda phase, depth: (
        np.exp(-(((phase - 0.3) / 0.04) ** 2)) + depth * np.exp(-(((phase - 0.8) / 0.04) ** 2))
    ),
    "wide eclipses": lambda phase, depth: (
        0.5 * np.cos(4 * np.pi * phase) + 0.15 * (1 - depth) * np.cos(2 * np.pi * phase)
    ),
}


def star(kind):
    nights = np.sort(rng.choice(2000, rng.integers(100, 300), replace=False)) + rng.uniform(-0.15, 0.15)
    times = nights + rng.uniform(0.0, 0.3, nights.size)
    errors = rng.uniform(0.02, 0.2, nights.size)
    period = np.exp(rng.uniform(np.log(0.3), np.log(5.0)))
    cycle = CYCLES[kind](np.mod(times / period + rng.uniform(), 1.0), rng.uniform(0.3, 0.8))
    magnitudes = rng.uniform(9.0, 13.0) + rng.uniform(0.2, 1.0) * cycle + errors * rng.normal(size=nights.size)
    return times, [magnitudes, errors]


kinds = np.repeat(list(CYCLES), 40)
X = as_panel([star(kind) for kind in kinds])
magnitudes = as_panel([(times, values[0]) for times, values in X])

# %%
# Periods
# -------
# `find_periods` needs the shortest period to look for, here a fifth of a day.  One sine wave finds half of the period
# of an eclipsing binary, because its two dips are alike.  Four harmonics find the period itself.  The errors of the
# magnitudes (channel 1) are weights.

sine = find_periods(X, 0.2, error_channel=1)
harmonics = find_periods(X, 0.2, n_harmonics=4, error_channel=1)

# %%
# Features
# --------
# From both fits: the logarithm of the period, the explained share of the variance, the amplitudes and the relative
# phases of the harmonics.  They do not depend on where the cycle begins.  Coefficients of the folded curve do, so it
# begins at the brightest observation.


def of_fit(found):
    angles = found.phases[:, 1:]
    period = np.column_stack([np.log10(found.period), found.power])
    return np.hstack([period, found.amplitudes, np.cos(angles), np.sin(angles)])


brightest = np.array([times[values[0].argmin()] for times, values in magnitudes])
folded = fold(magnitudes, harmonics.period, epoch_time=brightest)
hippo = HiPPOTransformer(order=16)
fits = np.hstack([of_fit(sine), of_fit(harmonics)])
features = {
    "coefficients in time": hippo.fit_transform(magnitudes),
    "coefficients of the folded curve": hippo.fit_transform(folded),
    "fits": fits,
    "fits, coefficients of the folded curve": np.hstack([fits, hippo.fit_transform(folded)]),
}
for name, table in features.items():
    scores = cross_val_score(ExtraTreesClassifier(300, random_state=0), table, kinds, cv=5)
    print(f"{name:40}{scores.mean():.3f}")

# %%
# One star of each class: its observations in time, and folded with the period that was found.

figure, axes = plt.subplots(2, 4, figsize=(11.0, 4.6), layout="constrained")
for k, kind in enumerate(CYCLES):
    i = np.flatnonzero(kinds == kind)[1]
    axes[0, k].plot(magnitudes[i][0], magnitudes[i][1][0], ".", markersize=2, color="0.3")
    axes[1, k].plot(folded[i][0], folded[i][1][0], ".", markersize=2, color="C0")
    axes[0, k].set(title=kind, xlabel="days")
    axes[1, k].set(xlabel=f"phase (period {harmonics.period[i]:.4f} d)")
for ax in axes.flat:
    ax.invert_yaxis()
for ax in axes[:, 0]:
    ax.set_ylabel("magnitude")
plt.show()
