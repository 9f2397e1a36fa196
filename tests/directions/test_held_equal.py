"""Fields held equal: known answers of least squares, what can't be separated, what goes along by more than chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.core.errors import InputError
from lateen.directions.held_equal import HeldEqual, associations, check_separable, explained, held_equal, left_of
from lateen.directions.labelled import Labelled
from lateen.directions.resampled import differences

SEEDS = st.integers(0, 2**32 - 1)


def objects(values: list[object]) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def warned(labels: np.ndarray, held: HeldEqual) -> str | None:
    return check_separable("beard = 1", labels.astype(np.float64), held, np.arange(len(labels)))


@settings(deadline=None, max_examples=25)
@given(SEEDS, st.integers(1, 6))
def test_the_difference_is_the_coefficient_of_a_regression(seed: int, c: int) -> None:
    """Frisch and Waugh: of a regression of the points on a constant, the attribute and the fields."""
    rng = np.random.default_rng(seed)
    n, dim = 200, 5
    held = rng.normal(size=(n, c)) * 10.0 ** rng.integers(-3, 4, c)
    y = (held[:, 0] / np.abs(held[:, 0]).max() + 0.5 * rng.normal(size=n) > 0).astype(np.float64)
    y[:2] = 0, 1
    x = rng.normal(size=(n, dim)) + 3 * held[:, :1] / np.abs(held).max() + y[:, None] * rng.normal(size=dim)
    left = left_of(y, held)
    sums, _ = differences(x, np.arange(n), left[:, None])
    scaled = held / np.abs(held).max(axis=0)
    regressors = np.concatenate([np.ones((n, 1)), y[:, None], scaled], axis=1)
    coefficient = np.linalg.lstsq(regressors, x, rcond=None)[0][1]
    np.testing.assert_allclose(sums[:, 0] / (left @ left), coefficient, atol=1e-4 * np.abs(coefficient).max())


@settings(deadline=None, max_examples=25)
@given(SEEDS)
def test_what_is_left_is_uncorrelated_with_all_columns_though_some_repeat(seed: int) -> None:
    rng = np.random.default_rng(seed)
    held = rng.normal(size=(150, 3))
    held = np.concatenate([held, held[:, :1], held.sum(axis=1, keepdims=True), np.ones((150, 1))], axis=1)
    y = rng.normal(size=150) + held[:, 0]
    left = left_of(y, held)
    assert abs(left.mean()) < 1e-12
    np.testing.assert_allclose(held.T @ left / 150, 0, atol=1e-8)
    np.testing.assert_allclose(left, left_of(y, held[:, :3]), atol=1e-8)
    assert left.std() == pytest.approx(1, abs=0.3)
    np.testing.assert_array_equal(left_of(y, None), y - y.mean())


def test_the_difference_is_that_between_items_alike_in_a_field_of_words() -> None:
    """By hand: in each town a difference of 1, and a plain difference of means of 1 + 5 * 0.6."""
    town = objects(["a"] * 100 + ["b"] * 100)
    y = np.concatenate([np.arange(100) < 20, np.arange(100) < 80]).astype(np.float64)
    x = np.stack([y, np.repeat([0.0, 5.0], 100)], axis=1)
    for held, expected in ((None, [1.0, 3.0]), (held_equal({"town": town}).columns, [1.0, 0.0])):
        left = left_of(y, held)
        sums, _ = differences(x, np.arange(200), left[:, None])
        np.testing.assert_allclose(sums[:, 0] / (left @ left), expected, atol=1e-5)


def test_a_number_is_held_within_eighths_and_by_its_value_in_each() -> None:
    x = np.random.default_rng(0).normal(size=4000)
    held = held_equal({"x": x})
    assert held.columns.shape == (4000, 15)
    np.testing.assert_array_equal(np.bincount(held.parts[:, 0]), np.full(8, 500))
    for curve in (x, x**2, np.abs(x), np.sin(3 * x), x > 0.3):
        assert explained(curve.astype(np.float64), held.columns) > 0.9
    assert explained((x > 0.3).astype(np.float64), x[:, None]) < 0.7


@pytest.mark.parametrize("low", [0, -1, -0.5], ids=["least", "greatest", "between"])
def test_a_spike_has_a_part_of_its_own(low: float) -> None:
    """Such as the length of a beard: none at all for most."""
    rng = np.random.default_rng(0)
    x = np.where(rng.random(2000) < 0.6, 0.0, rng.uniform(low, low + 1, 2000))
    held = held_equal({"beard": x})
    has = (x != 0).astype(np.float64)
    assert explained(has, held.columns) > 0.99
    zero = np.unique(held.parts[x == 0])
    assert len(zero) == 1
    assert not np.isin(held.parts[x != 0], zero).any()
    with pytest.raises(InputError, match="can't separate beard = 1 from beard: beard already tells 100%"):
        warned(has, held)


def test_few_numbers_and_booleans_count_one_by_one() -> None:
    rng = np.random.default_rng(0)
    few = rng.integers(0, 5, 300)
    held = held_equal({"few": few, "yes": rng.random(300) < 0.5, "word": objects(list(few.astype(str)))})
    assert (held.names, held.owner) == (("few", "yes", "word"), (0, 0, 0, 0, 1, 2, 2, 2, 2))
    np.testing.assert_array_equal(held.columns[:, :4], few[:, None] == [1, 2, 3, 4])
    np.testing.assert_array_equal(held.columns[:, :4], held.of("word").columns)
    assert held.of("yes").columns.shape == (300, 1)


def test_missing_values_are_known_to_be_missing() -> None:
    number = np.arange(40.0)
    number[[3, 4, 5]] = np.nan, np.inf, -np.inf
    word = objects(["a", "b"] * 20)
    word[0] = None
    held = held_equal({"number": number, "word": word, "some": objects([None, 1.5, 2, True] * 10)})
    expected = np.ones(40, bool)
    expected[[0, 3, 4, 5, *range(0, 40, 4)]] = False
    np.testing.assert_array_equal(held.known, expected)
    assert np.isfinite(held.columns[held.known]).all()
    assert held.parts[0].tolist()[1:] == [-1, -1]
    assert held_equal({}).columns.shape == (0, 0)


def test_what_cannot_be_held_equal() -> None:
    for column, says in (
        (np.ones(9), "sex can't be held equal: it has one value only"),
        (np.full(9, np.nan), "sex can't be held equal: it has no values"),
        (objects([None] * 9), "sex can't be held equal: it has no values"),
        (objects(["m", None] * 4), "one value only"),
        (objects([f"p{i}" for i in range(201)]), "sex has 201 values; at most 200.*--group sex"),
    ):
        with pytest.raises(InputError, match=says):
            held_equal({"sex": column})
    assert held_equal({"sex": objects([f"p{i}" for i in range(200)])}).columns.shape == (200, 199)


def test_an_attribute_that_a_field_determines_is_refused() -> None:
    rng = np.random.default_rng(0)
    noise, man = rng.normal(size=500), rng.random(500) < 0.5
    held = held_equal({"noise": noise, "man": objects(["m" if m else "w" for m in man])})
    with pytest.raises(InputError, match=r"can't separate beard = 1 from man: man already tells 100% of beard = 1"):
        warned(man, held)
    with pytest.raises(InputError, match="Leave it out of --without, or add items that differ"):
        warned(~man, held.of("man"))


def test_fields_that_only_together_determine_it_are_named_together() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random(600), rng.random(600)
    sizes = np.digitize(a, [0.25, 0.5, 0.75]), np.digitize(b, [0.25, 0.5, 0.75])
    y = sizes[0] + sizes[1] + 0.0
    with pytest.raises(InputError, match="from a, b together: a, b together already tell 100% of beard = 1"):
        warned(y, held_equal({"a": sizes[0], "b": sizes[1]}))


def test_what_is_hardly_separable_is_warned_of_and_what_is_independent_is_not() -> None:
    rng = np.random.default_rng(0)
    man = rng.random(4000) < 0.5
    nearly = man ^ (rng.random(4000) < 0.025)  # a correlation of .95
    half = man ^ (rng.random(4000) < 0.25)
    held = held_equal({"man": man, "age": rng.normal(size=4000)})
    said = warned(nearly, held)
    assert said is not None
    assert said.startswith("man already tells 91% of beard = 1: what is left")
    assert warned(half, held) is None
    assert warned(rng.random(4000) < 0.5, held) is None


def test_a_few_items_explain_nothing_by_chance() -> None:
    """Plain R² of 60 columns of noise on 100 labels is .6; with more columns than labels nothing can be told."""
    rng = np.random.default_rng(0)
    shares = [explained(rng.integers(0, 2, 100).astype(float), rng.normal(size=(100, 60))) for _ in range(50)]
    assert np.mean(shares) < 0.15
    assert explained(np.arange(5.0), rng.normal(size=(5, 4))) == 1.0
    assert explained(np.ones(5), rng.normal(size=(5, 4))) == 0.0


def test_known_associations_are_found() -> None:
    rng = np.random.default_rng(0)
    n = 20_000
    y = (rng.random(n) < 0.5).astype(np.float64)
    number = (y - 0.5) + rng.normal(size=n) * np.sqrt(0.75)  # r = .5
    colour = np.where(rng.random(n) < 0.2, y, rng.integers(0, 2, n)).astype(int)
    fields = {
        "against": -number,
        "number": np.where(rng.random(n) < 0.3, np.nan, number),
        "colour": np.array(["red", "blue"], object)[colour],  # eta = .2
        "same": np.array(["no", "yes"], object)[y.astype(int)],
        "noise": rng.normal(size=n),
        "constant": np.ones(n),
        "one word": objects(["a"] * n),
        "nothing": np.full(n, np.nan),
        "id": objects([f"i{i}" for i in range(n)]),
        "infinite": np.where(np.arange(n) == 7, np.inf, number),
    }
    found = associations(y, fields)
    assert next(iter(found)) == "same"
    assert set(found) == {"same", "number", "against", "infinite", "colour"}
    expected = {"same": 1.0, "number": 0.5, "against": -0.5, "infinite": 0.5, "colour": 0.2}
    assert found == pytest.approx(expected, abs=0.02)
    assert [abs(r) for r in found.values()] == sorted((abs(r) for r in found.values()), reverse=True)


def test_missing_values_are_no_value_of_their_own() -> None:
    """Everything is missing for one side, and says nothing where it is there."""
    rng = np.random.default_rng(0)
    y = np.repeat([0.0, 1.0], 500)
    words = np.array(["a", "b"], object)[rng.integers(0, 2, 1000)]
    words[:490] = None
    assert associations(y, {"word": words, "all": np.where(y > 0, np.nan, 1.0)}) == {}


def test_noise_is_rarely_said_to_go_along() -> None:
    """Correlations and eta of chance, with few items and with many values: less than one in a hundred."""
    said = tried = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        for n in (40, 400):
            y = (rng.random(n) < rng.choice([0.1, 0.5])).astype(np.float64)
            y[:2] = 0, 1
            words = {k: np.array([f"w{i}" for i in rng.integers(0, k, n)], object) for k in (2, 10, n // 5)}
            fields = {"number": rng.normal(size=n), "spike": np.maximum(rng.normal(size=n) - 1, 0)}
            said += len(associations(y, {**fields, **{f"words {k}": column for k, column in words.items()}}))
            tried += 5
    assert said <= 0.01 * tried


def test_plain_columns_are_one_for_a_number_whatever_its_unit() -> None:
    rng = np.random.default_rng(0)
    size, few, word = rng.normal(5e17, 1e17, 400), rng.integers(0, 3, 400), rng.choice(list("abc"), 400)
    held = held_equal({"size": size, "few": few.astype(float), "word": word.astype(object)})
    assert held.plain.shape == (400, 1 + 2 + 2)  # values counted one by one, but for the first
    np.testing.assert_allclose(held.plain[:, 0], (size - size.mean()) / size.std())
    assert set(np.unique(held.plain[:, 1:])) == {0.0, 1.0}
    size[7] = np.nan
    missing = held_equal({"size": size}).plain[:, 0]
    assert np.flatnonzero(np.isnan(missing)).tolist() == [7]


def test_a_field_given_twice_is_held_equal_once() -> None:
    """Its columns say the same, so the covariance inside them can't be inverted."""
    rng = np.random.default_rng(0)
    size = rng.normal(size=500)
    points = (rng.normal(size=(500, 6)) + size[:, None]).astype(np.float32)
    y = (rng.random(500) < 0.5).astype(np.float64)
    once, twice = held_equal({"a": size}), held_equal({"a": size, "b": 1e6 * size})
    inner = Labelled(points, y, once.columns).inner
    np.testing.assert_allclose(Labelled(points, y, twice.columns).inner, inner, atol=1e-8)
