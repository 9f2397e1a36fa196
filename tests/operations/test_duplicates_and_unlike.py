"""Duplicates and outliers of real spaces: pictures saved again, strangers, and every way out."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lateen as lt
from lateen.core.errors import InputError, UnknownNameError
from lateen.space import Space

N = 240


@pytest.fixture(scope="module")
def saved_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Portraits, some of them also as JPEG files of two qualities, one smaller, and one file twice."""
    folder = tmp_path_factory.mktemp("saved")
    for i, pixels in enumerate(lt.portraits(N, size=64).images):
        image = Image.fromarray(pixels)
        image.save(folder / f"{i:03}.png")
        if i % 40 == 0:
            image.save(folder / f"{i:03}_75.jpg", quality=75)
            image.save(folder / f"{i:03}_50.jpg", quality=50)
    image.resize((32, 32)).save(folder / f"{N - 1:03}_small.png")
    image.save(folder / f"{N - 1:03}_same.png")
    return folder


@pytest.mark.parametrize("encoder", ["vae:portraits", "pca:16", "pixels"])
def test_pictures_that_were_saved_again(saved_again: Path, tmp_path: Path, encoder: str) -> None:
    lt.build(str(saved_again), encoder=encoder, out=tmp_path / "s.space")
    found = lt.open(tmp_path / "s.space").duplicates()
    groups = {frozenset((g.kept, *g.copies)) for g in found.groups}
    expected = {frozenset({f"{i:03}.png", f"{i:03}_75.jpg", f"{i:03}_50.jpg"}) for i in range(0, N, 40)}
    last = f"{N - 1:03}"
    assert groups == expected | {frozenset({f"{last}.png", f"{last}_same.png", f"{last}_small.png"})}
    same = next(g for g in found.groups if g.kept.startswith(last))
    assert (same.distances[0], same.is_exact) == (0, False)
    assert len(found.copies) == 14


def vectors(folder: Path, x: np.ndarray, **options: object) -> Space:
    np.save(folder / "x.npy", x.astype(np.float32))
    lt.build(folder / "x.npy", out=folder / "x.space", **options)  # type: ignore[arg-type]
    return lt.open(folder / "x.space")


def test_the_table_cleans_the_data(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(200, 6))
    space = vectors(tmp_path, np.vstack([x, x[:3], x[:1] + 1e-3]))
    found = space.duplicates()
    with found.save(tmp_path / "d.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    drop = {row["id"] for row in rows if row["id"] != row["kept"]}
    assert drop == {"200", "201", "202", "203"} == set(found.copies)
    named = [(row["group"], row["id"], row["kept"]) for row in rows]
    assert named[:3] == [("1", "0", "0"), ("1", "200", "0"), ("1", "203", "0")]
    assert [float(r["distance"]) for r in rows][:2] == [0, 0]
    plain = found.to_dict()
    assert plain["copies"] == 4
    assert plain["groups"][0]["copies"][0] == {"id": "200", "distance": 0.0}  # type: ignore[index]
    assert found.save(tmp_path / "d.png").stat().st_size > 1000
    assert found._repr_html_().startswith("<p>Duplicates(3 groups, 2 of them exact; 4 of 204 items are copies)")


def test_no_duplicates(faces: Space, tmp_path: Path) -> None:
    found = faces.duplicates()
    assert (len(found), found.copies) == (0, ())
    assert found.save(tmp_path / "none.png").exists()
    assert found.save(tmp_path / "none.csv").read_text() == "group,id,distance,kept\n"
    wide = faces.duplicates(within=3.5)
    assert wide.notes == ("Near-identical: within 3.5 of the one to keep, as asked.",)
    assert 0 < len(wide.copies) < 100
    assert wide.picture().width > 300


def test_outliers_are_the_farthest(faces: Space, tmp_path: Path) -> None:
    x = faces.vectors.astype(np.float64)
    apart = np.linalg.norm(x[:, None] - x[None], axis=2)
    far = np.sort(apart, axis=1)[:, 1:6].mean(axis=1)
    order = np.argsort(-far)[:7]
    found = faces.unlike(7)
    assert [o.id for o in found.outliers] == [str(row) for row in order]
    np.testing.assert_allclose([o.distance for o in found.outliers], far[order], rtol=1e-5)
    np.testing.assert_allclose([o.support for o in found.outliers], np.arange(7) / 399)
    assert found.outliers[0].nearest == str(np.argsort(apart[order[0]])[1])
    assert found.outliers[0].fields.keys() == set(faces.points.fields)
    with Image.open(found.save(tmp_path / "u.png")) as image:
        assert image.width > 300
    assert faces.unlike(7).to_dict() == found.to_dict()


def test_outliers_of_those_admitted_are_compared_with_all(faces: Space) -> None:
    everyone = {o.id: o for o in faces.unlike(400).outliers}
    some = faces.unlike(5, where="glasses = 1")
    assert [o.fields["glasses"] for o in some.outliers] == [1] * 5
    assert all(everyone[o.id].to_dict() == o.to_dict() for o in some.outliers)


def test_a_stranger_is_found(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(300, 5))
    x[123] += 30
    found = vectors(tmp_path, x).unlike(1)
    assert (found.outliers[0].id, found.outliers[0].support) == ("123", 0)
    assert found.picture().height > 50


@pytest.mark.parametrize(
    "x",
    [np.zeros((2, 3)), np.ones((900, 2)), np.array([[0.0], [1.0]]), np.linspace(0, 1, 50)[:, None]],
    ids=["two", "equal", "two in 1-D", "line"],
)
def test_hard_data(tmp_path: Path, x: np.ndarray) -> None:
    space = vectors(tmp_path, x)
    found = space.unlike(3)
    assert len(found) == min(3, len(x))
    support = [o.support for o in found.outliers]
    assert all(math.isnan(s) for s in support) if len(x) < 4 else all(0 <= s <= 1 for s in support)
    groups = space.duplicates().groups
    assert [len(g.copies) for g in groups] == ([len(x) - 1] if (x == x[0]).all() else [])
    if (x == x[0]).all():
        assert "none is unlike" in found.notes[0]


def test_bad_calls(faces: Space, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="k = 0"):
        faces.unlike(0)
    with pytest.raises(InputError, match="No item of space"):
        faces.unlike(3, where="glasses = 17")
    with pytest.raises(UnknownNameError, match="glases"):
        faces.unlike(3, where="glases = 1")
    with pytest.raises(InputError, match="suffix"):
        faces.duplicates().save(tmp_path / "d.docx")
    with pytest.raises(InputError, match="at least 2 items"):
        vectors(tmp_path, np.ones((1, 3))).duplicates()
    with pytest.raises(InputError, match="at least 2 items"):
        lt.open(tmp_path / "x.space").unlike()
