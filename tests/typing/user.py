"""The library as a program with types uses it: checked by mypy, never run."""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

from skhippo import (
    ChebT,
    FouT,
    HiPPOMemory,
    HiPPOTransformer,
    LagT,
    LegS,
    LegT,
    Panel,
    as_panel,
    project,
    reconstruct,
    show_versions,
)
from skhippo.datasets import irregular_sinusoids
from skhippo.measures import Measure, as_measure
from skhippo.plotting import (
    CoefficientsDisplay,
    MeasureDisplay,
    MemoryDisplay,
    OcclusionDisplay,
    ReconstructionDisplay,
    SensitivityDisplay,
)

Floats = NDArray[np.float64]


def program() -> None:
    pairs: list[tuple[Floats, Floats]] = [(np.arange(3.0), np.ones((2, 3))), (np.arange(2.0), np.ones((2, 2)))]

    # The door and the container
    panel = as_panel(pairs)
    assert_type(panel, Panel)
    assert_type(len(panel), int)
    times, values = panel[0]
    assert_type(times, NDArray[Any])
    assert_type(values, NDArray[Any])
    assert_type(panel[1:], Panel)
    assert_type(panel[np.array([True, False])], Panel)
    assert_type(panel.n_channels, int)
    assert_type(panel.channel_names, tuple[str, ...] | None)
    assert_type(panel.times, Floats)
    assert_type(panel.astype(np.float32), Panel)
    assert_type(Panel.concatenate([panel, panel]), Panel)
    assert_type(Panel.from_long(panel.to_long("id", "t", library="polars")), Panel)
    assert_type(Panel([[1.0], [2.0]], times=[0, 1], channel_names=["x"]), Panel)
    for times, values in panel:
        assert_type((times, values), tuple[NDArray[Any], NDArray[Any]])

    # Coefficients and the way back
    coefficients: NDArray[Any] = project(panel, "legt", order=8, theta=2.0, hold="previous", n_jobs=2)
    assert_type(reconstruct(coefficients, [0.0, 0.5], LegT(2.0)), Floats)

    # Measures
    measures: list[Measure] = [LegS(), LegT(2.0), LagT(2.0, alpha=0.5), FouT(theta=1.0), ChebT(1.0), as_measure("legs")]
    assert_type(measures[0].A(4), Floats)
    assert_type(LegS().basis(4, [0.5]), Floats)
    assert_type(LegT(2.0).theta, float)

    # The transformer
    hippo = HiPPOTransformer("lagt", 12, theta=3.0, hold="linear", handle_empty="zero", n_jobs=-1, verbose=1)
    assert_type(hippo.fit(panel), HiPPOTransformer)
    features: NDArray[Any] = hippo.fit_transform(pairs)
    assert_type(hippo.inverse_transform(features, times=[0.0, 1.0]), Panel)
    assert_type(hippo.measure_, Measure)
    assert_type(hippo.theta_, float | None)
    assert_type(hippo.get_feature_names_out(), NDArray[np.object_])

    # The memory
    memory = HiPPOMemory("legs", 16, n_streams=2, n_channels=1)
    assert_type(memory.update([[1.0], [2.0]], 0.5).merge(memory.copy()), HiPPOMemory)
    assert_type(memory.coefficients, Floats)
    assert_type(memory.nbytes, int)

    # Displays
    assert_type(ReconstructionDisplay.from_estimator(hippo, panel, series=1), ReconstructionDisplay)
    assert_type(CoefficientsDisplay.from_panel(panel, order=4), CoefficientsDisplay)
    assert_type(MeasureDisplay.from_measure(LagT(1.0), 3), MeasureDisplay)
    assert_type(MemoryDisplay.from_memory(memory, stream=1), MemoryDisplay)
    assert_type(SensitivityDisplay.from_estimator(object(), channel="x0"), SensitivityDisplay)
    assert_type(OcclusionDisplay.from_estimator(object(), panel, [0, 1]).losses, Floats)

    assert_type(irregular_sinusoids(10, random_state=0)[0], Panel)
    show_versions()

    # What mypy must refuse: an unused "ignore" is an error too.
    HiPPOTransformer(hold="next")  # type: ignore[arg-type]
    HiPPOTransformer(order="sixteen")  # type: ignore[arg-type]
    project(panel, ordr=8)  # type: ignore[call-arg]
    HiPPOMemory(hold="cubic")  # type: ignore[arg-type]
    LegT()  # type: ignore[call-arg]
    panel[1.5]  # type: ignore[call-overload]
