"""A space without a concept: what it keeps, what it refuses, and what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import lateen as lt
from lateen.core.errors import InputError, InterruptedWorkError, SpaceError
from lateen.directions.areas import auc_of
from lateen.space import Space


def made(folder: Path, *, n: int = 800, dim: int = 12, geometry: str = "sphere", dtype: str = "float32") -> Space:
    """Vectors of two kinds that differ along the first axis, with lengths of their own."""
    rng = np.random.default_rng(0)
    kind = rng.random(n) < 0.4
    x = rng.normal(size=(n, dim)) @ np.diag(np.linspace(2, 0.5, dim))
    x[:, 0] += np.where(kind, 2, -2)
    x *= rng.uniform(1, 3, n)[:, None] if geometry == "sphere" else 1
    np.savez(
        folder / "made.npz",
        vectors=x.astype(np.float32),
        ids=np.array([f"i{row:04}" for row in range(n)]),
        kind=np.where(kind, "light", "dark"),
    )
    lt.build(folder / "made.npz", out=folder / "made.space", geometry=geometry, dtype=dtype)
    space = lt.open(folder / "made.space")
    space.direction("kind", field="kind", positive="light")
    return space


def sides(space: Space) -> np.ndarray:
    return np.asarray(space._opened.column("kind") == "light")


@pytest.mark.parametrize("geometry", ["sphere", "euclidean", "gaussian"])
@pytest.mark.parametrize("method", ["leace", "hard"])
def test_nothing_linear_is_left_and_all_else_is(tmp_path: Path, geometry: str, method: str) -> None:
    space = made(tmp_path, geometry=geometry)
    erased = space.erase("kind", tmp_path / "new.space", method=method)
    new = lt.open(tmp_path / "new.space")
    assert list(new.ids) == list(space.ids)
    assert new._opened.fields.equals(space._opened.fields)
    np.testing.assert_array_equal(new._opened.folder.digests(), space._opened.folder.digests())
    assert (new.spec.geometry, new.spec.dim, erased.n) == (geometry, 12, 800)
    y, before = sides(space), space._opened.geometry.project(space.vectors)
    now = np.asarray(new.vectors)
    apart = before[y].mean(axis=0) - before[~y].mean(axis=0)
    still = now[y].mean(axis=0) - now[~y].mean(axis=0)
    if method == "leace":
        assert np.linalg.norm(still) < 1e-5 * np.linalg.norm(apart)
    else:
        assert abs(still @ apart) < 1e-5 * (apart @ apart)
    e = erased.effect
    assert min(e.reading.before, e.probe.before, e.classified.before, e.neighbours.before) > 0.9
    assert max(abs(e.reading.after - 0.5), abs(e.probe.after - 0.5)) < 0.12
    assert 0 < e.kept < 1
    assert (e.anchors, e.sided) == (100 if geometry == "gaussian" else 800, 200)
    assert e.moved > (1 if geometry == "sphere" else 0.05)


def test_leace_moves_the_points_less_than_hard_debiasing(tmp_path: Path) -> None:
    space = made(tmp_path, geometry="euclidean")
    moved = {}
    for method in ("leace", "hard"):
        space.erase("kind", tmp_path / f"{method}.space", method=method)
        new = np.asarray(lt.open(tmp_path / f"{method}.space").vectors, np.float64)
        moved[method] = np.square(new - space.vectors).sum()
    assert moved["leace"] < moved["hard"]


def test_a_probe_of_ones_own_finds_nothing(tmp_path: Path) -> None:
    """Not our measure but the reader's: train on some items of the new space, ask about the others."""
    space = made(tmp_path, n=2000, geometry="euclidean")
    space.erase("kind", tmp_path / "new.space")
    y, fit = sides(space), np.arange(2000) < 1000
    areas = []
    for x in (space.vectors, lt.open(tmp_path / "new.space").vectors):
        probe = LogisticRegression().fit(x[fit], y[fit])
        areas.append(auc_of(probe.decision_function(x[~fit]), y[~fit]))
    assert areas[0] > 0.9
    assert abs(areas[1] - 0.5) < 0.1


def test_what_is_said_of_where_it_came_from(tmp_path: Path) -> None:
    space = made(tmp_path)
    space.direction("half", words=(["i0000", "i0001"], ["i0002", "i0003"]))
    space.erase("kind", tmp_path / "one.space")
    one = lt.open(tmp_path / "one.space")
    assert one.info().facts["source"] == "made.space without kind"
    assert one.spec.encoder == "erased:none"
    assert one.directions().keys() == {"kind"}
    assert one.spec.fingerprint != space.spec.fingerprint
    one.direction("half", words=(["i0000", "i0001"], ["i0002", "i0003"]))
    one.erase("half", tmp_path / "two.space", method="hard")
    two = lt.open(tmp_path / "two.space")
    erased = {name: two.direction(name).direction.erased for name in two.directions()}
    assert erased == {"kind": "leace", "half": "hard"}
    steps = two.spec.preprocessing["erased"]
    assert isinstance(steps, list)
    assert [(step["concept"], step["method"], step["from"]) for step in steps] == [
        ("kind", "leace", "made.space"),
        ("half", "hard", "one.space"),
    ]
    assert steps[0]["fitted_on"] == "kind = light"
    assert (two.spec.encoder, two.info().facts["source"]) == ("erased:none", "one.space without half")


def test_directions_of_the_old_space_are_refused_in_the_new(tmp_path: Path) -> None:
    space = made(tmp_path)
    space.erase("kind", tmp_path / "new.space")
    (tmp_path / "new.space" / "directions" / "kind.json").write_bytes(
        (tmp_path / "made.space" / "directions" / "kind.json").read_bytes()
    )
    with pytest.raises(SpaceError, match="fitted in another latent space"):
        lt.open(tmp_path / "new.space").read("kind")


def test_what_is_not_in_it_is_refused(tmp_path: Path) -> None:
    space = made(tmp_path)
    space.erase("kind", tmp_path / "new.space")
    new = lt.open(tmp_path / "new.space")
    np.save(tmp_path / "query.npy", np.ones(12, np.float32))
    assert len(space.near(str(tmp_path / "query.npy")).matches) == 10
    message = r"No vector can be encoded into space new\.space: kind was erased from it, and what none encodes"
    with pytest.raises(SpaceError, match=message):
        new.near(str(tmp_path / "query.npy"))
    with pytest.raises(SpaceError, match=message):
        new.encode(np.ones((1, 12), np.float32))
    assert len(new.near("i0007").matches) == 10
    for options in ({}, {"encoder": "none"}):
        with pytest.raises(InputError):
            lt.build(tmp_path / "made.npz", out=tmp_path / "new.space", append=True, **options)
    assert len(lt.open(tmp_path / "new.space")) == 800


def test_pictures_come_along_and_are_not_decoded(faces: Space, tmp_path: Path, photo: Path) -> None:
    faces.direction("glasses", field="glasses", positive="> 0")
    erased = faces.erase("glasses", tmp_path / "new.space")
    new = lt.open(tmp_path / "new.space")
    assert new._opened.folder.thumbnails(["7"]) == faces._opened.folder.thumbnails(["7"])
    assert new.sample(1).items[0].decoded_by == "nearest item"
    assert erased.effect.reading.before > 0.8 > erased.effect.reading.after
    with pytest.raises(SpaceError, match=r"No picture can be encoded into space new\.space: glasses was erased"):
        new.near(str(photo))


def test_words_that_define_a_direction_are_equalised(tmp_path: Path) -> None:
    space = made(tmp_path)
    space.direction("pairs", pairs=[("i0000", "i0001"), ("i0002", "i0003"), ("i0000", "i0004")])
    erased = space.erase("pairs", tmp_path / "new.space", method="hard")
    assert erased.equalised == 5
    x = np.asarray(lt.open(tmp_path / "new.space").vectors, np.float64)
    direction = space.direction("pairs").direction.vector.astype(np.float64)
    np.testing.assert_allclose(x[5:] @ direction, 0, atol=1e-6)
    for a, b in ((0, 1), (0, 4), (2, 3)):
        assert abs(x[a] @ direction) > 0.1
        np.testing.assert_allclose(x[5:] @ x[a], x[5:] @ x[b], atol=1e-5)
    besides = x - np.outer(x @ direction, direction)
    np.testing.assert_allclose(besides[[1, 4]], besides[[0, 0]], atol=1e-6)  # one set of three


def test_single_words_that_define_an_axis_stay(tmp_path: Path) -> None:
    space = made(tmp_path)
    space.direction("axis", words="i0000,i0001:i0002")
    erased = space.erase("axis", tmp_path / "new.space", method="hard")
    assert erased.equalised == 0
    new = lt.open(tmp_path / "new.space")
    np.testing.assert_allclose(new.vectors[:3], space._opened.geometry.project(space.vectors[:3]), atol=1e-6)


def test_a_word_of_which_nothing_is_left_is_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3)).astype(np.float32)
    x[:3] = [[1, 0, 0], [-1, 0, 0], [5, 0, 0]]
    np.savez(tmp_path / "few.npz", vectors=x, ids=np.array([f"i{row}" for row in range(40)]))
    lt.build(tmp_path / "few.npz", out=tmp_path / "few.space", geometry="sphere")
    space = lt.open(tmp_path / "few.space")
    space.direction("first", pairs="i0:i1")
    erased = space.erase("first", tmp_path / "new.space", method="hard")
    assert (erased.n, erased.left_out) == (39, 1)
    assert "left out   1, of which nothing was left" in erased.describe()
    assert np.isnan(erased.effect.reading.after)
    assert "not known -> not known" in erased.describe()
    (line,) = (tmp_path / "new.space" / "rejected.jsonl").read_text().splitlines()
    assert json.loads(line) == {"id": "i2", "reason": "nothing of it is left without the concept"}
    assert "i2" not in lt.open(tmp_path / "new.space").ids


def test_half_precision(tmp_path: Path) -> None:
    space = made(tmp_path, dtype="float16")
    erased = space.erase("kind", tmp_path / "new.space")
    new = lt.open(tmp_path / "new.space")
    assert new.spec.dtype == "float16"
    assert erased.effect.reading.after < 0.6


def test_same_seed_same_space_and_figures(tmp_path: Path) -> None:
    space = made(tmp_path)
    first, second = (space.erase("kind", tmp_path / f"{i}.space", seed=5) for i in range(2))
    assert {**first.to_dict(), "path": 0, "seconds": 0} == {**second.to_dict(), "path": 0, "seconds": 0}
    a, b = (lt.open(tmp_path / f"{i}.space") for i in range(2))
    assert a.vectors.tobytes() == b.vectors.tobytes()
    assert a.spec.fingerprint == b.spec.fingerprint


def test_the_old_space_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    space = made(tmp_path)
    out = tmp_path / "new.space"
    space.erase("kind", out)
    kept = lt.open(out)
    kept.direction("mine", field="kind", positive="light")

    def stop(text: str) -> None:
        if text.startswith("writing"):
            raise KeyboardInterrupt

    with pytest.raises(InterruptedWorkError, match=r"new\.space is not written"):
        space.erase("kind", out, method="hard", force=True, note=stop)
    assert lt.open(out).directions().keys() == {"kind", "mine"}
    with pytest.raises(InterruptedWorkError, match=r"Stopped\. .*fresh\.space is not written"):
        space.erase("kind", tmp_path / "fresh.space", note=stop)
    assert not (tmp_path / "fresh.space").exists()
    again = space.erase("kind", out, method="hard", force=True)
    assert again.notes == ("The directions of the old space, mine, are dropped: they were fitted to another encoder.",)
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_stop_while_measuring_leaves_the_space(tmp_path: Path) -> None:
    space = made(tmp_path)

    def stop(text: str) -> None:
        if text.startswith("measuring"):
            raise KeyboardInterrupt

    with pytest.raises(InterruptedWorkError, match="is written, but what that did is not measured"):
        space.erase("kind", tmp_path / "new.space", note=stop)
    assert len(lt.open(tmp_path / "new.space")) == 800


def test_a_direction_that_does_not_say_what_it_was_fitted_on(tmp_path: Path) -> None:
    made(tmp_path)
    file = tmp_path / "made.space" / "directions" / "kind.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"field": None}))
    with pytest.raises(InputError, match="doesn't say what it was fitted on; fit it again with --force"):
        lt.open(tmp_path / "made.space").erase("kind", tmp_path / "new.space")
    assert not (tmp_path / "new.space").exists()


def test_an_empty_folder_is_as_good_as_none(tmp_path: Path) -> None:
    space = made(tmp_path)
    (tmp_path / "new.space").mkdir()
    assert space.erase("kind", tmp_path / "new.space").notes == ()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made.npz", "made.space", "new.space"]


def test_tiny_spaces(tmp_path: Path) -> None:
    np.savez(tmp_path / "two.npz", vectors=np.eye(2, dtype=np.float32), ids=np.array(["a", "b"]))
    lt.build(tmp_path / "two.npz", out=tmp_path / "two.space")
    space = lt.open(tmp_path / "two.space")
    space.direction("d", pairs="a:b")
    erased = space.erase("d", tmp_path / "new.space")
    x = lt.open(tmp_path / "new.space").vectors
    np.testing.assert_allclose(x[0], x[1], atol=1e-6)
    assert np.isnan(erased.effect.classified.after)
    assert "too few items on either side" in erased.describe()


def test_a_space_of_which_nothing_would_be_left(tmp_path: Path) -> None:
    numbers = np.tile(np.float32([[1], [-1]]), (20, 1))  # as many on either side: what LEACE leaves is their mean
    np.save(tmp_path / "line.npy", numbers)
    space = tmp_path / "line.space"
    lt.build(tmp_path / "line.npy", out=space, geometry="sphere")
    up, down = (np.flatnonzero(numbers[:, 0] * sign > 0)[:3] for sign in (1, -1))
    opened = lt.open(space)
    opened.direction("sign", pairs=",".join(f"{a}:{b}" for a, b in zip(up, down, strict=True)))
    with pytest.raises(InputError, match=r"nothing is left of any item of space line\.space"):
        opened.erase("sign", tmp_path / "none.space")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["line.npy", "line.space"]
