"""What hypothesis draws: clocks and series of every kind; shared by the tests."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skhippo import Panel

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


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=3),
    st.binary(max_size=3),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.decimals(),
    st.fractions(),
    st.just(np.datetime64("NaT", "s")),
    st.just(np.timedelta64(3, "D")),
    st.just(np.float32(2)),
    st.just(object()),
    st.just(Panel([[1.0]])),
)


arrays = hnp.arrays(
    st.one_of(
        hnp.floating_dtypes(endianness="?"),
        hnp.integer_dtypes(),
        hnp.datetime64_dtypes(),
        hnp.timedelta64_dtypes(),
        hnp.complex_number_dtypes(),
        hnp.unicode_string_dtypes(max_len=2),
        st.just(np.dtype(bool)),
    ),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
)


def containers(inner):
    return st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.tuples(inner),
        st.dictionaries(st.text(max_size=2), inner, max_size=2),
        st.lists(inner, max_size=3).map(lambda items: np.fromiter(items, dtype=object, count=len(items))),
        st.sets(st.integers(), max_size=2),
        st.lists(inner, max_size=2).map(iter),
    )


junk = st.recursive(st.one_of(scalars, arrays), containers, max_leaves=10)


nearly_good = st.lists(
    st.one_of(
        st.lists(scalars, max_size=4),
        st.lists(st.floats() | st.none(), max_size=4),
        st.tuples(st.lists(scalars, max_size=3), st.lists(holed, max_size=3)),
        st.tuples(arrays, arrays),
        st.lists(st.lists(holed, max_size=3), max_size=3),
        arrays,
    ),
    max_size=3,
)
