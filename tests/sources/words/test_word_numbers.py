"""Numbers in text files are those that Python reads, to the last bit."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lateen.sources.words.kernels import parse_numbers
from lateen.sources.words.lines import vector_of

digits = st.text("0123456789", max_size=30)
floats = st.floats(allow_nan=False, allow_infinity=False)
single = st.floats(allow_nan=False, allow_infinity=False, width=32)


@st.composite
def written(draw: st.DrawFn) -> str:
    """A number as anyone might write it."""
    before, after = draw(digits), draw(digits)
    before = before or ("" if after else "0")
    point = draw(st.sampled_from(["", "."])) if not after else "."
    powers = st.integers(-70, 50).map(lambda e: f"e{e}")
    exponent = draw(st.one_of(st.just(""), powers, st.sampled_from(["E+3", "e-07", "e05"])))
    return draw(st.sampled_from(["", "-", "+"])) + before + point + after + exponent


def between(values: st.SearchStrategy[float]) -> st.SearchStrategy[str]:
    """The middle between two float32 and what lies beside it, in full."""
    return values.map(
        lambda x: f"{(float(np.float32(x)) + float(np.nextafter(np.float32(x), np.float32(1e30)))) / 2:.25e}"
    )


numbers = st.one_of(
    written(),
    floats.map(repr),
    single.map(repr),
    single.map(lambda x: str(np.float32(x))),
    st.floats(-10, 10).map(lambda x: f"{x:.5f}"),
    st.floats(-10, 10).map(lambda x: f"{x:.20f}"),
    between(st.floats(-(2.0**99), 2.0**99, width=32)),
)


def quick(tokens: list[str]) -> tuple[np.ndarray, bool]:
    data = np.frombuffer(" ".join(tokens).encode(), np.uint8)
    vectors, good = np.empty((1, len(tokens)), np.float32), np.empty(1, bool)
    parse_numbers(data, np.array([0]), np.array([data.size]), vectors, good)
    return vectors[0], bool(good[0])


@settings(max_examples=2000, deadline=None)
@given(numbers)
@example(".5")
@example("5.")
@example("1e-07")
@example("-0")
@example("+0.0e5")
@example("0e99999999999999999999")
@example("9007199254740993")
@example("1.00000005960464477539062500000001")
@example("3.4028235e38")
@example("3.4028236e38")
@example("1.1754944e-38")
@example("1e-45")
@example("7.0064923216240853e-46")
@example("000000000000000000000000.0000000000000000000000012345678901234567890123")
def test_the_same_bits(token: str) -> None:
    with np.errstate(over="ignore"):
        expected = np.float32(float(token))
    vector, good = quick([token])
    slow = vector_of(token.encode(), 1)
    if not np.isfinite(expected):
        assert not good
        assert isinstance(slow, str)
        return
    assert isinstance(slow, np.ndarray)
    assert slow.view(np.uint32)[0] == expected.view(np.uint32)
    if good:
        assert vector.view(np.uint32)[0] == expected.view(np.uint32)


@given(st.lists(st.floats(-1e20, 1e20).filter(lambda x: x == 0 or abs(x) > 1e-30), min_size=1, max_size=20))
def test_usual_numbers_take_the_quick_way(values: list[float]) -> None:
    vector, good = quick([f"{x:.8g}" for x in values])
    assert good
    assert np.array_equal(vector, np.float32([f"{x:.8g}" for x in values]))


@given(st.text("0123456789+-.eE _naxif\r", min_size=1, max_size=12).filter(lambda t: " " not in t))
def test_what_python_does_not_read_is_not_read(token: str) -> None:
    _, good = quick(["1", token, "2"])
    try:
        readable = np.isfinite(float(token)) and "_" not in token and "\r" not in token
    except ValueError:
        readable = False
    assert readable or not good
