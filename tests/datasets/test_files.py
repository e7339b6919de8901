"""The suffix of a file names its reader."""

import pytest

from skhippo.datasets import load_uea
from skhippo.datasets.files import READERS


def test_other_suffixes_are_refused(tmp_path):
    path = tmp_path / "Toy.csv"
    path.write_text("1,2")
    with pytest.raises(ValueError, match=r"Toy\.csv has the suffix '\.csv': one of \.ts, \.tsv, \.arff is expected"):
        load_uea(path)


def test_the_same_series_in_every_format(tmp_path):
    texts = {
        ".ts": "@classLabel true 1 2\n@equalLength false\n@data\n1.5,?,3:1\n1,2:2\n",
        ".tsv": "1\t1.5\tNaN\t3\n2\t1\t2\tNaN\n",
        ".arff": "@relation Toy\n@attribute a numeric\n@attribute b numeric\n@attribute c numeric\n"
        "@attribute target {1,2}\n@data\n1.5,?,3,1\n1,2,?,2\n",
    }
    assert set(texts) == set(READERS)
    read = []
    for suffix, text in texts.items():
        path = tmp_path / f"Toy{suffix}"
        path.write_text(text)
        read.append(load_uea(path))
    for X, y in read:
        assert read[0][0] == X
        assert y.tolist() == ["1", "2"]
