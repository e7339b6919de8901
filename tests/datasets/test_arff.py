"""The .arff format of Weka."""

import numpy as np
import pytest

from skhippo.datasets import load_uea

HEAD = "% a comment\n@relation Toy\n"
RELATION = "@attribute channels relational\n@attribute t0 numeric\n@attribute t1 numeric\n@end channels\n"


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "Toy.arff"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_relations_have_channels_as_rows(write):
    X, y = load_uea(write(HEAD + RELATION + '@attribute c {Up,down}\n@data\n"1,?\\n3,4",Up\n"5,?\\n7,?",down\n'))
    assert y.tolist() == ["Up", "down"]
    assert X.lengths.tolist() == [2, 1]
    np.testing.assert_array_equal(X[0][1], [[1, np.nan], [3, 4]])
    np.testing.assert_array_equal(X[1][1], [[5], [7]])


def test_targets_of_regression_and_files_without_labels(write):
    numeric = HEAD + "@attribute a numeric\n@attribute b numeric\n"
    X, y = load_uea(write(numeric + "@attribute target numeric\n@data\n1,2,0.5\n"))
    assert y.tolist() == [0.5]
    assert X.lengths.tolist() == [2]
    X, y = load_uea(write(numeric + "@data\n1,2\n"))
    assert y is None
    assert X.lengths.tolist() == [2]


def test_broken_files_are_named(write):
    with pytest.raises(ValueError, match=r"Toy\.arff cannot be read as an \.arff file"):
        load_uea(write(HEAD + "@attribute a strange\n@data\n1\n"))
    with pytest.raises(ValueError, match=r"Toy\.arff has no series after '@data'"):
        load_uea(write(HEAD + "@attribute a numeric\n@data\n"))
    with pytest.raises(ValueError, match=r"one relation of them, are expected before the label; 'n' is nominal"):
        load_uea(write(HEAD + "@attribute n {u,v}\n@attribute a numeric\n@attribute c {1,2}\n@data\nu,1,2\n"))
    with pytest.raises(ValueError, match="before the label; there is none"):
        load_uea(write(HEAD + "@attribute c {1,2}\n@data\n1\n"))
