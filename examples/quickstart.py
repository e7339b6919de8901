"""
Quickstart
==========

JapaneseVowels has nine speakers, twelve channels and 7 to 29 observations per series.  The same pipeline classifies the
complete series, and the series with half of their observations dropped at random, without any preparation.
"""

import pathlib
import time

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from skhippo import HiPPOTransformer
from skhippo.datasets import drop, load_uea

# %%
# Complete series, and the same series with half of their observations dropped

X_train, y_train = load_uea("JapaneseVowels", split="train")
X_test, y_test = load_uea("JapaneseVowels", split="test")
print(f"train {X_train}\ntest  {X_test}\n")

panels = {
    "clean": (X_train, X_test),
    "half dropped": (drop(X_train, 0.5, random_state=0), drop(X_test, 0.5, random_state=1)),
}

# %%
# One pipeline for both

print(f"{'series':<14}{'lengths':>10}{'features':>10}{'accuracy':>10}{'seconds':>9}")
for name, (train, test) in panels.items():
    model = Pipeline([("hippo", HiPPOTransformer()), ("classify", LogisticRegression(max_iter=1000))])
    begin = time.perf_counter()
    accuracy = model.fit(train, y_train).score(test, y_test)
    seconds = time.perf_counter() - begin
    lengths = f"{train.lengths.min()}-{train.lengths.max()}"
    n_features = len(model["hippo"].get_feature_names_out())
    print(f"{name:<14}{lengths:>10}{n_features:>10}{accuracy:>10.3f}{seconds:>9.2f}")


# %%
# The signal that the features describe, from all observations and from half of them


def draw(path: pathlib.Path, series: int = 0, n_channels: int = 3) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(n_channels, 1, sharex=True, figsize=(8, 6), layout="constrained")
    for (name, (_, test)), colour in zip(panels.items(), ("tab:blue", "tab:orange"), strict=True):
        hippo = HiPPOTransformer(order=8).fit(test)
        times, values = test[series]
        fine = np.linspace(times[0], times[-1], 300)
        _, approximation = hippo.inverse_transform(hippo.transform(test[[series]]), fine)[0]
        for channel, axis in enumerate(axes):
            axis.plot(times, values[channel], "o", color=colour, markersize=6 if name == "clean" else 3)
            axis.plot(fine, approximation[channel], color=colour, label=f"{name}: {len(times)} observations")
            axis.set_ylabel(f"channel {channel}")
    axes[0].set_title("JapaneseVowels, test series 0: reconstruction from 8 coefficients per channel")
    axes[0].legend(loc="upper right", fontsize="small")
    axes[-1].set_xlabel("sample")
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=120)
    print(f"\npicture: {path}")


draw(pathlib.Path("output") / "quickstart.png")
