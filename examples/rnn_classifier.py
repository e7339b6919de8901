"""
A recurrent network with HiPPO memory in a minute
=================================================

JapaneseVowels has nine speakers, twelve channels and 7 to 29 observations per series.  Three networks classify whole
series, and series with half of their observations dropped: one without feedback (one projection and a hidden layer),
one with feedback, which processes the series step by step, and a GRU.  Then a network is saved, loaded and trained
further.  Needs torch: ``pip install "skhippo[torch]"``.
"""

import pathlib
import tempfile
import time

import numpy as np

from skhippo import HiPPORNNClassifier
from skhippo.datasets import drop, load_uea

X_train, y_train = load_uea("JapaneseVowels", split="train")
X_test, y_test = load_uea("JapaneseVowels", split="test")
print(f"train {X_train}\ntest  {X_test}\n")

panels = {
    "clean": (X_train, X_test),
    "half dropped": (drop(X_train, 0.5, random_state=0), drop(X_test, 0.5, random_state=1)),
}
models = {
    "legs, no feedback": {"feedback": False, "order": 16},
    "legs": {"order": 32},
    "gru": {"cell": "gru"},
}

# %%
# Accuracy on the test series, and seconds of training

print(f"{'':<20}" + "".join(f"{name:>28}" for name in panels))
for name, parameters in models.items():
    cells = []
    for train, test in panels.values():
        model = HiPPORNNClassifier(
            hidden_size=64, dropout=0.2, max_epochs=30, learning_rate=5e-3, batch_size=32, random_state=0, **parameters
        )
        begin = time.perf_counter()
        model.fit(train, y_train)
        seconds = time.perf_counter() - begin
        cells.append(f"{model.score(test, y_test):.3f}  ({seconds:4.1f} s, {len(model.history_)} epochs)")
    print(f"{name:<20}" + "".join(f"{cell:>28}" for cell in cells), flush=True)

# %%
# Save a trained network, load it, and train it further

model = HiPPORNNClassifier(feedback=False, order=16, hidden_size=64, max_epochs=30, learning_rate=5e-3, random_state=0)
model.fit(X_train, y_train)
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "vowels.safetensors"
    model.save(path)
    loaded = HiPPORNNClassifier.load(path)
    print(f"\nfile of {path.stat().st_size} bytes; the same probabilities: ", end="")
    print(np.array_equal(loaded.predict_proba(X_test), model.predict_proba(X_test)))
loaded.partial_fit(X_train, y_train)
print(f"epochs before and after partial_fit: {len(model.history_)}, {len(loaded.history_)}")
