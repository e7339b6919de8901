"""Every container of sktime is read with its times and ids, and adapters live as sktime and pipelines expect."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.fixes import parse_version

import skhippo

pytest.importorskip("pandas")
pytest.importorskip("sktime")

import pandas as pd
from sktime.transformations.base import BaseTransformer

from skhippo.sktime import HiPPOTransformer
from tests.sktime.conftest import LABELS, N_SERIES, container, expected


@pytest.mark.parametrize("mtype", ["df-list", "pd-multiindex", "nested_univ"])
@pytest.mark.parametrize(
    "parameters", [{"order": 5}, {"measure": "legt", "order": 3, "hold": "previous", "add_indicator": True}], ids=str
)
def test_features_and_times_of_every_container(frames, mtype, parameters):
    X = container(frames, mtype)
    transformer = HiPPOTransformer(**parameters).fit(X)
    features = transformer.transform(X)
    assert_array_equal(features, expected(frames, **parameters))
    assert list(features.columns) == list(transformer.get_feature_names_out())
    assert features.columns[0] == f"a__{parameters.get('measure', 'legs')}_c0"
    instances = range(N_SERIES) if mtype == "df-list" else [f"s{i}" for i in range(N_SERIES)]
    assert list(features.index) == list(instances)
    if mtype == "pd-multiindex":
        assert features.index.name == "series"
    # The index is read: sampled at 0, 1, 2, ... the same values are other signals.
    blind = HiPPOTransformer(**parameters).fit_transform([frame.reset_index(drop=True) for frame in frames])
    assert np.abs(features.to_numpy() - blind.to_numpy()).max() > 0.1


def test_numpy3d_has_sample_numbers(rng):
    X = rng.normal(size=(5, 2, 12))
    X[0, 1, 3] = np.nan
    features = HiPPOTransformer(order=3).fit_transform(X)
    assert_array_equal(features, skhippo.HiPPOTransformer(order=3).fit_transform(X))
    assert list(features.index) == list(range(5))


def test_numpy3d_has_channels_first_by_definition(rng):
    X = rng.normal(size=(5, 12, 3)).cumsum(axis=1)
    features = HiPPOTransformer(order=2).fit_transform(X)  # as an array of its own, it would give a warning
    assert_array_equal(features, skhippo.HiPPOTransformer(order=2).fit_transform([(np.arange(3.0), x) for x in X]))


def test_one_series_is_a_panel_of_one(frames):
    features = HiPPOTransformer(order=3).fit(frames).transform(frames[4])
    assert_allclose(features, HiPPOTransformer(order=3).fit(frames).transform(frames).iloc[[4]], rtol=1e-12)
    univariate = HiPPOTransformer(order=3, scaling=None).fit_transform(frames[4]["a"])
    assert_allclose(univariate, expected([frames[4][["a"]]], order=3, scaling=None), rtol=1e-12)


def test_a_hierarchy_is_one_panel(frames):
    flat = container(frames, "pd-multiindex")
    wards = np.repeat([f"ward{i % 3}" for i in range(N_SERIES)], [len(frame) for frame in frames])
    nested = flat.set_index(pd.Index(wards, name="ward"), append=True).reorder_levels(["ward", "series", "time"])
    nested = nested.sort_index()
    features = HiPPOTransformer(order=3).fit_transform(nested)
    assert features.index.names == ["ward", "series"]
    alone = HiPPOTransformer(order=3).fit_transform(flat)
    by_name = features.droplevel("ward")
    assert_allclose(by_name.loc[alone.index], alone, rtol=1e-9)


def test_dates_are_seconds(frames):
    dated = [frame.set_axis(pd.Timestamp("2026-01-31") + pd.to_timedelta(frame.index, unit="s")) for frame in frames]
    transformer = HiPPOTransformer("lagt", order=3).fit(dated)
    plain = HiPPOTransformer("lagt", order=3).fit(frames)
    assert transformer.estimator_.theta_ == plain.estimator_.theta_
    assert_allclose(transformer.transform(dated), plain.transform(frames), rtol=1e-9, atol=1e-12)
    months = pd.DataFrame({"a": [1.0, 2.0, 4.0]}, index=pd.period_range("2026-01", periods=3, freq="M"))
    duration = HiPPOTransformer(order=1, add_duration=True).fit_transform(months)["log_duration"].item()
    assert duration == pytest.approx(np.log((31 + 28) * 86400))


def test_errors_name_the_id(frames):
    X = container(frames, "pd-multiindex")
    X.iloc[len(frames[0]) + 3, 1] = np.inf
    with pytest.raises(ValueError, match=r"series 1 \(id 's1'\), channel 'b', position 3 holds inf"):
        HiPPOTransformer().fit(X)
    ward = X.set_index(pd.Index(["w"] * len(X), name="ward"), append=True).reorder_levels(["ward", "series", "time"])
    with pytest.raises(ValueError, match=r"series 1 \(id \('w', 's1'\)\), channel 'b'"):
        HiPPOTransformer().fit(ward)


@pytest.mark.skipif(parse_version(sklearn.__version__) < parse_version("1.9"), reason="pipelines leave no mark")
def test_a_pipeline_of_scikit_learn_needs_the_mark_that_reset_keeps(frames):
    class Forgetful(HiPPOTransformer):
        reset = BaseTransformer.reset

    with pytest.raises(AttributeError, match="_parent_callback_ctx"):
        make_pipeline(Forgetful(order=4), LogisticRegression()).fit(frames, LABELS)


def test_an_index_whose_last_level_is_not_the_times(frames):
    """sktime itself takes the last level for the times, whatever it holds."""
    X = container(frames, "pd-multiindex")
    crosswise = X.rename_axis(["id", "time"]).swaplevel().sort_index()
    crosswise.index = crosswise.index.set_levels(range(N_SERIES), level="id")  # sktime wants numbers in the last level
    with pytest.raises(ValueError, match=r"levels \['time', 'id'\]: sktime expects the times in the last one"):
        HiPPOTransformer(order=2).fit(crosswise)
