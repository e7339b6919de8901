"""Compiled kernels are kept, found, checked, and compiled by one process at a time."""

import gc
import importlib.util
import shutil
import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest

from skhippo._support import kernel_cache

pytestmark = pytest.mark.compiled

SOURCE = """
    from skhippo._support.jit import kernel

    @kernel
    def double(x, out):
        for i in range(x.size):
            out[i] = {factor} * x[i]
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A module with a kernel, and the folders that it may be kept in."""
    folders = [tmp_path / "named", tmp_path / "other"]
    monkeypatch.setattr(kernel_cache, "_folders", lambda source: folders)
    monkeypatch.setattr(kernel_cache._Turns, "patient", True)
    kernel_cache._warn_of_no_folder.cache_clear()
    kernel_cache._announce.cache_clear()
    write(tmp_path)
    yield tmp_path
    kernel_cache._warn_of_no_folder.cache_clear()


def write(place, factor=2.0):
    (place / "doubling.py").write_text(textwrap.dedent(SOURCE.format(factor=factor)))
    kernel_cache._digest_of.cache_clear()


def compiles(place, expected=2.0):
    """Whether a new process, as it were, has to compile the kernel."""
    spec = importlib.util.spec_from_file_location("doubling", place / "doubling.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    x, out = np.arange(3.0), np.empty(3)
    module.double(x, out)
    np.testing.assert_array_equal(out, expected * x)
    return sum(module.double._compiled.stats.cache_misses.values()) == 1


def files(place):
    return sorted(place.glob("*/*.kernel"))


def test_a_kernel_is_compiled_once(place):
    assert compiles(place)
    assert not compiles(place)
    assert len(files(place)) == 1
    write(place, 3.0)  # another version of the source
    assert compiles(place, 3.0)
    assert not compiles(place, 3.0)
    assert len(files(place)) == 1


OTHER = {
    "constant": "FACTOR = {factor}",
    "tuple": "FACTORS = (1.0, {factor})",
    "kernel": """
        from skhippo._support.jit import kernel

        @kernel
        def times(x):
            return {factor} * x
    """,
}
TAKES = {
    "constant": ("FACTOR", "FACTOR * x[i]"),
    "tuple": ("FACTORS", "FACTORS[1] * x[i]"),
    "kernel": ("times", "times(x[i])"),
}


@pytest.mark.parametrize("kind", OTHER)
def test_a_kernel_notices_changes_in_another_file(place, monkeypatch, kind):
    monkeypatch.syspath_prepend(place)
    name, product = TAKES[kind]
    source = textwrap.dedent(SOURCE).replace("{factor} * x[i]", product)
    (place / "doubling.py").write_text(f"from factors import {name}\n{source}")
    for factor in (2.0, 3.0):
        (place / "factors.py").write_text(textwrap.dedent(OTHER[kind].format(factor=factor)))
        for expected in (True, False):
            monkeypatch.delitem(sys.modules, "factors", raising=False)
            importlib.invalidate_caches()
            shutil.rmtree(place / "__pycache__", ignore_errors=True)
            kernel_cache._digest_of.cache_clear()
            assert compiles(place, factor) == expected


@pytest.mark.parametrize(
    "damage", [lambda b: b"", lambda b: b[:40], lambda b: b[:-1], lambda b: b[:50] + b"x" + b[51:]]
)
def test_a_damaged_file_is_replaced(place, damage):
    compiles(place)
    (file,) = files(place)
    file.write_bytes(damage(file.read_bytes()))
    assert compiles(place)
    assert not compiles(place)


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_is_not_collected_while_a_kernel_is_compiled(place, enabled):
    from numba.core import event

    with event.install_recorder("numba:compile") as recorder:
        before, now = gc.isenabled(), []
        (gc.enable if enabled else gc.disable)()
        recorder.on_end = lambda event: now.append(gc.isenabled())
        try:
            assert compiles(place)
            assert gc.isenabled() == enabled
            write(place, None)  # None times a number
            with pytest.raises(Exception, match="No implementation"):
                compiles(place)
            assert gc.isenabled() == enabled
        finally:
            (gc.enable if before else gc.disable)()
    assert now
    assert not any(now)


def refuse(*args, **kwargs):
    raise PermissionError("read-only file system")


def test_the_first_compilation_is_logged_once(place, caplog):
    caplog.set_level("INFO", logger="skhippo")
    assert compiles(place)
    write(place, factor=3.0)
    assert compiles(place, 3.0)
    assert [record.getMessage()[:17] for record in caplog.records] == ["compiling kernels"]
    kernel_cache._announce.cache_clear()
    caplog.clear()
    assert not compiles(place, 3.0)
    assert not caplog.records


def test_a_folder_that_cannot_be_written_to_is_read(place, monkeypatch):
    compiles(place)
    monkeypatch.setattr(kernel_cache, "replacing", refuse)
    monkeypatch.setattr(kernel_cache.os, "open", refuse)
    assert not compiles(place)


def test_the_next_folder_serves_where_the_first_does_not(place):
    (place / "named").write_text("a file")
    assert compiles(place)
    assert not compiles(place)
    assert files(place)[0].parent.name == "other"


def test_without_a_folder_one_warning_says_what_to_set(place):
    (place / "named").write_text("a file")
    (place / "other").write_text("a file")
    with pytest.warns(RuntimeWarning, match=r"could not be kept.*set the environment variable NUMBA_CACHE_DIR"):
        assert compiles(place)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compiles(place)


def test_nobody_waits_for_long_for_a_process_that_hangs(place, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(kernel_cache, "_PATIENCE", 0.05)
    (place / "named").mkdir()
    with open(place / "named" / kernel_cache._LOCK, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert compiles(place)
    assert not kernel_cache._Turns.patient
    assert not compiles(place)


def test_of_processes_that_start_together_one_compiles(tmp_path):
    pytest.importorskip("fcntl")
    write(tmp_path)
    code = """
        import numpy as np, doubling
        doubling.double(np.arange(3.0), np.empty(3))
        print(sum(doubling.double._compiled.stats.cache_misses.values()))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    path = {**kernel_cache.os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    root = str(kernel_cache.Path(__file__).parents[2])
    path["PYTHONPATH"] = kernel_cache.os.pathsep.join([str(tmp_path), root])
    running = [subprocess.Popen(command, env=path, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert sum(int(process.communicate(timeout=120)[0]) for process in running) == 1
