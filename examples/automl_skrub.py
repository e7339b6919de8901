"""
Measure, order, hold and model in one search
============================================

The best features and the best model depend on each other, so they are searched together.  In skrub, choices are written
into the plan where they apply, including conditional ones: a window has a length, the whole history does not.
``pip install "skhippo[automl]"``.
"""

import skrub
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from skhippo import HiPPOTransformer, LegS, LegT
from skhippo.datasets import irregular_sinusoids

# %%
# Series of 15 to 40 observations at random times within one unit of time, two channels, 40% of the values missing

X, y = irregular_sinusoids(300, n_classes=4, lengths=(15, 40), n_channels=2, missing=0.4, noise=0.3, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0, stratify=y)

# %%
# The plan, with its choices

measure = skrub.choose_from({"whole history": LegS(), "last half": LegT(0.5), "last 80 %": LegT(0.8)}, name="measure")
hippo = HiPPOTransformer(
    measure,
    order=skrub.choose_int(4, 32, log=True, name="order"),
    hold=skrub.choose_from(["linear", "previous"], name="hold"),
    handle_empty="zero",
)
classifier = skrub.choose_from(
    {
        "linear": LogisticRegression(C=skrub.choose_float(0.01, 100, log=True, name="C"), max_iter=1000),
        "trees": HistGradientBoostingClassifier(max_iter=50),
    },
    name="classifier",
)
plan = skrub.X(X_train).skb.apply(hippo, no_wrap=True).skb.apply(classifier, y=skrub.y(y_train))

# %%
# The search: cross-validation over the series; every fold fits the transformer again

search = plan.skb.make_randomized_search(n_iter=8, cv=3, n_jobs=1, random_state=0, fitted=True)
print(search.results_[["mean_test_score", "measure", "order", "hold", "classifier"]].head().to_string())
print(f"test accuracy of the best  {search.score({'X': X_test, 'y': y_test}):.3f}")
