r"""
Gates and the Legendre Memory Unit as HiPPO
===========================================

Two older ideas are special cases of HiPPO (Gu et al. 2020, sections 2.3 and 2.4).  This page verifies both.

One coefficient is a gate
-------------------------

With one coefficient, a memory is an average of the past.  As in a gated recurrent unit, each new value enters with a
weight :math:`g`:

.. math:: c_k = (1 - g_k)\, c_{k-1} + g_k f_k .

For LagT the gate is constant at equal steps, :math:`g = 1 - e^{-\Delta t / \theta}`, which is :math:`\sigma(z)` for
:math:`\Delta t/\theta = \log(1 + e^z)`.  A gate is thus a learned time scale.  For LegS the gate falls as :math:`1/k`,
and the memory is the mean of all values so far.
"""

import matplotlib.pyplot as plt
import numpy as np

from skhippo import HiPPOMemory, LagT, LegS, LegT

rng = np.random.default_rng(0)
values = np.cumsum(rng.normal(size=60))
steps = np.arange(60)

figure, axes = plt.subplots(2, figsize=(8, 5), sharex=True, layout="constrained")
axes[0].plot(steps, values, "0.6", drawstyle="steps-post", label="values")
for colour, measure in {"C0": LegS(), "C1": LagT(5.0)}.items():
    memory = HiPPOMemory(measure, order=1, hold="previous")
    averages = np.array([memory.update([[f]], t).coefficients[0, 0, 0] for t, f in enumerate(values)])

    # The value of step k holds until step k + 1, and is in the memory then.
    gates = 1.0 / steps[1:] if measure == LegS() else np.full(59, 1.0 - np.exp(-1.0 / measure.theta))
    expected = averages[0]
    for k, gate in enumerate(gates):
        expected = (1.0 - gate) * expected + gate * values[k]
        assert np.isclose(averages[k + 1], expected, rtol=0, atol=1e-12)

    axes[0].plot(steps, averages, colour, label=repr(measure))
    axes[1].plot(steps[1:], gates, colour)
axes[0].legend()
axes[1].set(xlabel="step", ylabel="gate", ylim=(0, 1))
print("with one coefficient, LegS and LagT are gates")

# %%
# The Legendre Memory Unit has the memory of LegT
# -----------------------------------------------
#
# Voelker, Kajić and Eliasmith (2019, equations 1 and 2) derived the memory of their unit from Padé approximants of a
# delay.  With the coefficients scaled by :math:`(-1)^n \sqrt{2n + 1}`, its equation is that of LegT.

order = 32
i, j = np.arange(order)[:, None], np.arange(order)
published = (2 * i + 1) * np.where(i < j, -1.0, (-1.0) ** (i - j + 1)), (2 * j + 1) * (-1.0) ** j

legt = LegT(1.0)
scale = legt.lmu_scale(order)
ours = -scale[:, None] * legt.A(order) / scale, scale * legt.B(order)
for theirs, mine in zip(published, ours, strict=True):
    assert np.allclose(mine, theirs, rtol=1e-12)
print("the memory of the LMU is that of LegT")

figure, ax = plt.subplots(figsize=(4, 3.5), layout="constrained")
image = ax.imshow(np.arcsinh(published[0]), cmap="RdBu_r", vmin=-5, vmax=5)
_ = ax.set_title("matrix of the LMU (arsinh)")
