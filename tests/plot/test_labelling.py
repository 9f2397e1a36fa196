"""Labels never overlap, never cover a point, never leave the field, and stay with their point."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.plot.labelling import GAP, SAME, Box, Label, Placed, place_labels

FIELD = (0, 0, 800, 500)


def crowd(seed: int, n: int, spread: float) -> list[Label]:
    """Labels of points around the middle; the first three are important, later ones have a short text."""
    rng = np.random.default_rng(seed)
    places = rng.normal((400, 250), spread, size=(n, 2)).clip(20, 480)
    sizes = np.stack([rng.uniform(10, 190, n), rng.uniform(15, 24, n)], axis=1)
    return [
        Label((float(x), float(y)), float(radius), (float(w), float(h)), None if i < 3 else (14, 15), important=i < 3)
        for i, ((x, y), (w, h), radius) in enumerate(zip(places, sizes, rng.uniform(3, 9, n), strict=True))
    ]


def apart(box: Box, other: Box) -> bool:
    return box[2] <= other[0] or other[2] <= box[0] or box[3] <= other[1] or other[3] <= box[1]


def gap(box: Box, label: Label) -> float:
    """From the edge of a point's mark to a box."""
    x, y = label.at
    across, down = max(box[0] - x, x - box[2], 0), max(box[1] - y, y - box[3], 0)
    return math.hypot(across, down) - label.radius


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 34), st.sampled_from([0.0, 10.0, 60.0, 150.0]))
def test_labels_are_apart_from_each_other_from_all_points_and_from_the_edge(seed: int, n: int, spread: float) -> None:
    labels = crowd(seed, n, spread)
    placed = place_labels(labels, FIELD, lines=[((0, 0), (800, 500))])
    assert len(placed) == n
    boxes = [at.box for at in placed if at is not None]
    assert boxes
    assert all(apart(a, b) for a, b in combinations(boxes, 2))
    for box in boxes:
        assert min(box[0], box[1], 800 - box[2], 500 - box[3]) >= 0
        assert min(gap(box, label) for label in labels) >= 1
    for label, at in zip(labels, placed, strict=True):
        if at is None:
            continue
        width, height = label.short if at.short and label.short else label.size
        assert math.isclose(at.box[2] - at.box[0], width)
        assert math.isclose(at.box[3] - at.box[1], height)
        if not label.important:
            assert at.leader is None
        if at.leader is None:
            others = [gap(at.box, other) for other in labels if math.dist(other.at, label.at) >= SAME]
            assert all(gap(at.box, label) < other for other in others), "it would name another point"


def test_a_lone_label_is_right_of_its_point_at_its_height() -> None:
    placed = place_labels([Label((100, 100), 6, (50, 20))], FIELD)
    assert placed == [Placed((106 + GAP, 90, 156 + GAP, 110), None)]


def test_at_the_right_edge_it_is_on_the_left() -> None:
    (placed,) = place_labels([Label((780, 100), 6, (50, 20))], FIELD)
    assert placed is not None
    assert placed.box[2] == 780 - 6 - GAP


def test_a_line_is_left_uncovered_where_there_is_another_place() -> None:
    (placed,) = place_labels([Label((100, 100), 6, (50, 20))], FIELD, lines=[((100, 100), (400, 100))])
    assert placed is not None
    assert placed.box[2] < 100


def test_where_a_text_has_no_room_a_short_one_may_and_else_none() -> None:
    field = (0, 0, 60, 40)
    label = Label((30, 20), 5, (58, 20), (12, 12))
    (placed,) = place_labels([label], field)
    assert placed is not None
    assert placed.short
    assert place_labels([Label((30, 20), 5, (58, 20))], field) == [None]


def test_an_important_label_moves_away_with_a_line_to_its_point() -> None:
    around = [(400 + 16 * math.cos(t), 250 + 16 * math.sin(t)) for t in np.arange(0, 2 * math.pi, math.pi / 4)]
    crowded = [Label((400, 250), 5, (60, 20), important=True), *(Label(at, 5, (300, 300)) for at in around)]
    placed = place_labels(crowded, FIELD)[0]
    assert placed is None or placed.leader is not None  # a closed ring of points lets no line out
    opened = place_labels([*crowded[:2], *crowded[3:]], FIELD)[0]
    assert opened is not None
    assert opened.leader is not None
    start, end = opened.leader
    assert math.dist(start, (400, 250)) < math.dist(end, (400, 250))
    assert gap(opened.box, crowded[0]) >= 12


def test_points_that_look_like_one_share_the_place_beside_them() -> None:
    one, two = (Label((400 + x, 250), 6, (50, 20), important=True) for x in (0.0, 0.1))
    placed = place_labels([one, two], FIELD)
    assert [at is not None and at.leader is None for at in placed] == [True, True]


def test_places_are_deterministic() -> None:
    assert place_labels(crowd(1, 30, 40), FIELD) == place_labels(crowd(1, 30, 40), FIELD)
