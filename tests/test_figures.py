"""Every figure on a page has a command that gives it: docs/figures.csv says which."""

import datetime
import importlib
import re

import pytest

from tests import figures

ROWS = figures.read_manifest()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.page}-{row.section}-{row.figure}")
def test_the_figure_stands_on_its_page(row):
    assert (figures.ROOT / row.page).exists()
    text = figures.sections(row.page, code=True).get(row.section)
    assert text is not None, f"{row.page} has no section {row.section!r}: correct docs/figures.csv"
    assert re.sub(r"\s+", " ", row.figure.strip()) in re.sub(r"\s+", " ", text), (
        f"{row.page}, {row.section}: {row.figure!r} does not stand there any more: correct docs/figures.csv, with the "
        "commit and the date of the measurement"
    )


@pytest.mark.parametrize("command", sorted({row.command for row in ROWS}))
def test_the_command_exists(command):
    assert figures.missing_target(command) == ""


@pytest.mark.parametrize(
    "module", sorted({name for row in ROWS for name in re.findall(r"python -m (tests\.[\w.]+)", row.command)})
)
def test_the_module_of_the_command_can_be_imported(module):
    try:
        importlib.import_module(module)
    except ImportError as error:
        own = (error.name or "").split(".")[0] in ("tests", "skhippo")
        if own:
            raise
        pytest.skip(f"{module}: {error}")


def test_commits_and_dates_are_written_out():
    for row in ROWS:
        assert re.fullmatch(r"[0-9a-f]{7,40}", row.commit)
        assert datetime.date.fromisoformat(row.date)


@pytest.mark.parametrize("page", sorted({row.page for row in ROWS}))
def test_no_section_with_figures_is_left_out(page):
    left_out = [section for other, section in figures.uncovered() if other == page]
    assert left_out == [], f"add rows to docs/figures.csv for sections of {page}"


def test_a_command_without_its_target_is_found():
    assert figures.missing_target("make bench-nothing") == "make bench-nothing"
    assert figures.missing_target("python -m tests.nothing") == "tests.nothing"
    assert figures.missing_target("python examples/nothing.py") == "examples/nothing.py"
    assert figures.missing_target("make bench && make test") == ""


def test_a_figure_in_prose_is_seen_and_one_in_code_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    (tmp_path / "page.rst").write_text(
        "Title\n=====\n\nIt is 0.992 there.\n\nOther\n-----\n\n>>> 0.992\n0.992\n\nNo.\n"
    )
    found = figures.sections("page.rst")
    assert figures.FIGURE.search(found["Title"])
    assert not figures.FIGURE.search(found["Other"])
