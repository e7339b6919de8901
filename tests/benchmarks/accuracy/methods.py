"""The methods that are compared: features of a panel, and a head."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhippo import HiPPOTransformer, as_panel


@dataclass(frozen=True)
class Method:
    """A pipeline of features and head, made for series of a length and for a seed."""

    name: str
    make: Callable[[int, int], object]
    copies: tuple[str, ...] = ()  # corruptions of the copies that it is also trained on
    deterministic: bool = False  # without corruptions every seed gives the same


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


def ridge():
    """Return the head that MiniRocket and MultiRocket were published with."""
    return StandardScaler(with_mean=False), RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))


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
    """Mean, deviation, extremes, quartiles, first, last and their difference of the observations of each channel."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        panel = as_panel(X)
        return np.array([np.ravel([_statistics(c[~np.isnan(c)]) for c in values]) for _, values in panel])


def _statistics(x):
    if not len(x):
        return np.zeros(10)
    return np.array([x.mean(), x.std(), *np.quantile(x, [0, 0.25, 0.5, 0.75, 1]), x[0], x[-1], x[-1] - x[0]])


def plain(length, seed):
    return HiPPOTransformer(empty="zero")


def logistic(seed, C=1.0):
    return LogisticRegression(C=C, max_iter=1000)


def trees(seed):
    return ExtraTreesClassifier(500, random_state=seed)


def _methods():
    def rocket(kind):
        return lambda length, seed: make_pipeline(Rocket(kind, length, seed), *ridge())

    bases = {
        "HiPPO + LogisticRegression": lambda n, seed: make_pipeline(plain(n, seed), logistic(seed)),
        "HiPPO + ExtraTrees": lambda n, seed: make_pipeline(plain(n, seed), trees(seed)),
        "MiniRocket": rocket("MiniRocketMultivariate"),
        "MultiRocket": rocket("MultiRocketMultivariate"),
    }
    for name, make in bases.items():
        yield Method(name, make)
        yield Method(f"{name}, copies", make, ("drop", "gap"))
    yield Method("Catch22 + ExtraTrees", lambda n, seed: make_pipeline(Catch22(n), trees(seed)))
    yield Method("statistics + ExtraTrees", lambda n, seed: make_pipeline(Summary(), trees(seed)))


METHODS = {method.name: method for method in _methods()}
