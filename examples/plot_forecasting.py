"""
Forecasting from what is known so far
=====================================

``output="sequence"`` gives the coefficients after every observation, computed from the past alone.  A ridge regression
of later values on them is a forecaster.  Here it forecasts a monthly series 1 to 12 months ahead, once with all months
and once with three months in ten missing.  Nothing is imputed: the coefficients of the last two years are computed from
the observed months.  The data are the airline passengers from 1949 to 1960 that ship with sktime.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import RidgeCV
from sktime.datasets import load_airline

from skhippo import HiPPOTransformer

passengers = load_airline().to_numpy()
months, logarithm = np.arange(passengers.size), np.log(passengers)
SPLIT, YEAR = 108, 12  # the first nine years are for training, the last three for testing
horizons = np.arange(1, YEAR + 1)

# %%
# Features and targets
# --------------------
# The features are 24 coefficients of a sliding window of two years (LegT).  To remove the level, the last observed
# value is subtracted from the first coefficient, the mean of the window, and the target is the change from that value.


def known_so_far(times, values):
    """Return one row of features per observation."""
    hippo = HiPPOTransformer("legt", order=24, theta=2.0 * YEAR, output="sequence", scaling=None)
    features = hippo.fit_transform([(times, values)]).values.copy()
    features[:, 0] -= values
    return features


def forecast(times, values, horizon):
    """Return the forecasts made at each observation, from a model of the training months alone."""
    features, target = known_so_far(times, values), times + horizon
    train = (times >= 2 * YEAR) & (target < SPLIT) & np.isin(target, times)
    change = logarithm[target[train]] - values[train]
    return RidgeCV(np.logspace(-5, 2, 15)).fit(features[train], change).predict(features) + values


# %%
# Simple forecasts to compare with
# --------------------------------
# There are three: the last value; the last known value of the same month of the year; and the latter times the growth
# over the last year.  If a month is missing, the growth is computed from the straight line between its neighbours.


def simple_forecasts(times, values, horizon):
    known = dict(zip(times.tolist(), values.tolist(), strict=True))
    seasonal = values.copy()
    for row, time in enumerate(times):
        ago = range(time + horizon - YEAR, -1, -YEAR)
        seasonal[row] = next((known[month] for month in ago if month in known), values[row])
    growth = values - np.interp(times - YEAR, times, values)
    return {"last value": values, "same month": seasonal, "same month x growth": seasonal + growth}


# %%
# Mean absolute errors
# --------------------
# They are in thousands of passengers, over all forecasts made in the last three years.


def errors(times, values):
    """Return the mean absolute error of each method at each horizon."""
    found = {}
    for horizon in horizons:
        test = (times >= SPLIT - 1) & (times + horizon < passengers.size)
        truth = passengers[times[test] + horizon]
        methods = {"HiPPO and ridge": forecast(times, values, horizon)} | simple_forecasts(times, values, horizon)
        for name, logarithms in methods.items():
            found.setdefault(name, []).append(np.abs(np.exp(logarithms[test]) - truth).mean())
    return found


seen = np.random.default_rng(0).random(months.size) > 0.3
tables = {"all months": errors(months, logarithm), "30 % missing": errors(months[seen], logarithm[seen])}
for title, table in tables.items():
    print(f"{title:24}{'1':>8}{'6':>8}{'12':>8}  months ahead")
    for name, means in table.items():
        print(f"  {name:22}{means[0]:8.1f}{means[5]:8.1f}{means[11]:8.1f}")

# %%
# The errors at each horizon, and the forecasts made in December 1957 and 1958 with three months in ten missing.

figure, (left, right) = plt.subplots(1, 2, figsize=(11.0, 3.8), layout="constrained")
for name, means in tables["30 % missing"].items():
    left.plot(horizons, means, ".-", label=name)
left.set(title="30 % missing", xlabel="months ahead", ylabel="mean absolute error (thousands)", ylim=0)
left.legend(fontsize="small")
right.plot(months, passengers, color="0.8")
right.plot(months[seen], passengers[seen], ".", color="0.4", markersize=4)
for begin in (SPLIT - 1, SPLIT + YEAR - 1):
    now = np.flatnonzero(months[seen] <= begin)[-1]
    ahead = [np.exp(forecast(months[seen], logarithm[seen], horizon)[now]) for horizon in horizons]
    right.plot(months[seen][now] + horizons, ahead, color="tab:blue")
right.set(title="forecasts for twelve months", xlabel="month", ylabel="passengers (thousands)", xlim=(72, 144))
plt.show()
