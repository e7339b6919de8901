"""Imports go down only; the core is light; numpy alone meets underscored names of scikit-learn in one file."""

import ast
import pathlib
import subprocess
import sys

import pytest

import skhippo

PACKAGE = pathlib.Path(skhippo.__file__).parent

# From the ground floor up: a module may import from the floors below its own, never from its own or above.
FLOORS = [
    {
        "_delegation",
        "_jit",
        "_files",
        "_validation",
        "_allocation",
        "_links",
        "_progress",
        "_versions",
        "_reals",
        "_engine",
        "_engine.quadrature",
        "_engine.threads",
        "_memory",
        "_sliding",
        "rnn.batch",
    },
    {
        "measures",
        "_packed",
        "_engine.sums",
        "_memory.checkpoint",
        "rnn.baselines",
        "rnn.saving",
        "_sliding.kernels",
        "_sliding.thresholds",
    },
    {"_tables", "_engine.sources", "discretization", "_sliding.combinations"},
    {"_times", "_engine.compression"},
    {"panel"},
    {"_series", "hold"},
    {"formats", "_engine.clocks", "recurrence"},
    {"_engine.cells", "_reading", "rnn.transitions", "_along", "_along.stepping"},
    {"projection", "_memory.reading", "rnn.walk"},
    {"datasets", "rnn.cells", "rnn.data", "_memory.joining", "_memory.keeping", "_along.windows", "_sliding.windows"},
    {
        "augmentation",
        "rnn.module",
        "rnn.training",
        "_memory.stretches",
        "_memory.window",
        "_memory.steps",
        "_along.sliding",
    },
    {"memory", "coefficients", "rnn.classifier"},
    {"transformer", "rnn"},
    {"scattering"},
    {"aeon", "distributed", "sktime._adapter", "plotting._axes", "plotting._source"},
    {
        "plotting._coefficients",
        "plotting._measure",
        "plotting._memory",
        "plotting._occlusion",
        "plotting._reconstruction",
    },
    {"plotting._sensitivity", "sktime._classifier"},
    {"plotting", "sktime"},
]
HEAVY = ("torch", "sktime", "aeon", "pandas", "polars", "matplotlib", "numba", "dask")
# Wings: modules and packages that are nothing without a heavy package.
WINGS = {
    "aeon": {"aeon"},
    "distributed": {"dask"},
    "rnn": {"torch"},
    "sktime": {"sktime", "pandas"},
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
    floor = {module: level for level, modules in enumerate(FLOORS) for module in modules}
    modules = {dotted(path): path for path in PACKAGE.rglob("*.py")}
    del modules[""]  # the package itself
    assert set(modules) == set(floor), "give every module its floor"
    for module, path in modules.items():
        for name, _, _ in imports(path):
            if name.startswith("skhippo."):
                assert floor[name.removeprefix("skhippo.")] < floor[module], f"{module} imports {name}"


def test_heavy_packages_are_never_imported_at_import_time():
    for path in PACKAGE.rglob("*.py"):
        heavy = set(HEAVY) - WINGS.get(dotted(path).split(".")[0], set())
        for name, at_import, _ in imports(path):
            assert not (at_import and name.split(".")[0] in heavy), f"{path.name} imports {name}"


def test_underscored_names_of_scikit_learn_enter_at_one_place():
    for path in PACKAGE.rglob("*.py"):
        if path.stem != "_validation":
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
