"""Clusters: known groups found, one cloud told from several, the same when asked again, no trouble with less."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_mutual_info_score

from lateen.core.geometry import Euclidean
from lateen.manifold.clusters import Clusters, find_clusters
from lateen.manifold.communities import MOST, by_size, communities
from lateen.manifold.distinctive_words import distinctive_words
from lateen.manifold.valleys import islands, log_density
from lateen.neighbors import Table, neighbour_table


def clusters_of(points: np.ndarray) -> Clusters:
    wide = np.asarray(points, np.float32)
    return find_clusters(wide, neighbour_table(wide, 30, geometry=Euclidean()))


def blobs(sizes: list[int], apart: float = 12.0, dim: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    middles = apart * np.eye(len(sizes), dim)
    return rng.normal(size=(len(labels), dim)) + middles[labels], labels


def test_blobs_are_found_whole_and_valleys_lie_between_them() -> None:
    points, labels = blobs([400, 200, 100, 60])
    found = clusters_of(points)
    assert found.apart == 4
    for blob in range(4):
        islands_here = found.islands[found.labels[labels == blob]]
        assert len(set(islands_here.tolist())) == 1
    assert adjusted_mutual_info_score(labels, found.islands[found.labels]) == pytest.approx(1)
    assert found.sizes.tolist() == sorted(found.sizes.tolist(), reverse=True)


@pytest.mark.parametrize("dim", [2, 5, 20])
def test_one_normal_cloud_has_no_valleys(dim: int) -> None:
    found = clusters_of(np.random.default_rng(dim).normal(size=(3_000, dim)))
    assert found.apart == 1


def test_digits_are_found_without_their_labels() -> None:
    data, labels = load_digits(return_X_y=True)
    found = clusters_of(data)
    assert 8 <= found.count <= 14
    assert (found.labels < 0).mean() < 0.02
    assert adjusted_mutual_info_score(labels, found.labels) > 0.85  # HDBSCAN on the same table: .54


@pytest.mark.parametrize("n", [2, 3, 4, 5, 8])
def test_a_handful_is_one_cluster(n: int) -> None:
    found = clusters_of(np.random.default_rng(n).normal(size=(n, 3)))
    assert (found.count, found.sizes.tolist()) == (1, [n])
    assert sorted(found.exemplars[0].tolist()) == list(range(n))


def test_duplicates_far_clusters_and_lines_are_no_trouble() -> None:
    assert clusters_of(np.ones((500, 4))).sizes.tolist() == [500]
    pieces = clusters_of(np.repeat(np.eye(4), 200, axis=0))
    assert pieces.sizes.tolist() == [200] * 4
    assert pieces.apart == 4
    rng = np.random.default_rng(0)
    far = clusters_of(np.concatenate([rng.normal(size=(1_000, 5)), 1e6 + rng.normal(size=(50, 5))]))
    assert far.apart == 2
    assert len(set(far.labels[1_000:].tolist())) == 1
    assert clusters_of(np.arange(300)[:, None]).apart == 1


def test_groups_too_small_are_none() -> None:
    ring = (np.arange(600)[:, None] + np.array([[1, 2, 3, -1, -2, -3]])) % 600
    pair = np.array([[601] * 6, [600] * 6])
    rows = np.concatenate([ring, pair]).astype(np.int32)
    points = np.random.default_rng(0).normal(size=(602, 3))
    found = find_clusters(points, Table(rows, np.ones(rows.shape, np.float32), 1.0, "exact"))
    assert found.labels[600:].tolist() == [-1, -1]
    assert found.sizes.sum() == 600
    lone = communities(np.array([[1], [0], [3], [2], [5], [4]], np.int32))
    assert lone.tolist() == [0, 0, 1, 1, 2, 2]


def test_exemplars_are_of_their_cluster_and_unlike_each_other() -> None:
    points, _ = blobs([300, 300])
    found = clusters_of(points)
    for cluster, rows in enumerate(found.exemplars):
        assert (found.labels[rows] == cluster).all()
        assert len(set(rows.tolist())) == 8
        members = points[found.labels == cluster]
        far = np.linalg.norm(members - members.mean(axis=0), axis=1)
        assert np.linalg.norm(points[rows] - members.mean(axis=0), axis=1).max() <= np.median(far) + 1e-6
        assert np.linalg.norm(points[rows[0]] - members.mean(axis=0)) == pytest.approx(far.min())


def test_a_smooth_sheet_is_cut_into_few() -> None:
    sheet = np.random.default_rng(0).uniform(size=(60_000, 2)).astype(np.float32)
    labels = communities(neighbour_table(sheet, 15, geometry=Euclidean()).rows, resolution=4)
    assert 10 < labels.max() + 1 <= MOST


@settings(max_examples=25, deadline=None)
@given(st.integers(4, 60), st.integers(1, 6), st.integers(0, 10_000))
def test_communities_are_numbered_by_size_and_repeat(n: int, k: int, seed: int) -> None:
    rows = np.random.default_rng(seed).integers(0, n, size=(n, k)).astype(np.int32)
    labels = communities(rows)
    assert labels.tolist() == communities(rows).tolist()
    sizes = np.bincount(labels)
    assert (sizes > 0).all()
    assert (np.diff(sizes) <= 0).all()
    assert by_size(labels).tolist() == labels.tolist()


def test_islands_follow_the_valleys_on_a_line() -> None:
    left, right = np.random.default_rng(0).normal(size=(2, 1_000, 1)).astype(np.float32)
    labels = np.repeat([0, 1], 1_000)
    for gap, count in ((0.0, 1), (8.0, 2)):
        table = neighbour_table(np.concatenate([left, right + gap]), 30, geometry=Euclidean())
        assert len(set(islands(table.rows, log_density(table), labels).tolist())) == count


def test_density_falls_from_the_middle() -> None:
    points = np.random.default_rng(0).normal(size=(2_000, 2)).astype(np.float32)
    density = log_density(neighbour_table(points, 30, geometry=Euclidean()))
    truth = -(points**2).sum(axis=1) / 2
    assert np.corrcoef(density, truth)[0, 1] > 0.95
    assert np.isfinite(log_density(neighbour_table(np.zeros((50, 2), np.float32), 10, geometry=Euclidean()))).all()


def test_words_are_those_that_others_lack() -> None:
    texts = ["The ship sails at sea", "A ship on the sea", "The king and the queen", "A queen without the king", ""]
    words = distinctive_words(texts, np.array([0, 0, 1, 1, -1]), 2)
    assert [set(group) for group in words] == [{"ship", "sea"}, {"king", "queen"}]
    assert distinctive_words(["漢字", "a b"], np.array([0, 1])) == [[], []]
