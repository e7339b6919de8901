"""The examples run and show what the README says."""

import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import pytest

EXAMPLES = pathlib.Path(__file__).parents[1] / "examples"


def run(name, folder, *arguments):
    environment = os.environ | {"MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    call = [sys.executable, EXAMPLES / name, *arguments]
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)
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


def test_at_a_glance(tmp_path):
    pytest.importorskip("matplotlib")
    assert "(3, 16)" in run("at_a_glance.py", tmp_path, "picture.svg")
    assert "<svg" in (tmp_path / "picture.svg").read_text()


def test_displays(tmp_path):
    pytest.importorskip("matplotlib")
    accuracies = [float(found) for found in re.findall(r"accuracy (\S+?),?\s", run("plot_displays.py", tmp_path))]
    assert min(accuracies) > 0.85
    assert len(accuracies) == 2


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
@pytest.mark.parametrize(
    ("name", "packages", "row"),
    [
        ("automl_flaml.py", ["flaml", "lightgbm"], "FLAML on coefficients"),
        ("automl_skrub.py", ["skrub"], "test accuracy of the best"),
        ("automl_optuna.py", ["optuna"], "test accuracy"),
    ],
)
def test_automl(tmp_path, name, packages, row):
    absent = [package for package in packages if importlib.util.find_spec(package) is None]
    if absent:
        pytest.skip(f"{' and '.join(absent)} not installed: pip install 'skhippo[automl]'")
    assert numbers(run(name, tmp_path), row)[0] > 0.8
