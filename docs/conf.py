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
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
html_static_path = ["_static"]
exclude_patterns = [
    "_build",
    "accuracy_table.rst",
    "performance_table.rst",
    "online_table.rst",
    "scattering_table.rst",
    "auto_examples/**/*.ipynb",
]
default_role = "py:obj"
highlight_language = "python"

autosummary_generate = True
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the numpydoc sections say it
numpydoc_show_class_members = False  # the templates list them, once

# Examples that take seconds and need no more than the extras of the documentation are run; the others are shown.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/(at_a_glance|plot_displays|plot_scattering|quickstart|streaming)\.py$",
    "within_subsection_order": "ExampleTitleSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "capture_repr": (),  # a display is its picture
    "abort_on_example_error": True,
    "plot_gallery": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "skhippo"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
# Pages of their own, which have no section to navigate in.
_ALONE = "index accuracy changelog performance policy rationale scattering sharp_edges theory"
html_sidebars = {page: [] for page in _ALONE.split()}
