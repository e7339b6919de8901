"""The records of PhysioNet/Computing in Cardiology Challenge 2012 (set A) as a panel."""

import itertools
import tarfile

import numpy as np

from skhippo import Panel

STATIC = {"RecordID", "Age", "Gender", "Height", "ICUType"}
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
_COLUMN = {name: column for column, name in enumerate(CHANNELS)}


def read_set_a(archive, n_records=None):
    """Read the first `n_records` records: a row for each distinct time, in hours; 37 channels, most of them NaN.

    Of several values of a channel at one time the last counts; a negative weight is none.
    """
    with tarfile.open(archive, "r|xz") as members:
        texts = (members.extractfile(m).read().decode() for m in members if m.isfile() and m.name[-5].isdigit())
        records = [_read_record(text) for text in itertools.islice(texts, n_records)]
    times, values = zip(*records, strict=True)
    offsets = np.cumsum([0, *map(len, times)])
    return Panel(np.concatenate(values), np.concatenate(times), offsets, CHANNELS)


def _read_record(text):
    """Times and values of one record: lines of "hh:mm,parameter,value" in the order of time."""
    entries = [line.split(",") for line in text.splitlines()[1:]]
    clock = list(dict.fromkeys(stamp for stamp, _, _ in entries))
    row = {stamp: i for i, stamp in enumerate(clock)}
    values = np.full((len(clock), len(CHANNELS)), np.nan)
    for stamp, parameter, text_value in entries:
        value = float(text_value)
        if parameter not in STATIC and not (parameter == "Weight" and value < 0):
            values[row[stamp], _COLUMN[parameter]] = value
    return np.array([int(stamp[:-3]) + int(stamp[-2:]) / 60 for stamp in clock]), values
