"""
FLAML on coefficients
=====================

AutoML libraries expect a table with one row per sample and one column per feature; missing values are allowed.
`HiPPOTransformer` makes this table from ragged series, and FLAML is the last step of the same pipeline: it chooses the
hyperparameters of gradient boosting (LightGBM) within a time budget.  ``pip install "skhippo[automl]"``.
"""

import flaml
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline

from skhippo import HiPPOTransformer
from skhippo.datasets import irregular_sinusoids

# %%
# Series of 15 to 40 observations at random times, two channels, 40% of the values missing

X, y = irregular_sinusoids(600, n_classes=4, lengths=(15, 40), n_channels=2, missing=0.4, noise=0.3, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)
print(X_train)

# %%
# A channel without observations is NaN in the table, which LightGBM accepts.  Durations and observation patterns are
# features too; trees ignore useless ones.

automl = flaml.AutoML(
    task="classification",
    metric="log_loss",
    estimator_list=["lgbm"],
    time_budget=60,  # seconds; whichever is reached first
    max_iter=12,
    n_jobs=1,
    seed=0,
    verbose=0,
    log_file_name="",
)
model = Pipeline([("hippo", HiPPOTransformer(order=16, add_indicator=True, add_duration=True)), ("automl", automl)])
model.fit(X_train, y_train)

# %%
# FLAML refits the best model on all training series; the pipeline predicts from series.

print("configuration", {name: round(float(value), 3) for name, value in automl.best_config.items()})
print(f"one class for all      {DummyClassifier().fit(X_train, y_train).score(X_test, y_test):.3f}")
print(f"FLAML on coefficients  {model.score(X_test, y_test):.3f}")
