"""Geodesics in spaces and arrays: what they are compared with, gaps that are marked, spaces that don't decode."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lateen as lt
from lateen.core.errors import InputError, UnknownNameError
from lateen.core.path import Path as Way
from lateen.space import Space


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A space of two clouds of vectors, far from each other, that no decoder belongs to."""
    folder = tmp_path_factory.mktemp("clouds")
    cloud = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    np.save(folder / "clouds.npy", np.concatenate([cloud, cloud + 40]))
    lt.build(folder / "clouds.npy", encoder="none", out=folder / "clouds.space")
    return folder / "clouds.space"


@pytest.mark.parametrize("along", ["graph", "pullback"])
def test_a_geodesic_is_shown_beside_the_straight_way(faces: Space, tmp_path: Path, along: str) -> None:
    walk = faces.path("3", "11", steps=7, along=along)
    plain = walk.to_dict()
    json.dumps(plain, allow_nan=False)
    assert [plain["ids_nearest"][0], plain["ids_nearest"][-1]] == ["3", "11"] == [plain["via"][0], plain["via"][-1]]
    assert len(plain["support"]) == len(plain["straight"]["support"]) == 7
    assert plain["straight"]["along"] == "straight"
    assert plain["straight"]["length"] == faces.path("3", "11").to_dict()["length"]
    assert plain["length"] == pytest.approx(plain["ratio_to_straight"] * plain["straight"]["length"], rel=1e-4)
    assert plain["ratio_to_straight"] > 1
    assert plain["bridges"] == []
    if along == "pullback":
        assert 0 < plain["decoded_length"] < plain["straight"]["decoded_length"]
    single = faces.path("3", "11", steps=7)
    assert walk.picture().height > 1.7 * single.picture().height
    with Image.open(walk.save(tmp_path / "way.gif")) as film:
        assert film.n_frames >= 7
    again = faces.path("3", "11", steps=7, along=along)
    assert [f.vector.tobytes() for f in again.frames] == [f.vector.tobytes() for f in walk.frames]


def test_a_straight_way_is_what_it_was(faces: Space) -> None:
    plain = faces.path("3", "11").to_dict()
    assert plain.keys() == {
        "stops",
        "along",
        "ids_nearest",
        "support",
        "length",
        "ratio_to_straight",
        "decoded_by",
    }


def test_the_middle_of_a_graph_way_is_nearer_to_data(faces: Space) -> None:
    rows = np.random.default_rng(0).integers(0, 400, (30, 2))
    straight, graph = (
        np.stack([p.evaluate(0.5) for p in paths]).astype(np.float32)
        for paths in (
            [lt.Geodesic(lt.Euclidean(), faces.vectors[a], faces.vectors[b]) for a, b in rows],
            [faces.geodesic(str(a), str(b)) for a, b in rows],
        )
    )
    gained = faces._opened.support(graph) - faces._opened.support(straight)
    assert gained.mean() > 1.96 * gained.std() / np.sqrt(30)


def test_through_several_stops_new_files_and_expressions(faces: Space, photo: Path) -> None:
    walk = faces.path("3", str(photo), "11 - 20 + 5", "7", steps=13, along="graph")
    assert len(walk.frames) == 13
    assert (walk.via[0], walk.via[-1]) == ("3", "7")
    located = faces.vector(str(photo))
    assert min(float(np.linalg.norm(f.vector - located)) for f in walk.frames) < walk.length / 12


def test_a_gap_is_said_and_marked(vectors: Path, tmp_path: Path) -> None:
    space = lt.open(vectors)
    walk = space.path("0", "100", along="graph")
    (bridge,) = walk.to_dict()["bridges"]
    assert int(bridge["from"]) < 60 <= int(bridge["to"])
    assert 60 < bridge["length"] < 80
    assert 0 <= bridge["t"][0] < bridge["t"][1] <= 1
    notes = " ".join(walk.notes)
    assert "fall into 2 parts" in notes
    assert f"crosses a gap in the data from {bridge['from']} to {bridge['to']}" in notes
    assert "leaves the data: its least support is 0.00" in notes
    assert walk._gap_labels().count("over a gap") >= 5
    assert walk._gap_labels()[0] == ""
    few = space.path("0", "100", steps=2, along="graph")
    assert few._gap_labels().count("over a gap") == 1
    walk.save(tmp_path / "gap.png")
    assert space.path("0", "5", along="graph").to_dict()["bridges"] == []


def test_without_a_decoder_frames_are_the_nearest_items(vectors: Path) -> None:
    space = lt.open(vectors)
    plain = space.path("0", "30", along="graph").to_dict()
    assert plain["decoded_by"] == "nearest item"
    assert plain["decoded_length"] is None
    assert plain["straight"]["decoded_length"] is None
    with pytest.raises(InputError, match=r"no way along pullback: space clouds.space has no decoder.*along graph"):
        space.path("0", "30", along="pullback")
    with pytest.raises(InputError, match=r"has no decoder\. Use distance"):
        space.geodesic("0", "30", measure="decoded")


def test_ways_of_words_go_over_frequent_ones_from_word_to_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lateen.operations.geodesic.WORDS", 40)
    angle = np.concatenate([np.linspace(0, 3, 40), [1.5, 1.6, 3.1]])  # three rare words, one of them beyond the others
    lines = [f"w{i} {np.cos(a):.6f} {np.sin(a):.6f}" for i, a in enumerate(angle)]
    (tmp_path / "words.txt").write_text("\n".join([f"{len(lines)} 2", *lines]) + "\n")
    lt.build(tmp_path / "words.txt", out=tmp_path / "words.space")
    space = lt.open(tmp_path / "words.space")
    plain = space.path("w0", "w42", along="graph").to_dict()
    assert (plain["via"][0], plain["via"][-1]) == ("w0", "w42")
    assert len(plain["via"]) > 3
    assert not {"w40", "w41"} & set(plain["via"])
    assert plain["straight"]["along"] == "sphere"
    turned = space.path("w0", "w20", "w0", along="graph").to_dict()["via"]
    assert turned.count("w20") == 1
    assert (turned[0], turned[-1]) == ("w0", "w0")


def test_a_space_of_two_items(tmp_path: Path) -> None:
    np.save(tmp_path / "two.npy", np.eye(2, dtype=np.float32))
    lt.build(tmp_path / "two.npy", encoder="none", out=tmp_path / "two.space")
    plain = lt.open(tmp_path / "two.space").path("0", "1", along="graph").to_dict()
    assert plain["via"] == ["0", "1"]
    assert plain["length"] == pytest.approx(np.sqrt(2), rel=1e-5)
    assert plain["support"][0] is None


def test_an_array_by_rows_and_vectors() -> None:
    angle = np.linspace(0, np.pi, 200)
    half = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    way = lt.geodesic(half, 0, 199)
    assert isinstance(way, Way)
    assert way.length == pytest.approx(np.pi, rel=1e-2)
    assert way.ratio_to_straight == pytest.approx(np.pi / 2, rel=1e-2)
    assert (way.rows[0], way.rows[-1]) == (0, 199)
    np.testing.assert_allclose(way.evaluate(0.5), [0, 1], atol=0.03)
    assert lt.geodesic(half, [1.0, 0.0], half[199]).length == pytest.approx(way.length, rel=1e-2)
    assert lt.geodesic(half[:, :1], 0, 199).length == pytest.approx(2, rel=1e-3)
    assert lt.geodesic(half[:, 0], 0, 199, k=500).length == pytest.approx(2, rel=1e-3)
    assert lt.geodesic(half, 0, 199, geometry="sphere").length == pytest.approx(np.pi, rel=1e-3)
    assert lt.geodesic(half[:2], 0, 1).rows == (0, 1)


def test_points_by_ids_and_a_space_by_items(faces: Space) -> None:
    way = lt.geodesic(faces, "3", "11")
    assert way.length == pytest.approx(lt.geodesic(faces.points, "3", "11").length, rel=1e-4)
    assert way.length == pytest.approx(faces.path("3", "11", along="graph").length, rel=1e-3)
    decoder = lt.VAE.load(Path(lt.__file__).parent / "models" / "weights" / "portraits.model")
    pulled = lt.geodesic(faces.points, "3", "11", along="pullback", decoder=decoder)
    assert pulled.energy < pulled.energy_straight
    weighed = lt.geodesic(faces.points, "3", "11", k=3, measure="decoded", decoder=decoder)
    assert weighed.cost > 10


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: lt.geodesic(x, 0, 50), r"row 50; there are 50 points, so rows are 0 \.\.\. 49"),
        (lambda x: lt.geodesic(x, "a", 3), "end 'a'; an array has row numbers"),
        (lambda x: lt.geodesic(x, 0, [1.0]), r"an end of shape \(1,\); give a row, or 3 finite"),
        (lambda x: lt.geodesic(x, 0, 1, along="round"), "along = 'round'; choose one of graph, pullback"),
        (lambda x: lt.geodesic(x, 0, 1, measure="size"), "measure = 'size'; choose one of distance, decoded"),
        (lambda x: lt.geodesic(x, 0, 1, k=0), "k = 0"),
        (lambda x: lt.geodesic(x, 0, 1, along="pullback"), "this data has no decoder"),
        (lambda x: lt.geodesic(x, 0, 1, geometry="flat"), "no geometry 'flat'"),
        (lambda x: lt.geodesic(x[:1], 0, 0), "got 1 point; a way needs at least two"),
        (lambda x: lt.geodesic(x * np.nan, 0, 1), "NaN, infinity or a number beyond 1e.15 in row 0"),
        (lambda x: lt.geodesic(x * 1e19, 0, 1), "a number beyond 1e.15 in row"),
        (lambda x: lt.geodesic(np.concatenate([x, x + 1e30]), 0, 99), "a number beyond 1e.15 in row 50"),
        (lambda x: lt.geodesic(x * 1e-30, 0, 1), "apart at the most; float32 can't square that"),
        (lambda x: lt.geodesic(x, 0, [1e39, 0, 0]), "give a row, or 3 finite numbers"),
        (lambda x: lt.geodesic(x, 0, [1e20, 0, 0]), "an end with 1e.20 in it"),
        (lambda x: lt.geodesic(x[None], 0, 1), r"array of shape \(1, 50, 3\)"),
        (lambda x: lt.geodesic(["a", "b"], 0, 1), "give .n, dim. numbers, Points or a Space"),
    ],
)
def test_what_cannot_be_asked_of_an_array(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(InputError, match=message):
        call(np.random.default_rng(0).normal(size=(50, 3)))


def test_what_cannot_be_asked_of_a_space(faces: Space) -> None:
    with pytest.raises(UnknownNameError, match="no id '3999'"):
        lt.geodesic(faces.points, "3999", "3")
    with pytest.raises(InputError, match="has its own geometry and decoder"):
        lt.geodesic(faces, "3", "11", geometry="sphere")


@pytest.mark.parametrize("along", ["straight", "sphere", "gaussian", "graph", "pullback"])
def test_from_an_item_to_itself_it_is_no_way(faces: lt.Space, along: str) -> None:
    found = faces.path("3", "3", steps=4, along=along)
    assert (found.length, found.ratio_to_straight) == (0, 1)
    assert found.decoded_length in (None, 0)
    there = faces.path("3", "11", steps=4, along="sphere")
    assert faces.path("3", "3", "11", steps=4, along="sphere").length == pytest.approx(there.length)


def test_the_rounds_of_pullback_are_told(faces: lt.Space) -> None:
    seen: list[tuple[str, int, int]] = []
    way = faces.geodesic("3", "11", along="pullback", progress=lambda *said: seen.append(said))
    rounds = [(done, total) for what, done, total in seen if what == "rounds"]
    assert isinstance(way, lt.manifold.pullback.Pulled)
    assert len(rounds) > way.rounds
    assert rounds == sorted(rounds)
    assert rounds[-1] == (200, 200)
