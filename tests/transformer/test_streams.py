"""A memory in place of series: features and predictions of what it has seen."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skhippo import AugmentedClassifier, HiPPOMemory, HiPPOTransformer, Panel
from tests.transformer.conftest import swings


@pytest.mark.parametrize("measure", ["legs", "legt", "lagt", "fout", "chebt"])
@pytest.mark.parametrize("method", ["projection", "recurrence"])
def test_features_of_a_memory_are_those_of_its_series(measure, method):
    X, _ = swings(8)
    transformer = HiPPOTransformer(measure, 5, method=method, handle_empty="zero").fit(X)
    order = 5 if method == "recurrence" else 9  # of a projection the first coefficients do not depend on the rest
    memory = HiPPOMemory.from_panel(X, transformer.measure_, order, method=method)
    assert_allclose(transformer.transform(memory), transformer.transform(X), rtol=1e-9, atol=1e-9)


def test_a_pipeline_predicts_of_streams_that_go_on():
    X, y = swings(20)
    memory = HiPPOMemory.from_panel([(times[:8], values[:, :8]) for times, values in X])
    memory.merge(HiPPOMemory.from_panel([(times[8:], values[:, 8:]) for times, values in X]))
    pipeline = make_pipeline(HiPPOTransformer(order=6), LogisticRegression())
    for model in (pipeline.fit(X, y), AugmentedClassifier(pipeline, ()).fit(X, y)):
        assert_allclose(model.predict_proba(memory), model.predict_proba(X), rtol=1e-9)


def test_dates_of_a_memory():
    days = np.datetime64("2024-01-01") + np.arange(9)
    X = [(days, np.sin(np.arange(9.0) + k)) for k in range(3)]
    transformer = HiPPOTransformer("legt", order=4).fit(X)
    memory = HiPPOMemory.from_panel(X, transformer.measure_, 4)
    assert_allclose(transformer.transform(memory), transformer.transform(X), rtol=1e-9, atol=1e-12)
    numbers = HiPPOMemory.from_panel([x for _, x in X], transformer.measure_, 4)
    with pytest.raises(TypeError, match=r"the times of the memory are numbers, but .* were naive dates"):
        transformer.transform(numbers)


@pytest.mark.parametrize(
    ("parameters", "memory", "match"),
    [
        ({}, {"order": 3}, "the memory has order=3, the transformer 4: at least that is expected"),
        (
            {},
            {"measure": "lagt", "theta": 1.0},
            r"the memory has measure=LagT\(.*, the transformer LegS\(\): .* measure_",
        ),
        ({}, {"hold": "previous"}, "the memory has hold='previous', the transformer 'linear'"),
        ({}, {"method": "recurrence"}, "the memory has method='recurrence', the transformer 'projection'"),
        ({"hold": "previous"}, {"hold": "previous"}, "a memory does not know the mean step; use hold='linear'"),
        ({"n_windows": 2}, {}, "a memory has the coefficients of one window"),
        ({"add_indicator": True}, {}, "add_indicator=True: a memory does not keep"),
        ({"add_duration": True}, {}, "add_duration=True: a memory does not keep"),
        ({"output": "sequence"}, {}, "output='sequence': a memory does not keep"),
    ],
)
def test_memories_of_something_else_are_refused(parameters, memory, match):
    X = [np.sin(np.arange(9.0) + k) for k in range(3)]
    transformer = HiPPOTransformer(order=4, **parameters).fit(X)
    with pytest.raises(ValueError, match=match):
        transformer.transform(HiPPOMemory.from_panel(X, **{"order": 4, **memory}))


def test_other_channels_and_empty_streams_are_refused():
    X = [np.sin(np.arange(9.0) + k) for k in range(3)]
    transformer = HiPPOTransformer(order=4).fit(X)
    with pytest.raises(ValueError, match="the memory has n_channels=2, the transformer 1"):
        transformer.transform(HiPPOMemory(order=4, n_channels=2))
    with pytest.raises(ValueError, match="stream 0 of the memory has no observation yet"):
        transformer.transform(HiPPOMemory(order=4))


def test_channels_of_a_memory_in_another_order_are_refused():
    pd = pytest.importorskip("pandas")
    frames = [pd.DataFrame({"hr": [1.0, 2.0 + i], "bp": [3.0, 4.0]}) for i in range(3)]
    transformer = HiPPOTransformer(order=2).fit(frames)
    memory = HiPPOMemory.from_panel(frames, order=2)
    assert_allclose(transformer.transform(memory), transformer.transform(frames), rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="of this memory are 'bp', 'hr', those of the training series 'hr', 'bp'"):
        transformer.transform(HiPPOMemory.from_panel([frame[["bp", "hr"]] for frame in frames], order=2))


def test_ids_of_streams_are_the_index_of_features():
    pd = pytest.importorskip("pandas")
    values = np.random.default_rng(0).normal(size=(3, 1, 5))
    panel = Panel(values.reshape(15, 1), offsets=[0, 5, 10, 15], series_ids=["c", "a", "b"])
    transformer = HiPPOTransformer(order=2).fit(panel)
    plain = transformer.transform(HiPPOMemory.from_panel(panel, order=2))
    assert isinstance(plain, np.ndarray)
    transformer.set_output(transform="pandas")
    memory = HiPPOMemory.from_panel(panel, order=2)
    pd.testing.assert_frame_equal(transformer.transform(memory), transformer.transform(panel))
    chosen = transformer.transform(memory[["b", "c"]])
    assert chosen.index.tolist() == ["b", "c"]
    np.testing.assert_array_equal(chosen.to_numpy(), plain[[2, 0]])
    memory.stream_ids = None
    assert transformer.transform(memory).index.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match=r"stream 3 \(id 'd'\) of the memory has no observation yet"):
        transformer.transform(HiPPOMemory.from_panel(panel, order=2).add(stream_ids=["d"]))
