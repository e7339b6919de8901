"""The examples run and show what the README says."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).parents[1] / "examples"


def run(name, folder, *arguments):
    environment = os.environ | {"MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, EXAMPLES / name, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def numbers(output, row):
    """The decimal numbers of the line that begins with `row`."""
    line = next(line for line in output.splitlines() if line.startswith(row))
    return [float(number) for number in re.findall(r"\d+\.\d+", line)]


def test_quickstart(tmp_path):
    pytest.importorskip("sktime", reason="JapaneseVowels ships with sktime")
    pytest.importorskip("matplotlib")
    output = run("quickstart.py", tmp_path)
    assert numbers(output, "clean")[0] > 0.98
    assert numbers(output, "half dropped")[0] > 0.96
    assert (tmp_path / "output" / "quickstart.png").stat().st_size > 10_000


def test_rnn_classifier(tmp_path):
    pytest.importorskip("sktime", reason="JapaneseVowels ships with sktime")
    pytest.importorskip("torch")
    output = run("rnn_classifier.py", tmp_path)
    assert numbers(output, "legs, no feedback")[0] > 0.96
    assert numbers(output, "legs   ")[0] > 0.93
    assert "the same probabilities: True" in output


@pytest.mark.slow
def test_character_trajectories(tmp_path, data_folder):
    output = run("character_trajectories.py", tmp_path)
    print(output)
    to_200, to_100, _ = numbers(output, "own lengths, order 16")
    assert to_200 >= 0.986
    assert to_100 >= 0.988
    for row in ("padded, order 16", "padded, order 32"):
        assert min(numbers(output, row)) > 0.96


@pytest.mark.slow
def test_character_trajectories_rnn(tmp_path, data_folder):
    pytest.importorskip("torch")
    output = run("character_trajectories_rnn.py", tmp_path, "--experiments", "2", "--seeds", "0")
    print(output)
    for row in ("half, time x 2", "half, time / 2"):  # the paper, then here
        assert numbers(output, row)[1] >= 0.96


@pytest.mark.slow
def test_permuted_mnist(tmp_path, data_folder):
    pytest.importorskip("torch")
    if not (data_folder / "MNIST").is_dir():
        pytest.skip("SKHIPPO_DATA has no folder MNIST")
    output = run("permuted_mnist.py", tmp_path, "--tasks", "permuted", "--cells", "legs")
    print(output)
    assert numbers(output, "permuted    legs")[0] >= 0.985
