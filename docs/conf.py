"""Sphinx configuration."""

import os
import pathlib
import re
import sys

from sphinx.pycode import ModuleAnalyzer
from sphinx.util.nodes import make_refnode

import skhippo

sys.path.insert(0, str(pathlib.Path(__file__).parent / "_ext"))
from gallery_order import ORDER

project = "skhippo"
author = "skhippo developers"
copyright = "skhippo developers, BSD-3-Clause"
version = release = skhippo.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "mathml",
    "table_rows",
    "numpydoc",
    "myst_parser",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
]
if os.environ.get("SKHIPPO_DOCS_ONLINE"):  # links into the pages of other projects need their inventories
    extensions.append("sphinx.ext.intersphinx")
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", None),
    "numpy": ("https://numpy.org/doc/stable", None),
    "scipy": ("https://docs.scipy.org/doc/scipy", None),
    "sklearn": ("https://scikit-learn.org/stable", None),
    "pandas": ("https://pandas.pydata.org/docs", None),
    "matplotlib": ("https://matplotlib.org/stable", None),
}
html_math_renderer = "mathml"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
templates_path = ["_templates"]
html_static_path = ["_static"]
exclude_patterns = [
    "_build",
    "*_table.rst",
    "upstream",
    "auto_examples/**/*.ipynb",
]
default_role = "py:obj"
highlight_language = "python"

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = True
autodoc_typehints = "none"  # the numpydoc sections say it
numpydoc_show_class_members = False  # the templates list them, once

# The gallery holds the examples that take seconds and need no more than the extras of the documentation; all of them
# are run.  The others are listed in examples/README.rst.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"\.py$",
    "ignore_pattern": rf"^(?:.*/)?(?!({'|'.join(ORDER)})\.py$)[^/]+$",
    "within_subsection_order": "gallery_order.InOrder",
    "backreferences_dir": "api/backreferences",
    "doc_module": ("skhippo",),
    "reference_url": {"skhippo": None},
    "inspect_global_variables": True,
    "download_all_examples": False,
    "show_memory": False,
    "capture_repr": (),  # a display is its picture
    "abort_on_example_error": True,
    "plot_gallery": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "skhippo"
toc_object_entries_show_parents = "hide"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 6,
    "pygments_light_style": "a11y-high-contrast-light",
}
html_css_files = ["custom.css"]
# Pages of their own, which have no section to navigate in.
_ALONE = (
    "index accuracy accuracy_per_set benchmarks changelog citing coming_from faq glossary install performance policy "
    "rationale scattering sharp_edges theory"
)
html_sidebars = {page: [] for page in _ALONE.split()}


def defining_module(app, modname, attribute):
    """Find the file that a public object is defined in: it names its public module instead."""
    name = attribute.split(".")[0]
    value = getattr(sys.modules.get(modname), name, None)
    for module in [m for m in sys.modules if m.startswith("skhippo.")]:
        if getattr(sys.modules[module], name, None) is value is not None:
            analyzer = ModuleAnalyzer.for_module(module)
            analyzer.analyze()
            if name in analyzer.tags:
                return module
    return None


def shorten_inherited(app, what, name, obj, options, lines):
    """Keep the first sentence of what scikit-learn's base classes document: their links lead into its own pages."""
    if what == "method" and (getattr(obj, "__module__", "") or "").startswith("sklearn."):
        end = lines.index("") if "" in lines else len(lines)
        first = [re.sub(r":ref:`([^`<]*?)\s*<[^`]*>`", r"\1", line) for line in lines[:end]]
        lines[:] = [*first, "", "Inherited from scikit-learn.", ""]


def leave_out_foreign(app, what, name, obj, skip, options):
    """Leave out what torch, sktime and aeon document themselves, and the methods and fields of named tuples."""
    if getattr(obj, "__objclass__", None) is tuple or type(obj).__name__ == "_tuplegetter":
        return True
    root = (getattr(obj, "__module__", "") or "").split(".")[0]
    return True if root in {"torch", "sktime", "skbase", "aeon"} else None


def link_short_names(app, env, node, contnode):
    """Link names that pages and docstrings write without their module, such as `HiPPOTransformer`, to the reference."""
    if node.get("refdomain") != "py":
        return None
    objects = env.get_domain("py").objects
    for module in ("skhippo", "skhippo.measures", "skhippo.rnn", "skhippo.plotting"):
        found = objects.get(f"{module}.{node['reftarget']}")
        if found is not None:
            return make_refnode(app.builder, node["refdoc"], found.docname, found.node_id, contnode)
    return None


def setup(app):
    """Connect what this file adds to Sphinx."""
    app.connect("missing-reference", link_short_names)
    app.connect("viewcode-follow-imported", defining_module)
    app.connect("autodoc-skip-member", leave_out_foreign)
    app.connect("autodoc-process-docstring", shorten_inherited, priority=100)  # before numpydoc
