"""Files of the archive: every fault names the file and the series, and none loads damaged."""

import numpy as np
import pytest

from skhippo import as_panel
from skhippo.datasets import load_uea


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file and gives its path."""

    def write(text, name="Toy.ts", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def head(labels="@classLabel true aa bb", **tags):
    return "".join(f"@{tag} {value}\n" for tag, value in tags.items()) + f"{labels}\n@data\n"


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1"])
def test_labels_of_any_encoding_stay_different(write, encoding):
    X, y = load_uea(write("@classLabel true é è\n@data\n1,2:é\n3,4:è\n", encoding=encoding))
    assert y.tolist() == ["é", "è"]
    assert len(X) == 2


def test_bytes_that_no_character_has_stay_different(tmp_path):
    (tmp_path / "Toy.ts").write_bytes(b"@classLabel true \x81 \x8d\n@data\n1:\x81\n2:\x8d\n")
    assert len(set(load_uea(tmp_path / "Toy.ts")[1])) == 2


def test_comments_may_be_in_another_encoding(tmp_path):
    (tmp_path / "Toy.ts").write_bytes(b"# r\xe9sum\xe9\n" + "@classLabel true é\n@data\n1:é\n".encode())
    assert load_uea(tmp_path / "Toy.ts")[1].tolist() == ["é"]


# The header is true


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            head() + "1,2,3:aa\n4,5,6:b\n",
            r"Toy\.ts, series 1: the label 'b' is not one of the classes.*aa, bb: is the file",
        ),
        (head() + "1,2,3:aa\n4,5,6:\n", r"Toy\.ts, series 1: the label '' is not one of the classes"),
        (head() + "1,2,3:aa\n4,5,6\n", r"Toy\.ts, series 1: there is no label after a ':'"),
        (
            head(seriesLength=99, equalLength="true") + "1,2:aa\n",
            r"series 0: 2 values, but the header says @seriesLength 99",
        ),
        (
            head(equalLength="true") + "1,2:aa\n1,2,3:bb\n",
            r"series 1: 3 values, .* @equalLength true, series 0 has 2: is the",
        ),
        (head(equalLength="true") + "1,2:aa\n1:bb\n", r"series 1: 1 values, but the header says @equalLength true"),
        (head(seriesLength=99) + "1,2:aa\n", r"series 0: 2 values, but the header says @seriesLength 99"),
        (head(univariate="true") + "1,2:3,4:aa\n", r"series 0: 2 channels, the header says 1"),
        (head(dimensions="3", univariate="false") + "1,2:3,4:aa\n", r"series 0: 2 channels, the header says 3"),
        (head() + "1,inf:aa\n", r"Toy\.ts, series 0, channel 0, position 1 holds inf"),
        (head() + "1,abc:aa\n", r"Toy\.ts, series 0: could not convert string to float: 'abc'"),
        (head("@targetLabel true") + "1,2:0.5\n1,2:?\n", r"Toy\.ts, series 1: the target '\?' is not a number"),
        (head("@targetLabel true") + "1,2:0.5\n1,2:NA\n", r"Toy\.ts, series 1: the target 'NA' is not a number"),
        (head("@problemName Toy") + "1,2:a\n", r"Toy\.ts: the header has neither '@classLabel' nor '@targetLabel'"),
        (head(timestamps="true") + "(nan,1):aa\n", r"Toy\.ts, series 0, position 0: the time is nan"),
        (head(timestamps="true") + "(0,1),(inf,1):aa\n", r"Toy\.ts, series 0, position 1: the time is inf"),
        (head(timestamps="true") + "(2024-13-01,1):aa\n", r"Toy\.ts, series 0, times holds a date that does not exist"),
        ("@classLabel true a\n", r"Toy\.ts: no series after '@data'"),
    ],
)
def test_a_file_that_is_not_what_its_header_says(write, text, message):
    with pytest.raises(ValueError, match=message):
        load_uea(write(text))


@pytest.mark.parametrize(
    "text",
    [
        head() + "1,2,3:aa\n4,5,6:BB\n",
        head("@classLabel true 1 2") + "1,2:1.0\n1,2:2\n",
        head("@classLabel true") + "1,2:anything\n",
        head(equalLength="true", seriesLength=2) + "1,2:aa\n1,?:bb\n",
        head(equalLength="true", univariate="false") + "1,2:1:aa\n1,2:1,2:bb\n",
        head(equalLength="false") + "1,2:aa\n1,2:bb\n",
        head(univariate="false") + "1,2:aa\n1,2:bb\n",
        head(missing="false", dimension="1") + "1,2:aa\n",
    ],
)
def test_headers_that_are_true(write, text):
    load_uea(write(text))


# Times


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("(2020-01-01,1),(1,2):aa\n", r"Toy\.ts, series 0: times mix numbers \(1\) and naive dates: use one kind"),
        ("(2020-01-01,1):aa\n(1,2):bb\n", r"Toy\.ts, series 1 has numbers as times, series 0 has naive dates: use one"),
        ("(2020-01-01,1),(2020-01-02T00:00Z,2):aa\n", r"Toy\.ts, series 0, times mixes naive dates and zone-aware"),
        (
            "(2020-01-01,1):aa\n(2020-01-02T00:00Z,2):bb\n",
            r"series 1 has zone-aware dates as times, series 0 has naive",
        ),
    ],
)
def test_kinds_of_times_are_not_mixed(write, rows, message):
    with pytest.raises(TypeError, match=message):
        load_uea(write(head(timestamps="true") + rows))


def test_dates_with_a_zone(write):
    rows = "(2024-01-01T00:00:00Z,1),(2024-01-01T03:00:00+01:00,2):aa\n(2024-01-01 00:30:00-0500,1):bb\n"
    X, _ = load_uea(write(head(timestamps="true") + rows))
    assert X.time_kind == "zone-aware dates"
    assert X.times.tolist() == [0, 7200, 0]
    assert X.origins[1] == np.datetime64("2024-01-01T05:30")


def test_splits_with_other_kinds_of_times_are_refused(tmp_path):
    folder = tmp_path / "Toy"
    folder.mkdir()
    (folder / "Toy_TRAIN.ts").write_text(head(timestamps="true") + "(0,1):aa\n")
    (folder / "Toy_TEST.ts").write_text(head(timestamps="true") + "(2020-01-01,1):aa\n")
    with pytest.raises(TypeError, match=r"Toy_TEST\.ts has naive dates as times, Toy_TRAIN\.ts has numbers"):
        load_uea(folder)


# Rates


def test_channels_of_lower_rates_last_as_long(write):
    fast, slow = ",".join(map(str, range(8))), "0,2,4,6"
    X, _ = load_uea(write(head() + f"{fast}:{slow}:aa\n{fast},8,9:{slow},8:bb\n"))
    assert X.lengths.tolist() == [8, 10]
    for _, (full, half) in X:
        np.testing.assert_array_equal(half[::2], full[::2])
        assert np.isnan(half[1::2]).all()


@pytest.mark.parametrize(
    "rows",
    [
        "1,2,3,4:1,2:aa\n1,2,3,4:1,2:bb\n",
        "1,2,3,4,5,6,7,8:1,2,3,4:aa\n",
        "1,2,3,4,5,6,7,8:1,2:aa\n1,2,3,4,5,6,7,8:1:aa\n",
    ],
)
def test_channels_that_end_early(write, rows):
    X, _ = load_uea(write(head() + rows))
    assert X[0][1][1, 1] == 2
    assert np.isnan(X[0][1][1, -1])


# Paths and other formats


def test_files_and_folders_by_path(write, tmp_path):
    path = write(head() + "1,2:aa\n")
    assert load_uea(str(path))[1].tolist() == ["aa"]
    folder = tmp_path / "Set"
    folder.mkdir()
    for part in ("TRAIN", "TEST"):
        (folder / f"Set_{part}.ts").write_text(head() + "1,2:aa\n")
    assert len(load_uea(folder)[0]) == 2
    assert len(load_uea(f"{folder}", "test")[0]) == 1
    with pytest.raises(ValueError, match=r"split='test' is given, but .*Toy\.ts is one file"):
        load_uea(path, "test")
    with pytest.raises(FileNotFoundError, match=r"nowhere is neither a file nor a folder with nowhere_TRAIN\.ts"):
        load_uea(tmp_path / "nowhere")
    (tmp_path / "Empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"Empty is a folder without Empty_TRAIN\.ts"):
        load_uea(tmp_path / "Empty")


def test_files_without_labels(write):
    X, y = load_uea(write("@classLabel false\n@data\n1,2\n3,4\n"))
    assert y is None
    assert as_panel([[1.0, 2.0], [3.0, 4.0]]) == X
    X, y = load_uea(write("@timestamps true\n@classLabel false\n@data\n(0.5,1):(2,3)\n"))
    assert X.times.tolist() == [0.5, 2]
    assert X.n_channels == 2


def test_tables_of_the_ucr_archive(write):
    X, y = load_uea(write("1\t0.5\t1.5\tNaN\n-1\t2\tNaN\t4\n", "Toy_TRAIN.tsv"))
    assert y.tolist() == ["1", "-1"]
    assert X.lengths.tolist() == [2, 3]
    with pytest.raises(ValueError, match=r"Toy\.tsv, series 1: could not convert string to float: 'x'"):
        load_uea(write("1\t2\n1\tx\n", "Toy.tsv"))
    with pytest.raises(ValueError, match=r"Toy\.tsv, series 0: a label and values, separated by tabs, are expected"):
        load_uea(write("1,2,3\n", "Toy.tsv"))
