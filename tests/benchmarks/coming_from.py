"""One task in several libraries: from long tables of irregular series with holes to the accuracy on later series.

``python -m tests.benchmarks.coming_from`` runs those that are installed and prints lines of code, seconds and accuracy.
The page docs/coming_from.rst shows the functions below.
"""

import importlib.util
import inspect
import time

import numpy as np

from skhippo.datasets import irregular_sinusoids


def with_skhippo(train, y_train, test, y_test):
    from skhippo import HiPPOClassifier, Panel

    X_train, X_test = (Panel.from_long(table, series="id", time="t") for table in (train, test))
    return HiPPOClassifier().fit(X_train, y_train).score(X_test, y_test)


def with_tsfresh(train, y_train, test, y_test):
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier
    from tsfresh import extract_features, select_features
    from tsfresh.feature_extraction import EfficientFCParameters
    from tsfresh.utilities.dataframe_functions import impute

    def features(table):  # no feature uses the times of the observations
        stacked = table.melt(["id", "t"], var_name="channel").dropna()
        columns = {"column_id": "id", "column_sort": "t", "column_kind": "channel", "column_value": "value"}
        made = extract_features(
            stacked, **columns, default_fc_parameters=EfficientFCParameters(), n_jobs=0, disable_progressbar=True
        )
        return impute(made)

    X_train = select_features(features(train), pd.Series(y_train, index=train["id"].unique()))
    X_test = features(test).reindex(columns=X_train.columns)
    return RandomForestClassifier(random_state=0).fit(X_train, y_train).score(X_test, y_test)


def with_sktime(train, y_train, test, y_test):
    from sktime.classification.kernel_based import RocketClassifier

    def on_grid(table, n_times=80):  # interpolated: series of one length, without holes
        series = []
        for _, rows in table.groupby("id", sort=False):
            grid = np.linspace(rows["t"].iloc[0], rows["t"].iloc[-1], n_times)
            seen = [rows[["t", name]].dropna() for name in table.columns[2:]]
            series.append([np.interp(grid, channel["t"], channel.iloc[:, 1]) for channel in seen])
        return np.array(series)

    model = RocketClassifier(rocket_transform="minirocket", random_state=0)
    return model.fit(on_grid(train), y_train).score(on_grid(test), y_test)


def with_aeon(train, y_train, test, y_test):
    from aeon.classification.convolution_based import MiniRocketClassifier

    def on_grid(table, n_times=80):  # interpolated: series of one length, without holes
        series = []
        for _, rows in table.groupby("id", sort=False):
            grid = np.linspace(rows["t"].iloc[0], rows["t"].iloc[-1], n_times)
            seen = [rows[["t", name]].dropna() for name in table.columns[2:]]
            series.append([np.interp(grid, channel["t"], channel.iloc[:, 1]) for channel in seen])
        return np.array(series)

    model = MiniRocketClassifier(random_state=0)
    return model.fit(on_grid(train), y_train).score(on_grid(test), y_test)


def with_pypots(train, y_train, test, y_test):
    from pypots.classification import BRITS

    channels, n_times = train.columns[2:], 80

    def on_grid(table):  # the latest value of each channel in each of 80 bins, NaN if there is none
        series = []
        for _, rows in table.groupby("id", sort=False):
            age = (rows["t"] - rows["t"].iloc[0]) / (rows["t"].iloc[-1] - rows["t"].iloc[0])
            bins = (age * n_times).astype(int).clip(upper=n_times - 1)
            series.append(rows.groupby(bins)[list(channels)].last().reindex(range(n_times)).to_numpy())
        return np.array(series)

    labels, numbers = np.unique(y_train, return_inverse=True)
    model = BRITS(n_times, len(channels), len(labels), rnn_hidden_size=64, epochs=50, verbose=False)
    model.fit({"X": on_grid(train), "y": numbers})
    predicted = model.predict({"X": on_grid(test)})["classification"]
    return np.mean(labels[predicted] == y_test)


LIBRARIES = {
    "skhippo": with_skhippo,
    "tsfresh": with_tsfresh,
    "sktime": with_sktime,
    "aeon": with_aeon,
    "pypots": with_pypots,
}


def make_task():
    """Make two long tables and their labels: three frequencies in noise, two channels, 30 % missing."""
    X, y = irregular_sinusoids(200, n_classes=3, n_channels=2, missing=0.3, noise=1.0, random_state=0)
    return X[:100].to_long(), y[:100], X[100:].to_long(), y[100:]


def count_lines(function):
    """Count the lines of code in the body of a function."""
    return sum(bool(line.strip()) for line in inspect.getsource(function).splitlines()[1:])


def main():
    """Run every library that is installed, once to compile and once for the time."""
    print(f"{'library':<10}{'lines':>6}{'seconds':>9}{'accuracy':>10}")
    for name, function in LIBRARIES.items():
        if importlib.util.find_spec(name) is None:
            print(f"{name:<10}{count_lines(function):>6}   not installed")
            continue
        task = make_task()
        function(*task)
        begin = time.perf_counter()
        accuracy = function(*task)
        print(f"{name:<10}{count_lines(function):>6}{time.perf_counter() - begin:>9.2f}{accuracy:>10.3f}")


if __name__ == "__main__":
    main()
