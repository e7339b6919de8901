"""Series in containers of sktime, and what they have to give."""

import numpy as np
import pytest

import skhippo

N_SERIES = 24
LABELS = np.arange(N_SERIES) % 2


@pytest.fixture(scope="module")
def frames():
    """Two classes of irregular, ragged, holed series of two channels, as a df-list."""
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    series = []
    for label in LABELS:
        times = np.sort(rng.choice(300, rng.integers(15, 40), replace=False))
        turn = np.pi / 150 * (1 - 2 * label)  # the classes have the same mean
        values = np.sin(turn * times[:, None] + np.arange(2)) + 0.1 * rng.normal(size=(times.size, 2))
        values[rng.random(values.shape) < 0.2] = np.nan
        series.append(pd.DataFrame(values, index=times, columns=["a", "b"]))
    return series


def container(frames, mtype):
    import pandas as pd
    from sktime.datatypes import convert

    keys = [f"s{i}" for i in range(len(frames))]
    if mtype == "pd-multiindex":
        return pd.concat(frames, keys=keys, names=["series", "time"])
    if mtype == "nested_univ":
        return convert(frames, "df-list", "nested_univ").set_axis(keys)
    return frames


def expected(frames, **parameters):
    pairs = [(frame.index.to_numpy(), frame.to_numpy().T) for frame in frames]
    return skhippo.HiPPOTransformer(**parameters).set_output(transform="default").fit_transform(pairs)
