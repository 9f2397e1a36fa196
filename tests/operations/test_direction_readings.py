"""Items read along a direction."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import percentileofscore

import lateen as lt
from lateen.core.errors import InputError, UnknownNameError
from lateen.space import Space


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32) * np.float32(2)


def opened(folder: Path, vectors: np.ndarray, geometry: str) -> Space:
    np.savez(folder / "x.npz", vectors=vectors, ids=np.array([f"i{row}" for row in range(len(vectors))]))
    lt.build(folder / "x.npz", out=folder / "x.space", geometry=geometry)
    return lt.open(folder / "x.space")


@pytest.mark.parametrize("geometry", ["sphere", "euclidean"])
def test_readings_are_projections_beside_all_items(tmp_path: Path, vectors: np.ndarray, geometry: str) -> None:
    space = opened(tmp_path, vectors, geometry)
    direction = space.direction("d", pairs="i0:i1,i2:i3").direction
    points = vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if geometry == "sphere" else vectors
    along = points @ direction.vector
    assert direction.scale == pytest.approx(along.std(), rel=1e-4)
    found = space.read("d", "i5", "i9")
    assert [r.item for r in found.readings] == (["i5", "i9"] if along[5] > along[9] else ["i9", "i5"])
    for reading in found.readings:
        row = int(reading.item[1:])
        assert reading.value == pytest.approx(along[row], abs=1e-5)
        assert reading.steps == pytest.approx((along[row] - along.mean()) / along.std(), abs=1e-3)
        assert reading.percentile == pytest.approx(percentileofscore(along, along[row], "mean"), abs=1e-4)
    again = space.read("d", ["i5", "i9"])
    assert again.to_dict() == space.read("d", ("i5",), "i9").to_dict() == found.to_dict()
    assert found.measure == ("cosine" if geometry == "sphere" else "latent units")
    assert repr(found).startswith("Along d, in steps from the average: ")


def test_the_ends_are_the_items_with_most_and_least(tmp_path: Path, vectors: np.ndarray) -> None:
    space = opened(tmp_path, vectors, "euclidean")
    along = vectors @ space.direction("d", pairs="i0:i1").direction.vector
    order = np.argsort(-along)
    found = space.read("d", k=4)
    assert [int(r.item[1:]) for r in found.readings] == [*order[:4].tolist(), *order[-4:].tolist()]
    assert found.among == "all 300 items"
    first = space.read("d", k=4, vocabulary=50)
    assert all(int(r.item[1:]) < 50 for r in first.readings)
    assert first.among == "the first 50 of 300 items (--vocabulary 0 takes all)"
    assert len(space.read("d", k=200).readings) == 300


def test_a_direction_of_a_field_names_its_poles(faces: Space, tmp_path: Path) -> None:
    faces.direction("blond", field="hair_colour")
    found = faces.read("blond", k=3)
    assert found.poles == ("less blond", "more blond")
    assert found.save(tmp_path / "blond.png").is_file()
    assert "<img" in found._repr_html_()


def test_a_long_name_stays_in_the_picture(tmp_path: Path, vectors: np.ndarray) -> None:
    space = opened(tmp_path, vectors, "sphere")
    space.direction("d", words="i0:i1")
    expression = " + ".join(f"i{row}" for row in range(30))
    picture = space.read("d", expression, "i0", "i1").picture()
    edge = np.asarray(picture)[:, [0, 1, 2, -3, -2, -1]]
    assert (edge == edge[0, 0]).all()


def test_bad_input(tmp_path: Path, vectors: np.ndarray) -> None:
    space = opened(tmp_path, vectors, "sphere")
    space.direction("d", pairs="i0:i1")
    with pytest.raises(UnknownNameError, match="no direction 'e'"):
        space.read("e")
    with pytest.raises(UnknownNameError, match="no id 'j5'"):
        space.read("d", "j5")
    with pytest.raises(InputError, match="at least one item at each end"):
        space.read("d", k=0)
    with pytest.raises(InputError, match="Got the vocabulary -3"):
        space.read("d", vocabulary=-3)
    for on in ({"field": "kind", "pairs": "i0:i1"}, {"pairs": "i0:i1", "words": "i0:i1"}):
        with pytest.raises(InputError, match="give one of these"):
            space.direction("f", **on)


def test_unknown_words_can_be_left_out(tmp_path: Path, vectors: np.ndarray) -> None:
    space = opened(tmp_path, vectors, "sphere")
    with pytest.raises(UnknownNameError, match=r"no id 'no'.*--skip-unknown"):
        space.direction("d", pairs="i0:i1,i2:no")
    fitted = space.direction("d", pairs="i0:i1,i2:no", skip_unknown=True)
    assert fitted.skipped == ("i2:no",)
    assert fitted.to_dict()["skipped"] == ["i2:no"]
    assert fitted.direction.more == ("i0",)


def test_a_direction_that_is_not_to_be_trusted_is_said_so_where_it_is_read(
    tmp_path: Path, vectors: np.ndarray
) -> None:
    space = opened(tmp_path, vectors, "sphere")
    space.direction("d", pairs={"i0": "i1", "i2": "i3"})
    said = "2 pairs are too few (give 5 at least, better 10) to tell whether d means anything"
    assert space.direction("d").direction.more == ("i0", "i2")
    for warning in (space.read("d", "i5").warning, space.edit("i5", {"d": 1}).warnings[0]):
        assert said in str(warning)
    assert space.read("d", "i5").to_dict()["warning"] == space.read("d", "i5").warning
    assert "2 items against 2," in repr(space.direction("words", words=(["i0", "i1"], ["i2", "i3"])))


def test_a_direction_is_removed(tmp_path: Path, vectors: np.ndarray) -> None:
    space = opened(tmp_path, vectors, "sphere")
    space.direction("dee", pairs="i0:i1")
    with pytest.raises(UnknownNameError, match=r"no direction 'de' in space x\.space. Did you mean 'dee'"):
        space.remove_direction("de")
    (tmp_path / "x.space" / "directions" / "dee.json").write_text("damaged")
    space.remove_direction("dee")
    assert not space.directions()
    with pytest.raises(UnknownNameError, match="no direction 'dee'"):
        space.remove_direction("dee")


def test_words_that_were_trained_are_known_to_be_the_most_frequent(tmp_path: Path) -> None:
    words = "".join(f"w{i} {i % 7 + 1} {i % 5} {i % 3}\n" for i in range(30))
    (tmp_path / "v.txt").write_text(words)
    lt.build(tmp_path / "v.txt", out=tmp_path / "v.space")
    space = lt.open(tmp_path / "v.space")
    space.direction("d", pairs="w0:w1")
    assert "(the most frequent ones, if they came in that order; " in space.read("d", vocabulary=20).among
    meta = tmp_path / "v.space" / "space.json"
    plain = json.loads(meta.read_text())
    plain["spec"]["preprocessing"] = {"trained": {"model": "word2vec"}}
    meta.write_text(json.dumps(plain))
    assert "(the most frequent; " in lt.open(tmp_path / "v.space").read("d", vocabulary=20).among


def test_the_readings_of_vectors_do_not_hang_on_where_their_origin_is(tmp_path: Path, vectors: np.ndarray) -> None:
    figures = []
    for name, shift in (("a", 0), ("b", 8)):
        (tmp_path / name).mkdir()
        space = opened(tmp_path / name, vectors + np.float32(shift), "euclidean")
        d = space.direction("d", words=([f"i{row}" for row in range(9)], [f"i{row}" for row in range(9, 20)])).direction
        figures.append((d.auc, d.random_auc))
    assert figures[0] == pytest.approx(figures[1], abs=1e-9)


def test_directions_of_fields_are_fitted_to_unit_vectors_on_a_sphere(tmp_path: Path) -> None:
    """Lengths, which say nothing there, have no say: the same items made longer give the same direction."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 5)).astype(np.float32)
    kind = np.where(x[:, 1] > 0, "up", "down")
    vectors = []
    for name, lengths in (("a", np.ones(200)), ("b", rng.uniform(0.1, 50, 200))):
        scaled = (x * lengths[:, None]).astype(np.float32)
        np.savez(tmp_path / f"{name}.npz", vectors=scaled, ids=np.arange(200).astype(str), kind=kind)
        lt.build(tmp_path / f"{name}.npz", out=tmp_path / f"{name}.space", geometry="sphere")
        vectors.append(lt.open(tmp_path / f"{name}.space").direction("up", field="kind").direction.vector)
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-5)
