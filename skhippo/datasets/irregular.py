"""The irregular data sets of pyrregular: files that hold one sparse array of series, channels and times."""

from __future__ import annotations

import ast
import difflib
import importlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhippo._support.validation import check_choice
from skhippo.datasets.downloads import Remote, data_folder, download
from skhippo.datasets.fetchers import Folder
from skhippo.panel.clocks import NUMBERS
from skhippo.panel.container import Panel
from skhippo.panel.long import pack_stacked
from skhippo.panel.times import Times

__all__ = ["fetch_irregular", "read_irregular"]

_URL = "https://huggingface.co/datasets/splandi/pyrregular/resolve/main/data_final/{name}.h5"
_AXES = ("ts_id", "signal_id", "time_id")

# SHA-256 of the files, from the registry of pyrregular (commit 583dd77).
_HASHES = {
    "Abf": "a08bd1b162fd77bc9ab13ad6008b67f3bc5111709bf372da61de5da1cac5a9fc",
    "Ais": "f74eb6153adec186d837aad587b6eb7e118dc34dbfea19dd855b62ef745294c1",
    "AllGestureWiimoteX": "20f971d855201d849f1e91982a1d9ef0a0935ddd1379cba75aff8022fd452e4b",
    "AllGestureWiimoteY": "7e4347ee4b0f4a38a30782c6863926626c6538d628aa1674e2cbc3cdcd6e91ae",
    "AllGestureWiimoteZ": "0d10d7e0c8d8bac43433b9a31b257e4878d826cda029760c6fbcbeb95bcd380c",
    "Animals": "e63a8068c896e8f8305c4c9a72bacac8a5783d1957e07c12b2288912f2576e37",
    "AsphaltObstaclesCoordinates": "54fbaeafca78d4ddb0808f8fcd9707279e464bcf6ccf0b9eae87c7e49c7d7514",
    "AsphaltPavementTypeCoordinates": "87f43b0aec7e688eaeae9895ec871d9b6d888564246942294a30fe26892fde1a",
    "AsphaltRegularityCoordinates": "140864e520c47b08e0b630baf025b19597804a14ffe2069e8d5700537415f999",
    "CharacterTrajectories": "02aa866760f9a5f3defbea1af8bf55c0768136b564841666c87e77c455fbc94a",
    "CombinedTrajectories": "628e79708ee428479d212243b6655cc1bc5edddca0de71e9061a523627429f40",
    "DodgerLoopDay": "eec49e568432628aeaebea221229bbab5bf890e266b3314ec42e269a1eaf22a2",
    "DodgerLoopGame": "01903b859f7b99137d56c0f191b5453d9f54628608f62da072ef73df11313b6c",
    "DodgerLoopWeekend": "64ab3d100f20ddc09d98f4bd31c32e36d6453b1686858908667355af13eeb37d",
    "Garment": "bb6dbe6a37691db23a2b2bb70bce1d341e4c84d905a98ed34513fea7a8cef5ca",
    "Geolife": "1b2dd166c8983715a919348d88380805005f279085175219b876dab89286f990",
    "GeolifeSupervised": "eb11b2fbfc61d4aedfc027cac3e03887328e6163c7cb0cace8afdfcb331de3b8",
    "GestureMidAirD1": "cad097cd208b3b9faabefe85acbb827d9e95a8027b61650df7e54882540ba4f2",
    "GestureMidAirD2": "02bcbab64a1ed20083f9df2e7013198d7e3ec361737304ff20a1f35fedc6366f",
    "GestureMidAirD3": "5d247708b57be26af0d18ec64605a37715538a46690659b057c959a95fc90710",
    "GesturePebbleZ1": "46edec9299d6ec3fd89dc129fe97ac58f1d3e7c982aa876c579ee7957907520d",
    "GesturePebbleZ2": "27c280c5703066b42a189ee5c2fbdd386d44246b768e724362f9706a93cf98ab",
    "InsectWingbeat": "6f677dbfa53092271714eb8adb45ab2d05140e5e47ad88524b9aca58d9f2e768",
    "JapaneseVowels": "20f1909acb5bba1b680f7ef32f1ea3990ef5d7b9dc54fd1357a23e09c8e3ed06",
    "Ldfpa": "876fa3295ae08004de41b11d95a060d104a9966bd7ec90de1029398c03f583cc",
    "MelbournePedestrian": "1dcaa1bcbf4349c9c79efb2e95798c2b676ebf92e2b4eb6d7de41107b9f44140",
    "Mimic3": "2050a6b459af5c6eb0f4211e26b3a0ec525451d59dac6fc12ad52b1770714953",
    "PLAID": "d277fd92f5352581cad7dc0248060f208138529d6a7fd1715c2e8f56fccd4541",
    "Pamap2": "ea28c7682d51e9f43ce673d5b15375cff111e295f7370fcf315dd51be15cad27",
    "Physionet2012": "3a236e007c0a296eac610c671d308b72a97aeed6865c7f7407537fb8f824107f",
    "Physionet2019": "57210ee1da9c2ee6cca3f4bf183f5209e35035d55c3c62cc678f53c180e6f923",
    "PickupGestureWiimoteZ": "7c04ea0ddafcf8f0d1fd6d8103fd3b9e0e17b5764cbbea155d1d96a38a7313ee",
    "Seabirds": "6b9d9f82cf205c73efcb88b4164a2437c9503032c463f8b7a6fa0f12dc831348",
    "ShakeGestureWiimoteZ": "f0ae691ac3abaeea2087920a502100f00059de774c2f649318ef2598c0a269a6",
    "SpokenArabicDigits": "24535cddd385addfcd187957ef552ef2f570eab2316e3d5c60ede199c3b02167",
    "TDrive": "80089ffe1de3d086865322996d14cdd3b6589bc1188e671dea0737fb4ad3bc55",
    "Taxi": "21463a6c138a0ea45558849ba872784fed6d770c2cb941b920408c31e31d330a",
    "Vehicles": "d14c8f61784ed0a75d87fed31b60ef58e83f9f7b77155a242e576145ce225e5f",
}


def fetch_irregular(
    name: str,
    split: str | None = None,
    *,
    task: str = "default",
    data_home: Folder = None,
    download_if_missing: bool = True,
) -> tuple[Panel, NDArray | None]:
    """Load one of the irregular data sets that pyrregular collects; download it if it is not on this computer.

    Reading the files needs h5py (``pip install h5py``).

    Parameters
    ----------
    name : str
        Name of the data set, such as "Animals" or "Garment".  The error for an unknown name lists all names.
    split : {"train", "test"}, optional
        The part of the benchmark's split to load.  Default: all series.
    task : str, default="default"
        The task whose target and split are used.  "Garment", for example, also has "regression".
    data_home : str or path, optional
        Folder of the data sets.  Default: the environment variable ``SKHIPPO_DATA``, else ``~/skhippo_data``.  The
        files are kept in its folder pyrregular.
    download_if_missing : bool, default=True
        If False, raise an error instead of downloading.

    Returns
    -------
    X : Panel
        The series in the order of the file.  Dates become seconds since 1970, as in the benchmark; other times are
        unchanged.
    y : ndarray of shape (n_series,), or None
        The target of each series; None if the task has none.

    Raises
    ------
    ImportError
        If h5py, or pooch for the download, is needed and not installed.
    OSError
        If the file is missing and cannot or must not be downloaded.
    ValueError
        If the name, the split or the task is unknown, or if the file has another hash or another format.

    Notes
    -----
    The sets have different sources and licences; pyrregular lists both (github.com/fspinna/pyrregular, folder
    metadata).  Some sets state no licence.  Cite the source of the set, and: Spinnato and Landi (2025), "PYRREGULAR: A
    Unified Framework for Irregular Time Series, with Classification Benchmarks", arXiv 2505.06047.

    Examples
    --------
    >>> from skhippo.datasets import fetch_irregular
    >>> X, y = fetch_irregular("Animals", split="train")  # doctest: +SKIP
    """
    if not isinstance(name, str) or name not in _HASHES:
        close = difflib.get_close_matches(str(name), _HASHES, n=1)
        hint = f"Did you mean {close[0]!r}?  " if close else ""
        raise ValueError(
            f"name is {name!r}, which is not a data set of pyrregular.  {hint}Its sets are {', '.join(_HASHES)}"
        )
    if split is not None:
        check_choice("split", split, ("train", "test"))
    folder = data_folder(data_home) / "pyrregular"
    file = download(Remote(f"{name}.h5", _URL.format(name=name), _HASHES[name]), folder, download_if_missing)
    panel, y, parts = read_irregular(file, task)
    if split is None:
        return panel, y
    if parts is None:
        raise ValueError(f"split={split!r} is given, but the task {task!r} of {name} has no split")
    chosen = (parts == "test") == (split == "test")
    return panel[chosen], None if y is None else y[chosen]


def read_irregular(file: Path, task: str = "default") -> tuple[Panel, NDArray | None, NDArray | None]:
    """Read a file of pyrregular.

    Returns
    -------
    X : Panel
    y, split : ndarray of shape (n_series,), or None
        The target and the part ("train", "test", ...) of each series; None if the task has none.
    """
    try:
        h5py: Any = importlib.import_module("h5py")
    except ImportError as error:
        raise ImportError(f"reading {file.name} needs h5py: pip install h5py") from error
    try:
        with h5py.File(file, "r") as content:
            panel = _read_panel(content)
            tasks = _tasks(content)
            if task not in tasks:
                raise ValueError(f"task is {task!r}: one of {', '.join(map(repr, tasks))} is expected")
            y, split = (_coordinate(content, tasks[task].get(key)) for key in ("target", "split"))
            return panel, y, split
    except (OSError, KeyError) as error:
        raise ValueError(f"{file} is damaged, or not a file of pyrregular: {error}") from error


def _tasks(content: Any) -> dict[str, Any]:
    """Return the columns of target and split, by task."""
    text = str(content.attrs["configs"])
    try:
        return dict(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError) as error:
        raise KeyError(f"its tasks are {text:.80}") from error


def _read_panel(content: Any) -> Panel:
    """Return the series in an open file, whose values are stored with their positions on three axes."""
    dims = content["dims"][:].astype("U").tolist()
    places = {dim: content["coords"][dims.index(dim)].astype(np.int64) for dim in _AXES}
    ids, names, clock = (_coordinate(content, axis) for axis in _AXES)
    if content.attrs["__time_id/type"] == "M":
        clock = clock / 1e9  # nanoseconds since 1970
    parts = pack_stacked(
        places["ts_id"],
        Times(np.asarray(clock, dtype=np.float64)[places["time_id"]], NUMBERS),
        places["signal_id"],
        content["data"][:].astype(np.float64),
        duplicates="error",
        ids=ids,
        names=[str(name) for name in names],
    )
    return Panel(**parts)


def _coordinate(content: Any, name: str | None) -> Any:
    """Return a coordinate by its name, such as the ids or the targets of the series; None if it does not exist."""
    if name is None or name not in content["coords_xarray"]:
        return None
    labels = content["coords_xarray"][name][:]
    if labels.dtype.kind == "O":
        return np.array([label.decode() if isinstance(label, bytes) else label for label in labels])
    return np.char.decode(labels, "utf-8") if labels.dtype.kind == "S" else labels
