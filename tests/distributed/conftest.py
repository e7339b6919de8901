"""Dask in this process, or a cluster of two."""

import logging

import pytest

dask = pytest.importorskip("dask", reason="Dask is not installed")
distributed = pytest.importorskip("distributed", reason="Dask is not installed")


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=logging.CRITICAL
        ) as cluster,
        distributed.Client(cluster, timeout=120) as client,
    ):
        yield client


@pytest.fixture
def here():
    """Without a cluster: tasks one by one in this process."""
    with dask.config.set(scheduler="sync"):
        yield
