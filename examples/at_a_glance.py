"""
At a glance
===========

Three series with different times, different lengths and gaps become rows of the same length, and each row still
describes its series.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np

from skhippo import HiPPOTransformer

# %%
# Three oscillations that slow down, observed at irregular times, each with a gap.  ``NaN`` marks a missing value.

rng = np.random.default_rng(4)
series = []
for duration, n_observations, pitch in ((9.0, 90, 1.7), (5.0, 50, 2.2), (12.0, 150, 1.3)):
    times = np.sort(rng.uniform(0.0, duration, n_observations))
    times = times[(times < 0.45 * duration) | (times > 0.58 * duration)]
    values = np.cos(2 * pitch * times ** (0.5 + pitch / 6)) * np.exp(-times / duration) + 0.05 * rng.normal(
        size=times.size
    )
    values[rng.random(times.size) < 0.1] = np.nan
    series.append((times, values))

# %%
# Each series becomes one row of 16 numbers, from which the series can be reconstructed.

hippo = HiPPOTransformer(order=16)
features = hippo.fit_transform(series)
fine = [np.linspace(times[0], times[-1], 400) for times, _ in series]
back = hippo.inverse_transform(features, fine)
print(features.shape)

# %%
# Dots are observations; lines are the signals that the rows on the right describe.

figure, axes = plt.subplots(3, 2, figsize=(9.0, 4.2), width_ratios=(2, 1), layout="constrained")
colours = ("#0072b2", "#d55e00", "#009e73")
for (signal, row), (times, values), moments, (_, line), coefficients, colour in zip(
    axes, series, fine, back, features, colours, strict=True
):
    signal.plot(moments, line[0], color=colour, linewidth=1.2)
    signal.plot(times, values, "o", color=colour, markersize=3.0)
    signal.set(xlim=(-0.2, 12.2), yticks=[])
    signal.spines[["top", "right", "left"]].set_visible(False)
    row.imshow(coefficients[None], cmap="RdBu_r", vmin=-2.5, vmax=2.5, aspect="auto")
    row.set(yticks=[], xticks=[])
for axis in axes[:-1, 0]:
    axis.tick_params(labelbottom=False)
axes[0, 0].set_title("series: irregular, of different lengths, with holes", fontsize=10, loc="left")
axes[0, 1].set_title("rows: 16 coefficients each", fontsize=10, loc="left")
axes[-1, 0].set_xlabel("time")
axes[-1, 1].set(xlabel="coefficient", xticks=[0, 5, 10, 15])

if len(sys.argv) > 1:  # where to save the picture
    plt.rcParams["svg.hashsalt"] = "skhippo"
    figure.savefig(sys.argv[1], metadata={"Date": None} if sys.argv[1].endswith(".svg") else None)
