"""
Scattering: what its features see
=================================

`HiPPOScatteringTransformer` slides windows of several lengths along each series, and computes for how much of the time
a coefficient, or a sum of three, is above a threshold.  This page shows how accurate these features are on series with
holes, and what the most informative one responds to.  The data are GunPoint of the UCR archive, which ships with
sktime: a hand is raised, with a gun (class 1) or without.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_selection import f_classif
from sklearn.linear_model import RidgeClassifier, RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhippo import AugmentedClassifier, HiPPOScatteringTransformer, project
from skhippo.datasets import drop, gap, load_uea

X_train, y_train = load_uea("GunPoint", "train")
X_test, y_test = load_uea("GunPoint", "test")

# %%
# Accuracy
# --------
# The test series are whole, or half of their observations are dropped, or a stretch of 40 % is missing.  The models
# are fitted on the 50 whole training series alone, or on damaged copies too.  With copies the penalty of the ridge
# regression is fixed, because copies of one series would be on both sides of an inner cross-validation.

alone = make_pipeline(HiPPOScatteringTransformer(), StandardScaler(), RidgeClassifierCV(np.logspace(-2, 5, 15)))
fixed = make_pipeline(HiPPOScatteringTransformer(), StandardScaler(), RidgeClassifier(alpha=300.0))
copies = AugmentedClassifier(fixed, corruptions=("drop", "gap"), n_copies=1, random_state=0)
tests = {
    "whole": X_test,
    "half dropped": drop(X_test, 0.5, random_state=0),
    "gap of 40 %": gap(X_test, 0.4, random_state=0),
}
print(f"{'':15}{'alone':>8}{'copies':>8}")
for name, damaged in tests.items():
    scores = [model.fit(X_train, y_train).score(damaged, y_test) for model in (alone, copies)]
    print(f"{name:15}{scores[0]:8.3f}{scores[1]:8.3f}")

# %%
# The most informative feature
# ----------------------------
# Which of the 4096 random combinations separates the classes best on its own?  Its name says what it is.

scattering = alone.named_steps["hipposcatteringtransformer"]
features = scattering.transform(X_train)
names = scattering.get_feature_names_out()
places = [place for place, name in enumerate(names) if name.startswith("combination")]
ratios = np.nan_to_num(f_classif(features[:, places], y_train)[0])
best = int(np.argmax(ratios))
print(names[places[best]])

# %%
# The lower plots show this sum along three series of each class.  Each coefficient is that of a window around the
# position.  The feature is the fraction of the time that the sum is above the line.

terms, factors = scattering.combinations_[best], scattering.factors_[best]
threshold = scattering.combination_thresholds_[best]
n_positions = scattering.n_positions_
share = (np.arange(n_positions) + 0.5) / n_positions


def along(series):
    """Return the sum of coefficients at evenly spaced positions of one series: the definition of the feature."""
    times, _ = series[0]
    duration = times[-1] - times[0]
    path = np.zeros(n_positions)
    for (channel, window, n), factor in zip(terms, factors, strict=True):
        theta = duration / 2**window
        ends = times[:1] + share[None] * duration + theta / 2
        coefficients = project(series, "legt", scattering.order, theta=theta, at=ends)[0, :, channel, n]
        center = scattering.plain_.center_[channel] if n == 0 else 0.0
        path += factor * (coefficients - center) / scattering.plain_.scale_[channel]
    return path


figure, axes = plt.subplots(2, 2, figsize=(9, 5), sharex=True, sharey="row", layout="constrained")
for (above, below), label in zip(axes.T, np.unique(y_train), strict=True):
    parts = []
    for i in np.flatnonzero(y_train == label)[:3]:
        times, values = X_train[i]
        path = along(X_train[i : i + 1])
        parts.append((path > threshold).mean())
        assert np.isclose(parts[-1], features[i, places[best]])
        above.plot(times / times[-1], values[0])
        below.plot(share, path)
    above.set_title(f"class {label}")
    below.axhline(threshold, color="black", linewidth=0.8)
    below.set_title("above the line for " + ", ".join(f"{part:.2f}" for part in parts) + " of the time")
    below.set_xlabel("position in the series")
axes[0, 0].set_ylabel("signal")
axes[1, 0].set_ylabel("combination")
plt.show()
