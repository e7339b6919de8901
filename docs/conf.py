"""Sphinx configuration."""

import skhippo

project = "skhippo"
author = "skhippo developers"
copyright = "skhippo developers, BSD-3-Clause"
version = release = skhippo.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "numpydoc",
    "myst_parser",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "accuracy_table.rst", "performance_table.rst"]
default_role = "py:obj"
highlight_language = "python"

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the numpydoc sections say it
numpydoc_show_class_members = False  # the templates list them, once

html_theme = "pydata_sphinx_theme"
html_title = "skhippo"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
html_sidebars = {"index": [], "changelog": []}
