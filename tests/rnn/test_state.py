"""A network that goes on from a state says what it would say of the whole series."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed")

import torch

from skhippo import LagT
from skhippo.rnn import HiPPORNN, as_batch
from skhippo.rnn.module import INPUTS
from tests.rnn.cases import WALKING

NAN = np.nan
# Ends of the three parts of each series: parts are ragged, too.
CUTS = ((4, 6, 9), (1, 8, 9), (3, 4, 5))


def make_series(rng, start=0.0):
    """Irregular series with holes, one of whose channels is not observed at first."""
    series = []
    for _, _, end in CUTS:
        values = np.where(rng.random((2, end)) < 0.3, NAN, rng.normal(size=(2, end)))
        values[1, :2] = NAN
        series.append((start + np.cumsum(rng.exponential(size=end) + 0.05), values))
    return series


def parts(series):
    """Cut each series into its three parts."""
    begins = [(0, *cuts[:2]) for cuts in CUTS]
    for k in range(3):
        rows = zip(series, begins, CUTS, strict=True)
        yield [(times[begin[k] : cuts[k]], values[:, begin[k] : cuts[k]]) for (times, values), begin, cuts in rows]


def run(network, chunks):
    """Let a network go on from part to part; return its last outputs and state."""
    outputs = state = None
    for chunk in chunks:
        batch = as_batch(chunk, state=state)
        outputs, state = network.advance(batch._replace(values=batch.values.double()), state)
    return outputs, state


def make_network(cell, **options):
    inputs = ("values", "observed") if cell == "legs" else INPUTS
    options = {"hidden_size": 5, "order": 6, "theta": 4.0, "inputs": inputs} | options
    generator = torch.Generator().manual_seed(1)
    return HiPPORNN(2, 3, cell, generator=generator, **options).double().eval()


@pytest.mark.parametrize(
    ("cell", "discretization"),
    [
        *(pytest.param(*cell.values, "bilinear", marks=cell.marks) for cell in WALKING),
        ("legs", "hippo2020"),
        ("lagt", "backward"),
    ],
)
def test_parts_give_what_the_whole_gives(cell, discretization, rng):
    series = make_series(rng)
    network = make_network(cell, discretization=discretization)
    outputs, state = run(network, parts(series))
    whole = as_batch(series)
    expected = network(whole._replace(values=whole.values.double()))
    assert_allclose(outputs, expected.detach(), atol=1e-13, rtol=0)
    assert_allclose(state.time, [times[-1] - times[0] for times, _ in series], rtol=1e-14)
    assert state.n_times.tolist() == [9, 9, 5]


@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_every_pooling_goes_on(pooling, rng):
    series = make_series(rng)
    network = make_network("lmu", pooling=pooling)
    torch.nn.init.normal_(network.cell.encode.weight, std=0.3)
    whole = as_batch(series)
    outputs, _ = run(network, parts(series))
    assert_allclose(outputs, network(whole._replace(values=whole.values.double())).detach(), atol=1e-13, rtol=0)


def test_epoch_times_dates_and_sample_numbers_go_on(rng):
    network = make_network("lagt")
    values = rng.normal(size=(2, 8))
    hours = np.array([0, 1, 5, 6, 20, 21, 22, 30])
    dates = np.datetime64("2026-03-01T00:00") + hours.astype("timedelta64[h]")
    for times in (1.7e9 + 3600.0 * hours, dates):
        network = make_network("lagt", theta=4 * 3600.0)
        outputs, _ = run(network, [[(times[:3], values[:, :3])], [(times[3:], values[:, 3:])]])
        whole = as_batch([(times, values)])
        assert_allclose(outputs, network(whole._replace(values=whole.values.double())).detach(), atol=1e-12)
    network = make_network("lagt")
    outputs, _ = run(network, [values[None, :, :3], values[None, :, 3:]])
    whole = as_batch(values[None])
    assert_allclose(outputs, network(whole._replace(values=whole.values.double())).detach(), atol=1e-12)


def test_what_cannot_go_on_says_why(rng):
    series = make_series(rng)
    network = make_network("lagt")
    _, state = network.advance(as_batch(series))
    with pytest.raises(ValueError, match=r"series 0 goes on at 0, before its last observation at .*state=state"):
        network.advance(as_batch(series), state)
    with pytest.raises(ValueError, match="X has 1 series, the state is that of 3"):
        as_batch(series[:1], state=state)
    with pytest.raises(ValueError, match="the batch has 1 series with 2 channels, the state those of 3 series"):
        network.advance(as_batch(series[:1]), state)
    with pytest.raises(ValueError, match="does not say when its series began"):
        as_batch(series, state=state._replace(starts=None))
    with pytest.raises(ValueError, match="keep the coefficients of a stream with HiPPOMemory"):
        make_network("legs", feedback=False).advance(as_batch(series))
    with pytest.raises(ValueError, match="leave 'gaps' out of inputs"):
        make_network("legs", inputs=("values", "gaps")).advance(as_batch(series))


def test_a_measure_is_a_cell(rng):
    """A tilt of nearly 0 is the variant that the authors' code calls the most stable."""
    series = make_series(rng)
    network = make_network(LagT(3.0, beta=0.01), theta=None)
    assert network.cell.time_scale == 3.0
    whole = as_batch(series)
    outputs, _ = run(network, parts(series))
    assert_allclose(outputs, network(whole._replace(values=whole.values.double())).detach(), atol=1e-13, rtol=0)
    other = make_network("lagt", theta=3.0)
    assert (other(whole._replace(values=whole.values.double())) - outputs).abs().max() > 1e-3
