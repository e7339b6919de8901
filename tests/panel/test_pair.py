"""The pair (times, values) of one series, and what it remembers of its panel."""

import copy
import pickle

import numpy as np
import pytest

from skhippo import Panel, as_panel
from skhippo.panel.pair import Pair


@pytest.fixture
def pair():
    days = np.array(["2024-01-01", "2024-01-03"], "M8[D]")
    return Panel([[1.0], [2.0]], days, channel_names=["hr"], series_ids=["a"])[0]


def test_a_pair_is_a_tuple_that_knows_its_series(pair):
    times, values = pair
    assert values.tolist() == [[1.0, 2.0]]
    assert (pair.id, pair.channel_names, pair.time_kind) == ("a", ("hr",), "naive dates")
    assert np.array_equal(times, np.array(["2024-01-01", "2024-01-03"], "M8[D]"))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_copies_know_it_as_well(pair, duplicate):
    again = duplicate(pair)
    assert type(again) is Pair
    assert (again.id, again.channel_names, again.time_kind) == (pair.id, pair.channel_names, pair.time_kind)
    assert as_panel([again]) == as_panel([pair])
    assert as_panel([again]).series_ids.tolist() == ["a"]


def test_what_is_made_of_its_items_is_a_plain_tuple(pair):
    """Dask makes tuples anew from their items."""
    again = type(pair)(list(pair))
    assert type(again) is tuple
    assert again[1] is pair[1]
