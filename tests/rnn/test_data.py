"""From panels to tensors: what a network sees of a series is that series, held and scaled, and nothing else."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo import LegS, LegT, project
from skhippo.rnn import Batch, Preparation, Scaling, as_batch, collate
from skhippo.rnn.data import batches_by_length, shuffled_batches
from tests.rnn.cases import panel_for_training


def naive(times, values, scaling, length):
    """One series as the network should see it, number by number."""
    n_channels = len(values)
    seen, observed, clock = np.zeros((length, n_channels)), np.zeros((length, n_channels), bool), np.zeros(length)
    for c in range(n_channels):
        last = 0.0
        for k in range(len(times)):
            if not np.isnan(values[c, k]):
                pulled_in = np.arcsinh((values[c, k] - scaling.median[c]) / scaling.spread[c])
                last = (pulled_in - scaling.center[c]) / scaling.scale[c]
                observed[k, c] = True
            seen[k, c] = last
    for k in range(length):
        clock[k] = times[min(k, len(times) - 1)] - times[0]
    return seen, observed, clock


# ------------------------------------------------------------------ preparation
def test_batches_hold_what_the_naive_version_says(rng):
    panel = panel_for_training(rng)
    preparation = Preparation.learn(panel)
    for rows in ([0], [3, 1, 7], list(range(12))):
        batch = preparation(panel, torch.float64).batch(torch.tensor(rows))
        length = max(panel.lengths[rows])
        assert_array_equal(batch.lengths, panel.lengths[rows])
        for place, row in enumerate(rows):
            times, values = panel[row]
            seen, observed, clock = naive(times, values, preparation.scaling, length)
            assert_allclose(batch.values[place], seen, atol=1e-12)
            assert_array_equal(batch.observed[place], observed)
            assert_array_equal(batch.times[place], clock)


# ------------------------------------------------------------------ coefficients
@pytest.mark.parametrize("measure", [LegS(), LegT(3.0)], ids=repr)
def test_coefficients_are_projections_of_the_scaled_channels(measure, rng):
    panel = panel_for_training(rng)
    learned = Scaling.learn(panel)
    preparation = Preparation(learned, measure, 5)
    batch = preparation(panel, torch.float64).batch(torch.tensor([7, 0]))
    scaled = [(times, learned(values.T).T) for times, values in panel]
    expected = project([scaled[7], scaled[0]], measure, 5)
    assert_allclose(batch.coefficients[:, 0], expected, atol=1e-12)
    # Of the observations only the last is kept: with a memory of all of them no more are needed.
    assert_array_equal(batch.lengths, 1)
    last = [values[:, -1] for _, values in (scaled[7], scaled[0])]
    assert_allclose(batch.values[0, 0][~np.isnan(last[0])], last[0][~np.isnan(last[0])], atol=1e-12)


@pytest.mark.parametrize(("measure", "unit"), [(LegS(), None), (LegT(3.0), 3.0)])
def test_coefficients_of_patterns_and_gaps(measure, unit, rng):
    panel = panel_for_training(rng)
    learned = Scaling.learn(panel)
    order = ("gaps", "values", "observed")
    batch = as_batch(panel, Preparation(learned, measure, 4, order))
    for row in (0, 1, 5):
        times, values = panel[row]
        gaps = np.zeros_like(values)
        for c, k in np.ndindex(values.shape):
            before = [j for j in range(k + 1) if not np.isnan(values[c, j])]
            gaps[c, k] = times[k] - times[before[-1] if before else 0]
        mean = np.diff(times).mean() if len(times) > 1 else 1.0
        signals = np.vstack([np.log1p(gaps / (unit or mean)), learned(values.T).T])
        signals = np.vstack([signals, ~np.isnan(values)])
        expected = np.nan_to_num(project([(times, signals)], measure, 4))[0]
        assert_allclose(batch.coefficients[row, 0], expected, atol=1e-5)


def test_coefficients_of_a_channel_that_was_never_observed_are_those_of_the_mean(rng):
    panel = panel_for_training(rng)
    learned = Scaling.learn(panel)
    batch = as_batch(panel, Preparation(learned, LegS(), 4))
    assert_array_equal(batch.coefficients[1, :, 0], 0.0)
    assert batch.coefficients.isfinite().all()


# ------------------------------------------------------------------ batches
@pytest.mark.parametrize(("n", "size"), [(1, 4), (10, 64), (130, 64), (1000, 7)])
def test_each_series_is_in_one_batch(n, size, rng):
    lengths = torch.from_numpy(rng.integers(1, 50, n))
    for batches in (
        shuffled_batches(lengths, size, torch.Generator().manual_seed(0)),
        batches_by_length(lengths, size),
    ):
        assert_array_equal(np.sort(torch.cat(batches)), np.arange(n))
        assert max(map(len, batches)) <= size
    sizes = {len(batch) for batch in shuffled_batches(lengths, size, torch.Generator().manual_seed(0))}
    assert max(sizes) - min(sizes) <= 1


def test_batches_have_series_of_like_length_in_random_order(rng):
    lengths = torch.from_numpy(rng.integers(1, 1000, 640))
    batches = shuffled_batches(lengths, 32, torch.Generator().manual_seed(0))
    padded = sum(len(rows) * int(lengths[rows].max()) for rows in batches)
    assert padded < 1.1 * int(lengths.sum())
    naive_padding = sum(32 * int(part.max()) for part in torch.split(lengths, 32))
    assert naive_padding > 1.7 * int(lengths.sum())  # what it would be without
    means = [float(lengths[rows].double().mean()) for rows in batches]
    assert sorted(means) not in (means, means[::-1])
    again = shuffled_batches(lengths, 32, torch.Generator().manual_seed(0))
    other = shuffled_batches(lengths, 32, torch.Generator().manual_seed(1))
    assert all(torch.equal(a, b) for a, b in zip(batches, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(batches, other, strict=True))


def test_series_of_one_length_are_mixed_from_epoch_to_epoch():
    lengths = torch.full((64,), 9)
    generator = torch.Generator().manual_seed(0)
    first, second = (shuffled_batches(lengths, 32, generator) for _ in range(2))
    assert 4 < len(set(first[0].tolist()) & set(second[0].tolist())) < 28


# ------------------------------------------------------------------ for other training loops
def test_collate_is_a_collate_fn(rng):
    panel = panel_for_training(rng)
    preparation = Preparation.learn(panel)
    samples = [(panel[i], i % 2) for i in range(6)]
    loader = torch.utils.data.DataLoader(samples, 6, collate_fn=lambda s: collate(s, preparation))
    batch, labels = next(iter(loader))
    assert isinstance(batch, Batch)
    assert labels.tolist() == [0, 1, 0, 1, 0, 1]
    assert torch.equal(batch.values, as_batch(panel[:6], preparation).values)


def test_targets_of_a_regression_are_not_rounded():
    """They were made integers."""
    series = ([0.0, 1.0], [1.0, 2.0])
    assert collate([(series, 0.7), (series, np.float64(1.5))])[1].tolist() == pytest.approx([0.7, 1.5])
    assert collate([(series, [0.5, 2.0])])[1].dtype == torch.float32
    assert collate([(series, torch.tensor(2)), (series, True)])[1].tolist() == [2, 1]
    with pytest.raises(TypeError, match=r"the labels are of type <U4, such as 'fast': numbers are expected"):
        collate([(series, "fast"), (series, "slow")])
