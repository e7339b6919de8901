"""Types as a user sees them."""

import pathlib
import subprocess
import sys

import pytest


def test_types_as_a_user_sees_them():
    """The public surface has types that mypy's strictest settings accept in other people's code."""
    pytest.importorskip("mypy")
    root = pathlib.Path(__file__).parents[2]
    code = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "tests/typing/user.py"]
    done = subprocess.run(code, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
