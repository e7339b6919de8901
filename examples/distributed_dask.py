"""
Dask: series that cross partitions
==================================

A long table of 300 sensors has six partitions, one per day, so every series crosses all of them.  Two Dask workers turn
each partition into one piece per sensor and merge the pieces in the order of time.  The features are those that one
machine computes.  After that, one long series in chunks becomes a memory.

The same lines work on any cluster: ``Client("tcp://scheduler:8786")``.
"""

import time

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
from distributed import Client, LocalCluster

from skhippo import HiPPOTransformer, Panel, project
from skhippo.datasets import band_limited_noise
from skhippo.distributed import memory_from_chunks, transform

SENSORS, DAYS = 300, 6


def day(number: int) -> pd.DataFrame:
    """What all sensors saw on one day: times of their own, two channels with holes, rows in any order."""
    rng = np.random.default_rng(number)
    lengths = rng.integers(20, 80, SENSORS)
    sensor = np.repeat(np.arange(SENSORS), lengths)
    hour = 24.0 * (number + rng.random(sensor.size))
    load, heat = np.sin(hour / 24 + sensor), np.cos(hour / 48) + 0.1 * rng.normal(size=hour.size)
    heat[rng.random(hour.size) < 0.3] = np.nan
    return pd.DataFrame({"sensor": sensor, "hour": hour, "load": load, "heat": heat})


def main() -> None:
    columns = {"series": "sensor", "time": "hour"}
    # A sample of whole series is enough to fit on.
    table = pd.concat(map(day, range(DAYS))).sort_values("hour")
    everything = Panel.from_long(table, **columns)
    hippo = HiPPOTransformer(order=16).fit(everything[:50])

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        print(f"{len(client.nthreads())} workers, {DAYS} partitions, {everything}")
        begin = time.perf_counter()
        features = transform(hippo, dd.from_map(day, range(DAYS)), **columns).compute()
        print(f"{features.shape[0]} rows of {features.shape[1]} features in {time.perf_counter() - begin:.1f} s")
        local = pd.DataFrame(hippo.transform(everything), index=everything.series_ids)
        difference = np.abs(features.loc[local.index].to_numpy() - local.to_numpy()).max()
        print(f"largest difference to one machine: {difference:.0e}")

        signal = band_limited_noise(2**20, dt=1e-4, band=0.2, random_state=0)[0]
        memory = memory_from_chunks(da.from_array(signal, chunks=2**17), order=128).compute()
        difference = np.abs(memory.coefficients - project(signal[None], order=128)).max()
        print(f"a series of {signal.size} observations in 8 chunks: {memory.nbytes} bytes, difference {difference:.0e}")


if __name__ == "__main__":  # worker processes import this file
    main()
