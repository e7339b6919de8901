"""What names say about an axis, and where a warning about it points."""

import pytest

from skhippo import AmbiguousInputWarning, as_panel
from skhippo.panel.axes import names_channels, names_series, names_times


@pytest.mark.parametrize(
    ("tells", "yes", "no"),
    [
        (names_times, ["t", " Time ", "Time Stamp", "datetime"], ["timely", "t0", 0, None]),
        (names_series, ["id", "Patient", "patient_id", "Case ID"], ["identity", "grid", "id_", 1]),
        (names_channels, ["Channel", "variables", "dim"], ["value", "x", ("dim",)]),
    ],
)
def test_names_of_axes(tells, yes, no):
    assert all(tells(name) for name in yes)
    assert not any(tells(name) for name in no)


def test_the_warning_points_at_the_caller():
    pd = pytest.importorskip("pandas")
    days = pd.date_range("2024-01-01", periods=2)
    with pytest.warns(AmbiguousInputWarning) as record:
        as_panel(pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0]}, index=days))
    assert record[0].filename == __file__
