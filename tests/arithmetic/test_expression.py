from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.arithmetic import Item, Step, parse
from lateen.core.errors import InputError


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("king - man + woman", {"king": 1, "man": -1, "woman": 1}),
        ("king − man + woman", {"king": 1, "man": -1, "woman": 1}),
        ("–king – man", {"king": -1, "man": -1}),
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
        ("don't - James' + 'x y'", {"don't": 1, "James'": -1, "x y": 1}),
        ("new york - london  bridge", {"new york": 1, "london bridge": -1}),
        ("route 66", {"route 66": 1}),
        ("2*3*a", {"a": 6}),
        ("2 * (1 + 2) * a", {"a": 6}),
        ("(1 - 0.5) * (a + 2*b)", {"a": 0.5, "b": 1}),
        ("1/2*a", {"a": 0.5}),
        (".5*a + 1e1*b", {"a": 0.5, "b": 10}),
        ("a*-1", {"a": -1}),
        ("3*-a", {"a": -3}),
        ("- (a - b) / 2", {"a": -0.5, "b": 0.5}),
        ("6 / 2 * a / 3", {"a": 1}),
        ("a + b - a", {"a": 0, "b": 1}),
        ("mean(a, mean(b, c))", {"a": 1 / 2, "b": 1 / 4, "c": 1 / 4}),
        ("unit", {"unit": 1}),
        ("1e999 * a", {"a": np.inf}),
        ("a*1/2 + b * 1/4", {"a": 0.5, "b": 0.25}),
        ("0.1*a + 0.2*a - 0.3*a + b", {"a": 0, "b": 1}),
        ("1e-30*a", {"a": 1e-30}),
    ],
)
def test_weights(text: str, weights: dict[str, float]) -> None:
    assert dict(parse(text).weights) == pytest.approx(weights)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("a 'b'", "has \"'b'\" where an operator is expected"),
        ("(" * 5_000 + "a" + ")" * 5_000, "is nested more than 50 deep"),
        ("a -b", "put spaces around"),
        ("a +", "ends where a name"),
        ("(a", "lacks a '\\)'"),
        ("a * b", "multiplies two points"),
        ("a / 0", "divides by zero"),
        ("a / (1 - 1)", "divides by zero"),
        ("a - 1/0*b", "divides by zero"),
        ("a / b", "divides by a point"),
        ("king(a)", r"king\(\), which is no function; there are mean\(\), unit\(\), dir\(\)"),
        ("dir()", "where the name of a direction is expected"),
        ("dir(a + b)", "lacks"),
        ("unit()", "where a name is expected"),
        ("a + 1 / 2", "plain number"),
        ("1 / 2", "plain number"),
        ("'a", "quote that is left open"),
        ("mean(a", "lacks"),
        ("mean()", "where a name is expected"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_text(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        parse(text)
    assert not text.strip() or repr(text) in str(caught.value) or f"of {len(text):,} letters" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "at"),
    [("king - * man", 7), ("king + (man", 11), ("a - 'b", 4), ("a / 0", 4), ("a -b", 2), ("x + foo(a)", 4), ("a +", 3),
     ("unit(a * b)", 7), ("王 + * b", 4)],
)
def test_the_error_points_at_the_character(text: str, at: int) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    shown, pointer = str(caught.value).splitlines()[1:3]
    assert shown == f"  {text}"
    columns = sum(2 if letter == "王" else 1 for letter in text[:at])  # it takes two columns of a terminal
    assert pointer == " " * (2 + columns) + "^"


def test_only_the_surroundings_of_a_mistake_in_a_long_expression_are_shown() -> None:
    with pytest.raises(InputError, match=r"of 3,0\d\d letters") as caught:
        parse("a + " * 500 + "* b" + " + c" * 250 + "\n+\td")
    shown, pointer = str(caught.value).splitlines()[1:3]
    assert len(shown) < 140
    assert shown[len(pointer) - 1] == "*"


def test_directions_and_units_are_atoms() -> None:
    expression = parse("7 + 2*dir(big glasses) - unit(a - 'b c')")
    assert [str(atom) for atom, _ in expression.terms] == ["7", "dir(big glasses)", "unit(a - 'b c')"]
    assert expression.terms[:2] == ((Item("7"), 1.0), (Step("big glasses"), 2.0))
    assert expression.names == ("7", "a", "b c")
    assert expression.quoted == {"b c"}
    with pytest.raises(InputError, match="has dir\\(big glasses\\); only sums of names"):
        _ = expression.weights
    vectors = {"7": np.array([1.0, 0.0]), "a": np.array([3.0, 4.0]), "b c": np.array([0.0, 0.0])}
    got = expression.evaluate(lambda name: vectors[name], lambda name: np.array([0.0, 1.0]))
    np.testing.assert_allclose(got, [1 - 0.6, 2 - 0.8], atol=1e-6)
    with pytest.raises(InputError, match="no directions here"):
        expression.evaluate(lambda name: vectors[name])


def test_the_zero_vector_has_no_unit() -> None:
    with pytest.raises(InputError, match="makes a unit of the zero vector") as caught:
        parse("a + unit(b - b)").evaluate(lambda name: np.ones(3))
    assert str(caught.value).splitlines()[2] == " " * 6 + "^"


PIECES = ["a", "king", "b c", "'", '"', "\\", "(", ")", "*", "/", "+", "-", "−", "–", ",", " ", "  ", "1", "0", ".5",
          "2.5", "1e9", "mean", "unit(", "dir(", "mean(", "\n", "\t", "王", "\x00", "\ud800", "'x'", "e"]


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_any_text_is_an_expression_or_a_clear_error(text: str) -> None:
    try:
        expression = parse(text)
    except InputError:
        return
    assert expression.terms
    assert all(isinstance(weight, float) for _, weight in expression.terms)
    assert set(expression.quoted) <= set(expression.names)


QUARTERS = st.integers(-99, 99).map(lambda n: n / 4)


@given(st.dictionaries(st.text("abcxyz", min_size=1, max_size=4), QUARTERS, min_size=1))
def test_what_is_written_from_weights_is_read_as_these_weights(weights: dict[str, float]) -> None:
    factors = {name: str(weight) if weight >= 0 else f"({weight})" for name, weight in weights.items()}
    text = " + ".join(f"{factor} * '{name}'" for name, factor in factors.items())
    assert dict(parse(text).weights) == weights


SHAPES = [
    "a+", "a + ", "(", "'", "a*2", "(a + b) * 2 * 3 ", "mean(a, ", "-", "- ", "1", "a b ", "a'", "0 /", "1/1", "a / 3 ",
    " ", "\\", ". ", "9/", "'a' ", "a1 + ", "(b + a)*", "unit(a) + ", "1e", "1.", "()", '"\\',
]
TIMES = """
import json, sys, time
from lateen.arithmetic import parse
from lateen.core.errors import InputError

def seconds(text):
    best = float("inf")
    for _ in range(2):
        started = time.process_time()
        try:
            parse(text)
        except InputError as error:
            assert len(str(error)) < 1_000
        best = min(best, time.process_time() - started)
    return best

for shape in json.loads(sys.argv[1]):
    for form in (lambda n: shape * n, lambda n: "(a + " + shape * n + "b)", lambda n: "mean(a, " + shape * n + "x"):
        short, long = (seconds(form(letters // len(shape))) for letters in (10_000, 80_000))
        if long > 0.03 and long > 8 * 3 * short:
            print(repr(shape), short, long)

def names(n):
    return "".join(f"'q{i}' + " for i in range(n)) + "".join(f"dir(d{i}) + a{i} + " for i in range(n)) + "b"

short, long = seconds(names(500)), seconds(names(4_000))
if long > 8 * 3 * short:
    print("names", short, long)
"""


def test_time_is_linear_in_the_length() -> None:
    """Eight times the letters take eight times as long, give or take; what is quadratic takes 64 times as long."""
    run = subprocess.run([sys.executable, "-c", TIMES, json.dumps(SHAPES)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_evaluation_is_linear_in_the_names() -> None:
    vectors = {name: np.random.default_rng(i).normal(size=4).astype(np.float32) for i, name in enumerate("abc")}
    expected = vectors["a"] - vectors["b"] + 0.5 * vectors["c"]
    np.testing.assert_allclose(parse("a - b + 0.5*c").evaluate(vectors.__getitem__), expected, atol=1e-6)


def test_a_single_name_is_known_as_such() -> None:
    assert parse("a").is_single
    assert not parse("2*a").is_single
    assert not parse("a - b").is_single
