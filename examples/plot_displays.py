"""
Plots
=====

The displays of `skhippo.plotting` follow scikit-learn's conventions: ``from_...`` computes and draws, and ``.ax_`` and
``.figure_`` can be modified afterwards.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOMemory, HiPPOTransformer, as_panel
from skhippo.plotting import (
    CoefficientsDisplay,
    MeasureDisplay,
    MemoryDisplay,
    OcclusionDisplay,
    ReconstructionDisplay,
    SensitivityDisplay,
)

# %%
# Two classes of slow oscillations, observed at irregular times and with gaps.  The second class has a bump after two
# thirds of the time.

rng = np.random.default_rng(1)
labels = np.where(np.arange(200) % 2, "with bump", "plain")
series = []
for label in labels:
    times = np.sort(rng.uniform(0.0, 24.0, rng.integers(60, 100)))
    values = np.sin(2 * np.pi * (times / 12 + rng.uniform())) + 0.2 * rng.normal(size=times.size)
    values += (label == "with bump") * np.exp(-0.5 * (times - 16.0) ** 2)
    hole = rng.uniform(0.0, 20.0)
    values[(times > hole) & (times < hole + 3)] = np.nan
    series.append((times, values))
X = as_panel(series)
X_train, X_test, y_train, y_test = train_test_split(X, labels, random_state=0)

# %%
# A measure
# ---------
# The weight of each past moment, and the basis functions.

MeasureDisplay.from_measure("chebt", order=5, theta=12.0)

# %%
# A series and its reconstruction
# -------------------------------
# Grey marks gaps, where the hold defines the signal.

ReconstructionDisplay.from_panel(X, order=16, series=1)

# %%
# Coefficients along a series
# ---------------------------

CoefficientsDisplay.from_panel(X, order=16, series=1)

# %%
# What a memory remembers
# -----------------------
# The Laguerre measure forgets: the recent past is sharp, the distant past is not.

times, values = X[1]
memory = HiPPOMemory("lagt", order=20, theta=4.0).update(values.reshape(1, -1, 1), times)
MemoryDisplay.from_memory(memory, observations=(times, values[0]))

# %%
# Which part of the series a linear model uses
# --------------------------------------------
# Coefficients are linear in the signal.  So the weights of a linear model correspond to a curve over time, and the
# decision is the integral of the signal times this curve.

linear = make_pipeline(HiPPOTransformer(order=16), LogisticRegression()).fit(X_train, y_train)
print(f"accuracy {linear.score(X_test, y_test):.2f}, classes {linear.classes_}")
SensitivityDisplay.from_estimator(linear)

# %%
# The curve is highest at the bump: there, a higher signal is the strongest evidence for its class.
#
# Which part of the series any model uses
# ---------------------------------------
# The loss of accuracy if a part of every series is removed.

forest = make_pipeline(HiPPOTransformer(order=16), RandomForestClassifier(random_state=0)).fit(X_train, y_train)
print(f"accuracy {forest.score(X_test, y_test):.2f}")
OcclusionDisplay.from_estimator(forest, X_test, y_test, n_windows=8)

# %%
# Several displays in one figure

figure, axes = plt.subplots(1, 2, figsize=(11.0, 3.6), sharey=True, layout="constrained")
for order, ax in zip((6, 24), axes, strict=True):
    ReconstructionDisplay.from_panel(X, order=order, series=1, ax=ax)

plt.show()
