"""
Identifying a system that changes
=================================

A system answers its input with a delay that changes while it runs.  A `HiPPOMemory` of the input and a linear model
that learns with every observation (``partial_fit``) follow it.  Both have a fixed size, and no history is stored.  The
input is observed at irregular times.

The output of a linear system is the integral of the past input times the impulse response.  The coefficients of the
past are integrals too, so the output is a linear function of them, and the learned weights *are* an impulse response.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.integrate import trapezoid
from sklearn.linear_model import SGDRegressor

from skhippo import HiPPOMemory, LagT
from skhippo.datasets import band_limited_noise

# %%
# The system
# ----------
# Its impulse response is that of two equal lags in series, ``age / tau**2 * exp(-age / tau)``.  After 500 s, tau falls
# from 2 s to 1 s.  The input is smooth noise, observed about five times per second.

rng = np.random.default_rng(0)
STEP, CHANGE, END = 0.02, 500.0, 1000.0
clock = np.arange(0.0, END, STEP)
signal = band_limited_noise(clock.size, dt=STEP, band=0.5, rms=1.0, random_state=0)[0]
ages = np.arange(0.0, 20.0, STEP)
responses = {tau: ages / tau**2 * np.exp(-ages / tau) for tau in (2.0, 1.0)}
slow, fast = (np.convolve(signal, response)[: clock.size] * STEP for response in responses.values())
answer = np.where(clock < CHANGE, slow, fast)

observed = np.flatnonzero(rng.random(clock.size) < 0.1)
outputs = answer[observed] + 0.02 * rng.normal(size=observed.size)

# %%
# Memory and model
# ----------------
# At each observation, the memory takes the input, and the model predicts the output and then learns from it.  LagT
# forgets exponentially, as the system does.

measure = LagT(theta=2.0)
memory = HiPPOMemory(measure, order=8)
model = SGDRegressor(learning_rate="constant", eta0=0.1, alpha=0.0, fit_intercept=False)
model.partial_fit(np.zeros((1, 8)), [0.0])  # begins with weights of zero
errors, weights = np.empty(observed.size), {}
for k, (place, output) in enumerate(zip(observed, outputs, strict=True)):
    memory.update([[signal[place]]], clock[place])
    coefficients = memory.coefficients[:, 0]
    errors[k] = model.predict(coefficients)[0] - output
    model.partial_fit(coefficients, [output])
    weights[0 if clock[place] < CHANGE else 1] = model.coef_.copy()  # the last ones before the change and at the end

# %%
# The table shows the root mean square error of the predictions per 100 s, beside that of always predicting the mean.

for begin in np.arange(0.0, END, 100.0):
    block = (clock[observed] >= begin) & (clock[observed] < begin + 100.0)
    print(f"{begin:4.0f} s: error {np.sqrt(np.mean(errors[block] ** 2)):.3f}, mean {outputs[block].std():.3f}")

# %%
# The learned impulse response is the sum of the basis functions, times the learned weights, times the weight of the
# measure.

places = ages / measure.theta
basis = measure.basis(8, places) * measure.weight(places)[:, None] / measure.theta
figure, (left, right) = plt.subplots(1, 2, figsize=(11.0, 3.6), layout="constrained")
left.plot(clock[observed], np.abs(errors), ".", markersize=1)
left.axvline(CHANGE, color="0.6")
left.set(title="error of each prediction", xlabel="time (s)", yscale="log", ylim=(1e-4, 2))
for part, (tau, response) in enumerate(responses.items()):
    found = basis @ weights[part]
    difference = np.sqrt(trapezoid((found - response) ** 2, ages) / trapezoid(response**2, ages))
    print(f"impulse response, tau = {tau:g} s: relative error {difference:.2f}")
    (line,) = right.plot(ages, found, label=f"learned, {'before' if part == 0 else 'after'} the change")
    right.plot(ages, response, "--", color=line.get_color(), label=f"true, tau = {tau:g} s")
right.set(title="impulse response", xlabel="age of the input (s)", xlim=(0, 12))
right.legend(fontsize="small")
plt.show()
