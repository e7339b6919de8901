"""What a display is drawn from: the series, the channel, the transformer and the model that are meant."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhippo import HiPPOTransformer, Panel
from skhippo.plotting import CoefficientsDisplay, OcclusionDisplay, ReconstructionDisplay, SensitivityDisplay
from skhippo.plotting.source import draw_from


def test_a_time_channel_is_read_as_in_fit(series):
    cube = np.concatenate([series[0][None], series[1]])[None]
    hippo = HiPPOTransformer(order=5, time_channel=0).fit(cube)
    timed = ReconstructionDisplay.from_estimator(hippo, cube, channel="x1")
    assert_allclose(timed.approximation, ReconstructionDisplay.from_panel([series], order=5, channel=1).approximation)


def test_what_is_not_there(series):
    with pytest.raises(ValueError, match=r"series=3 is asked for in a panel of 1"):
        ReconstructionDisplay.from_panel([series], series=3)
    with pytest.raises(ValueError, match=r"there is no channel='y': the channels are 'x0', 'x1'"):
        ReconstructionDisplay.from_panel([series], channel="y")
    with pytest.raises(ValueError, match=r"there is no channel=2: the channels are"):
        CoefficientsDisplay.from_panel([series], channel=2)
    with pytest.raises(TypeError, match="estimator is Pipeline and begins with StandardScaler: a HiPPOTransformer"):
        ReconstructionDisplay.from_estimator(make_pipeline(StandardScaler()), [series])
    with pytest.raises(ValueError, match=r"method='recurrence': the display needs the integrals"):
        CoefficientsDisplay.from_estimator(HiPPOTransformer().fit([series]).set_params(method="recurrence"), [series])
    with pytest.raises(ValueError, match="shrinkage=True: the display needs the integrals themselves"):
        CoefficientsDisplay.from_estimator(HiPPOTransformer(shrinkage=True).fit([series]), [series])


def test_models_without_a_decision(panel):
    X, y = panel
    model = make_pipeline(HiPPOTransformer(order=4), RandomForestClassifier(5, random_state=0)).fit(X, y)
    with pytest.raises(ValueError, match="RandomForestClassifier has no decision_function"):
        SensitivityDisplay.from_estimator(model)
    with pytest.raises(TypeError, match="a transformer only: a Pipeline that ends with a model is expected"):
        SensitivityDisplay.from_estimator(model[0])
    with pytest.raises(TypeError, match="a transformer only"):
        OcclusionDisplay.from_estimator(model[0], X, y)
    with pytest.raises(ValueError, match=r"there is no channel='z'"):
        SensitivityDisplay.from_estimator(make_pipeline(model[0], Ridge().fit(np.eye(8), np.ones(8))), channel="z")


def test_a_series_may_be_chosen_by_its_id():
    panel = Panel([[1.0], [2.0]], offsets=[0, 1, 2], series_ids=["b", "a"])
    assert draw_from(panel, "a", 0).title == draw_from(panel, 1, 0).title == "series a, channel x0"
    with pytest.raises(KeyError, match="there is no series with the id 'c'"):
        draw_from(panel, "c", 0)
