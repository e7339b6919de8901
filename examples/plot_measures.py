"""
Which measure for which question
================================

Each of the measures that :doc:`/guide/since_2020` recommends is compared with the one that it improves on, at the same
number of coefficients.  The data ship with sktime: the output of all solar panels of Great Britain, every half hour,
and GunPoint of the UCR archive.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_selection import f_classif
from sklearn.tree import DecisionTreeClassifier
from sktime.datasets import load_solar

from skhippo import JacS, LagT, LegE, LegS, WavS, as_panel, project, reconstruct, warp_time
from skhippo.datasets import load_uea

ORDER = 32
output = load_solar(api_version=None).to_numpy()[:267]  # up to noon of the sixth day, as a share of the capacity
hours = 0.5 * np.arange(output.size)
ages = hours[-1] - hours
solar = as_panel([(hours, output)])


def approximation(measure):
    """Return the approximation of the solar series at its own times."""
    moments = ages if np.isinf(measure.domain[1]) else hours / hours[-1]
    return reconstruct(project(solar, measure, ORDER)[0, 0], moments, measure)


def error(found, part=slice(None)):
    """Return the error on a part of the series, relative to the standard deviation of the series."""
    return np.sqrt(np.mean((found - output)[part] ** 2)) / output.std()


def draw(title, curves):
    """Draw the solar series and two approximations."""
    _, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
    ax.plot(hours, output, color="0.85", linewidth=5)
    for (label, values), color in zip(curves.items(), ("tab:blue", "tab:orange"), strict=True):
        ax.plot(hours, values, color=color, label=label)
    ax.set(title=title, xlabel="hours", ylabel="share of capacity")
    ax.legend(loc="upper left", fontsize="small")
    return ax


# %%
# The last hours, without a time scale
# ------------------------------------
# `JacS` with a negative ``alpha`` has most weight at the present, on a history of any length.  At every half hour after
# the second day, the history so far is approximated.  JacS describes its last two hours with less than half of
# the error of `LegS`, and all of it with the same error.

present = hours[96:]


def errors_so_far(measure, last):
    """Return the error on the last hours of the history, for every present."""
    coefficients = project(solar, measure, ORDER, at=present[None])[0, :, 0]
    moments = [now - np.linspace(0.0, min(last, now), 100) for now in present]
    rows = [
        reconstruct(c, x / now, measure) - np.interp(x, hours, output)
        for c, x, now in zip(coefficients, moments, present, strict=True)
    ]
    return np.sqrt(np.mean(np.square(rows), axis=1)) / output.std()


_, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
for measure in (LegS(), JacS(-0.5, 0.0)):
    found = errors_so_far(measure, 2.0)
    ax.plot(present, found, label=repr(measure))
    print(f"{measure!r:28} last two hours {found.mean():.3f}, all {errors_so_far(measure, np.inf).mean():.3f}")
ax.set(title="the last two hours, at any present", xlabel="hours", ylabel="relative error")
ax.legend(fontsize="small")

# %%
# A memory that fades
# -------------------
# `LegE` and `LagT` have the same exponential weight.  LegE resolves the recent past in more detail.

curves = {f"{type(measure).__name__}(theta=12)": approximation(measure) for measure in (LagT(12.0), LegE(12.0))}
for name, found in curves.items():
    print(f"{name:28} last six hours {error(found, ages <= 6):.3f}, last day {error(found, ages <= 24):.3f}")
ax = draw("the last day and a half", curves)
ax.set(xlim=(hours[-1] - 36, hours[-1] + 0.5), ylim=(-0.1, 0.7))

# %%
# A clock that follows the activity
# ---------------------------------
# On the clock of activity, time passes only while the output changes.  So nights take no time, and the coefficients
# describe the days.

active = warp_time(solar)
moments = np.append(0.0, np.cumsum(np.abs(np.diff(output))))
curves = {
    "LegS, hours": approximation(LegS()),
    "LegS, activity": reconstruct(project(active, order=ORDER)[0, 0], moments / moments[-1]),
}
for name, found in curves.items():
    print(f"{name:28} all {error(found):.2f}")
ax = draw("six days on two clocks", curves)

# %%
# When something happened
# -----------------------
# In GunPoint a hand is raised, with or without a gun.  A coefficient of LegS describes the whole series; one of `WavS`
# describes a part of it.  So a single wavelet separates the classes better, and trees, which use single features, are
# more accurate.  The wavelet with the largest F statistic is drawn below the means of both classes.

X, y = load_uea("GunPoint", "train")
X_test, y_test = load_uea("GunPoint", "test")
scores = {}
for measure in (LegS(), WavS(degree=0)):
    train, test = (project(panel, measure, ORDER)[:, 0] for panel in (X, X_test))
    scores[measure] = f_classif(train, y)[0]
    accuracy = DecisionTreeClassifier(max_depth=2, random_state=0).fit(train, y).score(test, y_test)
    print(f"{measure!r:28} tree of depth 2: {accuracy:.2f}, best F statistic {scores[measure].max():.0f}")

_, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
moments = np.linspace(0, 1, 150)
for label in np.unique(y):
    ax.plot(moments, X.values.reshape(len(X), -1)[y == label].mean(axis=0), label=f"mean of class {label}")
wavelet = WavS(degree=0).basis(ORDER, moments)[:, scores[WavS(degree=0)].argmax()]
ax.fill_between(moments, -1.5 + 0.5 * wavelet / np.abs(wavelet).max(), -1.5, color="0.7", step="mid")
ax.set(title="GunPoint, and the most discriminative wavelet", xlabel="share of the series")
ax.legend(fontsize="small")
plt.show()
