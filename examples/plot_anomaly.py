"""
Anomalies of two kinds
======================

A series can be unusual because of its shape, or because of spikes and other rapid changes.  The distance of its
coefficients to the nearest ones in training finds the first kind, and so does an isolation forest.  The reconstruction
error finds the second kind: it measures the part of the observations that the coefficients cannot represent.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from skhippo import HiPPOTransformer, as_panel

# %%
# Runs of a machine
# -----------------
# A temperature rises to its set point and settles there, observed at random times.  Training runs are normal.  Among
# the test runs, some settle too slowly, and some have three wrong readings of the sensor.

rng = np.random.default_rng(0)


def run(kind):
    times = np.sort(rng.uniform(0.0, 10.0, rng.integers(80, 160)))
    speed = 1.5 * rng.uniform(0.9, 1.1) * (0.6 if kind == "slow" else 1.0)
    values = 1.0 - np.exp(-times / speed) * np.cos(1.5 * times) + 0.03 * rng.normal(size=times.size)
    if kind == "spikes":
        values[rng.choice(times.size, 3, replace=False)] += rng.choice([-0.4, 0.4], 3)
    return times, values


kinds = np.array(["normal"] * 100 + ["slow"] * 30 + ["spikes"] * 30)
X_train = as_panel([run("normal") for _ in range(200)])
X_test = as_panel([run(kind) for kind in kinds])

# %%
# Three scores
# ------------
# High means unusual.  The reconstruction is evaluated at the times of the observations.

hippo = HiPPOTransformer(order=16).fit(X_train)


def reconstruction_error(X):
    """Return the root mean square error of the reconstruction of each series."""
    approximation = hippo.inverse_transform(hippo.transform(X), times=X)
    squares = np.square(approximation.values - X.values).mean(axis=1)
    return np.sqrt(np.add.reduceat(squares, X.offsets[:-1]) / X.lengths)


features = hippo.transform(X_train)
forest = IsolationForest(random_state=0).fit(features)
neighbours = NearestNeighbors(n_neighbors=1).fit(features)
scores = {
    "nearest neighbour": neighbours.kneighbors(hippo.transform(X_test))[0][:, 0],
    "isolation forest": -forest.score_samples(hippo.transform(X_test)),
    "reconstruction error": reconstruction_error(X_test),
}
print(f"{'area under the ROC':22}{'slow':>8}{'spikes':>8}")
for name, score in scores.items():
    areas = [roc_auc_score(kinds[k] != "normal", score[k]) for k in (kinds != "spikes", kinds != "slow")]
    print(f"{name:22}{areas[0]:8.3f}{areas[1]:8.3f}")

# %%
# A limit from the training runs
# ------------------------------
# Each limit is exceeded by one normal training run in a hundred.  For a training run, the nearest neighbour is sought
# among the other training runs.  A run is reported if it exceeds one of the two limits.

limits = {
    "nearest neighbour": np.quantile(neighbours.kneighbors()[0], 0.99),
    "reconstruction error": np.quantile(reconstruction_error(X_train), 0.99),
}
reported = np.any([scores[name] > limit for name, limit in limits.items()], axis=0)
for kind in ("normal", "slow", "spikes"):
    print(f"{kind:8} {reported[kinds == kind].sum():3} of {np.sum(kinds == kind)} reported")

# %%
# Left: one run of each kind.  Right: two scores of all test runs, with the limits.

figure, (left, right) = plt.subplots(1, 2, figsize=(11.0, 3.8), layout="constrained")
for kind in ("normal", "slow", "spikes"):
    left.plot(*run(kind), ".-", linewidth=0.7, markersize=3, label=kind)
    right.plot(*(scores[name][kinds == kind] for name in limits), ".", label=kind)
left.set(xlabel="time", ylabel="temperature")
right.axvline(limits["nearest neighbour"], color="0.7")
right.axhline(limits["reconstruction error"], color="0.7")
right.set(xlabel="distance to the nearest neighbour", ylabel="reconstruction error")
right.legend()
plt.show()
