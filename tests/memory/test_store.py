"""Stores are replaced, never changed: interrupts, threads, and streams that come and go."""

import os
import sys
import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skhippo import HiPPOMemory
from tests.memory.conftest import fed, observations, same, unchanged

MEMORY = os.sep + os.path.join("skhippo", "memory") + os.sep
methods = pytest.mark.parametrize("method", ["projection", "recurrence"])


def interrupted(work, line):
    """Do some work, which is interrupted at a line of the package's `memory`, counted from 0; tell whether it was."""
    left = line

    def trace(frame, event, _):
        nonlocal left
        if MEMORY not in frame.f_code.co_filename:
            return None
        if event == "line":
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def state(memory):
    return {name: array.tobytes() for name, array in memory._store.arrays.items()}


@methods
@pytest.mark.parametrize("change", ["one", "chunk", "merge", "reset", "add", "drop"])
def test_an_interrupt_leaves_a_memory_as_it_was_or_as_it_would_be(measure, method, change, rng):
    values, times = observations(rng, k=24)
    memory = fed(values[:, :20], times[:, :20], measure=measure, order=4, method=method)
    changes = {
        "one": lambda m: m.update(values[:, 20], times[:, 20]),
        "chunk": lambda m: m.update(values[:, 20:], times[:, 20:]),
        "merge": lambda m: m.merge(later),
        "reset": lambda m: m.reset(1),
        "add": lambda m: m.add(),
        "drop": lambda m: m.drop(1),
    }
    if change == "merge":
        if method == "recurrence":
            pytest.skip("a recurrence cannot be merged")
        later = fed(values[:, 20:], times[:, 20:], measure=measure, order=4)
    work = changes[change]
    before, after = state(memory), state(work(memory.copy()))
    assert before != after
    line = 0
    while True:
        twin = memory.copy()
        stopped = interrupted(lambda twin=twin: work(twin), line)
        assert state(twin) in (before, after)
        if state(twin) == before:
            assert state(work(twin)) == after  # and it can be done again
        if not stopped:
            break
        line += 1
    assert line > 5


@methods
def test_updates_of_several_threads_are_all_there(measure, method):
    memory = HiPPOMemory(measure, 3, method=method)
    old, n_updates = sys.getswitchinterval(), 100
    sys.setswitchinterval(1e-6)

    def work():
        for _ in range(n_updates):
            memory.update([[1.0]])

    try:
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(old)
    assert memory.now == 3 * n_updates - 1
    assert memory.start == 0.0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_is_not_locked_out():
    memory = HiPPOMemory(order=2).update([[1.0]])
    held, done = threading.Event(), threading.Event()

    def hold():
        with memory._turn():
            held.set()
            done.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if child == 0:  # only what it says by its exit counts
        os._exit(int(memory.update([[2.0]]).now[0] != 1.0))
    done.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# ------------------------------------------------------------------ streams
@methods
@pytest.mark.parametrize("streams", [[2, 0], slice(1, None), [True, False, True], -1])
def test_streams_are_taken(measure, method, streams, rng):
    values, times = observations(rng)
    parameters = {"measure": measure, "order": 4, "method": method}
    memory = fed(values[:, :20], times[:, :20], range(20), **parameters)
    part, before = memory[streams], memory.copy()
    some = np.atleast_1d(np.arange(3)[streams])
    assert part.n_streams == some.size
    part.update(values[some, 20:], times[some, 20:])
    unchanged(memory, before)
    expected = fed(values[some], times[some], [*range(20), 20], **parameters)
    assert_allclose(part.coefficients, expected.coefficients, rtol=0, atol=1e-13)


@methods
@pytest.mark.parametrize("unit", [None, "ms"])
def test_events_of_single_streams_leave_the_others_as_they_are(measure, method, unit, rng):
    """Each stream is what it would be in a memory of its own, whatever the others do."""
    values, times = observations(rng, k=12)
    clock = times if unit is None else np.datetime64("2024-01-01", unit) + np.round(1000 * times).astype("m8[ms]")
    parameters = {"measure": measure, "order": 4, "method": method}
    memory = HiPPOMemory(stream_ids=list("abc"), channel_names=["x", "y"], **parameters)
    seen = np.zeros(3, dtype=int)
    while (seen < 12).any():
        some = rng.permutation(np.flatnonzero(seen < 12))[: rng.integers(1, 4)]
        memory.update(values[some, seen[some]], clock[some, seen[some]], streams=[memory.stream_ids[i] for i in some])
        seen[some] += 1
    expected = fed(values, times, range(12), **parameters).coefficients
    # dates count from the first observation of the stream, so the last digits of the intervals differ
    assert_allclose(memory.coefficients, expected, rtol=0, atol=1e-13 if unit is None else 0.05)
    assert_array_equal(memory.now, clock[:, -1])
    assert memory.stream_ids.tolist() == list("abc")
    assert memory.channel_names == ("x", "y")


def test_a_stream_that_is_chosen_has_the_name_that_it_has_in_the_memory():
    memory = HiPPOMemory(order=2, n_streams=3).update([[1.0]], 5.0, streams=2)
    before = memory.copy()
    with pytest.raises(ValueError, match=r"stream 2, position 0: the time 4.0 is not after 5.0"):
        memory.update([[1.0]], 4.0, streams=[2])
    with pytest.raises(ValueError, match=r"stream 1, channel 0, position 0 holds inf"):
        memory.update([[1.0], [np.inf]], 6.0, streams=slice(None, 2))
    with pytest.raises(ValueError, match=r"values has shape \(2, 1\): \(n_streams, n_channels\) = \(1, 1\)"):
        memory.update([[1.0], [1.0]], 6.0, streams=1)
    with pytest.raises(ValueError, match=r"stream 2 is chosen more than once, but it has one row: pass a chunk"):
        memory.update([[1.0], [1.0]], 6.0, streams=[2, 2])
    with pytest.raises(KeyError, match=r"'b'"):
        memory.update([[1.0]], 6.0, streams="b")
    unchanged(memory, before)
    chunk = memory.update([[[1.0], [3.0]]], [0.0, 2.0], streams=[False, True, False])
    assert_allclose(chunk[1].coefficients, HiPPOMemory(order=2).update([[[1.0], [3.0]]], [0.0, 2.0]).coefficients)


@methods
@pytest.mark.parametrize("unit", [None, "ms"])
def test_streams_come_and_go(measure, method, unit, rng):
    """Each stream knows what it has seen since it came, or since it was reset."""
    values, times = observations(rng, k=30, n_streams=5)
    clock = times if unit is None else np.datetime64("2024-01-01", unit) + np.round(1000 * times).astype("m8[ms]")
    memory = HiPPOMemory(measure, 4, n_streams=3, n_channels=2, method=method)
    for k in range(10):
        memory.update(values[:3, k], clock[:3, k])
    memory.add(2)
    assert np.isnan(memory.coefficients[3:]).all()
    for k in range(10, 15):
        memory.update(values[:, k], clock[:, k])
    memory.reset([1, 3])
    memory.update(values[:, 15:20], clock[:, 15:20])
    memory.drop(0)
    memory.update(values[1:, 20:], clock[1:, 20:])
    assert memory.n_streams == 4
    assert_array_equal(memory.now, clock[1:, -1])
    for stream, begin in enumerate([15, 0, 15, 10]):
        own = stream + 1
        alone = fed(
            values[[own], begin:], clock[[own], begin:], range(30 - begin), measure=measure, order=4, method=method
        )
        assert_allclose(memory.coefficients[[stream]], alone.coefficients, rtol=0, atol=1e-12)
        assert_array_equal(memory.start[stream], alone.start[0])


def test_streams_of_several_memories(measure, duplicate, rng):
    values, times = observations(rng, k=30, n_streams=4)
    ready = [
        fed(values[i : i + 1, a:], times[i : i + 1, a:], measure=measure, order=4) for i, a in enumerate([0, 9, 3])
    ]
    empty = HiPPOMemory(measure, 4, n_channels=2)
    memory = duplicate(HiPPOMemory.concatenate([*ready, empty]))
    for i in range(3):
        assert_allclose(memory.coefficients[i], ready[i].coefficients[0], rtol=0, atol=1e-14)
    later, after = observations(rng, k=5, n_streams=4)
    memory.update(later, after + times[:, -1:])
    same(memory[3], later[3:], (after + times[:, -1:])[3:])
    whole = np.append(values[:1], later[:1], axis=1), np.append(times[:1], (after + times[:, -1:])[:1], axis=1)
    same(memory[0], *whole)


def test_memories_merge_where_streams_have_seen_nothing(measure, rng):
    values, times = observations(rng, k=20, missing=0.0)
    first = fed(values[:, :10], times[:, :10], measure=measure, order=4).reset(0)
    later = fed(values[:, 10:], times[:, 10:], measure=measure, order=4).reset(1)
    merged = first.copy().merge(later)
    same(merged[0], values[:1, 10:], times[:1, 10:])
    same(merged[1], values[1:2, :10], times[1:2, :10])
    same(merged[2], values[2:], times[2:])
    merged.update(values[:, 0], times[:, -1] + 1.0)
    again, then = np.append(values[1:2, :10], values[1:2, :1], axis=1), times[1:2, -1:] + 1.0
    same(merged[1], again, np.append(times[1:2, :10], then, axis=1))


def test_the_clock_of_a_reset_memory_is_free():
    memory = HiPPOMemory(order=2).update([[1.0]], np.datetime64("2100-01-01"))
    with pytest.raises(TypeError, match="the update has numbers as times, this memory has naive dates"):
        memory.update([[1.0]], 1.0)
    assert memory.reset().update([[1.0]], 1.0).now == 1.0


@pytest.mark.parametrize(
    ("streams", "message"),
    [
        (3, "there is no stream 3: the memory has streams 0 to 2"),
        ([0, -4], "there is no stream -4"),
        ([True, False], r"the mask has shape \(2,\): \(3,\), one truth value per stream, is expected"),
        ([0.5], "streams has dtype float64: integers, a slice, a mask or ids"),
        ([None], "streams has dtype object"),
        ([], "no stream is chosen"),
        (slice(3, None), "no stream is chosen"),
    ],
)
def test_streams_that_are_not_there(streams, message):
    memory = HiPPOMemory(order=2, n_streams=3)
    for choose in (memory.take, memory.drop, memory.reset):
        with pytest.raises(IndexError, match=message):
            choose(streams)


def test_what_cannot_be_done_with_streams():
    with pytest.raises(IndexError, match="all 3 streams would be dropped"):
        HiPPOMemory(n_streams=3).drop(slice(None))
    with pytest.raises(ValueError, match="n_streams must be at least 1, got 0"):
        HiPPOMemory().add(0)
    with pytest.raises(ValueError, match="order=4 in this memory, 5 in the other one: the same is expected"):
        HiPPOMemory.concatenate([HiPPOMemory(order=4), HiPPOMemory(order=5, n_streams=2)])
    with pytest.raises(TypeError, match="other is of type int"):
        HiPPOMemory.concatenate([HiPPOMemory(), 3])
    with pytest.raises(ValueError, match="there is no memory to concatenate"):
        HiPPOMemory.concatenate([])
    numbers, dates = HiPPOMemory().update([[1.0]], 0.0), HiPPOMemory().update([[1.0]], np.datetime64("2024-01-01"))
    with pytest.raises(TypeError, match="memory 2 has naive dates as times, memory 1 has numbers"):
        HiPPOMemory.concatenate([HiPPOMemory(), numbers, dates])
