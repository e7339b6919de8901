"""
Uncertainty from gaps and measurement errors
============================================

Between two observations the signal is not known.  If it moves like a random walk (Brownian motion), the straight line
between them is its mean, and the coefficients of `project` are the means of the coefficients.  `signal_std` and
`coefficient_std` return the standard deviations around these means, and `smooth` weights observations by their errors.
"""

import matplotlib.pyplot as plt
import numpy as np

from skhippo import Panel, coefficient_std, project, reconstruct, signal_std, smooth
from skhippo.plotting import ReconstructionDisplay

# %%
# A gap
# -----
# A signal is observed about twice per hour for two days, but not between the 18th and the 30th hour.  The band of two
# standard deviations opens in the gap.

rng = np.random.default_rng(3)
clock = np.linspace(0.0, 48.0, 2001)
signal = np.cumsum(rng.normal(size=clock.size)) * np.sqrt(48.0 / 2000)
seen = np.sort(rng.choice(clock.size, 96, replace=False))
seen = seen[(clock[seen] < 18.0) | (clock[seen] > 30.0)]
series = [(clock[seen], signal[seen])]

display = ReconstructionDisplay.from_panel(series, order=16, band=True)
display.ax_.plot(clock, signal, color="0.6", linewidth=0.6, zorder=0)

inside = (clock >= clock[seen[0]]) & (clock <= clock[seen[-1]])
held = np.interp(clock[inside], clock[seen], signal[seen])
std = signal_std(series, clock[inside][None])[0, :, 0]
away = std > 0
share = np.mean(np.abs(signal[inside] - held)[away] < 2 * std[away])
print(f"share of the signal inside the band: {share:.3f}")

# %%
# Coefficients
# ------------
# The errors of the coefficients, compared with those of the complete signal, are about as large as their standard
# deviations.  Without the gap, the standard deviations would be much smaller.

true = project([(clock[inside], signal[inside])], order=16)[0, 0]
means, spreads = project(series, order=16)[0, 0], coefficient_std(series, order=16)[0, 0]
print(f"root mean square of error / std: {np.sqrt(np.mean(((true - means) / spreads) ** 2)):.2f}")

_, ax = plt.subplots(figsize=(8.0, 3.5), layout="constrained")
ax.errorbar(np.arange(16), means, 2 * spreads, fmt="o", capsize=3, label="project, ± 2 coefficient_std")
ax.plot(np.arange(16), true, "x", color="black", label="the complete signal")
ax.set(xlabel="coefficient", xticks=np.arange(16))
ax.legend(frameon=False)

# %%
# Measurement errors
# ------------------
# Every third observation is now much less accurate than the others.  Its error stands in a channel of its own, and
# `smooth` weights the observations by it.

errors = np.where(np.arange(seen.size) % 3 == 0, 3.0, 0.2)
measured = signal[seen] + errors * rng.normal(size=seen.size)
panel = Panel(np.column_stack([measured, errors]), clock[seen], channel_names=["level", "error"])
smoothed = smooth(panel, "error")
mean = np.interp(clock[inside], clock[seen], smoothed.values[:, 0])
std = signal_std(panel, clock[inside][None], errors="error")[0, :, 0]

_, ax = plt.subplots(figsize=(8.0, 4.0), layout="constrained")
ax.errorbar(clock[seen], measured, errors, fmt=".", color="0.6", linewidth=0.6, label="measured, with its error")
ax.fill_between(clock[inside], mean - 2 * std, mean + 2 * std, alpha=0.3, linewidth=0, label="smoothed ± 2 std")
ax.plot(clock[inside], mean, linewidth=1.0, color="tab:blue")
ax.plot(clock, signal, color="black", linewidth=0.6, label="the signal")
ax.legend(frameon=False)
ax.set(xlabel="hours")

for name, given in (("as measured", panel[:, "level"]), ("smoothed", smoothed)):
    error = reconstruct(project(given, order=16)[0, 0] - true, np.linspace(0.0, 1.0, 200))
    print(f"{name}: root mean square error of the reconstruction {np.sqrt(np.mean(error**2)):.3f}")

plt.show()
