"""
Spark: features of many series
==============================

A fitted transformer is a small object that can be pickled, so Spark needs no adapter.  `mapInPandas` passes the rows of
a partition in Arrow batches that begin and end anywhere.  So each series is brought into one partition, and each
partition is read as a whole.  Needs ``pip install pyspark pandas pyarrow`` and Java.
"""

import os
import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
from pyspark.sql import SparkSession

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

    def of_partition(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        frames = list(batches)
        if frames:  # a partition may be empty
            yield features(pd.concat(frames))

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers with the libraries of this process
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    schema = "id long, " + ", ".join(f"`{name}` double" for name in names)
    whole = spark.createDataFrame(table).repartition("id").mapInPandas(of_partition, schema)
    found = whole.toPandas().set_index("id").sort_index()
    equal = found.equals(features(table).set_index("id").sort_index())
    print(f"{found.shape[0]} rows of {found.shape[1]} features, equal to local: {equal}")
    spark.stop()


if __name__ == "__main__":
    main()
