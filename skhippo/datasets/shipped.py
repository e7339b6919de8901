"""Data sets that ship with the package."""

from __future__ import annotations

from importlib.resources import files

import numpy as np

from skhippo._support.validation import check_bool
from skhippo.panel.container import Panel

__all__ = ["load_mauna_loa"]


def load_mauna_loa(*, by_year: bool = True) -> Panel:
    """Load the weekly mean concentration of CO2 in the air at Mauna Loa, Hawaii, from March 1958 to December 2001.

    The set ships with the package.  It has 2225 values, and 59 weeks are missing, up to 18 in a row in 1964.

    Parameters
    ----------
    by_year : bool, default=True
        Whether each calendar year is a series, with the year as its id.  If False, the record is one series.

    Returns
    -------
    Panel
        44 series of 25 to 53 observations, or one series of 2225.  The only channel, "co2", is in parts per million by
        volume.  The times are dates.

    Raises
    ------
    TypeError
        If `by_year` is not a bool.

    Notes
    -----
    Source: Keeling and Whorf (2004), "Atmospheric CO2 concentrations derived from flask air samples at sites in the SIO
    network", Carbon Dioxide Information Analysis Center, Oak Ridge National Laboratory, U.S. Department of Energy, as
    distributed by statsmodels, which declares it public domain.  The Scripps CO2 Program licenses its data under CC BY
    4.0; give credit to the Scripps Institution of Oceanography at UC San Diego.

    Examples
    --------
    >>> from skhippo.datasets import load_mauna_loa
    >>> years = load_mauna_loa()
    >>> years
    Panel(44 series, 1 channel, 25 to 53 observations)
    >>> years.series_ids[[0, -1]]
    array([1958, 2001])
    """
    check_bool("by_year", by_year)
    text = files("skhippo.datasets").joinpath("mauna_loa.csv").read_text(encoding="ascii")
    rows = [line.split(",") for line in text.splitlines() if not line.startswith("#")]
    dates = np.array([date for date, _ in rows], dtype="datetime64[D]")
    values = np.array([float(value) for _, value in rows])[:, np.newaxis]
    years = dates.astype("datetime64[Y]").astype(int) + 1970
    ids, first = np.unique(years, return_index=True)
    if not by_year:
        return Panel(values, dates, [0, len(dates)], ["co2"])
    return Panel(values, dates, [*first, len(dates)], ["co2"], series_ids=ids)
