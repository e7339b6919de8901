"""Files are written whole or not at all, and their headers say what is in them."""

import json
import os
import threading

import pytest

from skhippo import HiPPOMemory
from skhippo._support.files import check_regular, damaged, header, read_header, replacing


def test_a_file_takes_its_place_at_the_end(tmp_path):
    path = tmp_path / "state"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["state"]


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
@pytest.mark.parametrize("before", [None, b"old"])
def test_after_an_error_the_old_file_is_there_and_no_other(tmp_path, error, before):
    path = tmp_path / "state"
    if before is not None:
        path.write_bytes(before)

    def write():
        with replacing(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        write()
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == ([] if before is None else [("state", before)])


def test_writers_at_once_leave_one_whole_file(tmp_path):
    path, contents = tmp_path / "state", [bytes([k]) * 100_000 for k in range(4)]

    def write(content):
        for _ in range(10):
            with replacing(path) as file:
                file.write(content)

    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_bytes() in contents
    assert len(list(tmp_path.iterdir())) == 1


def test_headers_come_back():
    parameters = {"order": 3, "measure": {"name": "legs"}, "theta": None, "rate": 0.1 + 0.2}
    assert read_header("x", header("Thing", 2, parameters), "Thing", 2) == parameters
    assert read_header("x", header("Thing", 1, parameters), "Thing", 2) == parameters


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'x' is damaged, or no file of a Thing"),
        ("[]", "'x' is damaged, or no file of a Thing"),
        ("{}", "'x' is damaged, or no file of a Thing: 'format'"),
        (json.dumps({"format": "Thing", "version": 1, "parameters": 3}), "'x' is damaged"),
        (header("Other", 1, {}), "'x' holds a 'Other': a Thing is expected"),
        (header("Thing", 3, {}), r"by a later version of skhippo \(format 3, this version reads up to 2\): update"),
        (header("Thing", "2", {}), "'2' is no version of its format"),
    ],
)
def test_headers_of_other_files_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read_header("x", text, "Thing", 2)


def test_the_error_of_a_damaged_file_names_it(tmp_path):
    error = damaged(tmp_path / "state", "Thing", "too short")
    assert str(error) == f"{str(tmp_path / 'state')!r} is damaged, or no file of a Thing: too short"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for load in (check_regular, HiPPOMemory.load):
        with pytest.raises(ValueError, match="pipe' is not a regular file but a pipe, a socket or a device"):
            load(tmp_path / "pipe")
    check_regular(tmp_path / "absent")  # opening it says so
    with pytest.raises(FileNotFoundError, match="absent"):
        HiPPOMemory.load(tmp_path / "absent")
