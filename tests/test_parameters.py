"""Parameters of public functions and methods: a truth value is True or False, and a wrong value is never taken."""

import inspect

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import skhippo
from skhippo import HiPPOMemory, HiPPOTransformer, Panel, datasets, plotting

SERIES = [([0.0, 1.0, 2.5], [1.0, 3.0, 2.0]), ([0.0, 2.0], [0.0, 1.0])]
ERRORS = np.full((5, 1), 0.1)
# What each callable with a truth value needs to be called.
ARGUMENTS = {
    "smooth": lambda: (SERIES, Panel(ERRORS, [0.0, 1.0, 2.5, 0.0, 2.0], [0, 3, 5])),
    "drop": lambda: (SERIES, 0.5),
    "load_mauna_loa": tuple,
    "load_uea": lambda: ("GunPoint",),
    "fetch_uea": lambda: ("GunPoint",),
    "fetch_asas": tuple,
    "fetch_physionet2012": tuple,
    "fetch_irregular": lambda: ("Animals",),
    "Panel.from_long": lambda: ({"id": [0, 0], "t": [0.0, 1.0], "x": [1.0, 2.0]},),
    "ReconstructionDisplay.from_estimator": lambda: (HiPPOTransformer(order=2).fit(SERIES), SERIES),
}


def _callables():
    """Yield the name and the object of every public function, and of every public method of a class."""
    for module in (skhippo, datasets, plotting):
        for name in module.__all__:
            thing = getattr(module, name)
            if not inspect.isclass(thing):
                yield name, thing
                continue
            for method in vars(thing):
                if not method.startswith("_") and callable(getattr(thing, method)):
                    yield f"{name}.{method}", getattr(thing, method)


TRUTH_VALUES = [
    pytest.param(call, name, parameter.name, id=f"{name}-{parameter.name}")
    for name, call in _callables()
    for parameter in inspect.signature(call).parameters.values()
    if isinstance(parameter.default, bool)
]


@pytest.mark.parametrize(("call", "name", "parameter"), TRUTH_VALUES)
@pytest.mark.parametrize("wrong", ["yes", 1, None])
def test_truth_values_are_true_or_false(call, name, parameter, wrong, tmp_path):
    keywords = {"data_home": tmp_path} if "data_home" in inspect.signature(call).parameters else {}
    if keywords and parameter != "download_if_missing":
        keywords["download_if_missing"] = False
    with pytest.raises(TypeError, match=f"{parameter} must be True or False, got {wrong!r} of type"):
        call(*ARGUMENTS[name](), **keywords, **{parameter: wrong})


DISPLAYS = {
    "reconstruction": lambda **k: plotting.ReconstructionDisplay.from_panel(SERIES, order=2, **k),
    "coefficients": lambda **k: plotting.CoefficientsDisplay.from_panel(SERIES, order=2, **k),
    "measure": plotting.MeasureDisplay.from_measure,
    "memory": lambda **k: plotting.MemoryDisplay.from_memory(HiPPOMemory.from_panel(SERIES, order=2), **k),
    "sensitivity": lambda **k: plotting.SensitivityDisplay.from_estimator(
        make_pipeline(HiPPOTransformer(order=2), LogisticRegression()).fit(SERIES, [0, 1]), **k
    ),
}


@pytest.mark.parametrize("display", DISPLAYS.values(), ids=DISPLAYS)
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (0, ValueError, "n_points must be at least 1, got 0"),
        (2.5, TypeError, r"n_points must be an integer, got 2\.5 of type float"),
        (True, TypeError, "n_points must be an integer, got True of type bool"),
        ("9", TypeError, "n_points must be an integer, got '9' of type str"),
    ],
)
def test_numbers_of_points_are_counts(display, wrong, error, message):
    with pytest.raises(error, match=message):
        display(n_points=wrong)


@pytest.mark.parametrize(
    ("display", "parameter"),
    [
        ("reconstruction", "series"),
        ("coefficients", "series"),
        ("reconstruction", "channel"),
        ("memory", "stream"),
        ("memory", "channel"),
        ("sensitivity", "channel"),
    ],
)
@pytest.mark.parametrize("wrong", [0.0, True, None])
def test_positions_are_integers(display, parameter, wrong):
    message = f"{parameter} must be an integer, got {wrong!r} of type {type(wrong).__name__}"
    with pytest.raises(TypeError, match=message):
        DISPLAYS[display](**{parameter: wrong})


@pytest.mark.parametrize("measure", ["legs", skhippo.LegS(), "legt"], ids=str)
@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, "2"])
def test_a_wrong_theta_is_refused_by_every_measure(measure, wrong):
    """LegS has no theta, and took a wrong one with no more than a warning that it has no effect."""
    with pytest.raises((ValueError, TypeError), match="theta must be "):
        skhippo.reconstruct(np.ones(2), [0.5], measure, theta=wrong)
