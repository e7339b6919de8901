"""Windows are projections; positions in gaps do not count."""

from itertools import pairwise

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOScatteringTransformer, LegT, as_panel
from skhippo.scattering import kernels
from skhippo.scattering.blocks import N_HERE, N_SERIES, POSITIONS, plan
from skhippo.scattering.windows import Windows, polynomials_at, take_samples
from tests import naive
from tests.scattering.conftest import parts, ragged


@pytest.mark.parametrize("hold", ["linear", "previous"])
@pytest.mark.parametrize("relative", [True, False])
@pytest.mark.parametrize("order", [1, 2, 5, 8])
def test_windows_are_projections(hold, relative, order):
    X = ragged(4)
    transformer = HiPPOScatteringTransformer(order, n_windows=3, coverage=False, hold=hold, relative=relative).fit(X)
    for i, (times, values) in enumerate(X):
        sliding = transformer._windows(as_panel(X[i : i + 1]))
        start, cell, number = (column[0] for column in sliding.positions)
        windows = sliding.sample(int(number))[..., 0, :]
        assert windows.shape[-1] == number
        for c, j, p in [(0, 0, 0), (0, 1, int(number) - 1), (1, 2, int(number) // 3), (1, 1, 5 % int(number))]:
            length = cell * transformer.n_positions_ / 2**j
            now = start + (p + 0.5) * cell + length / 2
            scaled = (values[c] - transformer.plain_.center_[c]) / transformer.plain_.scale_[c]
            expected = naive.project(times, scaled, LegT(length), order, hold, now)
            assert_allclose(windows[c, j, :, p], expected, atol=1e-12)


@pytest.mark.parametrize("hold", ["linear", "previous"])
def test_the_windows_of_a_channel_do_not_depend_on_the_others(hold, rng):
    values = rng.normal(size=(9, 30))  # several channels without missing values, between some with
    values[[0, 3, 6], 5:20:3] = np.nan
    values[8] = np.nan
    times = np.sort(rng.uniform(0, 3, 30))
    transformer = HiPPOScatteringTransformer(3, n_windows=4, hold=hold).fit([(times, np.nan_to_num(values) + times)])
    sliding = transformer._windows(as_panel([(times, values)]))
    together = sliding.sample(transformer.n_positions_)
    for c in range(9):
        one = sliding._replace(panel=as_panel([(times, values[[c]])]), scaling=sliding.scaling[:, c : c + 1])
        assert_array_equal(together[c], one.sample(transformer.n_positions_)[0])


def test_positions_in_gaps_do_not_count():
    t = np.arange(0.0, 10.001, 0.02)
    whole, holed = ((t[keep], np.sin(20 * t[keep])) for keep in (t >= 0, (t < 4) | (t > 8)))
    transformer = HiPPOScatteringTransformer(n_windows=4).fit([whole])
    above, *_ = parts(transformer, transformer.transform([whole, holed]))
    sliding = transformer._windows(as_panel([holed]))._replace(gaps=False)
    n = transformer.n_positions_
    windows = sliding.sample(n)[0, 3, :, 0]
    centre = (np.arange(n) + 0.5) * 10 / n
    missing = np.clip(np.minimum(centre + 0.625, 8.02) - np.maximum(centre - 0.625, 3.98), 0, None) / 1.25
    counted = windows[:, missing < 0.5]
    assert 0.5 * n < counted.shape[1] < 0.8 * n
    expected = (counted[..., None] > transformer.thresholds_[0, 3, :, None]).mean(axis=1)
    assert_allclose(above[1, 0, 3], expected, atol=1e-6)
    # A gap that counted would say that the signal is flat there.
    flat = HiPPOScatteringTransformer(n_windows=4, coverage=False).fit([whole])
    without, *_ = parts(flat, flat.transform([whole, holed]))
    assert np.abs(without[1] - without[0])[0, 3].mean() > 1.2 * np.abs(above[1] - above[0])[0, 3].mean()


def test_a_series_of_gaps_alone_counts_whole():
    t = np.array([0.0, 0.01, 0.02, 0.03, 10.0])
    transformer = HiPPOScatteringTransformer(n_windows=1).fit([(t, np.arange(5.0))])
    bare = HiPPOScatteringTransformer(n_windows=1, coverage=False).fit([(t, np.arange(5.0))])
    for learned in ("thresholds_", "factors_", "combination_thresholds_", "patterns_"):
        setattr(transformer, learned, getattr(bare, learned))
    assert_allclose(transformer.transform([(t, np.arange(5.0))]), bare.transform([(t, np.arange(5.0))]), atol=1e-6)


def test_a_gap_is_relative_to_the_channels_own_sampling():
    rng = np.random.default_rng(0)
    X = np.cumsum(rng.normal(size=(4, 1, 200)), axis=2)
    thinned = X.copy()
    thinned[:, :, np.arange(200) % 4 > 0] = np.nan  # every fourth observation: no gaps
    both = [HiPPOScatteringTransformer(coverage=c).fit(X).transform(thinned) for c in (True, False)]
    assert_array_equal(*both)


def test_intervals_between_random_times_are_no_gaps():
    rng = np.random.default_rng(0)
    lengths = np.repeat([20, 100, 1000], 200)
    places = rng.exponential(size=lengths.sum()).cumsum()
    offsets, values = np.r_[0, lengths.cumsum()], np.ones((places.size, 1))
    seen, numbers, limit = np.empty((1, 2, places.size)), np.empty((600, 1), int), np.empty((600, 1))
    kernels.gather(places, values, offsets, True, np.empty(1000), seen, numbers, limit)
    assert_array_equal(numbers[:, 0], lengths)
    longest = [np.diff(places[begin:end]).max() for begin, end in pairwise(offsets)]
    share = np.reshape(np.greater(longest, limit[:, 0]), (3, 200)).mean(axis=1)
    assert (share < 0.15).all()
    assert share[2] > 0.01  # the limit is not far above them


def test_series_too_long_for_absolute_windows():
    X = [(np.array([0.0, 1.0]), np.array([1.0, 2.0]))]
    transformer = HiPPOScatteringTransformer(relative=False).fit(X)
    with pytest.raises(ValueError, match=r"series 0 lasts 1e\+09 times as long .* use relative=True"):
        transformer.transform([(np.array([0.0, 1e9]), np.array([1.0, 2.0]))])


@pytest.mark.compiled
@pytest.mark.parametrize("n_channels", [1, 3])
def test_kernels_are_compiled_once_whatever_the_number_of_channels(n_channels, rng, tmp_path):
    X = [(np.arange(20.0), rng.normal(size=(n_channels, 20))) for _ in range(3)]
    transformer = HiPPOScatteringTransformer(2, n_windows=2, n_combinations=4, n_groups=2).fit(X)
    expected = transformer.transform(X[:1])
    joblib.dump(transformer, tmp_path / "model")
    mapped = joblib.load(tmp_path / "model", mmap_mode="r")  # as in the processes of joblib
    assert not mapped.thresholds_.flags.writeable
    assert_array_equal(mapped.transform(X[:1]), expected)
    arrays = transformer._windows(as_panel(X))._observed(np.arange(3))
    assert all(array.flags.c_contiguous for array in arrays)
    for name in kernels.__all__:
        assert len(getattr(kernels, name)._compiled.signatures) <= 1


def test_a_sample_larger_than_the_machine_is_refused(monkeypatch, rng):
    monkeypatch.setattr("skhippo._support.allocation._memory", lambda: 250_000)
    with pytest.raises(MemoryError, match=r"a sample of windows takes 2 copies x .* lower order or n_windows"):
        HiPPOScatteringTransformer(order=1000, n_windows=3, n_combinations=8).fit(rng.normal(size=(2, 200)))


def test_samples_are_found_where_the_windows_are():
    numbers = [3, 3, 600]
    blocks = plan(np.array(numbers), 512)
    paths = np.full((len(blocks.blocks), 2 * POSITIONS), np.nan)  # two coefficients of one window
    counts = np.zeros((len(blocks.blocks), POSITIONS))
    whole = np.zeros((len(blocks.blocks), 1, POSITIONS), bool)
    for series, first, number, begin, place in blocks.pieces.tolist():
        for position in range(first, first + number):
            block, q = begin + (position - first) // POSITIONS, place + (position - first) % POSITIONS
            width = blocks.blocks[block, N_SERIES] * blocks.blocks[block, N_HERE]
            for m in range(2):
                paths[block, m * width + q] = 10_000 * series + 10 * position + m
            counts[block, q] = 1.0 if position != 2 else 1e-15
        whole[begin:] = first > 1  # of the first blocks of each series, one position does not count
    places = np.array([[0, 1], [1, 2], [3, 599]])
    out = np.full((2, 4, 2), np.nan)
    for chunk in blocks.chunks(2):
        first = int(np.flatnonzero((blocks.blocks == chunk.blocks[0]).all(axis=1))[0])
        here = slice(first, first + len(chunk.blocks))
        take_samples(Windows(paths[here], counts[here], whole[here]), chunk.blocks, places, out[:, 1:])
    expected = 10_000 * np.arange(3)[:, None] + 10 * (places + 1) + np.arange(2)[:, None, None]
    assert_array_equal(out[:, 1:], np.where(places == 1, np.nan, expected))


def test_polynomials_at_positions_are_those_over_the_domain():
    blocks = plan(np.array([600]), 512).blocks
    polynomials = polynomials_at(blocks, 3)
    positions = np.concatenate([polynomials[k, :, : blocks[k, N_HERE]] for k in range(len(blocks))], axis=1)
    x = 2 * (np.arange(600) + 0.5) / 600 - 1
    expected = [np.ones(600), np.sqrt(3) * x, np.sqrt(5) * (1.5 * x**2 - 0.5)]
    assert_allclose(positions, expected, atol=1e-12)
    assert polynomials_at(blocks, 0).shape == (3, 0, POSITIONS)
