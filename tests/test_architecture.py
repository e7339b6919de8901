"""Imports go down only; the core is light; numpy alone meets underscored names of scikit-learn in one file."""

import ast
import graphlib
import pathlib
import subprocess
import sys

import pytest

import skhippo

PACKAGE = pathlib.Path(skhippo.__file__).parent

# From the ground up: a package or module may import from the layers below its own, never from its own or above.
# Inside a package the order is its own business, as long as there is no cycle.
LAYERS = [
    {"_support"},
    {"measures", "panel"},
    {"projection"},
    {"recurrence", "datasets", "_sklearn"},
    {"memory", "rnn", "discretization"},
    {"transformer", "augmentation"},
    {"scattering"},
    {"estimators"},
    {"aeon", "distributed", "plotting", "sktime"},
]
HEAVY = ("torch", "sktime", "aeon", "pandas", "polars", "matplotlib", "numba", "dask")
# Wings: modules and packages that are nothing without a heavy package.
WINGS = {
    "aeon": {"aeon"},
    "distributed": {"dask"},
    "rnn": {"torch"},
    "sktime": {"sktime", "pandas"},
}
# Modules without a test file of their name, and why.
UNTESTED = {
    "_support.types": "aliases, which mypy checks",
    "discretization": "hands on what recurrence.discretization has",
}


def imports(path):
    """Modules that a file imports anywhere, and whether it does so at import time."""
    tree = ast.parse(path.read_text())
    inside = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in ast.walk(node)
        if child is not node
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node not in inside, ()
        elif isinstance(node, ast.ImportFrom):
            yield node.module, node not in inside, tuple(alias.name for alias in node.names)


def dotted(path):
    """Name of a module inside the package."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


def test_imports_go_down_only():
    layer = {name: level for level, names in enumerate(LAYERS) for name in names}
    tops = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert tops - {"__init__"} == set(layer), "every package and module of the top level has its layer"
    for path in PACKAGE.rglob("*.py"):
        own = dotted(path).split(".")[0]
        for name, _, _ in imports(path):
            if own and name.startswith("skhippo."):
                other = name.split(".")[1]
                assert other == own or layer[other] < layer[own], f"{dotted(path)} imports {name}"


def test_no_cycle_inside_a_package():
    modules = {dotted(path): path for path in PACKAGE.rglob("*.py")}
    wanted = {
        module: {
            found
            for name, _, names in imports(path)
            for found in (name.removeprefix("skhippo."), *(f"{name}.{x}".removeprefix("skhippo.") for x in names))
            if name.startswith("skhippo.") and found in modules and modules[found].name != "__init__.py"
        }
        for module, path in modules.items()
        if module and path.name != "__init__.py"
    }
    tuple(graphlib.TopologicalSorter(wanted).static_order())


def test_the_top_level_is_small():
    names = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert len(names - {"__init__"}) <= 18
    assert {name for name in names if name.startswith("_")} - {"__init__"} == {"_sklearn", "_support"}


def test_every_module_has_a_test_file():
    """Tests mirror the folders: what tests skhippo/PACKAGE/MODULE.py is tests/PACKAGE/test_MODULE.py."""
    tests = pathlib.Path(__file__).parent
    modules = {dotted(path): path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py") if path.stem != "__init__"}
    missing = {name for name, path in modules.items() if not (tests / path.with_name(f"test_{path.name}")).exists()}
    assert missing == set(UNTESTED), "write the missing test files, or strike from UNTESTED what has one"


def test_heavy_packages_are_never_imported_at_import_time():
    for path in PACKAGE.rglob("*.py"):
        heavy = set(HEAVY) - WINGS.get(dotted(path).split(".")[0], set())
        for name, at_import, _ in imports(path):
            assert not (at_import and name.split(".")[0] in heavy), f"{path.name} imports {name}"


def test_underscored_names_of_scikit_learn_enter_at_one_place():
    for path in PACKAGE.rglob("*.py"):
        if dotted(path) != "_support.validation":
            for name, _, names in imports(path):
                private = any(part.startswith("_") for part in (*name.split("."), *names))
                assert not (name.startswith("sklearn") and private), f"{path.name} imports {names} from {name}"


@pytest.mark.parametrize("module", HEAVY)
def test_importing_skhippo_loads_no_heavy_package(module):
    # scikit-learn itself may load pandas where it is installed: what counts is what skhippo adds.
    code = (
        "import sys, sklearn.base, sklearn.utils.validation, joblib, scipy.special; before = set(sys.modules);"
        f"import skhippo; sys.exit({module!r} in set(sys.modules) - before)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_public_names_are_what_all_says():
    for name in skhippo.__all__:
        assert getattr(skhippo, name).__doc__
    assert skhippo.__version__


def test_the_package_imports_no_optional_library():
    # Beyond what scikit-learn, which the package needs, imports by itself where it is installed.
    code = (
        "import sys, numpy as np, sklearn.base, sklearn.utils.validation;"
        "before = set(sys.modules);"
        "import skhippo; skhippo.as_panel([([0, 1], np.ones((2, 2)))]);"
        "added = set(sys.modules) - before;"
        "print(sorted({'matplotlib', 'pandas', 'polars', 'sktime', 'torch'} & added))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
