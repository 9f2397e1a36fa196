"""The estimators against their laws, scikit-dimension, and what published code got wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.core.errors import InputError
from lateen.core.geometry import Euclidean
from lateen.manifold.dimension import Estimate, gride, inverse_dimensions, local_pca, mle, two_nn
from lateen.manifold.dimension.local_pca import counted, inverse_participation, spectra
from lateen.neighbors import Table, neighbour_table


def exact_distances(dim: int, n: int = 40_000, k: int = 20, seed: int = 0) -> np.ndarray:
    """Distances to the first neighbours in even space of that dimension: volumes between them are exponential."""
    return np.cumsum(np.random.default_rng(seed).exponential(size=(n, k)), axis=1) ** (1 / dim)


def table_of(vectors: np.ndarray, k: int = 20) -> Table:
    return neighbour_table(vectors.astype(np.float32), k, geometry=Euclidean())


@pytest.fixture(scope="module")
def cloud() -> np.ndarray:
    """Normal data of five dimensions, stretched and turned in eight."""
    random = np.random.default_rng(1)
    return (random.normal(size=(1500, 5)) @ random.normal(size=(5, 8))).astype(np.float32)


@pytest.mark.parametrize("k", [3, 5, 10, 20])
def test_mle_reads_thirteen_dimensions_with_any_number_of_neighbours(k: int) -> None:
    assert mle(exact_distances(13), k).value == pytest.approx(13, abs=0.2)


@pytest.mark.parametrize(("k", "wrong"), [(3, 6.5), (5, 9.8), (10, 11.5), (20, 12.3)])
def test_the_double_correction_of_published_code_reads_less(k: int, wrong: float) -> None:
    """Dividing by k - 2 and averaging inverses (Pope et al., 2021): what these figures must not be."""
    distances = exact_distances(13)
    both = 1 / (np.log(distances[:, k - 1 : k] / distances[:, : k - 1]).sum(axis=1) / (k - 2)).mean()
    assert both == pytest.approx(wrong, abs=0.15)
    assert mle(distances, k).value == pytest.approx(both * (k - 1) / (k - 2), rel=1e-9)


@pytest.mark.parametrize("dim", [1, 2, 7, 30])
def test_every_estimator_reads_even_space(dim: int) -> None:
    distances = exact_distances(dim)
    pairs = [gride(distances, n1) for n1 in (1, 2, 4, 8)]
    for estimate in (two_nn(distances), two_nn(distances, form="likelihood"), mle(distances), *pairs):
        assert estimate.value == pytest.approx(dim, rel=0.02)


def test_two_nn_without_discarding_is_gride_of_one_and_two() -> None:
    distances = exact_distances(6, n=500)
    assert two_nn(distances, discard=0, form="likelihood").value == pytest.approx(gride(distances).value, rel=1e-9)
    assert two_nn(distances, discard=0).value == pytest.approx(6, rel=0.15)


def test_scikit_dimension_agrees(cloud: np.ndarray) -> None:
    id = pytest.importorskip("skdim.id")
    distances, exact = table_of(cloud).distances, cloud.astype(np.float64)
    pairs: list[tuple[Estimate, Any]] = [
        (two_nn(distances), id.TwoNN()),
        (two_nn(distances, discard=0.3, form="likelihood"), id.TwoNN(discard_fraction=0.3, method="mle")),
        (mle(distances), id.MLE()),
        (gride(distances), id.GRIDE()),
        (gride(distances, 3, 17), id.GRIDE(n1=3, n2=17)),
    ]
    for own, peer in pairs:
        assert own.value == pytest.approx(peer.fit(exact).dimension_, rel=1e-5)


@pytest.mark.parametrize(("criterion", "peer"), [("fan", "Fan"), ("fukunaga_olsen", "FO")])
def test_scikit_dimension_counts_components_alike(cloud: np.ndarray, criterion: Any, peer: str) -> None:
    id = pytest.importorskip("skdim.id")
    rows = table_of(cloud).rows[:40]
    theirs = [id.lPCA(ver=peer).fit(cloud[near].astype(np.float64)).dimension_ for near in rows]
    assert counted(spectra(cloud, rows), criterion).tolist() == theirs


@pytest.mark.parametrize("dim", [1, 2, 8, 20])
@pytest.mark.parametrize("k", [10, 30])
def test_local_pca_reads_flat_space_from_few_neighbours(dim: int, k: int) -> None:
    vectors = np.random.default_rng(dim).normal(size=(3000, dim)) @ np.eye(dim, 40)
    estimate = local_pca(vectors.astype(np.float32), table_of(vectors, k).rows)
    assert estimate.value == pytest.approx(dim, rel=0.1)
    assert estimate.n == 1000


def test_participation_of_few_normal_numbers_is_hardly_biased() -> None:
    """Over many neighbourhoods the corrected traces have the mean of endless ones."""
    random, scale = np.random.default_rng(0), np.array([3.0, 2.0, 1.0, 1.0])
    found = np.linalg.eigvalsh([np.cov((scale * random.normal(size=(8, 4))).T) for _ in range(20_000)])
    true = (scale**4).sum() / (scale**2).sum() ** 2
    assert inverse_participation(found, 8).mean() == pytest.approx(true, rel=0.1)
    assert ((found**2).sum(axis=1) / found.sum(axis=1) ** 2).mean() > 1.15 * true  # as it comes


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), scale=st.floats(1e-6, 1e6), extra=st.integers(0, 5))
def test_scale_rotation_and_more_dimensions_change_nothing(seed: int, scale: float, extra: int) -> None:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(120, 3))
    turned, _ = np.linalg.qr(random.normal(size=(3 + extra, 3 + extra)))
    there = scale * vectors @ turned[:3] + scale * random.normal(size=3 + extra)
    one, other = table_of(vectors, 12), table_of(there, 12)
    for estimator in (two_nn, mle, gride):
        assert estimator(other.distances).value == pytest.approx(estimator(one.distances).value, rel=1e-3)
    pcas = [local_pca(x.astype(np.float32), t.rows).value for x, t in ((vectors, one), (there, other))]
    assert pcas[1] == pytest.approx(pcas[0], rel=1e-3)


@pytest.mark.parametrize("name", ["two_nn", "likelihood", "mle", "gride", "pca"])
def test_intervals_are_as_wide_as_estimates_scatter(name: str) -> None:
    """Neighbours share neighbours: intervals of independent items would be a quarter too narrow."""
    logs, said = [], []
    for seed in range(40):
        vectors = np.random.default_rng(seed).random((600, 3)).astype(np.float32)
        table = table_of(vectors, 10)
        estimate, far = {
            "two_nn": lambda t=table: (two_nn(t.distances), 2),
            "likelihood": lambda t=table: (two_nn(t.distances, form="likelihood"), 2),
            "mle": lambda t=table: (mle(t.distances), 10),
            "gride": lambda t=table: (gride(t.distances, 4), 8),
            "pca": lambda v=vectors, t=table: (local_pca(v, t.rows), 10),
        }[name]()
        logs.append(np.log(estimate.value))
        said.append(estimate.error(table.rows[:, :far]))
    assert np.mean(said) == pytest.approx(np.std(logs, ddof=1), rel=0.3)


@pytest.mark.parametrize("form", ["fit", "likelihood"])
def test_influence_is_what_an_item_changes(form: Any) -> None:
    """Leaving out an item moves the logarithm by minus its influence over n."""
    distances = exact_distances(4, n=2000)
    for estimator in (lambda d: two_nn(d, form=form), lambda d: mle(d, 8), lambda d: gride(d, 4)):
        all_of_them = estimator(distances)
        for item in (3, 500, 1999):
            moved = np.log(all_of_them.value / estimator(np.delete(distances, item, axis=0)).value) * len(distances)
            assert all_of_them.influence[item] == pytest.approx(moved, abs=0.12)


def test_items_with_copies_do_not_count() -> None:
    distances = exact_distances(5, n=1000)
    spoilt = np.concatenate([np.zeros((3000, 20)), np.full((50, 20), np.nan), distances])
    for estimator in (two_nn, mle, gride):
        assert estimator(spoilt).value == pytest.approx(estimator(distances).value)
        assert estimator(spoilt).n == 1000
        assert np.isnan(estimator(np.zeros((50, 20))).value)


def test_equal_distances_tell_nothing() -> None:
    for estimator in (two_nn, mle, gride):
        assert np.isnan(estimator(np.ones((50, 20))).value)
    assert np.isnan(local_pca(np.ones((50, 3), np.float32), np.zeros((50, 5), np.int64)).value)


def test_an_item_is_told_what_its_neighbours_say() -> None:
    inverse = inverse_dimensions(np.array([[1.0, 2.0, 4.0], [0.0, 1.0, 2.0]]), 3)
    assert inverse[0] == pytest.approx((np.log(4) + np.log(2)) / 2)
    assert np.isnan(inverse[1])


def test_few_items_have_no_interval() -> None:
    estimate = mle(exact_distances(3, n=9))
    assert np.isfinite(estimate.value)
    assert np.isnan(estimate.interval(np.zeros((9, 2), np.int64))).all()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: mle(np.ones((5, 4)), 5), "k = 5 for 4 neighbours"),
        (lambda: mle(np.ones((5, 1))), "k = 1 for 1"),
        (lambda: two_nn(np.ones((5, 1))), "needs two"),
        (lambda: two_nn(np.ones((5, 2)), discard=1), "discard = 1"),
        (lambda: gride(np.ones((5, 4)), 3), "3 and 6 of 4"),
        (lambda: local_pca(np.ones((5, 4)), np.zeros((5, 3), np.int64)), "needs 4"),
    ],
)
def test_bad_calls(call: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        call()
