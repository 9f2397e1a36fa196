from __future__ import annotations

import numpy as np
import pytest

from lateen.arithmetic import parse
from lateen.core.errors import InputError


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("king - man + woman", {"king": 1, "man": -1, "woman": 1}),
        ("king − man + woman", {"king": 1, "man": -1, "woman": 1}),
        ("man-1.png - 'wo man.png' + old/x.png", {"man-1.png": 1, "wo man.png": -1, "old/x.png": 1}),
        ('"a \\" b" + c', {'a " b': 1, "c": 1}),
        ("2*a - 0.5*(b + c)", {"a": 2, "b": -0.5, "c": -0.5}),
        ("a*2", {"a": 2}),
        ("mean(a, b, c)", {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}),
        ("mean(a, b)/2", {"a": 0.25, "b": 0.25}),
        ("a - (b - c)", {"a": 1, "b": -1, "c": 1}),
        ("1 / 2 * a", {"a": 0.5}),
        ("-a + b", {"a": -1, "b": 1}),
        ("3 - 2 + 5", {"3": 1, "2": -1, "5": 1}),
        ("0.5*17 + 2 * 3", {"17": 0.5, "3": 2}),
        ("mean(1, 2)", {"1": 0.5, "2": 0.5}),
        ("a + a", {"a": 2}),
        ("mean", {"mean": 1}),
        ("0/a.png - 1/b.png", {"0/a.png": 1, "1/b.png": -1}),
        ("2024-01-01.png - 3.5-b", {"2024-01-01.png": 1, "3.5-b": -1}),
        ("3 - 0.5*2", {"3": 1, "2": -0.5}),
        ("7-12", {"7-12": 1}),
        ("été + 王", {"été": 1, "王": 1}),
    ],
)
def test_weights(text: str, weights: dict[str, float]) -> None:
    assert dict(parse(text).weights) == pytest.approx(weights)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("a b", "quote names that hold spaces"),
        ("(" * 5_000 + "a" + ")" * 5_000, "is nested more than 50 deep"),
        ("a -b", "put spaces around"),
        ("a +", "ends where a name"),
        ("(a", "lacks a '\\)'"),
        ("a * b", "multiplies two points"),
        ("a / 0", "divides by something"),
        ("a / b", "divides by something"),
        ("1 / 2", "plain number"),
        ("'a", "quote is left open"),
        ("mean(a", "lacks"),
        ("mean()", "where a name is expected"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_text(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        parse(text)
    assert text == "" or text in str(caught.value)


def test_evaluation_is_linear_in_the_names() -> None:
    vectors = {name: np.random.default_rng(i).normal(size=4).astype(np.float32) for i, name in enumerate("abc")}
    expected = vectors["a"] - vectors["b"] + 0.5 * vectors["c"]
    np.testing.assert_allclose(parse("a - b + 0.5*c").evaluate(vectors.__getitem__), expected, atol=1e-6)


def test_a_single_name_is_known_as_such() -> None:
    assert parse("a").is_single
    assert not parse("2*a").is_single
    assert not parse("a - b").is_single
