"""
Optuna over the whole pipeline
==============================

An objective is a function of a trial.  It asks for the measure, the order and the hold, and for the length of a window
only if the measure has one.  ``pip install "skhippo[automl]"``.
"""

import optuna
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline

from skhippo import HiPPOTransformer
from skhippo.datasets import irregular_sinusoids

X, y = irregular_sinusoids(300, n_classes=4, lengths=(15, 40), n_channels=2, missing=0.4, noise=0.3, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)


# %%
# The model of a trial


def model(trial: optuna.trial.BaseTrial) -> Pipeline:
    measure = trial.suggest_categorical("measure", ["legs", "legt", "lagt"])
    hippo = HiPPOTransformer(
        measure,
        order=trial.suggest_int("order", 4, 32, log=True),
        theta=None if measure == "legs" else trial.suggest_float("theta", 0.1, 1.0, log=True),
        hold=trial.suggest_categorical("hold", ["linear", "previous"]),
        handle_empty="zero",
    )
    return make_pipeline(hippo, LogisticRegression(C=trial.suggest_float("C", 0.01, 100, log=True), max_iter=1000))


# %%
# Twenty trials; the best one is tested on series that none of them saw

optuna.logging.set_verbosity(optuna.logging.WARNING)
study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
study.optimize(lambda trial: cross_val_score(model(trial), X_train, y_train, cv=3).mean(), n_trials=20)
best = model(study.best_trial).fit(X_train, y_train)
print(f"best parameters  {study.best_params}")
print(f"cross-validated  {study.best_value:.3f}")
print(f"test accuracy    {best.score(X_test, y_test):.3f}")
