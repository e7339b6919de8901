"""The forecasts of examples/plot_forecasting.py with darts: mean absolute errors, in thousands of passengers.

``python -m tests.benchmarks.coming_from_darts`` needs darts (``pip install u8darts statsmodels``) and sktime, which
contains the airline passengers.  The page docs/coming_from.rst shows `with_darts`.
"""

import time

import numpy as np
from sktime.datasets import load_airline

SPLIT, YEAR = 108, 12


def with_darts(frame, model):
    import pandas as pd
    from darts import TimeSeries
    from darts.utils.missing_values import fill_missing_values

    series = TimeSeries.from_dataframe(frame, "month", "value", fill_missing_dates=True, freq="MS")
    series = fill_missing_values(series)  # months between two known ones are interpolated
    model.fit(series[:SPLIT])
    settings = {"forecast_horizon": YEAR, "retrain": not model.supports_multivariate, "last_points_only": False}
    begin = pd.Timestamp(series.time_index[SPLIT])
    return model.historical_forecasts(series, start=begin, **settings, overlap_end=True, verbose=False)


def errors(months, passengers, seen, model):
    """Return the mean absolute errors 1, 6 and 12 months ahead of forecasts from observed months of the test part."""
    import pandas as pd

    frame = pd.DataFrame({"month": months[seen], "value": np.log(passengers[seen])})
    forecasts = with_darts(frame, model)
    found = {1: [], 6: [], YEAR: []}
    for forecast in forecasts:
        first = (months < forecast.time_index[0]).sum()
        if not seen[first - 1]:  # after an observed month, so no interpolation has looked ahead
            continue
        for horizon, missed in found.items():
            if first - 1 + horizon < len(passengers):
                missed.append(abs(np.exp(forecast.values()[horizon - 1, 0]) - passengers[first - 1 + horizon]))
    return [np.mean(missed) for missed in found.values()]


def main():
    """Print the errors of a regression on lags and of exponential smoothing, with all months and with 30 % missing."""
    from darts.models import ExponentialSmoothing, LinearRegressionModel

    passengers = load_airline()
    months, passengers = passengers.index.to_timestamp(), passengers.to_numpy()
    seen = np.random.default_rng(0).random(months.size) > 0.3
    for title, kept in {"all months": np.ones(months.size, dtype=bool), "30 % missing": seen}.items():
        for model in (LinearRegressionModel(lags=2 * YEAR, output_chunk_length=YEAR), ExponentialSmoothing()):
            begin = time.perf_counter()
            found = errors(months, passengers, kept, model)
            spent = time.perf_counter() - begin
            print(f"{title:14}{type(model).__name__:24}", *(f"{error:7.1f}" for error in found), f"  {spent:.1f} s")


if __name__ == "__main__":
    main()
