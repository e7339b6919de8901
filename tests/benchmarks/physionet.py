"""The records of PhysioNet/Computing in Cardiology Challenge 2012 (sets A and B) as a panel."""

import itertools
import tarfile

import numpy as np

from skhippo import Panel

DESCRIPTORS = ["Age", "Gender", "Height", "ICUType"]  # once a record, at its beginning; -1 where not known
CHANNELS = [
    "ALP",
    "ALT",
    "AST",
    "Albumin",
    "BUN",
    "Bilirubin",
    "Cholesterol",
    "Creatinine",
    "DiasABP",
    "FiO2",
    "GCS",
    "Glucose",
    "HCO3",
    "HCT",
    "HR",
    "K",
    "Lactate",
    "MAP",
    "MechVent",
    "Mg",
    "NIDiasABP",
    "NIMAP",
    "NISysABP",
    "Na",
    "PaCO2",
    "PaO2",
    "Platelets",
    "RespRate",
    "SaO2",
    "SysABP",
    "Temp",
    "TroponinI",
    "TroponinT",
    "Urine",
    "WBC",
    "Weight",
    "pH",
]


def read_set(archive, n_records=None, *, descriptors=False):
    """Read the first `n_records` records: a row for each distinct time, in hours; 37 channels, most of them NaN.

    Of several values of a channel at one time the last counts; a negative weight is none.  `descriptors` are further
    channels, with one observation each.
    """
    channels = CHANNELS + DESCRIPTORS if descriptors else CHANNELS
    with tarfile.open(archive, "r|xz") as members:
        files = (m for m in members if m.isfile() and m.name[-5].isdigit())
        texts = {m.name[-10:-4]: members.extractfile(m).read().decode() for m in itertools.islice(files, n_records)}
    times, values = zip(*(_read_record(text, channels) for text in texts.values()), strict=True)
    offsets = np.cumsum([0, *map(len, times)])
    return Panel(np.concatenate(values), np.concatenate(times), offsets, channels, series_ids=list(texts))


def read_deaths(archive, records):
    """Return, of each record, whether the patient died in the hospital: 1 or 0."""
    with tarfile.open(archive, "r|xz") as members:
        text = next(members.extractfile(m).read().decode() for m in members if "Outcomes" in m.name)
    rows = [line.split(",") for line in text.split()[1:]]
    deaths = {row[0]: int(row[-1]) for row in rows}
    return np.array([deaths[record] for record in records])


def _read_record(text, channels):
    """Times and values of one record: lines of "hh:mm,parameter,value" in the order of time."""
    column = {name: i for i, name in enumerate(channels)}
    entries = [line.split(",") for line in text.splitlines()[1:]]
    clock = list(dict.fromkeys(stamp for stamp, _, _ in entries))
    row = {stamp: i for i, stamp in enumerate(clock)}
    values = np.full((len(clock), len(channels)), np.nan)
    for stamp, parameter, text_value in entries:
        value = float(text_value)
        if parameter in column and not (parameter in {"Weight", *DESCRIPTORS} and value < 0):
            values[row[stamp], column[parameter]] = value
    return np.array([int(stamp[:-3]) + int(stamp[-2:]) / 60 for stamp in clock]), values
