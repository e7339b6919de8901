"""Blocks hold every position once, side by side only for neighbours of equal length."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo.scattering.blocks import BLOCK, POSITIONS, Blocks, plan

NUMBERS = {
    "equal": [32] * 20,
    "ragged": [4, 4, 7, 4, 256, 256, 1, 1, 129, 128, 128, 128],
    "long": [20, 257, 20, 1100, 1100, 5],
}


def positions(blocks):
    """The (block, place) of each position, as a dictionary with keys (series, position), from the pieces."""
    found = {}
    for series, first, number, block, place in blocks.pieces.tolist():
        for q in range(number):
            found[series, first + q] = block + q // POSITIONS, place + q % POSITIONS
    return found


@pytest.mark.parametrize("numbers", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("longest", [256, 512])
def test_every_position_has_a_place_of_its_own(numbers, longest):
    blocks = plan(np.array(numbers), longest)
    places = positions(blocks)
    assert set(places) == {(i, p + 1) for i, n in enumerate(numbers) for p in range(n)}
    assert len(set(places.values())) == len(places)
    expected = {}
    for b, (series, n_series, number, first, total) in enumerate(blocks.blocks.tolist()):
        assert n_series * number <= POSITIONS
        for s in range(n_series):
            assert numbers[series + s] == total
            expected |= {(series + s, first + p): (b, s * number + p) for p in range(number)}
    assert places == expected


def test_short_series_share_blocks():
    assert len(plan(np.full(16, 32), 256).blocks) == 2
    assert len(plan(np.array([32, 32, 31, 32]), 256).blocks) == 3


@pytest.mark.parametrize("numbers", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("room", [2, 3, 100])
def test_chunks_are_consecutive_and_renumbered(numbers, room):
    whole = plan(np.array(numbers), 512)
    chunks = list(whole.chunks(room))
    assert all(0 < len(chunk.blocks) <= room and chunk.pieces[0, BLOCK] == 0 for chunk in chunks)
    assert_array_equal(np.concatenate([chunk.blocks for chunk in chunks]), whole.blocks)
    before = np.cumsum([0, *(len(chunk.blocks) for chunk in chunks)])
    pieces = [chunk.pieces + np.array([0, 0, 0, b, 0]) for chunk, b in zip(chunks, before[:-1], strict=True)]
    assert_array_equal(np.concatenate(pieces), whole.pieces)


def test_no_series_need_no_blocks():
    nothing = plan(np.array([], dtype=int), 256)
    assert nothing.pieces.shape == nothing.blocks.shape == (0, 5)
    assert list(nothing.chunks(1)) == []
    assert isinstance(nothing, Blocks)
