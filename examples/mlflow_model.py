"""
A pipeline in MLflow
====================

A run logs a fitted pipeline and its score.  Another process loads the pipeline by the address of the run, warms it up
and predicts.  The pipeline is stored with skops, so loading it runs no code from the file.  Needs
``pip install mlflow skops``.
"""

import os
import pathlib

import mlflow
import mlflow.sklearn
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from skhippo import HiPPOTransformer, warm_up
from skhippo.datasets import irregular_sinusoids

os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # MLflow 3 asks for it; a server has a database
mlflow.set_tracking_uri(pathlib.Path("output", "mlruns").absolute().as_uri())

X, y = irregular_sinusoids(300, n_classes=3, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

# %%
# Log.  The types to trust are listed in the guide, see :doc:`/guide/serving`.

trusted = ["skhippo.HiPPOTransformer", "skhippo.LegS", "skhippo._sklearn.input.InputLayout"]
model = make_pipeline(HiPPOTransformer(order=16), LogisticRegression(max_iter=1000)).fit(X_train, y_train)
with mlflow.start_run():
    mlflow.log_params({"order": 16, "measure": "legs"})
    mlflow.log_metric("accuracy", model.score(X_test, y_test))
    logged = mlflow.sklearn.log_model(
        model,
        name="model",
        serialization_format="skops",
        skops_trusted_types=trusted,
        extra_pip_requirements=["skhippo"],
    )

# %%
# Load.  With scikit-learn's interface, `predict` takes everything that `as_panel` reads.

again = mlflow.sklearn.load_model(logged.model_uri)
warm_up(again)
print("equal predictions:", bool((again.predict(X_test) == model.predict(X_test)).all()))

# %%
# The interface that MLflow serves takes lists of pairs and tables with lists in their cells, but no Panel.

served = mlflow.pyfunc.load_model(logged.model_uri)
pairs = list(X_test)
table = pd.DataFrame({"t": [times.tolist() for times, _ in pairs], "x": [values[0].tolist() for _, values in pairs]})
for served_input in (pairs, table):
    print("equal when served:", bool((served.predict(served_input) == model.predict(X_test)).all()))
