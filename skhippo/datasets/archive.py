"""The UEA/UCR archive: find the files of a data set and load them."""

from __future__ import annotations

import difflib
import importlib.util
import os
import warnings
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from skhippo._support.validation import check_bool, check_choice
from skhippo.datasets.downloads import data_folder
from skhippo.datasets.files import READERS, read_file
from skhippo.panel.clocks import check_same_clock
from skhippo.panel.container import Panel

Name = str | os.PathLike[str]
Pairs = list[tuple[NDArray, NDArray]]

_SPLITS = {None: ("TRAIN", "TEST"), "train": ("TRAIN",), "test": ("TEST",)}


@overload
def load_uea(name: Name, split: str | None = None, return_panel: Literal[True] = True) -> tuple[Panel, NDArray]: ...
@overload
def load_uea(name: Name, split: str | None, return_panel: Literal[False]) -> tuple[Pairs, NDArray]: ...
@overload
def load_uea(name: Name, split: str | None = None, *, return_panel: bool) -> tuple[Panel | Pairs, NDArray]: ...
def load_uea(name: Name, split: str | None = None, return_panel: bool = True) -> tuple[Panel | Pairs, NDArray]:
    """Load a labelled data set of the UEA/UCR time series archive.

    The files ``<name>/<name>_TRAIN.ts`` and ``<name>/<name>_TEST.ts`` are searched for in this order: in the folder
    given by the environment variable ``SKHIPPO_DATA`` (default: ``~/skhippo_data``), among the data sets installed with
    sktime, and among those that sktime has downloaded before.  If they are not found, sktime downloads them.
    `fetch_uea` downloads without sktime.

    Parameters
    ----------
    name : str or path
        Name of the data set in the archive, such as "GunPoint"; or the path of a file (``.ts``, ``.tsv`` or
        ``.arff``); or the path of a folder with the files ``<folder>_TRAIN.ts`` and ``<folder>_TEST.ts``.
    split : {"train", "test"}, optional
        The split of the archive to load.  Default: both, the training series before the test series.
    return_panel : bool, default=True
        Whether to return a Panel.  If False, return a list of pairs (times, values), with values of shape
        (n_channels, n_times).

    Returns
    -------
    X : Panel or list of (times, values)
        The series.  Times are the sample numbers, unless the file has timestamps.
    y : ndarray of shape (n_series,), or None
        The class labels as strings, unchanged from the file.  For a regression set, the targets as floats.  None if
        the header of a file says that it has no labels.

    Raises
    ------
    FileNotFoundError
        If the data set is not found.  The message lists the folders that were searched.
    ImportError
        If the data set is not in ``SKHIPPO_DATA`` and sktime is not installed.
    ValueError
        If a file is not in the right format, or contradicts its header (classes, lengths, channels).  The message
        names the file and the series.
    TypeError
        If some timestamps are numbers and others are dates, or only some of the dates have a time zone.

    Notes
    -----
    "?" and "NaN" mean not observed.  If a channel is shorter than the others of its series, there are two cases.  If
    its length is the same whole fraction of the longest channel in every series, it was sampled at a lower rate over
    the same time.  Otherwise it was not observed after its last value.  If a file says that its series have unequal
    lengths, the times at the end of a series at which no channel was observed are padding and are removed.

    Examples
    --------
    >>> from skhippo.datasets import load_uea
    >>> X, y = load_uea("GunPoint", split="train")  # doctest: +SKIP
    >>> X  # doctest: +SKIP
    Panel(50 series, 1 channel, 150 observations)
    """
    check_bool("return_panel", return_panel)
    if split is not None:
        check_choice("split", split, ("train", "test"))
    files = _files_of(name, split)
    parts = [read_file(file) for file in files]
    counts = {file.name: part.panel.n_channels for file, part in zip(files, parts, strict=True)}
    if len(set(counts.values())) > 1:
        raise ValueError(f"the files of {str(name)!r} have different numbers of channels: {counts}")
    check_same_clock([part.panel.time_kind for part in parts], lambda i: files[i].name)
    panel = Panel.concatenate([part.panel for part in parts])
    labels = [part.labels for part in parts if part.labels is not None]
    y: Any = np.concatenate(labels) if len(labels) == len(parts) else None
    return (panel if return_panel else list(panel)), y


def _files_of(name: Name, split: str | None) -> list[Path]:
    """Return the files of a data set, given by its name or by the path of a file or a folder."""
    if isinstance(name, str) and name and Path(name).name == name and Path(name).suffix not in READERS:
        return _find_files(name, _SPLITS[split])
    if not isinstance(name, str | os.PathLike) or not str(name):
        raise ValueError(f"name must be the name of a set of the archive, such as 'GunPoint', or a path; got {name!r}")
    path = Path(name).expanduser()
    if path.is_file():
        if split is not None:
            raise ValueError(f"split={split!r} is given, but {path} is one file: pass its folder, or no split")
        return [path]
    files = [path / f"{path.name}_{part}.ts" for part in _SPLITS[split]]
    if not all(file.is_file() for file in files):
        found = "a folder without" if path.is_dir() else "neither a file nor a folder with"
        raise FileNotFoundError(f"{path} is {found} {' and '.join(file.name for file in files)}")
    return files


def _find_files(name: str, parts: tuple[str, ...]) -> list[Path]:
    """Return the paths of the files of a data set; download them if necessary."""
    places = _places()
    for folder in places.values():
        files = [folder / name / f"{name}_{part}.ts" for part in parts]
        if all(file.is_file() for file in files):
            return files
    tried = [f"{folder} ({label})" for label, folder in places.items()]
    if "SKHIPPO_DATA" not in places:
        tried.insert(0, "SKHIPPO_DATA (not set)")
    wanted = " and ".join(f"{name}/{name}_{part}.ts" for part in parts)
    advice = f"Put {wanted} into a folder and set the environment variable SKHIPPO_DATA to it"
    if "sktime" not in places:
        raise ImportError(
            f"the set {name!r} is not in {', '.join(tried)}, and sktime, which downloads it, is not "
            f'installed: pip install "skhippo[sktime]".  Or: call fetch_uea.  Or: {advice}.'
        )
    failure = _download(name)
    files = [places["downloaded by sktime"] / name / f"{name}_{part}.ts" for part in parts]
    if all(file.is_file() for file in files):
        return files
    raise FileNotFoundError(
        f"the set {name!r} is not in {', '.join(tried)}, and sktime could not download it ({failure}).  "
        f"{_similar(name, places)}{advice}; the archive is at timeseriesclassification.com."
    )


def _places() -> dict[str, Path]:
    """Return the folders to search, by their names in error messages."""
    places = {}
    home = data_folder(None)
    if os.environ.get("SKHIPPO_DATA") or home.is_dir():
        places["SKHIPPO_DATA" if os.environ.get("SKHIPPO_DATA") else "default folder"] = home
    sktime = importlib.util.find_spec("sktime")  # finding is quick, importing takes a second
    if sktime is not None and sktime.submodule_search_locations:
        installed = Path(sktime.submodule_search_locations[0]) / "datasets"
        places |= {"sktime": installed / "data", "downloaded by sktime": installed / "local_data"}
    return places


def _download(name: str) -> str:
    """Let sktime download a data set into its own folder; return what went wrong, for the error message."""
    from sktime.datasets import load_UCR_UEA_dataset

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about mirrors that need further packages
        try:
            load_UCR_UEA_dataset(name)
        except Exception as error:  # network, permissions, archive: load_uea reports all of them in one error
            return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return "the downloaded files have other names"


def _similar(name: str, places: dict[str, Path]) -> str:
    """Return the hint "Did you mean ...?" if a data set with a similar name was found, else an empty string."""
    names = {file.parent.name for folder in places.values() for file in folder.glob("*/*_TRAIN.ts")}
    lower = {known.lower(): known for known in sorted(names)}
    close = difflib.get_close_matches(name.lower(), lower, n=1)
    return f"Did you mean {lower[close[0]]!r}?  " if close else ""
