"""Kernels: compiled once whoever comes first, whatever forks meanwhile; the same results as plain Python."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skhippo._support.jit import kernel, reduction

# A worker that hangs is an error: seconds until then.  All of it takes one or two.
PATIENCE = 120


@pytest.mark.compiled
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_fork_while_another_thread_compiles():
    """The child hung: the lock of the compiler was held by a thread that it does not have."""
    code = """
        import os, sys, threading, time, warnings
        import numpy as np
        from skhippo import project
        project(np.ones((1, 1, 5)))  # numba is there
        from numba.core.compiler_lock import global_compiler_lock

        def compile():
            with global_compiler_lock:
                begun.set()
                time.sleep(1.0)

        begun = threading.Event()
        thread = threading.Thread(target=compile)
        thread.start()
        begun.wait()
        warnings.simplefilter("ignore")  # threads and forks: that is the point
        child = os.fork()
        if child == 0:
            project(np.ones((1, 1, 5)), hold="previous", order=40)
            with global_compiler_lock:
                os._exit(0)
        thread.join()
        _, status = os.waitpid(child, 0)
        sys.exit(os.waitstatus_to_exitcode(status))
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=PATIENCE)


def test_first_use_by_several_threads_at_once():
    """All of them find nothing compiled."""
    code = """
        import threading
        import numpy as np
        from skhippo import project

        X, results = np.cos(np.arange(9000.0))[None], {}
        def work(i): results[i] = project(X, order=3 + i % 2)
        workers = [threading.Thread(target=work, args=(i,)) for i in range(6)]
        for worker in workers: worker.start()
        for worker in workers: worker.join()
        for i in range(6): assert (results[i] == project(X, order=3 + i % 2)).all()
        print(len(results))
    """
    assert run_python(code) == "6"


def run_python(code, *arguments):
    """What a program prints."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10 * PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@kernel
def _half(x):
    return 0.5 * x


@kernel
def _fill(values, out):
    for i in range(values.size):
        out[i] = _half(values[i]) / values[0]


@reduction
def _total(values):
    total = 0.0
    for value in values:
        total += value
    return total


def test_kernels_are_the_functions_that_they_wrap():
    values, out, plain = np.array([3.0, np.nan, -2.0]), np.empty(3), np.empty(3)
    _fill(values, out)
    for i, value in enumerate(values):
        plain[i] = 0.5 * value / values[0]
    assert_array_equal(out, plain)
    assert _total(np.arange(1000.0)) == 499_500.0
    assert _fill.__name__ == "_fill"


@pytest.mark.compiled
def test_kernels_take_read_only_arrays_and_do_not_stop_at_a_zero_divisor():
    values, out = np.array([0.0, 1.0, -1.0]), np.empty(3)
    values.flags.writeable = False
    _fill(values, out)
    assert_array_equal(out, [np.nan, np.inf, -np.inf])
    with pytest.raises(TypeError):
        _fill(values)


def test_a_kernel_that_others_call_may_be_called_from_python():
    _fill(np.ones(1), np.empty(1))
    assert _half(3.0) == 1.5
