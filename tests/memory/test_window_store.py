"""What remembers a window: the observations in it, and the last one before."""

import numpy as np
import pytest

from skhippo import HiPPOMemory
from tests.memory.conftest import fed, observations, same, windows


def test_a_file_of_a_window_has_a_time_for_every_value(tmp_path):
    path = tmp_path / "memory.npz"
    HiPPOMemory("legt", 4, theta=2.0).update([[1.0]]).save(path)
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **arrays | {"times": np.zeros((2, 1))})
    with pytest.raises(ValueError, match=r"is damaged, .* 1 values at 2 times"):
        HiPPOMemory.load(path)


@windows
@pytest.mark.parametrize("k", [1, 3, 100])
def test_a_window_keeps_what_is_in_it(measure, k, rng):
    """Twice the observations in the window, and a few; however many came before."""
    memory = HiPPOMemory(measure, 6, n_streams=2)
    step, sizes = 0.05, []
    for update in range(600 // k):
        times = step * (update * k + np.arange(k))
        memory.update(rng.normal(size=(2, k, 1)), times)
        sizes.append(memory.nbytes)
    inside = 2.5 / step
    assert max(sizes) <= 8 * (2 * 2) * (2 * (inside + 1) + 2 * k + 8) + 200
    assert memory._store.size <= 2 * (inside + 1) + k


@windows
def test_a_window_remembers_the_last_value_before_it_for_ever(measure, rng):
    k = 400
    values, times = observations(rng, n_streams=2, k=k, missing=0.0)
    values[0, 5:, 0] = np.nan  # lost long ago
    values[1, :, 1] = np.nan
    values[1, 3, 1] = 2.0
    memory = fed(values, times, range(0, k, 7), measure=measure, order=5)
    same(memory, values, times)
    assert memory._store.size < k / 2
    late = np.array([[np.nan, 1.0], [1.0, 5.0]])
    memory.update(late, times[:, -1] + 0.1)  # a line through the whole window
    same(memory, np.append(values, late[:, None], axis=1), np.append(times, times[:, -1:] + 0.1, axis=1))
