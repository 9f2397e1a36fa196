"""Charts of real spaces: the tangent at an item, the way back onto the data, the support of any vector."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lateen as lt
from lateen.core.errors import InputError, UnknownNameError
from lateen.space import Space


def vectors(folder: Path, x: np.ndarray, **options: object) -> Space:
    np.save(folder / "x.npy", x.astype(np.float32))
    lt.build(folder / "x.npy", out=folder / "x.space", **options)  # type: ignore[arg-type]
    return lt.open(folder / "x.space")


def test_a_chart_of_a_face(faces: Space, tmp_path: Path) -> None:
    chart = faces.tangent("7")
    assert 6 <= chart.tangent.dimension <= 14
    assert chart.k == max(24, 3 * chart.tangent.dimension)
    nearest = [m.id for m in faces.near("7", k=chart.k).matches]
    far = np.linalg.norm(faces.vectors[[int(id) for id in nearest]] - faces.vectors[7], axis=1)
    assert chart.tangent.radius == pytest.approx(far.max(), rel=1e-5)
    plain = chart.to_dict()
    assert plain["dimension"] == chart.tangent.dimension
    rings = plain["by_radius"]
    assert isinstance(rings, list)
    assert rings[1]["off_tangent"] < rings[1]["null_low"]  # faces are flatter than a cloud of their covariance
    assert chart.notes == ()
    with Image.open(chart.save(tmp_path / "t.png")) as image:
        assert image.height > 4 * 200
    assert repr(chart).startswith("Chart of 7: Tangent(dimension ")
    assert faces.tangent("7").to_dict() == plain


def test_a_traversal_goes_through_the_item(faces: Space) -> None:
    chart = faces.tangent("7", d=3)
    made = chart.traversal(1, steps=5)
    np.testing.assert_allclose(made[2].vector, faces.vectors[7], atol=1e-5)
    steps = np.diff([m.vector for m in made], axis=0)
    np.testing.assert_allclose(steps, np.tile(chart.tangent.basis[1] * chart.tangent.spread[1], (4, 1)), atol=1e-5)
    assert min(m.support for m in made[1:4]) > 0.1
    with pytest.raises(InputError, match="expected 0 to 2"):
        chart.traversal(3)


def test_a_vector_is_a_place(faces: Space) -> None:
    mixed = (faces.vectors[1] + faces.vectors[2]) / 2
    at_vector, at_expression = faces.tangent(mixed, 4, 30), faces.tangent("0.5 * 1 + 0.5 * 2", 4, 30)
    np.testing.assert_allclose(at_vector.tangent.basis, at_expression.tangent.basis, atol=1e-4)
    assert at_vector.item == "the vector"


def test_noisy_faces_come_nearer_to_the_clean_ones(faces: Space, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    clean = np.array(faces.vectors[:12])
    noisy = clean + 0.3 * faces.vectors.std(axis=0) * rng.normal(size=clean.shape).astype(np.float32)
    found = [faces.project(v) for v in noisy]
    before = np.linalg.norm(noisy - clean, axis=1)
    after = np.linalg.norm([f.after.vector for f in found] - clean, axis=1)
    assert after.mean() < 0.75 * before.mean()
    assert np.mean([f.after.support for f in found]) > np.mean([f.before.support for f in found]) + 0.05
    np.testing.assert_allclose(faces.support(noisy), [f.before.support for f in found])
    first = found[0]
    assert first.moved == pytest.approx(np.linalg.norm(first.after.vector - noisy[0]), rel=1e-4)
    assert first.to_dict()["support"] == round(first.after.support, 4)
    assert first.save(tmp_path / "p.png").stat().st_size > 1000


def test_support_of_any_vector(faces: Space) -> None:
    x = np.array(faces.vectors[:20])
    assert faces.support(x).shape == (20,)
    assert faces.support(x[3]).tolist() == [faces.support(x)[3]]
    assert faces.support(x.astype(np.float64)[3:4]).tolist() == [faces.support(x)[3]]
    assert faces.support(x[:1] * 30).tolist() == [0]


def test_on_a_sphere(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(500, 3)) @ np.linalg.qr(rng.normal(size=(8, 3)))[0].T
    space = vectors(tmp_path, 5 * plane, geometry="sphere")
    chart = space.tangent("3")
    assert chart.tangent.dimension == 2
    assert chart.tangent.off_tangent < 0.01
    np.testing.assert_allclose(chart.tangent.basis @ chart.tangent.center, 0, atol=1e-7)
    off = space.vectors[3] + 0.5 * rng.normal(size=8).astype(np.float32)
    landed = space.project(off).after.vector
    assert np.linalg.norm(landed) == pytest.approx(1, abs=1e-6)
    apart = [1 - np.square(np.linalg.qr(plane.T)[0].T @ v).sum() for v in (off / np.linalg.norm(off), landed)]
    assert apart[1] < 0.01 * apart[0]
    with pytest.raises(InputError, match="zero vector"):
        space.support(np.zeros(8))


def test_copies_do_not_hide_what_is_around(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(200, 4))
    space = vectors(tmp_path, np.vstack([x, np.repeat(x[:1], 3000, axis=0)]))
    chart = space.tangent("0", d=2)
    assert (chart.k, chart.tangent.dimension) == (24, 2)
    assert chart.tangent.radius == pytest.approx(np.sort(np.linalg.norm(x - x[0], axis=1))[24], rel=1e-4)
    assert math.isfinite(space.project("0").moved)


@pytest.mark.parametrize(
    ("x", "dimension"),
    [
        (np.ones((900, 2)), 0),
        (np.linspace(0, 1, 50)[:, None], 1),
        (np.array([[0.0, 0], [1, 0], [0, 1]]), 1),
        (np.vstack([np.random.default_rng(0).normal(size=(90, 2)), np.full((9, 2), 1e6)]), 2),
        (np.hstack([np.random.default_rng(0).normal(size=(90, 2)), np.full((90, 2), 3)]), 2),
    ],
    ids=["equal", "line", "three", "a cluster far away", "constant columns"],
)
def test_hard_data(tmp_path: Path, x: np.ndarray, dimension: int) -> None:
    space = vectors(tmp_path, x)
    chart = space.tangent("1")
    assert chart.tangent.dimension == dimension
    chart.to_dict()
    assert chart.picture().width > 50
    assert np.isfinite(space.project("1").after.vector).all()
    if dimension == 0:
        assert "no direction" in chart.notes[0]


def test_two_items_are_too_few(tmp_path: Path) -> None:
    space = vectors(tmp_path, np.eye(2))
    for ask in (space.tangent, space.project):
        with pytest.raises(InputError, match="at least 3 items"):
            ask("0")
    assert np.isnan(space.support(np.eye(2))).all()


def test_bad_calls(faces: Space) -> None:
    broken = np.array(faces.vectors[0])
    broken[5] = np.nan
    for ask in (faces.tangent, faces.project, faces.support):
        with pytest.raises(InputError, match="NaN or infinity in vector 0"):
            ask(broken)
        with pytest.raises(InputError, match="64 numbers each"):
            ask(broken[:9])
        with pytest.raises(InputError, match="farther out than numbers reach"):
            ask(np.full(64, 1e20))
    for options in ({"d": 0}, {"d": 65}, {"k": 1}):
        with pytest.raises(InputError, match=r"Got [dk] = "):
            faces.tangent("0", **options)
    with pytest.raises(UnknownNameError, match="nobody"):
        faces.tangent("nobody")
    assert faces.tangent("0", d=64, k=9).tangent.dimension == 8


def test_what_lands_far_from_the_data_is_doubted(faces: Space, tmp_path: Path) -> None:
    far = faces.project(np.full(64, 1000.0))
    assert far.after.support == 0
    assert far.doubts[-1] == "It did not land on the data: support 0.00."
    assert far.doubts[-1] in repr(far)
    assert far.to_dict()["doubts"] == list(far.notes) == list(far.doubts)
    near = faces.project("7")
    assert near.after.support > 0.05
    assert not any("did not land" in doubt for doubt in near.doubts)
    plane = vectors(tmp_path, np.random.default_rng(0).normal(size=(200, 2)) @ np.ones((2, 5))).project("3")
    assert (plane.settled, plane.doubts) == (True, ())
    assert replace(plane, settled=False).doubts == ("It had not come to rest after 30 rounds.",)


def test_a_chart_that_is_not_as_asked_says_so(faces: Space) -> None:
    few = faces.tangent("7", k=3)
    assert (few.k, few.tangent.dimension) == (3, 2)
    assert few.notes[0].startswith("3 neighbours vary in 2 directions only: that is the dimension, instead of ")
    assert few.to_dict()["changed"] == list(few.notes)
    many = faces.tangent("7", d=4, k=2000)
    assert many.k == 399
    assert "k is 399 instead of 2000" in many.notes[0]
    assert "k = 399 of 400 items is not local" in many.notes[1]


def test_words_are_not_their_own_surroundings(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = [f"w{i} {' '.join(map(str, row))}" for i, row in enumerate(rng.normal(size=(60, 8)))]
    (tmp_path / "w.txt").write_text("60 8\n" + "\n".join(lines) + "\n")
    lt.build(tmp_path / "w.txt", out=tmp_path / "w.space")
    space = lt.open(tmp_path / "w.space")
    assert space.spec.modality == "word"
    chart = space.tangent("w5", d=3)
    for direction in range(3):
        tiles = [made.nearest for made in chart.traversal(direction, far=0.1)]
        assert tiles[3] == "w5"
        assert "w5" not in tiles[:3] + tiles[4:]
