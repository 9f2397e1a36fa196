"""Laws of all methods, and what each is elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from lateen.core.errors import InputError
from lateen.directions import contrast, fit_direction
from lateen.directions.fit import METHODS
from lateen.directions.held_equal import held_equal
from lateen.directions.labelled import Labelled
from lateen.directions.lda import RIDGE as LDA_RIDGE
from lateen.directions.lda import lda
from lateen.directions.logistic import logistic
from lateen.directions.ridge import RIDGE, ridge

ANY = pytest.mark.parametrize("method", METHODS)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def uneven(n: int = 3000, dim: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points off the origin with spreads of .3 to 3; the attribute moves them by 2 along the third number."""
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.4
    x = rng.normal(size=(n, dim)) * np.geomspace(0.3, 3, dim) + 4
    x[:, 2] += 2 * y
    return x.astype(np.float32), y


def confounded(n: int = 4000, dim: int = 16, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points A f + noise of an attribute, and of a word and a number that go along with it; A's columns are slanted.

    Returns:
        Points, the attribute, the number, the columns of A.
    """
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    y = z + 0.7 * rng.normal(size=n) > 0
    size = 0.8 * z + 0.6 * rng.normal(size=n)
    columns = rng.normal(size=(dim, 2))
    columns[:, 1] += 0.6 * columns[:, 0]
    x = np.stack([y, size], axis=1) @ columns.T + 0.3 * rng.normal(size=(n, dim))
    return x.astype(np.float32), y, size, columns


@ANY
def test_a_planted_axis_is_found(method: str) -> None:
    """The one to steer along is the axis; the one to read is S^-1 of it."""
    x, y = uneven()
    direction = fit_direction(x, "a", contrast(y, "a"), method=method)
    is_reader = method in ("lda", "ridge", "logistic")
    planted = x.astype(np.float64) - 2 * y[:, None] * np.eye(12)[2]
    best = np.linalg.solve(np.cov(planted.T), np.eye(12)[2]) if is_reader else np.eye(12)[2]
    assert cosine(direction.vector, best) > (0.99 if is_reader else 0.98)
    assert float(np.linalg.norm(direction.vector.astype(np.float64))) == pytest.approx(1, abs=1e-6)
    assert direction.vector.dtype == np.float32
    assert direction.method == method
    assert direction.along > 0.95
    assert direction.gap > 0
    assert direction.stability > 0.9


@ANY
def test_the_other_value_gives_the_other_way(method: str) -> None:
    x, y = uneven(800)
    there, back = (fit_direction(x, "a", contrast(y, "a", v), method=method) for v in ("yes", "no"))
    assert cosine(there.vector, -back.vector) > 0.9999
    assert there.gap == pytest.approx(back.gap, rel=1e-3)


@ANY
@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_units_of_the_space_change_nothing(method: str, factor: float) -> None:
    x, y = uneven(800)
    one, other = (fit_direction(p, "a", contrast(y, "a"), method=method) for p in (x, x * np.float32(factor)))
    assert cosine(one.vector, other.vector) > 0.99999
    assert other.scale == pytest.approx(one.scale * factor, rel=1e-4)
    for figure in ("auc", "along", "random_auc", "stability", "gap", "dose"):
        assert getattr(other, figure) == pytest.approx(getattr(one, figure), rel=1e-3)


@ANY
@pytest.mark.parametrize("is_held", [False, True], ids=["plain", "held"])
def test_same_seed_same_bytes_whatever_the_number_of_threads(method: str, is_held: bool) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(1001, 33)).astype(np.float32)
    y, words = x[:, 0] + rng.normal(size=1001) > 0, np.array([f"w{i}" for i in rng.integers(0, 9, 1001)], object)
    held = held_equal({"number": x[:, 1] + x[:, 0], "word": words}) if is_held else None
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads, "blas"):
            found.append(fit_direction(x, "a", contrast(y, "a"), method=method, held=held, seed=3).to_dict())
    assert found[0] == found[1]
    if not is_held:
        assert fit_direction(x, "a", contrast(y, "a"), method=method, seed=4).auc != found[0]["auc"]


@ANY
def test_items_may_come_sorted_and_a_side_may_be_rare(method: str) -> None:
    """More items than are sampled, with all of one side at the end."""
    rng = np.random.default_rng(0)
    for share in (0.5, 1e-4):
        y = np.arange(60_000) >= 60_000 * (1 - share)
        x = rng.normal(size=(60_000, 3)).astype(np.float32)
        x[:, 1] += 4 * y
        direction = fit_direction(x, "a", contrast(y, "a"), method=method)
        assert direction.vector[1] > (0.99 if share == 0.5 else 0.9)
        assert direction.auc > 0.97
        assert direction.probe is not None
        assert float(direction.probe(x[y]).mean()) > 0.3 > float(direction.probe(x[~y]).mean())


@ANY
def test_with_confounders_held_equal_the_direction_is_the_attributes_own(method: str) -> None:
    """In data A f + noise it is A's column; the plain difference is slanted towards the other, the readers from it."""
    x, y, size, columns = confounded()
    plain = fit_direction(x, "a", contrast(y, "a"), method=method)
    held = fit_direction(x, "a", contrast(y, "a"), method=method, held=held_equal({"size": size}))
    assert held.without == ("size",)
    assert cosine(plain.vector, columns[:, 0]) < 0.92
    assert cosine(held.vector, columns[:, 0]) > 0.99
    assert held.auc > 0.9
    assert held.stability > 0.95


def test_leace_leaves_every_ordinary_reader_of_the_fields_as_it_is() -> None:
    x, y, size, _ = confounded()
    rng = np.random.default_rng(0)
    word = np.where(y ^ (rng.random(len(y)) < 0.3), "a", "b").astype(object)
    fields = held_equal({"size": size, "word": word, "few": np.clip(np.round(size), -1, 1)})
    vector = fit_direction(x, "a", contrast(y, "a"), method="leace", held=fields).vector
    for target in (size, (word == "a").astype(float), *fields.plain.T, fields.plain @ [1.0, -3.0, 2.0, 0.5]):
        reader = LinearRegression().fit(x.astype(np.float64), target)
        assert abs(float(reader.coef_ @ vector)) < 1e-4 * float(np.linalg.norm(reader.coef_))
        plain = fit_direction(x, "a", contrast(y, "a"), held=fields).vector
        assert abs(float(reader.coef_ @ plain)) > 1e-3 * float(np.linalg.norm(reader.coef_))


def test_leace_says_when_the_fields_leave_nothing() -> None:
    """As many numbers to erase as a point has."""
    x, y, _, _ = confounded(dim=12)
    fields = held_equal({f"number {i}": column for i, column in enumerate(x.T)})
    with pytest.raises(InputError, match=r"Nothing is left .* they are 12 numbers.* and the points have 12"):
        fit_direction(x, "a", contrast(y, "a"), method="leace", held=fields)


def test_leace_without_fields_is_the_difference_of_means() -> None:
    x, y = uneven(500)
    one, other = (fit_direction(x, "a", contrast(y, "a"), method=m) for m in ("leace", "mean_difference"))
    np.testing.assert_array_equal(one.vector, other.vector)


@pytest.mark.parametrize("n", [9, 800, 20_000])
def test_mean_difference_is_the_difference_of_means(n: int) -> None:
    x, y = uneven(n)
    d = x[y].mean(axis=0, dtype=np.float64) - x[~y].mean(axis=0, dtype=np.float64)
    vector = fit_direction(x, "a", contrast(y, "a")).vector
    np.testing.assert_allclose(vector, d / np.linalg.norm(d), atol=1e-5)


def test_lda_is_scikit_learns() -> None:
    x, y = uneven()
    model = LinearDiscriminantAnalysis(solver="lsqr").fit(x.astype(np.float64), y)
    assert cosine(fit_direction(x, "a", contrast(y, "a"), method="lda").vector, model.coef_[0]) > 0.999
    within = np.cov(x[y].T, bias=True) * y.mean() + np.cov(x[~y].T, bias=True) * (1 - y.mean())
    d = x[y].mean(axis=0, dtype=np.float64) - x[~y].mean(axis=0, dtype=np.float64)
    expected = np.linalg.solve(within + LDA_RIDGE * np.trace(within) / 12 * np.eye(12), d)
    found = lda(Labelled(x, y.astype(np.float64)), d[:, None])[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_ridge_is_scikit_learns() -> None:
    x, y = uneven()
    penalty = RIDGE * float(x.var(axis=0).mean()) * len(x)
    model = Ridge(alpha=penalty).fit(x.astype(np.float64), y.astype(float))
    assert cosine(fit_direction(x, "a", contrast(y, "a"), method="ridge").vector, model.coef_) > 0.9999
    sample = Labelled(x, y.astype(np.float64))
    np.testing.assert_allclose(ridge(sample, sample.with_labels[:, None])[:, 0], model.coef_, rtol=1e-3, atol=1e-6)


def test_logistic_is_scikit_learns() -> None:
    x, y = uneven()
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    model = LogisticRegression(C=1.0, tol=1e-8, max_iter=1000).fit(z.astype(np.float64), y)
    expected = model.coef_[0] / x.std(axis=0)
    assert cosine(fit_direction(x, "a", contrast(y, "a"), method="logistic").vector, expected) > 0.9999
    normal, repeats = logistic(Labelled(x, y.astype(np.float64)), np.ones((len(x), 2)))
    np.testing.assert_allclose(normal, expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(repeats, np.stack([normal, normal], axis=1), rtol=1e-3, atol=1e-3)


@ANY
def test_the_bootstrap_is_as_wide_as_other_items_make_it(method: str) -> None:
    """The mean cosine of the repeats, against that of directions of fresh items, to the truth of very many."""
    truth = fit_direction(*_split(uneven(20_000, seed=1)), method=method).vector
    said, seen = [], []
    for seed in range(2, 8):
        direction = fit_direction(*_split(uneven(200, seed=seed)), method=method)
        said.append(direction.stability)
        seen.append(cosine(direction.vector, truth))
    assert np.mean(said) == pytest.approx(np.mean(seen), abs=0.08)


def _split(data: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, str, object]:
    return data[0], "a", contrast(data[1], "a")


@ANY
def test_a_single_number_and_more_numbers_than_items(method: str) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2 == 0
    line = (rng.normal(size=(60, 1)) + 3 * y[:, None]).astype(np.float32)
    assert fit_direction(line, "a", contrast(y, "a"), method=method).vector.tolist() == [1.0]
    wide = rng.normal(size=(60, 400)).astype(np.float32)
    wide[:, 7] += 8 * y
    direction = fit_direction(wide, "a", contrast(y, "a"), method=method)
    assert np.argmax(direction.vector) == 7 or method == "logistic"
    assert direction.auc > 0.9


@ANY
@pytest.mark.parametrize(
    "points",
    [np.zeros((30, 4)), np.full((30, 4), 1 / 3), np.tile(np.arange(4.0), (30, 1))],
    ids=["zero", "thirds", "counted"],
)
def test_points_that_are_all_the_same_have_no_direction(method: str, points: np.ndarray) -> None:
    with pytest.raises(InputError, match="have the same mean, so there is no direction"):
        fit_direction(points.astype(np.float32), "a", contrast(np.arange(30) % 2, "a"), method=method)


def test_an_unknown_method_and_fields_that_leave_nothing() -> None:
    x, y = uneven(60)
    with pytest.raises(InputError, match="There is no method 'svm'; choose mean_difference, logistic, lda, leace"):
        fit_direction(x, "a", contrast(y, "a"), method="svm")
    missing = np.where(y, np.nan, np.arange(60.0))
    with pytest.raises(InputError, match="No items of both sides of a = 1 have values in all of size"):
        fit_direction(x, "a", contrast(y, "a"), held=held_equal({"size": missing}))


@ANY
def test_groups_are_resampled_as_a_whole(method: str) -> None:
    """Twenty people are not a thousand: their direction is less sure than that of as many items apart."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(20), 50)
    points = (rng.normal(size=(20, 8))[person] + 0.1 * rng.normal(size=(1000, 8))).astype(np.float32)
    points[:, 0] += 2 * (person % 2)
    split = contrast((person % 2).astype(float), "odd")
    apart = fit_direction(points, "odd", split, method=method)
    together = fit_direction(points, "odd", split, method=method, group=person.astype(str))
    assert together.stability < apart.stability - 0.01


def test_held_out_groups_hold_both_sides_where_that_can_be() -> None:
    """The attribute is the same in all items of a person, and rare: most draws of five people would have none."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(20), 20)
    odd = person < 2
    points = (rng.normal(size=(400, 6)) + 3.0 * odd[:, None]).astype(np.float32)
    split = contrast(odd.astype(float), "odd")
    found = [fit_direction(points, "odd", split, group=person.astype(str), seed=seed).auc for seed in range(6)]
    assert min(found) > 0.95
