"""The signal of Figure 4 (left) of Gu et al. 2020: a million steps, 256 coefficients."""

import numpy as np
import pytest

from skhippo import project, reconstruct
from skhippo.datasets import band_limited_noise

N_STEPS, DT, BAND, ORDER = 10**6, 1e-4, 1.0, 256


@pytest.mark.slow
def test_mean_squared_error_of_a_million_steps():
    """100 cycles and 256 coefficients: what is lost is beyond any polynomial of that degree (pi cycles > N)."""
    errors = []
    positions = np.arange(N_STEPS) / (N_STEPS - 1)
    for seed in range(10):
        signal = band_limited_noise(N_STEPS, dt=DT, band=BAND, random_state=seed)[0]
        approximation = reconstruct(project(signal[None], order=ORDER)[0, 0], positions)
        errors.append(np.mean((approximation - signal) ** 2))
    print(f"mean squared error {np.mean(errors):.4f} +- {np.std(errors):.4f}")
    assert np.mean(errors) == pytest.approx(0.0185, abs=0.004)


@pytest.mark.slow
def test_half_the_band_is_resolved():
    """Negative control: with 50 cycles (below N / pi = 81) the error all but vanishes."""
    positions = np.arange(N_STEPS) / (N_STEPS - 1)
    signal = band_limited_noise(N_STEPS, dt=DT, band=BAND / 2, random_state=0)[0]
    approximation = reconstruct(project(signal[None], order=ORDER)[0, 0], positions)
    assert np.mean((approximation - signal) ** 2) < 1e-6
