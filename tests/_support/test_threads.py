"""Work in threads: order, errors, joblib's contexts."""

import itertools
import threading

import joblib
import pytest

from skhippo._support import threads


@pytest.mark.parametrize("n_jobs", [None, 1, 2, 3, -1])
def test_results_are_collected_in_order(n_jobs):
    collected, busy = [], threading.Lock()

    def collect(result):
        assert busy.acquire(blocking=False)  # never twice at once
        collected.append(result)
        busy.release()

    def work(item):
        if item % 7 == 0:
            threading.Event().wait(0.002)
        return -item

    threads.run(work, iter(range(100)), n_jobs, collect)
    assert collected == [-item for item in range(100)]


@pytest.mark.parametrize("n_jobs", [1, 3])
@pytest.mark.parametrize("where", ["work", "collect", "items"])
def test_an_exception_stops_all_and_reaches_the_caller(where, n_jobs):
    """There is no end of items: without a word to the other threads this test would have none either."""
    taken = itertools.count()

    def fail_at_5(item, here):
        if item == 5 and where == here:
            raise ArithmeticError(f"{here} {item}")
        return item

    items = (fail_at_5(next(taken), "items") for _ in itertools.count())
    collected = []
    with pytest.raises(ArithmeticError, match=f"{where} 5"):
        threads.run(
            lambda item: fail_at_5(item, "work"),
            items,
            n_jobs,
            lambda item: collected.append(fail_at_5(item, "collect")),
        )
    assert collected == list(range(len(collected)))
    assert len(collected) <= 5


@pytest.mark.parametrize("backend", ["threading", "loky", "multiprocessing", "sequential"])
def test_contexts_of_joblib_hold(backend):
    workers, collected = set(), []

    def work(item):
        threading.Event().wait(0.002)
        workers.add(threading.get_ident())
        return item

    with joblib.parallel_config(backend, n_jobs=3):
        threads.run(work, range(60), None, collected.append)
    assert collected == list(range(60))
    assert len(workers) == (3 if backend == "threading" else 1)


def test_a_context_does_not_overrule_n_jobs():
    workers = set()

    def work(item):
        threading.Event().wait(0.002)
        workers.add(threading.get_ident())

    with joblib.parallel_config("loky", n_jobs=3):
        threads.run(work, range(60), 2)
    assert len(workers) == 2


@pytest.mark.parametrize("n_jobs", [1, 3])
def test_work_may_store_its_results_itself(n_jobs):
    stored = [0] * 50

    def work(item):
        stored[item] = item * item

    threads.run(work, range(50), n_jobs)
    assert stored == [item * item for item in range(50)]


def test_an_exception_without_collection_stops_all():
    taken = itertools.count()
    with pytest.raises(ZeroDivisionError):
        threads.run(lambda item: 1 / (item - 5), (next(taken) for _ in itertools.count()), 3)


def test_there_are_not_more_threads_than_can_be_of_use():
    """A number of threads that no machine has must neither fail nor fill the memory."""
    for n_jobs in (10**6, 10**400):
        collected = []
        threads.run(lambda item: item, range(3), n_jobs, collected.append)
        assert collected == [0, 1, 2]


def test_a_wrong_number_of_threads_is_refused():
    with pytest.raises(ValueError, match="n_jobs must not be 0"):
        threads.run(abs, [1], 0)
    with pytest.raises(TypeError, match=r"n_jobs must be an integer or None, got 2\.0"):
        threads.run(abs, [1], 2.0)
