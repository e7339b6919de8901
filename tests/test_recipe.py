"""The conda recipe asks for what pyproject.toml asks for."""

import pathlib
import re
import tomllib

ROOT = pathlib.Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}


def requirements(section):
    """Return the packages and lower bounds of a section of the recipe."""
    recipe = (ROOT / "recipe" / "recipe.yaml").read_text(encoding="utf-8")
    lines = re.search(rf"^  {section}:\n((?:    - .*\n)+)", recipe, flags=re.MULTILINE)[1].splitlines()
    return dict(line.removeprefix("    - ").split(" ", 1) if " " in line[6:] else (line[6:], "") for line in lines)


def test_requirements_are_those_of_the_package():
    wanted = dict(re.fullmatch(r"([\w-]+)(>=.*)", line).groups() for line in PROJECT["project"]["dependencies"])
    found = requirements("run")
    found.pop("python")
    assert found == wanted


def test_bounds_of_optional_packages_are_those_of_the_extras():
    extras = PROJECT["project"]["optional-dependencies"]
    bounds = dict(
        match.groups()
        for lines in extras.values()
        for line in lines
        if (match := re.fullmatch(r"([\w-]+)(>=.*)", line))
    )
    found = requirements("run_constraints")
    assert found == {CONDA_NAMES.get(name, name): bounds[name] for name in ("sktime", "aeon", "torch", "matplotlib")}


def test_build_requirements_are_those_of_the_build():
    wanted = dict(re.fullmatch(r"([\w-]+)(>=.*)", line).groups() for line in PROJECT["build-system"]["requires"])
    assert wanted.items() <= requirements("host").items()
