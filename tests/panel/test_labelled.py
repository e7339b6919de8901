"""Arrays with named dimensions and coordinates: xarray's, or anything that has the same attributes."""

import numpy as np
import pytest

from skhippo import AmbiguousInputWarning, Panel, as_panel

VALUES = np.arange(12.0).reshape(2, 2, 3)
TIMES = [0.0, 1.0, 10.0]


class Labelled:
    """As much of xarray.DataArray as is asked for."""

    def __init__(self, values, dims, coords=None):
        self.values, self.dims = np.asarray(values), tuple(dims)
        self.coords = {k: np.asarray(v) for k, v in (coords or {}).items()}
        self.shape, self.ndim = self.values.shape, self.values.ndim

    def __array__(self, dtype=None, copy=None):
        return self.values

    def to_numpy(self):
        return self.values

    def __len__(self):
        return len(self.values)

    def transpose(self, *dims):
        order = [self.dims.index(d) for d in dims]
        return Labelled(self.values.transpose(order), dims, self.coords)


def xarray_or_like(values, dims, coords=None):
    try:
        import xarray
    except ImportError:
        return Labelled(values, dims, coords)
    return xarray.DataArray(values, dims=dims, coords=coords)


COORDS = {"time": TIMES, "case": ["a", "b"], "channel": ["hr", "bp"]}
EXPECTED = Panel(
    VALUES.transpose(0, 2, 1).reshape(6, 2), TIMES * 2, [0, 3, 6], ["hr", "bp"], series_ids=np.array(["a", "b"])
)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 0, 2)])
def test_dimensions_are_read_by_name_in_any_order(order):
    dims = ("case", "channel", "time")
    X = xarray_or_like(VALUES, dims, COORDS).transpose(*(dims[i] for i in order))
    assert as_panel(X) == EXPECTED


@pytest.mark.parametrize(
    "dims", [("case", "channel", "time"), ("id", "v", "Time"), ("s", "variable", "t"), ("s", "v", "t")]
)
def test_other_names(dims):
    X = xarray_or_like(VALUES, dims, {dims[2]: TIMES})
    panel = as_panel(X)
    assert panel.times.tolist() == TIMES * 2
    np.testing.assert_array_equal(panel.values, EXPECTED.values)
    assert panel.series_ids is None
    assert panel.channel_names is None


def test_dates_name_the_dimension_too():
    days = np.array(["2024-01-01", "2024-01-02", "2024-01-09"], "M8[ns]")
    panel = as_panel(xarray_or_like(VALUES[:, 0], ("patient", "week"), {"week": days}))
    assert panel.time_kind == "naive dates"
    assert panel.times.tolist() == [0, 86400, 8 * 86400] * 2


def test_dimensions_without_names_or_coordinates():
    assert as_panel(xarray_or_like(VALUES, ("dim_0", "dim_1", "dim_2"))) == as_panel(VALUES)
    assert as_panel(xarray_or_like(VALUES[:, 0], ("case", "time"))) == as_panel(VALUES[:, 0])
    with pytest.raises(ValueError, match=r"one of them called 'time' is expected; use X\.rename\(week='time'\)"):
        as_panel(xarray_or_like(VALUES[:, 0], ("patient", "week")))
    with pytest.raises(ValueError, match=r"\(series, time\) or \(series, channel, time\) are expected"):
        as_panel(xarray_or_like(VALUES[0, 0], ("time",)))
    with pytest.raises(ValueError, match="a labelled array are a coordinate of it"):
        as_panel(xarray_or_like(VALUES, ("case", "channel", "time")), time_channel=0)


def test_entries_of_a_list():
    one = xarray_or_like(VALUES[0], ("channel", "time"), {k: COORDS[k] for k in ("channel", "time")})
    flipped = one.transpose("time", "channel")
    assert as_panel([one, flipped])[0][0].tolist() == TIMES
    assert as_panel([one, flipped]).channel_names == ("hr", "bp")
    np.testing.assert_array_equal(as_panel([flipped])[0][1], VALUES[0])
    assert as_panel([xarray_or_like(VALUES[0, 0], ("time",), {"time": TIMES})]).times.tolist() == TIMES


def test_data_sets():
    xarray = pytest.importorskip("xarray")
    data = xarray.Dataset({"hr": (("case", "time"), VALUES[:, 0]), "bp": (("case", "time"), VALUES[:, 1])})
    data = data.assign_coords(time=TIMES, case=["a", "b"])
    assert as_panel(data) == EXPECTED


def test_two_dimensions_of_other_names_are_told():
    array = xarray_or_like(VALUES.transpose(2, 0, 1), ("time", "lat", "lon"), {"time": TIMES})
    with pytest.warns(
        AmbiguousInputWarning, match=r"'lat' is read as the series and 'lon' as the channels; pass X.rena"
    ):
        panel = as_panel(array)
    assert panel == as_panel(xarray_or_like(VALUES, ("series", "lon", "time"), {"time": TIMES}))
