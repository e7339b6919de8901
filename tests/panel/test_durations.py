"""theta as a duration: seconds where times are dates or durations, refused where they are numbers."""

import datetime

import numpy as np
import pytest
from sklearn.base import clone

from skhippo import HiPPOMemory, HiPPOTransformer, LegT, as_panel, project
from skhippo.panel.durations import in_unit_of_times, text_of

WEEK = 7 * 86400.0
DAYS = np.datetime64("2024-01-01") + np.arange(30)


@pytest.mark.parametrize(
    "theta",
    ["7D", "1W", "6D 24h", "6 D 23h 60min", "604800s", np.timedelta64(7, "D"), datetime.timedelta(weeks=1), WEEK],
    ids=repr,
)
def test_a_week_is_a_week(theta):
    X = as_panel([(DAYS, np.sin(np.arange(30.0) + k)) for k in range(3)])
    transformer = clone(HiPPOTransformer("legt", order=4, theta=theta)).fit(X)
    assert transformer.theta_ == WEEK
    assert transformer.measure_ == LegT(WEEK)
    np.testing.assert_array_equal(transformer.transform(X), HiPPOTransformer("legt", 4, theta=WEEK).fit_transform(X))


def test_pandas_durations_and_times_that_are_durations():
    pd = pytest.importorskip("pandas")
    X = [pd.Series(np.arange(5.0), pd.to_timedelta(np.arange(5), unit="h"))]
    assert HiPPOTransformer("lagt", theta=pd.Timedelta("90min")).fit(X).theta_ == 5400.0
    assert in_unit_of_times("0.5ms", "durations") == 0.0005


@pytest.mark.parametrize("theta", ["7D", np.timedelta64(7, "D"), datetime.timedelta(days=7)], ids=repr)
def test_numbers_have_a_unit_of_their_own(theta):
    with pytest.raises(TypeError, match=r"theta is the duration .*, but the times of X are numbers: give"):
        HiPPOTransformer("legt", theta=theta).fit(np.ones((3, 5)))


@pytest.mark.parametrize(
    ("theta", "error", "match"),
    [
        ("week", ValueError, "theta is 'week': a number and a unit is expected, such as '7D'"),
        ("7", ValueError, "units are W, D, h, min, s"),
        ("7M", ValueError, "a number and a unit is expected"),
        ("0D", ValueError, "theta is '0D': a duration above zero is expected"),
        (np.timedelta64(-1, "D"), ValueError, "a duration above zero is expected"),
        (np.timedelta64("NaT", "s"), ValueError, "a duration above zero is expected"),
        (np.timedelta64(1, "M"), TypeError, "theta has the type .*: a duration of fixed length is expected"),
    ],
)
def test_what_is_no_duration(theta, error, match):
    with pytest.raises(error, match=match):
        HiPPOTransformer("legt", theta=theta).fit([(DAYS, np.ones(30))])


@pytest.mark.parametrize("theta", ["7D", np.timedelta64(7, "D"), datetime.timedelta(days=7)], ids=repr)
def test_projections_and_memories_of_dates_take_durations(theta):
    X = as_panel([(DAYS, np.sin(np.arange(30.0)))])
    np.testing.assert_array_equal(project(X, "legt", 4, theta=theta), project(X, "legt", 4, theta=WEEK))
    memory = HiPPOMemory.from_panel(X, "legt", 4, theta=theta)
    assert memory.measure == LegT(WEEK)
    numbers = as_panel([[1.0, 2.0]])
    for call in (project, HiPPOMemory.from_panel):
        with pytest.raises(TypeError, match=r"theta is the duration .*, but the times of X are numbers"):
            call(numbers, "legt", 4, theta=theta)
    with pytest.raises(TypeError, match=r"empty memory is not known yet.* theta=604800\.0, or begin with .*from_panel"):
        HiPPOMemory("legt", 4, theta=theta)


@pytest.mark.parametrize("theta", [np.timedelta64(7, "ns"), datetime.timedelta(microseconds=1), np.timedelta64(7, "D")])
def test_texts_of_durations_are_read_back(theta):
    seconds = in_unit_of_times(theta, "naive dates")
    assert in_unit_of_times(text_of(theta), "naive dates") == pytest.approx(seconds, rel=1e-12)
