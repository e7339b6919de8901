"""What is public is on the API page, has a docstring, and its examples run."""

import ast
import doctest
import importlib.util
import pathlib
import pkgutil
import re

import pytest

import skhippo

PACKAGE = pathlib.Path(skhippo.__file__).parent
PAGE = pathlib.Path(__file__).parents[1] / "docs" / "api" / "index.rst"


def declared():
    """Yield the names in `__all__` of the public modules, read without an import, with their addresses."""
    for module in ["skhippo", *(f"skhippo.{m.name}" for m in pkgutil.iter_modules(skhippo.__path__))]:
        if not module.startswith("skhippo._"):
            path = PACKAGE.joinpath(*module.split(".")[1:])
            source = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text()
            for node in ast.parse(source).body:
                if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
                    yield from ((module, name) for name in ast.literal_eval(node.value))


def listed():
    """Yield the entries of the API page."""
    module = None
    for line in PAGE.read_text().splitlines():
        if found := re.match(r"\.\. (?:current)?module:: (\S+)", line):
            module = found[1]
        elif found := re.fullmatch(r"   (\w+)", line):
            yield module, found[1]


def found(module, name):
    """Return a public object; skip where the library that its module needs is not installed."""
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as error:
        pytest.skip(f"{module} cannot be imported: {error}")


DECLARED, LISTED = sorted(declared()), list(listed())
NETWORKS = [("skhippo", name) for name in skhippo._NETWORKS]  # imported when they are asked for


def test_no_entry_is_there_twice():
    assert len(set(LISTED)) == len(LISTED) > 40


@pytest.mark.parametrize(("module", "name"), LISTED)
def test_what_the_page_lists_is_public(module, name):
    value = found(module, name)
    assert (module, name) in [*DECLARED, *NETWORKS]
    assert value.__doc__


@pytest.mark.parametrize(("module", "name"), DECLARED)
def test_what_is_public_is_on_the_page(module, name):
    if (module, name) in LISTED or f"``{module}.{name}``" in PAGE.read_text():
        return
    value = found(module, name)
    if callable(value):  # constants are described where they are used
        assert any(found(*entry) is value for entry in LISTED if entry[1] == name), f"{module}.{name} is not listed"


@pytest.mark.parametrize(("module", "name"), [*DECLARED, *NETWORKS])
def test_examples_run(module, name):
    """Also those of methods, which pytest does not find: classes name their public module, not their file."""
    value = found(module, name)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE, verbose=False)
    printed = []
    if callable(value):
        for case in doctest.DocTestFinder(exclude_empty=True).find(value, name, module=False, globs={}):
            runner.run(case, out=printed.append, clear_globs=True)
    missing = [name for name in ("pandas", "matplotlib") if importlib.util.find_spec(name) is None]
    if printed and any(re.search(rf"(ImportError|ModuleNotFoundError).*{name}", printed[0]) for name in missing):
        pytest.skip("an example needs a library that is not installed")
    assert runner.failures == 0, "".join(printed)
