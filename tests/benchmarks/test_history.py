"""The file of earlier runs: what is added is read again, and a ratio that falls is named."""

from tests.benchmarks import history
from tests.benchmarks.table import Line


def test_a_ratio_that_falls_is_a_regression(tmp_path):
    path = tmp_path / "history.jsonl"
    assert history.read(path) == []
    for ratio in (9.0, 10.0, 11.0):
        found = history.ratios([Line("work", 1.0, reference="other", reference_seconds=ratio), Line("alone", 1.0)])
        assert found == {"work / other": ratio}
        history.append(found, path)
    earlier = history.read(path)
    assert [run["ratios"] for run in earlier] == [{"work / other": ratio} for ratio in (9.0, 10.0, 11.0)]
    assert history.regressions({"work / other": 9.0, "new / other": 1.0}, earlier) == []
    assert history.regressions({"work / other": 5.0}, earlier) == ["work / other: 5.00 x, in 3 earlier runs 10 x"]


def test_the_kept_file_can_be_read():
    assert all(run["ratios"] and run["date"] and run["commit"] for run in history.read())
