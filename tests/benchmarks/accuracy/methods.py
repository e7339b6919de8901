"""The methods that are compared: features of a panel, and a head."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeClassifier, RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skhippo import HiPPOClassifier, HiPPOScatteringTransformer, HiPPOTransformer, as_panel

ALPHAS = np.logspace(-3, 3, 10)
# Of scattering's ridge regression: in proportion to the number of features, of which a channel has about 8700.
SCATTERING_ALPHAS = np.logspace(-2, 5, 15)


@dataclass(frozen=True)
class Method:
    """A pipeline of features and head, made for series of a length and for a seed."""

    name: str
    make: Callable[[int, int], object]
    copies: tuple[str, ...] = ()  # corruptions of the copies that it is also trained on
    use_augmented: str = "always"  # the series that the model trained on copies predicts
    needs: tuple[str, ...] = ()  # packages without which it is left out

    @property
    def missing(self):
        """The packages that it needs and that are not installed."""
        return [name for name in self.needs if not find_spec(name)]


class Grid(TransformerMixin, BaseEstimator):
    """Each series, interpolated linearly at equal steps from its first to its last observation."""

    def __init__(self, length):
        self.length = length

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        panel = as_panel(X)
        out = np.empty((len(panel), panel.n_channels, self.length))
        share = np.linspace(0.0, 1.0, self.length)
        for i, (times, values) in enumerate(panel):
            grid = times[0] + share * (times[-1] - times[0])
            for c, channel in enumerate(values):
                seen = ~np.isnan(channel)
                out[i, c] = np.interp(grid, times[seen], channel[seen]) if seen.any() else 0.0
        return out


class Rocket(TransformerMixin, BaseEstimator):
    """MiniRocket or MultiRocket of sktime, on the grid."""

    def __init__(self, kind, length, random_state):
        self.kind = kind
        self.length = length
        self.random_state = random_state

    def fit(self, X, y=None):
        from sktime.transformations import rocket

        # nine samples are the length of a kernel
        self.grid_ = Grid(max(self.length, 10))
        cube = self.grid_.transform(X)
        self.rocket_ = getattr(rocket, self.kind)(random_state=self.random_state)
        self.rocket_.fit(cube)
        return self

    def transform(self, X):
        return np.asarray(self.rocket_.transform(self.grid_.transform(X)), dtype=np.float32)


class OnGrid(ClassifierMixin, BaseEstimator):
    """A classifier of aeon, with its defaults, on the grid; `kind` is its module and its name."""

    def __init__(self, kind, length, random_state):
        self.kind = kind
        self.length = length
        self.random_state = random_state

    def fit(self, X, y):
        module, name = self.kind.split(".")
        make = getattr(import_module(f"aeon.classification.{module}"), name)
        self.grid_ = Grid(max(self.length, 10))
        self.model_ = make(random_state=self.random_state).fit(self.grid_.transform(X), y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(self.grid_.transform(X))


def on_grid(kind):
    return lambda length, seed: OnGrid(kind, length, seed)


def with_times(X):
    """Return the observations as an array with the times as its last channel, filled up with NaN."""
    panel = as_panel(X)
    out = np.full((len(panel), panel.n_channels + 1, int(panel.lengths.max())), np.nan)
    for row, (times, values) in zip(out, panel, strict=True):
        row[:-1, : len(times)] = values
        row[-1, : len(times)] = times
    return out


class Borf(TransformerMixin, BaseEstimator):
    """BORF of fast-borf: time-aware on the observations as they are, or on a grid of `length` positions.

    With the settings that its author registered with pyrregular, ``models/borf.py``, ``iborf_pipeline``.
    """

    def __init__(self, length=None):
        self.length = length

    def fit(self, X, y=None):
        from fast_borf import BORF

        self.borf_ = BORF(time_channel=self.length is None, min_window_to_signal_std_ratio=0.15)
        self.borf_.fit(self._array(X))
        return self

    def transform(self, X):
        return self.borf_.transform(self._array(X))

    def _array(self, X):
        return with_times(X) if self.length is None else Grid(self.length).transform(X)


def borf(length=None):
    return make_pipeline(Borf(length), FunctionTransformer(np.arcsinh), RidgeClassifierCV())


def ridge(n_features, copies):
    """Return the head that MiniRocket and MultiRocket were published with, or one that copies do not deceive.

    Leaving one series out finds its copies among the others and so chooses too small a penalty.  A tenth of the number
    of features, about, is as good as the choice where there are no copies.
    """
    return RidgeClassifier(alpha=n_features / 10) if copies else RidgeClassifierCV(ALPHAS)


def rocket(kind, head):
    return lambda length, seed: make_pipeline(Rocket(kind, length, seed), StandardScaler(), clone(head))


def scattering(head):
    # A channel may be without any observation once a series is thinned; 0 is the mean, after the scaler.
    zeros = SimpleImputer(strategy="constant", fill_value=0.0)
    return lambda length, seed: make_pipeline(HiPPOScatteringTransformer(), StandardScaler(), zeros, clone(head))


class Catch22(TransformerMixin, BaseEstimator):
    """The 22 canonical characteristics of each channel on the grid, by sktime; what is undefined becomes zero."""

    def __init__(self, length):
        self.length = length

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        from sktime.transformations.catch22 import Catch22

        cube = Grid(self.length).transform(X)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [Catch22().fit_transform(cube[:, c : c + 1]) for c in range(cube.shape[1])]
        return np.nan_to_num(np.hstack(found).astype(np.float32), posinf=0.0, neginf=0.0)


class Summary(TransformerMixin, BaseEstimator):
    """Ten statistics of the observations of each channel, and their number; `empty` for a channel without any."""

    def __init__(self, empty=0.0):
        self.empty = empty

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.array([np.ravel([self._of_channel(c[~np.isnan(c)]) for c in values]) for _, values in as_panel(X)])

    def _of_channel(self, x):
        if not len(x):
            return np.array([self.empty] * 10 + [0.0])
        quartiles = np.quantile(x, [0, 0.25, 0.5, 0.75, 1])
        return np.array([x.mean(), x.std(), *quartiles, x[0], x[-1], x[-1] - x[0], len(x)])


def plain():
    return HiPPOTransformer(handle_empty="zero")


def logistic():
    return LogisticRegression(max_iter=1000)


def trees(seed):
    return ExtraTreesClassifier(500, random_state=seed)


def automatic(length, seed):
    return HiPPOClassifier(random_state=seed)


def _bases(copies):
    return {
        "HiPPO LR": lambda length, seed: make_pipeline(plain(), logistic()),
        "HiPPO ET": lambda length, seed: make_pipeline(plain(), trees(seed)),
        "scattering": scattering(RidgeClassifier(alpha=300.0) if copies else RidgeClassifierCV(SCATTERING_ALPHAS)),
        "MiniRocket": rocket("MiniRocketMultivariate", ridge(10_000, copies)),
        "MultiRocket": rocket("MultiRocketMultivariate", ridge(50_000, copies)),
    }


def _methods():
    for name, make in _bases(copies=False).items():
        yield Method(name, make)
        yield Method(f"{name} +c", _bases(copies=True)[name], ("drop", "gap"))
    yield Method("HiPPOClassifier", automatic)
    yield Method("HiPPOClassifier +d", automatic, ("drop", "gap"), "sparser")
    yield Method("MR-Hydra", on_grid("convolution_based.MultiRocketHydraClassifier"), needs=("aeon", "torch"))
    yield Method("QUANT", on_grid("interval_based.QUANTClassifier"), needs=("aeon", "torch"))
    yield Method("BORF", lambda length, seed: borf(), needs=("fast_borf",))
    yield Method("BORF grid", lambda length, seed: borf(max(length, 10)), needs=("fast_borf",))
    yield Method("Catch22 ET", lambda length, seed: make_pipeline(Catch22(length), trees(seed)))
    yield Method("statistics ET", lambda length, seed: make_pipeline(Summary(), trees(seed)))


METHODS = {method.name: method for method in _methods()}
