"""What hypothesis draws: clocks and series of every kind; shared by the tests."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

finite = st.floats(allow_nan=False, allow_infinity=False)
holed = st.floats(allow_nan=True, allow_infinity=False)
numeric_times = st.lists(finite, min_size=1, max_size=6, unique=True).map(lambda t: np.sort(np.array(t)))


@st.composite
def dates(draw):
    """Strictly increasing dates of some unit; 200 years of nanoseconds fit into 64 bits."""
    unit = draw(st.sampled_from(["D", "h", "s", "ms", "us", "ns"]))
    reach = 10**18 if unit == "ns" else 10**5
    near = st.integers(-100, 100)
    ticks = draw(st.lists(near | st.integers(-reach, reach), min_size=1, max_size=6, unique=True))
    return np.sort(np.array(ticks, dtype=np.int64)).view(f"M8[{unit}]")


@st.composite
def series_lists(draw, times=numeric_times):
    """Lists of (times, values): ragged, irregular, with holes."""
    n_channels = draw(st.integers(1, 3))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    elements = st.floats(width=32, allow_infinity=False) if dtype == np.float32 else holed
    clocks = draw(st.lists(times, min_size=1, max_size=6))
    return [(t, draw(hnp.arrays(dtype, (n_channels, len(t)), elements=elements))) for t in clocks]
