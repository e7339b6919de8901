"""Figures on pages and the commands that give them: ``make figures`` prints the manifest ``docs/figures.csv``.

A row names a section of a page, a figure that stands there, the command that gives the figures of the section, the
commit that they were measured at, and the date.  The command is "none" where nothing in the repository repeats them.
"""

import csv
import pathlib
import re
from typing import NamedTuple

ROOT = pathlib.Path(__file__).parents[1]
MANIFEST = ROOT / "docs" / "figures.csv"
# What looks like a measurement: a spread, an accuracy of three digits or more, a ratio of times.
FIGURE = re.compile(r"\d ± \d|\b0\.\d{3,4}\b|\b\d\d\.\d / \d\d\.\d\b")


class Row(NamedTuple):
    page: str
    section: str
    figure: str
    command: str
    commit: str
    date: str


def read_manifest():
    """Return the rows of the manifest."""
    with MANIFEST.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == list(Row._fields)
    return [Row(*row) for row in rows]


def sections(page, *, code=False):
    """Return the text of every section of a page by title, with or without code and its output."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    found, title, skip, example = {}, "", False, False
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if page.endswith(".md"):
            skip = skip != line.startswith("```")
            heading = line.startswith("#") and not skip
        else:
            heading = bool(line.strip()) and bool(re.fullmatch(r"([=~-])\1{2,}", below)) and not line.startswith(" ")
        if heading:
            title = line.lstrip("# ").strip()
        found.setdefault(title, [])
        example = bool(line.strip()) and (example or line.lstrip().startswith(">>>"))
        if code or not (skip or example):
            found[title].append(line)
    return {title: "\n".join(text) for title, text in found.items()}


def missing_target(command):
    """Return the file or target that a command needs and that does not exist, or an empty string."""
    if found := re.match(r"make ([\w-]+)", command):
        known = re.search(rf"^{found[1]}:", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
        return "" if known else f"make {found[1]}"
    if found := re.match(r"python (?:-m pytest )?(\S+\.(?:py|rst))", command):
        return "" if (ROOT / found[1]).exists() else found[1]
    if found := re.match(r"python -m ([\w.]+)", command):
        path = ROOT / found[1].replace(".", "/")
        return "" if path.with_suffix(".py").exists() or (path / "__main__.py").exists() else found[1]
    return "" if command == "none" else command


def uncovered():
    """Return the sections with figures that no row of the manifest names, on all pages."""
    pages = ["README.md", *(str(p.relative_to(ROOT)) for p in sorted((ROOT / "docs").glob("*.rst")))]
    pages += [str(p.relative_to(ROOT)) for p in sorted((ROOT / "docs" / "guide").glob("*.rst"))]
    named = {(row.page, row.section) for row in read_manifest()}
    return [
        (page, section)
        for page in pages
        if not page.endswith("_table.rst")
        for section, text in sections(page).items()
        if FIGURE.search(text) and (page, section) not in named
    ]


def main():
    """Print the manifest by command, and the sections that it does not name."""
    rows = sorted(read_manifest(), key=lambda row: (row.command, row.page))
    for row in rows:
        print(f"{row.command:<60}  {row.date}  {row.commit:<8}  {row.page}: {row.section}: {row.figure}")
    for page, section in uncovered():
        print(f"not in docs/figures.csv: {page}: {section}")


if __name__ == "__main__":
    main()
