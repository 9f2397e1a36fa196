"""Discovery on spaces: axes are described, kept apart from the user's directions, used at once, and named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import lateen as lt
from lateen.core.errors import InputError, UnknownNameError
from lateen.space import Space

N, DIM = 240, 6


@pytest.fixture
def space(tmp_path: Path) -> Space:
    """Vectors that differ most by `size`, then by `kind`."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((N, DIM)) * [5, 3, 1, 0.5, 0.4, 0.3]
    lines = [
        {"id": f"i{row}", "v": v.tolist(), "size": v[0] ** 3, "kind": "old" if v[1] > 0 else "new", "noise": e}
        for row, (v, e) in enumerate(zip(vectors, rng.standard_normal(N), strict=True))
    ]
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    lt.build(tmp_path / "x.jsonl", columns=lt.Columns(vector="v", id="id"), encoder="none", out=tmp_path / "x.space")
    return lt.open(tmp_path / "x.space")


def test_axes_are_described_by_what_goes_along(space: Space) -> None:
    found = space.discover("pca", 3)
    first, second, third = found.axes
    assert [a.name for a in found.axes] == ["pca-1", "pca-2", "pca-3"]
    assert first.description.startswith("size ")
    assert abs(first.along[0].strength) > 0.95
    assert "kind = " in second.description
    assert second.along[0].auc > 0.95
    assert third.description == "goes along with no field"
    assert first.share > second.share > third.share


def test_the_ends_are_the_items_with_most_and_least(space: Space) -> None:
    axis = space.discover("pca", 1)[0]
    along = np.asarray(space.vectors) @ axis.direction.vector
    rows = {id: row for row, id in enumerate(space.ids)}
    assert axis.top[0] == space.ids[int(along.argmax())]
    assert axis.bottom[0] == space.ids[int(along.argmin())]
    assert min(along[rows[id]] for id in axis.top) > np.quantile(along, 0.6)
    assert len(set(axis.top)) == len(axis.top)


def test_copies_stand_at_an_end_once(tmp_path: Path) -> None:
    vectors = np.random.default_rng(1).standard_normal((100, 3)).astype(np.float32)
    vectors[:6] = [9, 0, 0]
    np.save(tmp_path / "x.npy", vectors)
    lt.build(tmp_path / "x.npy", encoder="none", out=tmp_path / "x.space")
    axis = lt.open(tmp_path / "x.space").discover("pca", 1)[0]
    both = {*axis.top, *axis.bottom}
    assert len(both & {str(row) for row in range(6)}) == 1


def test_a_discovered_axis_is_a_direction_at_once_but_not_the_users(space: Space) -> None:
    axis = space.discover("pca", 2)[1]
    assert space.directions() == {}
    moved = space.edit("i3", {"pca-2": 2})
    expected = space.vector("i3") + 2 * axis.direction.step
    assert moved.after.vector == pytest.approx(expected, abs=1e-4)
    with pytest.raises(UnknownNameError, match="Did you mean 'pca-1' or 'pca-2'"):
        space.edit("i3", {"pca": 1})


def test_discovering_again_replaces_the_axes_of_that_method_alone(space: Space) -> None:
    space.discover("pca", 5)
    space.discover("ica", 3)
    space.discover("pca", 2)
    kept = {path.stem for path in (space.folder / "derived" / "discovered").iterdir()}
    assert kept == {"pca-1", "pca-2", "ica-1", "ica-2", "ica-3"}


def test_the_cache_may_go(space: Space) -> None:
    space.discover("pca", 2)
    for path in (space.folder / "derived" / "discovered").iterdir():
        path.write_text("{")
    with pytest.raises(UnknownNameError):
        space.direction("pca-1")
    space.discover("pca", 2)
    assert space.direction("pca-1").direction.method == "pca"


def test_naming_keeps_an_axis(space: Space) -> None:
    axis = space.discover("pca", 2)[0]
    named = space.name_direction("pca-1", "big and small")
    assert named.direction.name == "big and small"
    assert list(space.directions()) == ["big and small"]
    kept = lt.open(space.folder).directions()["big and small"]
    assert kept.vector.tobytes() == axis.direction.vector.tobytes()
    assert (kept.method, kept.scale) == ("pca", axis.direction.scale)


def test_naming_renames_a_direction(space: Space) -> None:
    space.direction("old", field="kind", positive="old")
    space.name_direction("old", "antique")
    assert list(space.directions()) == ["antique"]
    with pytest.raises(InputError, match="already"):
        space.name_direction("antique", "antique")


def test_a_name_that_is_taken_is_replaced_by_force_only(space: Space) -> None:
    space.direction("age", field="kind", positive="old")
    axis = space.discover("pca", 1)[0]
    with pytest.raises(InputError, match="already has a direction 'age'"):
        space.name_direction("pca-1", "age")
    space.name_direction("pca-1", "age", force=True)
    assert space.directions()["age"].cosine(axis.direction) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["a=b", "a/b", "", ".hidden", "two\nlines"])
def test_bad_names(space: Space, name: str) -> None:
    space.discover("pca", 1)
    with pytest.raises(InputError, match="can't be called"):
        space.name_direction("pca-1", name)
    assert space.directions() == {}


def test_an_unknown_direction_has_near_spellings(space: Space) -> None:
    space.discover("pca", 2)
    with pytest.raises(UnknownNameError, match="pca-1"):
        space.name_direction("pca1", "x")


def test_novelty_is_what_known_directions_do_not_make_up(space: Space) -> None:
    assert [axis.novelty for axis in space.discover("pca", 2).axes] == [1, 1]
    space.name_direction("pca-1", "size")
    first, second = space.discover("pca", 2).axes
    assert first.novelty == pytest.approx(0, abs=1e-5)
    assert first.most_like == ("size", pytest.approx(1, abs=1e-5))
    assert second.novelty == pytest.approx(1, abs=1e-5)
    space.direction("kind", field="kind", positive="old")
    assert space.discover("pca", 2)[1].novelty < 0.2


def test_plain_data_and_picture(space: Space, tmp_path: Path) -> None:
    found = space.discover("ica", 2, seed=3)
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert (told["method"], told["n"], told["items"], told["seed"]) == ("ica", 2, N, 3)
    assert len(told["axes"][0]["traversal"]["support"]) == len(told["axes"][0]["traversal"]["steps"]) == 7
    assert told["axes"][0]["traversal"]["decoded_by"] == "nearest item"
    assert found.save(tmp_path / "axes.png").stat().st_size > 5_000
    assert space.discover("ica", 2, seed=3).to_dict() == found.to_dict()


def test_portraits_have_frames(tmp_path: Path) -> None:
    lt.build("portraits:60", encoder="pca:8", out=tmp_path / "p.space")
    space = lt.open(tmp_path / "p.space")
    found = space.discover("pca", 2)
    frames = found[0].frames
    assert {f.decoded_by for f in frames} == {"decoder"}
    moved = frames[-1].vector - frames[0].vector
    assert moved == pytest.approx(6 * found[0].direction.step, rel=1e-3, abs=1e-2)
    wide, high = found.picture().size
    assert wide > 1_500
    assert high > 2 * 128
    assert found.notes == ()


def test_words_stand_at_the_ends_of_an_axis(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = [f"{kind}{i}" for kind in ("hot", "cold") for i in range(30)]
    vectors = rng.standard_normal((60, 5)) * 0.3 + np.where(np.arange(60) < 30, 1, -1)[:, None] * np.eye(5)[0]
    lines = [f"{w} " + " ".join(f"{x:.5f}" for x in v) for w, v in zip(words, vectors, strict=True)]
    (tmp_path / "w.txt").write_text("60 5\n" + "\n".join(lines) + "\n")
    lt.build(tmp_path / "w.txt", out=tmp_path / "w.space")
    axis = lt.open(tmp_path / "w.space").discover("pca", 2)[0]
    sides = {word[:3] for word in axis.top}, {word[:3] for word in axis.bottom}
    assert sides in (({"hot"}, {"col"}), ({"col"}, {"hot"}))
    assert axis.description.startswith("more ")
    assert axis.top[0] in axis.description
    assert lt.open(tmp_path / "w.space").discover("pca", 2).picture().size[0] > 600


@pytest.mark.parametrize(
    ("method", "n", "features", "said"),
    [
        ("pca", 0, None, "n = 0"),
        ("pca", 7, None, "1 to 6 axes"),
        ("ica", 7, None, "1 to 6 axes"),
        ("umap", 2, None, "no method 'umap'"),
        ("pca", 2, 50, "about --method sae"),
        ("sae", 2, 0, "at least 2"),
    ],
)
def test_bad_input(space: Space, method: str, n: int, features: int | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        space.discover(method, n, features=features)
    assert not (space.folder / "derived" / "discovered").exists()


def test_a_bad_seed(space: Space) -> None:
    with pytest.raises(InputError, match="seed -1"):
        space.discover(seed=-1)


def test_two_items_and_one(tmp_path: Path) -> None:
    for items in (1, 2):
        np.save(tmp_path / "x.npy", np.arange(3 * items, dtype=np.float32).reshape(items, 3))
        lt.build(tmp_path / "x.npy", encoder="none", out=tmp_path / f"{items}.space")
    with pytest.raises(InputError, match="2 items or more; there are 1"):
        lt.open(tmp_path / "1.space").discover()
    two = lt.open(tmp_path / "2.space")
    assert len(two.discover()) == 1
    with pytest.raises(InputError, match="takes 5 items for each axis"):
        two.discover("ica")
    with pytest.raises(InputError, match="takes 100 items or more; there are 2"):
        two.discover("sae")
