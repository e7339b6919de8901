"""The README's code runs, prints what it says, and its links lead somewhere."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]


def test_code_runs_and_prints_what_it_says(capsys):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    names = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)
    said = float(re.search(r"print\(.*# ([\d.]+);", blocks[0])[1])
    assert float(capsys.readouterr().out) == pytest.approx(said, abs=0.01)
    *_, last = blocks[1].strip().splitlines()
    expression, shape = last.split("  # ")
    assert str(eval(expression, names)) == shape.split(":")[0]


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_relative_links_lead_somewhere(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
