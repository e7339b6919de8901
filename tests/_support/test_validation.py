"""Small checks: what is right comes back or passes, what is wrong is named."""

import datetime

import numpy as np
import pytest

from skhippo import HiPPOTransformer
from skhippo._support.validation import (
    as_python_number,
    check_bool,
    check_choice,
    check_count,
    check_finite_number,
    check_n_jobs,
    check_ordered,
    output_container,
)


@pytest.mark.parametrize("value", [1, 7, np.int8(7), np.uint64(7)])
def test_counts_come_back_as_int(value):
    found = check_count("order", value)
    assert found == value
    assert type(found) is int


@pytest.mark.parametrize(
    ("value", "minimum", "error", "message"),
    [
        (0, 1, ValueError, "n must be at least 1, got 0"),
        (1, 2, ValueError, "n must be at least 2, got 1"),
        (2.0, 1, TypeError, r"n must be an integer, got 2\.0 of type float"),
        (True, 1, TypeError, "n must be an integer, got True of type bool"),
        ("3", 1, TypeError, "n must be an integer, got '3' of type str"),
        (None, 1, TypeError, "n must be an integer, got None of type NoneType"),
        (-(10**400), 1, ValueError, "n must be at least 1, got an integer of 401 digits"),
        (np.timedelta64(3, "D"), 1, TypeError, "n must be an integer, got .* of type timedelta64"),
    ],
)
def test_what_is_no_count_is_refused(value, minimum, error, message):
    with pytest.raises(error, match=message):
        check_count("n", value, minimum)


def test_finite_numbers_pass():
    check_finite_number("theta", 1e-300, minimum=0.0)
    check_finite_number("theta", np.float32(2.0), minimum=0.0)
    check_finite_number("rate", 0, minimum=0.0, closed=True)


@pytest.mark.parametrize(
    ("value", "closed", "error", "message"),
    [
        (0.0, False, ValueError, r"theta must be above 0 and finite, got 0\.0"),
        (-1.0, True, ValueError, r"theta must be at least 0 and finite, got -1\.0"),
        (float("nan"), True, ValueError, "theta must be at least 0 and finite, got nan"),
        (float("inf"), False, ValueError, "theta must be above 0 and finite, got inf"),
        (1j, False, TypeError, "theta must be a number, got 1j of type complex"),
        (True, False, TypeError, "theta must be a number, got True of type bool"),
        ("1", False, TypeError, "theta must be a number, got '1' of type str"),
        (10**400, False, ValueError, r"theta must be above 0 and finite, got an integer of 401 digits"),
        (np.timedelta64(7, "D"), False, TypeError, r"theta / numpy\.timedelta64\(1, 's'\)"),
        (datetime.timedelta(7), False, TypeError, r"theta / numpy\.timedelta64\(1, 's'\)"),
    ],
)
def test_what_is_no_finite_number_is_refused(value, closed, error, message):
    with pytest.raises(error, match=message):
        check_finite_number("theta", value, minimum=0.0, closed=closed)


@pytest.mark.parametrize(
    "setting",
    [
        {"order": np.timedelta64(3, "D")},
        {"n_windows": np.timedelta64(2, "D")},
        {"n_windows": 53},
        {"order": True},
        {"n_jobs": True},
        {"n_windows": 10**400},
    ],
    ids=str,
)
def test_parameters_that_are_no_numbers_or_absurd_are_refused(setting):
    found = "(must be (None, )?an int|is an integer of 401 digits)"
    with pytest.raises(ValueError, match=f"The '{next(iter(setting))}' parameter of HiPPOTransformer {found}"):
        HiPPOTransformer(**setting).fit([[1.0, 2.0]])
    with pytest.raises(ValueError, match=r"theta must be above 0 and finite|The 'theta' parameter"):
        HiPPOTransformer("legt", theta=10**400).fit([[1.0, 2.0]])


def test_truth_values():
    for value in (True, False, np.True_):
        check_bool("sort", value)
    for value in ("yes", 1, None, np.array([True])):
        with pytest.raises(TypeError, match=r"sort must be True or False, got .* of type"):
            check_bool("sort", value)


def test_numbers_of_threads():
    for value in (None, 1, -1, np.int64(2)):
        check_n_jobs(value)
    for value in (2.0, True, "2", np.nan):
        with pytest.raises(TypeError, match=r"n_jobs must be an integer or None, got .* of type"):
            check_n_jobs(value)
    with pytest.raises(ValueError, match="n_jobs must not be 0: give the number of threads, or -1"):
        check_n_jobs(0)


def test_choices():
    check_choice("hold", "linear", ("linear", "previous"))
    for value in ("zoh", None, ["linear"], 1):
        with pytest.raises(ValueError, match="hold must be one of 'linear', 'previous'; got"):
            check_choice("hold", value, ("linear", "previous"))


def test_output_container():
    assert output_container(HiPPOTransformer()) == "default"
    assert output_container(HiPPOTransformer().set_output(transform="polars")) == "polars"


@pytest.mark.parametrize(
    ("value", "kind"),
    [(np.int8(7), int), (np.uint64(7), int), (np.float16(0.5), float), (np.longdouble(0.5), float), (7, int)],
)
def test_numbers_of_numpy_become_numbers_of_python(value, kind):
    found = as_python_number(value)
    assert found == value
    assert type(found) is kind


@pytest.mark.parametrize("value", [np.timedelta64(3, "s"), np.True_, "a", None])
def test_what_is_no_number_stays(value):
    assert as_python_number(value) is value


def test_what_has_an_order():
    for ordered in (["b", "a"], ("a",), {"a": 1}.keys(), "all"):
        check_ordered("statistics", ordered)
    for unordered in ({"a", "b"}, frozenset("a")):
        with pytest.raises(TypeError, match=r"statistics is the set .*: a list is expected, because the order counts"):
            check_ordered("statistics", unordered)
