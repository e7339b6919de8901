"""
Clusters and neighbours of irregular series
===========================================

The basis is orthonormal, so the Euclidean distance between two rows of coefficients is the distance between two curves
(Parseval's identity).  k-means and nearest neighbours on coefficients therefore work on whole curves, even if the
series have different times, different lengths and missing values.  The centre of a cluster is a curve too.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOTransformer, SummaryTransformer, as_panel
from skhippo.datasets import drop, load_uea

# %%
# Three kinds of days
# -------------------
# Each series is one day of a sensor: 20 to 60 measurements at random times, with a gap of three hours.  There are three
# kinds of days, and k-means is not told which is which.

rng = np.random.default_rng(0)
kinds = np.arange(150) % 3
shapes = [
    lambda hour: np.exp(-((hour - 8) ** 2) / 6) + np.exp(-((hour - 18) ** 2) / 8),
    lambda hour: 1.2 * np.exp(-((hour - 13) ** 2) / 20),
    lambda hour: 0.4 + 0.5 * np.cos(2 * np.pi * hour / 24),
]
days = []
for kind in kinds:
    hours = np.sort(rng.uniform(0.0, 24.0, rng.integers(20, 60)))
    start = rng.uniform(2.0, 19.0)
    hours = np.r_[0.0, hours[(hours < start) | (hours > start + 3.0)], 24.0]  # every day lasts from 0 to 24 h
    days.append((hours, shapes[kind](hours) + 0.2 * rng.normal(size=hours.size)))
X = as_panel(days)

hippo = HiPPOTransformer(order=12)
coefficients = hippo.fit_transform(X)
kmeans = KMeans(3, n_init=10, random_state=0).fit(coefficients)
print(f"days: adjusted Rand index {adjusted_rand_score(kinds, kmeans.labels_):.2f}")

# %%
# `inverse_transform` turns the centres into curves.

clock = np.linspace(0.0, 24.0, 200)
centres = hippo.inverse_transform(kmeans.cluster_centers_, times=clock)
figure, axes = plt.subplots(1, 3, figsize=(11.0, 3.2), sharey=True, layout="constrained")
for cluster, ax in enumerate(axes):
    members = np.flatnonzero(kmeans.labels_ == cluster)
    for member in members:
        ax.plot(*days[member], ".", color="0.8", markersize=2)
    ax.plot(clock, centres[cluster][1][0], color="tab:blue", linewidth=2)
    ax.set(title=f"cluster {cluster}: {members.size} days", xlabel="hour", xlim=(0, 24))

# %%
# Speakers
# --------
# JapaneseVowels: 370 utterances of nine speakers, 12 channels, 7 to 29 samples.  The adjusted Rand index of k-means
# with nine clusters (mean of three seeds), and the accuracy of one nearest neighbour among the training series.  The
# features are four coefficients per channel, or only its mean; the test series are whole, or have half of their
# observations.

X_train, y_train = load_uea("JapaneseVowels", "train")
X_test, y_test = load_uea("JapaneseVowels", "test")
features = {"order 4": HiPPOTransformer(order=4), "mean": SummaryTransformer(("mean",))}
print(f"{'':22}{'k-means':>10}{'neighbour':>12}")
for damage, series in {"whole": X_test, "half dropped": drop(X_test, 0.5, random_state=0)}.items():
    for name, transformer in features.items():
        rows = transformer.fit(X_train).transform(series)
        clusters = [KMeans(9, n_init=10, random_state=seed).fit_predict(rows) for seed in range(3)]
        index = np.mean([adjusted_rand_score(y_test, found) for found in clusters])
        nearest = make_pipeline(transformer, KNeighborsClassifier(1)).fit(X_train, y_train)
        print(f"{damage + ', ' + name:22}{index:10.2f}{nearest.score(series, y_test):12.3f}")

plt.show()
