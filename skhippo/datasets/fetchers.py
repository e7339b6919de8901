"""Data sets that are downloaded on request and kept in a folder."""

from __future__ import annotations

import os
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skhippo._support.files import replacing
from skhippo._support.types import Integers
from skhippo._support.validation import check_bool, check_choice
from skhippo.datasets.archive import load_uea
from skhippo.datasets.downloads import Remote, data_folder, download
from skhippo.panel.clocks import NUMBERS
from skhippo.panel.container import Panel
from skhippo.panel.long import pack_stacked
from skhippo.panel.times import Times

__all__ = ["fetch_asas", "fetch_physionet2012", "fetch_uea"]

Folder = str | os.PathLike[str] | None

_UEA = "https://timeseriesclassification.com/aeon-toolkit/{name}.zip"
_PHYSIONET = "https://physionet.org/files/challenge-2012/1.0.0/{name}"
_ASAS = "https://github.com/cesium-ml/cesium-data/raw/main/asas_training/{name}"

# SHA-256 of the files of PhysioNet 2012 and ASAS, as published by projects that use them (medical_ts_datasets, cesium).
_HASHES = {
    "set-a.tar.gz": "8cb250f179cd0952b4b9ebcf8954b63d70383131670fac1cfee13deaa13ca920",
    "set-b.tar.gz": "b1637a2a423a8e76f8f087896cfc5fdf28f88519e1f4e874fbda69b2a64dac30",
    "Outcomes-a.txt": "2613ea60ccda29f87571a7d6b09ad130858a8ccd66325bd073365925026883c2",
    "Outcomes-b.txt": "1305f29734da374a809483229a99f33a9230aa8d4fa74b1a2d6ad788136423d5",
    "asas_training_set.tar.gz": "6c66c4435b03576a3b20416fac9b7b9453d2a9189e1af745733816a0715e08fd",
    "asas_training_set_classes_with_metadata.dat": "51095ed2048902440feaa6d222755556a777e8646c27131ea60df622e835c824",
}


def fetch_uea(
    name: str,
    split: str | None = None,
    *,
    data_home: Folder = None,
    download_if_missing: bool = True,
    sha256: str | None = None,
) -> tuple[Panel, NDArray]:
    """Load a data set of the UEA/UCR archive; download it if it is not on this computer.

    Parameters
    ----------
    name : str
        Name of the data set, such as "GunPoint"; timeseriesclassification.com lists them.
    split : {"train", "test"}, optional
        The split of the archive to load.  Default: both, the training series before the test series.
    data_home : str or path, optional
        Folder of the data sets.  Default: the environment variable ``SKHIPPO_DATA``, else ``~/skhippo_data``.  The
        files are kept in its folder `name`, where `load_uea` finds them too.
    download_if_missing : bool, default=True
        If False, raise an error instead of downloading.
    sha256 : str, optional
        SHA-256 of the downloaded zip file.  If given, a file with another hash is refused.

    Returns
    -------
    X : Panel
    y : ndarray of shape (n_series,)
        As in `load_uea`.

    Raises
    ------
    ImportError
        If pooch, which downloads, is needed and not installed.
    OSError
        If the data set is missing and cannot or must not be downloaded.
    ValueError
        If `name` is not the name of a data set, or if the downloaded file has another hash or lacks the series.

    Notes
    -----
    The archive publishes no hashes and corrects its files at times, so a download is checked only if `sha256` is given.

    The sets come from many sources, which the header of each file names.  They have their own terms; most state no
    licence.
    Cite the source of the set, and the archive: Bagnall, Lines, Vickers, Keogh, "The UEA & UCR Time Series
    Classification Repository", timeseriesclassification.com; Dau et al. (2019), "The UCR time series archive",
    IEEE/CAA J. Autom. Sinica 6, 1293; Bagnall et al. (2018), "The UEA multivariate time series classification
    archive", arXiv 1811.00075.

    Examples
    --------
    >>> from skhippo.datasets import fetch_uea
    >>> X, y = fetch_uea("GunPoint", split="train")  # doctest: +SKIP
    >>> X  # doctest: +SKIP
    Panel(50 series, 1 channel, 150 observations)
    """
    if not isinstance(name, str) or not re.fullmatch(r"\w[\w-]*", name):
        raise ValueError(f"name is {name!r}: the name of a set of the archive is expected, such as 'GunPoint'")
    if split is not None:
        check_choice("split", split, ("train", "test"))
    folder = data_folder(data_home) / name
    files = [f"{name}_TRAIN.ts", f"{name}_TEST.ts"]
    if not all((folder / file).is_file() for file in files):
        remote = Remote(f"{name}.zip", _UEA.format(name=name), sha256)
        archive = download(remote, folder, download_if_missing)
        try:
            _extract(archive, files, folder)
        finally:
            archive.unlink()
    return load_uea(folder, split)


def _extract(archive: Path, files: list[str], folder: Path) -> None:
    """Extract files from a zip file, wherever they are inside."""
    try:
        with zipfile.ZipFile(archive) as contents:
            members = {member.filename.rsplit("/")[-1]: member for member in contents.infolist()}
            for file in files:
                if file not in members:
                    raise ValueError(f"{archive.name} holds no {file}, only {', '.join(sorted(members))[:200]}")
                with replacing(folder / file) as out:
                    out.write(contents.read(members[file]))
    except zipfile.BadZipFile as error:
        raise ValueError(
            f"what was downloaded as {archive.name} is not a zip file: is {archive.stem!r} the name of a set of the "
            "archive?"
        ) from error


def fetch_physionet2012(
    subset: str = "a", *, descriptors: bool = False, data_home: Folder = None, download_if_missing: bool = True
) -> tuple[Panel, NDArray]:
    """Load the intensive care records of the PhysioNet/Computing in Cardiology Challenge 2012.

    Each record has 37 vital signs and laboratory values over 48 hours, at irregular times; most values are missing.
    The files (7 MB) are downloaded if they are not on this computer.

    Parameters
    ----------
    subset : {"a", "b"}, default="a"
        Set A (the training set of the challenge) or set B, of 4000 records each.
    descriptors : bool, default=False
        Whether to add age, gender, height and type of the intensive care unit as channels, with one observation at the
        start.
    data_home : str or path, optional
        Folder of the data sets.  Default: the environment variable ``SKHIPPO_DATA``, else ``~/skhippo_data``.  The
        files are kept in its folder PhysioNet2012.
    download_if_missing : bool, default=True
        If False, raise an error instead of downloading.

    Returns
    -------
    X : Panel
        Times are in hours since admission.  If a value is recorded twice at one time, the last one counts.  Unknown
        weights and descriptors, recorded as -1, are missing.
    y : ndarray of shape (4000,), int
        1 if the patient died in the hospital, else 0.

    Raises
    ------
    ImportError
        If pooch, which downloads, is needed and not installed.
    OSError
        If a file is missing and cannot or must not be downloaded.
    ValueError
        If a downloaded file has another hash.

    Notes
    -----
    Licence: Open Data Commons Attribution License v1.0.  Cite: Silva, Moody, Scott, Celi, Mark (2012), "Predicting
    in-hospital mortality of ICU patients: The PhysioNet/Computing in Cardiology Challenge 2012", Computing in
    Cardiology 39, 245; Goldberger et al. (2000), "PhysioBank, PhysioToolkit, and PhysioNet", Circulation 101, e215.

    Examples
    --------
    >>> from skhippo.datasets import fetch_physionet2012
    >>> X, y = fetch_physionet2012()  # doctest: +SKIP
    """
    check_choice("subset", subset, ("a", "b"))
    check_bool("descriptors", descriptors)
    folder = data_folder(data_home) / "PhysioNet2012"
    archive, outcomes = (
        download(Remote(name, _PHYSIONET.format(name=name), _HASHES[name]), folder, download_if_missing)
        for name in (f"set-{subset}.tar.gz", f"Outcomes-{subset}.txt")
    )
    panel = _read_records(archive, descriptors)
    rows = [line.split(",") for line in outcomes.read_text(encoding="ascii").split()]
    deaths = {row[0]: row[rows[0].index("In-hospital_death")] for row in rows[1:]}
    return panel, np.array([deaths[record] for record in np.asarray(panel.series_ids).tolist()], dtype=np.int64)


_STATIC = ("Age", "Gender", "Height", "ICUType")


def _read_records(archive: Path, descriptors: bool) -> Panel:
    """Read all records, as one stacked table of hours, parameters and values."""
    ids, lengths, stamps, names, values = [], [], [], [], []
    for file, text in _members(archive, ".txt"):
        lines = [line.split(",") for line in text.split()[1:]]
        ids.append(file)
        lengths.append(len(lines))
        stamps += [line[0] for line in lines]
        names += [line[1] for line in lines]
        values += [float(line[2]) for line in lines]
    distinct, codes = _coded(stamps)
    hours = np.array([int(stamp[:-3]) + int(stamp[-2:]) / 60 for stamp in distinct])
    number = np.array(values)
    channels, channel = _coded(names)
    unknown = np.isin(channels, (*_STATIC, "Weight"))[channel] & (number < 0)
    parts = pack_stacked(
        np.repeat(np.arange(len(ids)), lengths),
        Times(hours[codes], NUMBERS),
        channel,
        np.where(unknown, np.nan, number),
        duplicates="last",
        ids=np.array(ids),
        names=channels,
    )
    series = [name for name in sorted(channels) if name not in (*_STATIC, "RecordID", "")]
    return Panel(**parts).select_channels(series + list(_STATIC) * descriptors)


def _coded(texts: list[str]) -> tuple[list[str], Integers]:
    """Return the distinct texts, and the position of each text in them."""
    distinct = list(dict.fromkeys(texts))
    place = {text: i for i, text in enumerate(distinct)}
    return distinct, np.fromiter(map(place.__getitem__, texts), dtype=np.int64, count=len(texts))


def fetch_asas(
    *, errors: bool = False, data_home: Folder = None, download_if_missing: bool = True
) -> tuple[Panel, NDArray]:
    """Load light curves of variable stars of the All-Sky Automated Survey.

    There are 810 stars of 28 classes, observed at irregular times over years.  The files (4 MB) are downloaded if they
    are not on this computer.

    Parameters
    ----------
    errors : bool, default=False
        Whether to add the error of each magnitude as a second channel.
    data_home : str or path, optional
        Folder of the data sets.  Default: the environment variable ``SKHIPPO_DATA``, else ``~/skhippo_data``.  The
        files are kept in its folder ASAS.
    download_if_missing : bool, default=True
        If False, raise an error instead of downloading.

    Returns
    -------
    X : Panel
        Magnitudes; times are in days.  If two magnitudes have the same time, the first one counts.
    y : ndarray of shape (810,), str
        The class of each star.

    Raises
    ------
    ImportError
        If pooch, which downloads, is needed and not installed.
    OSError
        If a file is missing and cannot or must not be downloaded.
    ValueError
        If a downloaded file has another hash.

    Notes
    -----
    The files are those of the project cesium, which states no licence for them.  Cite: Richards et al. (2012),
    "Construction of a Calibrated Probabilistic Classification Catalog: Application to 50k Variable Sources in the
    All-Sky Automated Survey", Astrophys. J. Suppl. Ser. 203, 32; Pojmanski (2002), Acta Astron. 52, 397.

    Examples
    --------
    >>> from skhippo.datasets import fetch_asas
    >>> X, y = fetch_asas()  # doctest: +SKIP
    """
    check_bool("errors", errors)
    folder = data_folder(data_home) / "ASAS"
    archive, classes = (
        download(Remote(name, _ASAS.format(name=name), _HASHES[name]), folder, download_if_missing)
        for name in ("asas_training_set.tar.gz", "asas_training_set_classes_with_metadata.dat")
    )
    labels = dict(line.split(",")[:2] for line in classes.read_text(encoding="utf-8").split()[1:])
    curves = {}
    for star, text in _members(archive, ".dat"):
        table = np.loadtxt(text.splitlines(), delimiter=",", ndmin=2)
        _, first = np.unique(table[:, 0], return_index=True)
        curves[star] = table[first]
    stars = [star for star in labels if star in curves]
    rows = np.concatenate([curves[star] for star in stars])
    names = ["magnitude", "error"][: 1 + errors]
    offsets = np.cumsum([0, *(len(curves[star]) for star in stars)])
    panel = Panel(rows[:, 1 : 2 + errors], rows[:, 0], offsets, names, series_ids=np.array(stars))
    return panel, np.array([labels[star] for star in stars])


def _members(archive: Path, suffix: str) -> Iterator[tuple[str, str]]:
    """Return name and text of the files of a tar file that have a suffix."""
    with tarfile.open(archive, "r|*") as contents:
        for member in contents:
            file = contents.extractfile(member) if member.isfile() and member.name.endswith(suffix) else None
            if file is not None:
                yield member.name.rsplit("/")[-1].removesuffix(suffix), file.read().decode()
