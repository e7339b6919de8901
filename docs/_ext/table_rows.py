"""Directive ``table-rows``: rows and columns of a table that a benchmark wrote, so that no figure is typed twice."""

import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective


def columns_of(border):
    """Begin and end of each column of a simple table, from its line of equals signs."""
    edges = [i for i in range(len(border) + 1) if (border[i - 1 : i] == "=") != (border[i : i + 1] == "=")]
    return list(zip(edges[::2], edges[1::2], strict=True))


def read_table(text, name):
    """Return the header and the rows of the simple table between ``.. begin name`` and ``.. end name``."""
    part = text.split(f".. begin {name}\n")[1].split(f".. end {name}")[0] if name else text
    lines = [line for line in part.splitlines() if line.strip()]
    first, *others = (i for i, line in enumerate(lines) if set(line) == {"=", " "})
    columns = columns_of(lines[first])
    columns[-1] = (columns[-1][0], None)
    cells = [[line[begin:end].strip() for begin, end in columns] for line in lines]
    return cells[first + 1], cells[others[0] + 1 : others[1]]


class TableRows(SphinxDirective):
    """The rows that begin with a line of the content; ``a | b = c`` asks for c in the column b as well."""

    required_arguments = 1
    option_spec = {"table": directives.unchanged, "columns": directives.unchanged_required}  # noqa: RUF012
    has_content = True

    def run(self):
        path = Path(self.env.srcdir, self.arguments[0])
        self.env.note_dependency(str(path))
        header, rows = read_table(path.read_text(encoding="utf-8"), self.options.get("table"))
        wanted = [header.index(name.strip()) for name in self.options["columns"].split(";")]
        lines = [".. list-table::", "   :header-rows: 1", ""]
        found = [row for asked in self.content for row in self.find(header, rows, asked)]
        twice = next((row for i, row in enumerate(found) if row in found[:i]), None)
        if twice is not None:
            raise self.error(f"{self.arguments[0]}: two lines of the content ask for the row {twice}")
        for row in [header, *found]:
            lines += [f"   {'  ' if i else '* '}- {row[column]}" for i, column in enumerate(wanted)]
        return self.parse_text_to_nodes(StringList(lines, source=str(path)))

    def find(self, header, rows, asked):
        first, *further = (part.strip() for part in asked.split("|"))
        conditions = [[side.strip() for side in part.split(" = ")] for part in further]
        found = [
            row
            for row in rows
            if row[0].startswith(first) and all(row[header.index(name)] == value for name, value in conditions)
        ]
        if not found:
            raise self.error(f"{self.arguments[0]} has no row {asked!r}")
        return found


def keep_units(app, doctree):
    """Keep a number and its unit or error on one line, in every table."""
    for entry in doctree.findall(nodes.entry):
        if re.fullmatch(r"[-+\d.,]+ (± [\d.,]+|\S+)", entry.astext()):
            for text in list(entry.findall(nodes.Text)):
                text.parent.replace(text, nodes.Text(text.replace(" ", "\N{NO-BREAK SPACE}")))


def setup(app):
    """Register the directive, and what all tables have in common."""
    app.add_directive("table-rows", TableRows)
    app.connect("doctree-read", keep_units)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
