"""Names of the package: modules that need another library come when they are asked for, or say what to install."""

import subprocess
import sys

import pytest

import skhippo

NEEDS = {
    "aeon": ("aeon", 'skhippo.aeon needs aeon: pip install "skhippo[aeon]"'),
    "distributed": ("dask", 'skhippo.distributed needs Dask: pip install "skhippo[dask]"'),
    "rnn": ("torch", 'need torch, safetensors and tqdm: pip install "skhippo[torch]"'),
    "sktime": ("sktime", 'skhippo.sktime needs sktime: pip install "skhippo[sktime]"'),
}


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["distributed", "plotting", "rnn", "sktime"])
def test_modules_come_when_asked_for(name):
    pytest.importorskip(NEEDS.get(name, ("matplotlib",))[0])
    assert getattr(skhippo, name).__name__ == f"skhippo.{name}"
    assert name in dir(skhippo)


def test_without_the_library_the_error_says_what_to_install():
    hidden = {library: None for library, _ in NEEDS.values()}
    code = f"import skhippo, sys; sys.modules.update({hidden!r})\nprint(dir(skhippo))\n"
    names = [*NEEDS, "HiPPORNNClassifier"]
    code += f"for name in {names}:\n    try: getattr(skhippo, name)\n    except ImportError as error: print(error)\n"
    done = run(code)
    assert done.returncode == 0, done.stderr
    names, *messages = done.stdout.splitlines()
    assert not any(repr(name) in names for name in NEEDS)
    for message, (_, expected) in zip(messages, NEEDS.values(), strict=False):
        assert expected in message
    assert len(messages) == len(NEEDS) + 1


def test_everything_but_the_network_comes_with_a_star():
    code = "from skhippo import *; import sys; print(HiPPOTransformer, 'torch' in sys.modules, 'dask' in sys.modules)"
    done = run(code)
    assert done.stdout.split()[-2:] == ["False", "False"], done.stderr


def test_dir_lists_what_is_public():
    names = dir(skhippo)
    assert {"HiPPOTransformer", "datasets", "measures"} <= set(names)
    assert not {"Any", "importlib", "name_publicly", "_support"} & set(names)
    with pytest.raises(AttributeError, match="module 'skhippo' has no attribute 'nothing'"):
        skhippo.nothing  # noqa: B018
