"""Formulas as MathML, which every current browser renders without a script and without a network."""

import re

from docutils import nodes
from latex2mathml.converter import convert


def formula(latex, display):
    """MathML of a formula of LaTeX; several lines of a display are the rows of an aligned environment."""
    if display == "block" and r"\begin" not in latex and (re.search(r"\\\\|(?<!\\)&", latex)):
        latex = rf"\begin{{align*}}{latex}\end{{align*}}"
    # The converter leaves no space between the name of a function and an argument without parentheses.
    return re.sub(
        r"(<mi>(?:sin|cos|log|exp)</mi>)(?!<mo|</)", r'\1<mspace width="0.17em"/>', convert(latex, display=display)
    )


def visit_inline(writer, node):
    writer.body.append(formula(node.astext(), "inline"))
    raise nodes.SkipNode


def visit_block(writer, node):
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    parts = [part for part in node.astext().split("\n\n") if part.strip()]
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    writer.body.append(number + "".join(formula(part, "block") for part in parts))
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    """Register the renderer ``html_math_renderer = "mathml"``."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
