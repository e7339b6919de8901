"""The set that ships with the package is what its docstring says, and its values are those of the source."""

import numpy as np
import pytest

from skhippo import project, reconstruct
from skhippo.datasets import load_mauna_loa


def test_the_record_has_the_values_of_the_source():
    record = load_mauna_loa(by_year=False)
    assert record.values.shape == (2225, 1)
    days = np.datetime64(record.origins[0], "D") + (record.times / 86400).astype(int)
    assert [str(days[0]), str(days[-1])] == ["1958-03-29", "2001-12-29"]
    assert record.values[[0, 1, -1], 0].tolist() == [316.1, 317.3, 371.5]
    weeks = np.diff(days).astype(int) / 7
    assert weeks.sum() - len(weeks) == 59
    assert weeks.max() == 19
    assert (weeks == weeks.round()).all()
    assert record.time_kind == "naive dates"


def test_years_are_the_series():
    years, record = load_mauna_loa(), load_mauna_loa(by_year=False)
    assert years.series_ids.tolist() == list(range(1958, 2002))
    assert years.lengths[:8].tolist() == [25, 48, 53, 52, 48, 49, 31, 52]
    assert years.channel_names == record.channel_names == ("co2",)
    np.testing.assert_array_equal(years.values, record.values)


def test_the_season_is_found_from_half_of_the_weeks():
    year = load_mauna_loa()[[39]]  # 1997, all weeks
    times, values = year[0]
    kept = project([(times[::2], values[:, ::2])], order=8)[0, 0]
    places = (times[1:-1:2] - times[0]) / (times[-1] - times[0])
    error = reconstruct(kept, places) - values[0, 1:-1:2]
    assert np.sqrt((error**2).mean()) < 0.6  # a tenth of the season, which spans 6 parts per million


def test_options_are_checked():
    with pytest.raises(TypeError, match="by_year must be True or False, got 'no' of type str"):
        load_mauna_loa(by_year="no")
