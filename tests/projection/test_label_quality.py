"""Votes and separations of classes agree with scikit-learn's classifiers and with the definitions."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from sklearn.neighbors import NearestCentroid

from lateen.core.errors import InputError
from lateen.projection import map_quality
from lateen.projection.label_quality import Classes, label_trust


def three_groups(n: int = 600, d: int = 6, apart: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 3
    x = rng.normal(size=(n, d))
    x[:, 0] += apart * (labels == 1)
    x[:, 1] += apart * (labels == 2)
    return x.astype(np.float32), labels


def leave_one_out(x: np.ndarray, labels: np.ndarray, k: int) -> float:
    wide, right = x.astype(float), 0
    for row in range(len(x)):
        far = ((wide - wide[row]) ** 2).sum(axis=1)
        far[row] = np.inf
        votes = labels[np.argsort(far, kind="stable")[:k]].tolist()
        most = max(map(votes.count, votes))
        right += next(v for v in votes if votes.count(v) == most) == labels[row]
    return right / len(x)


@pytest.mark.parametrize("k", [1, 5, 15])
def test_accuracy_is_that_of_leaving_one_out(k: int) -> None:
    x, labels = three_groups()
    of = map_quality(x, x[:, :2], k=k, labels=labels).labels
    assert of is not None
    assert of.label_accuracy == of.label_accuracy_low == pytest.approx(leave_one_out(x[:, :2], labels, k))
    assert of.space_accuracy == pytest.approx(leave_one_out(x, labels, k))
    assert of.label_accuracy_null == pytest.approx(1 / 3, abs=0.03)


def test_separations_are_those_of_nearest_centroids() -> None:
    x, labels = three_groups()
    y = np.ascontiguousarray(x[:, :2]) * [1, 0.2]
    names = np.array(["a", "b", "c"])[labels]
    gaps = []
    for pair in combinations("abc", 2):
        rows = np.isin(names, pair)
        space, on_map = (
            2 * NearestCentroid().fit(p[rows], names[rows]).score(p[rows], names[rows]) - 1 for p in (x, y)
        )
        gaps.append(space - on_map)
    expected = 1 - np.maximum(gaps, 0).mean(), 1 + np.minimum(gaps, 0).mean()
    assert label_trust(x, y.astype(np.float32), Classes.of(names)) == pytest.approx(expected, abs=1e-9)


def test_a_map_that_invents_groups_is_found_out() -> None:
    x, labels = three_groups(apart=0.0)
    invented = (np.eye(3)[labels][:, :2] * 50 + x[:, :2]).astype(np.float32)
    trust, continuity = label_trust(x, invented, Classes.of(labels))
    assert trust == 1
    assert continuity < 0.3
    lost, kept = label_trust(invented, x[:, :2], Classes.of(labels))
    assert lost < 0.3
    assert kept == 1


def test_missing_labels_are_left_out() -> None:
    x, labels = three_groups(90)
    given: list[object] = [None if i % 5 == 0 else float("nan") if i % 7 == 0 else int(v) for i, v in enumerate(labels)]
    of = map_quality(x, x[:, :2], labels=given).labels
    assert of is not None
    assert 0.5 < of.label_accuracy <= 1
    assert (Classes.of(given).codes < 0).sum() == sum(i % 5 == 0 or i % 7 == 0 for i in range(90))


@pytest.mark.parametrize(
    "labels", [["a"] * 40, [None] * 40, np.zeros(40)], ids=["one class", "no label", "one number"]
)
def test_fewer_than_two_classes_have_no_figures(labels: list[object] | np.ndarray) -> None:
    x, _ = three_groups(40)
    quality = map_quality(x, x[:, :2], labels=labels)
    assert quality.labels is None
    assert "label_accuracy" not in quality.to_dict()


def test_names_are_no_classes() -> None:
    x, _ = three_groups(300)
    of = map_quality(x, x[:, :2], labels=[f"item {i}" for i in range(300)]).labels
    assert of is not None
    assert of.label_accuracy == 0
    assert of.label_trustworthiness is None


def test_lengths_that_differ_are_named() -> None:
    x, labels = three_groups(40)
    with pytest.raises(InputError, match="40 vectors and 39 labels"):
        map_quality(x, x[:, :2], labels=labels[:39])
