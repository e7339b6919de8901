"""Examples in the docstrings of public classes.

They name their public module, not the file that pytest reads, so pytest does not find the examples in their methods.
"""

import doctest

import pytest

import skhippo
from skhippo import datasets, discretization, measures, recurrence

MODULES = [skhippo, measures, recurrence, discretization, datasets]
CLASSES = {
    value.__qualname__: value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type) and value.__module__.startswith("skhippo")
}


@pytest.mark.parametrize("name", CLASSES)
def test_examples_of_classes(name):
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE, verbose=False)
    printed = []
    for case in finder.find(CLASSES[name], name, module=False, globs={}):
        runner.run(case, out=printed.append, clear_globs=True)
    assert runner.failures == 0, "".join(printed)
