"""
Ray: features of many series
============================

A fitted transformer is a small object that can be pickled, so Ray needs no adapter.  A long table is grouped by series;
a data set with one row per series is mapped in batches.  Both give the features that one machine would.  Needs
``pip install "ray[data]"``.
"""

import numpy as np
import pandas as pd
import ray

from skhippo import HiPPOTransformer, Panel


def measurements(n_series: int = 200) -> pd.DataFrame:
    """Return a long table: times of each series, two channels, 30 % of the values missing, rows in any order."""
    rng = np.random.default_rng(0)
    ids = np.repeat(np.arange(n_series), rng.integers(5, 60, n_series))
    values = rng.normal(size=(ids.size, 2)).cumsum(axis=0)
    values[rng.random(values.shape) < 0.3] = np.nan
    table = pd.DataFrame({"id": ids, "t": rng.uniform(0, 10, ids.size), "ph": values[:, 0], "temp": values[:, 1]})
    return table.sample(frac=1.0, random_state=0)


def main() -> None:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    table = measurements()
    panel = Panel.from_long(table.sort_values("t"), series="id", time="t")
    hippo = HiPPOTransformer(order=16).fit(panel)
    names = list(hippo.get_feature_names_out())

    def features(rows: pd.DataFrame) -> pd.DataFrame:
        """Turn the rows of whole series into one row of features per series, with its id."""
        part = Panel.from_long(rows.sort_values("t"), series="id", time="t")
        out = pd.DataFrame(hippo.transform(part), columns=names)
        out.insert(0, "id", part.series_ids)
        return out

    local = features(table).set_index("id").sort_index()

    # A long table: groups of rows, one per series.
    grouped = ray.data.from_pandas(table).groupby("id").map_groups(features, batch_format="pandas")
    found = grouped.to_pandas().set_index("id").sort_index()
    equal = list(found.index) == list(local.index) and np.array_equal(found.to_numpy(), local.to_numpy())
    print(f"long table: {found.shape[0]} rows of {found.shape[1]} features, equal to local: {equal}")

    # One row per series: its id, its times, and its values of shape (channels, observations).
    def batch(rows: dict) -> dict:
        series = list(zip(rows["times"], rows["values"], strict=True))
        return {"id": rows["id"], "features": hippo.transform(series)}

    rows = [{"id": i, "times": t, "values": v} for i, (t, v) in zip(panel.series_ids, panel, strict=True)]
    mapped = ray.data.from_items(rows).map_batches(batch, batch_format="numpy").to_pandas().sort_values("id")
    equal = np.array_equal(np.stack(mapped["features"]), local.to_numpy())
    print(f"one row per series: {len(mapped)} rows, equal to local: {equal}")
    ray.shutdown()


if __name__ == "__main__":
    main()
