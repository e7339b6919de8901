"""Arrays with the times before the channels are noticed, and those with many channels are not suspected."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline

from skhippo import AmbiguousInputWarning, HiPPOClassifier, HiPPOTransformer, as_panel
from skhippo.panel.orientation import looks_transposed


def walks(n_series, n_channels, n_times, seed=0):
    return np.random.default_rng(seed).normal(size=(n_series, n_channels, n_times)).cumsum(axis=2)


@pytest.mark.parametrize("shape", [(10, 3, 100), (1, 2, 50), (200, 40, 60), (3, 1, 3)])
def test_times_before_channels(shape):
    X = walks(*shape).transpose(0, 2, 1)
    for Y in (X, list(X), [x.tolist() for x in X], X.astype(np.float32)):
        with pytest.warns(AmbiguousInputWarning, match=rf"{shape[2]} channels with .* each; pass .* if the times are"):
            assert as_panel(Y).n_channels == shape[2]


@pytest.mark.parametrize("shape", [(10, 3, 100), (5, 12, 7), (200, 60, 40), (3, 1, 3), (3, 2, 1), (4, 60, 9)])
def test_channels_before_times(shape):
    for X in (walks(*shape), np.random.default_rng(0).normal(size=shape)):
        for Y in (X, list(X)):
            assert as_panel(Y).n_channels == shape[1]


@pytest.mark.parametrize("n_times", [1, 5])
def test_what_the_message_advises_gives_no_warning(n_times):
    X = walks(6, 50, n_times)
    for Y in (X, list(X), [x.tolist() for x in X]):
        with pytest.warns(AmbiguousInputWarning) as caught:
            panel = as_panel(Y)
        fixed = str(caught[0].message).split("; pass ")[1].split(" if ")[0]
        kept = str(caught[0].message).split(", or ")[1].removesuffix(" if they are not")
        assert as_panel(eval(fixed, {"X": Y, "np": np})).n_channels == n_times
        assert as_panel(eval(kept, {"X": Y, "np": np})) == panel


def test_missing_values_and_outliers_do_not_decide():
    X = walks(20, 30, 40).transpose(0, 2, 1)
    X[np.random.default_rng(1).random(X.shape) < 0.5] = np.nan
    X[:, ::7, ::5] *= 1e6
    assert looks_transposed(X)
    assert not looks_transposed(np.full((3, 7, 5), np.nan))


def test_times_before_channels_in_a_ragged_list():
    X = [x.T for x in (walks(1, 3, 20)[0], walks(1, 3, 30)[0])]
    with pytest.raises(
        ValueError, match=r"series 1 has 30 channels, series 0 has 20.*pass \[np\.asarray\(x\)\.T for x in X\]"
    ):
        as_panel(X)
    with pytest.raises(ValueError, match="fill a channel that was not observed with NaN"):
        as_panel([np.ones((2, 5)), np.ones((3, 6))])


def test_later_input_with_exchanged_axes():
    X = walks(8, 3, 20)
    model = HiPPOTransformer(order=2).fit(list(X))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AmbiguousInputWarning)
        with pytest.raises(ValueError, match=r"X has 20 channels.*fitted with 3; .*pass X\.swapaxes\(1, 2\)"):
            model.transform(X.transpose(0, 2, 1))
        with pytest.raises(
            ValueError, match=r"X has 20 channels.*fitted with 3; .*pass \[np\.asarray\(x\)\.T for x in X\]"
        ):
            model.transform(list(X.transpose(0, 2, 1)))


def test_a_method_warns_once_and_points_at_the_caller():
    X, y = walks(12, 3, 30).transpose(0, 2, 1), np.arange(12) % 2
    model = HiPPOClassifier()
    pipeline = make_pipeline(HiPPOTransformer(order=2), RidgeClassifier())
    for call in (
        lambda: model.fit(X, y),
        lambda: model.predict(X),
        lambda: model.score(X, y),
        lambda: pipeline.fit(X, y),
        lambda: pipeline.score(X, y),
    ):
        with pytest.warns(AmbiguousInputWarning) as caught:
            call()
        assert [w.filename for w in caught] == [__file__]
