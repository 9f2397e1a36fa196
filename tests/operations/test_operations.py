"""What a user does with a space, on real portraits and the shipped weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import lateen as lt
from lateen.core.errors import InputError, SpaceError, UnknownNameError
from lateen.operations.edit import parse_moves
from lateen.operations.sample import sample_from
from lateen.plot.canvas import Page
from lateen.space import Space


def opens(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


def test_a_space_knows_its_items(faces: Space) -> None:
    assert len(faces) == 400
    assert faces.ids[:3] == ["0", "1", "2"]
    assert faces.vectors.shape == (400, 64)
    points = faces.points
    assert points.column("glasses").shape == (400,)
    table = faces.to_arrow()
    assert table.column_names[:2] == ["id", "vector"]
    np.testing.assert_array_equal(table["vector"][7].as_py(), faces.vectors[7])
    assert "400 items, 64 dimensions" in repr(faces)


def test_encode_and_decode_are_nearly_inverse(faces: Space) -> None:
    images = lt.portraits(400).images[:50]
    np.testing.assert_allclose(faces.encode(images), faces.vectors[:50], atol=1e-3)
    decoded = np.stack([image for image in faces.decode(np.array(faces.vectors[:50])) if image is not None])
    mse = ((decoded.astype(np.float64) - images) ** 2).mean()
    assert 10 * np.log10(255**2 / mse) > 30


def test_near_leaves_the_item_itself_out_and_sorts(faces: Space) -> None:
    found = faces.near("7", k=5)
    distances = [m.distance for m in found.matches]
    assert distances == sorted(distances)
    assert "7" not in [m.id for m in found.matches]
    expected = np.argsort(np.linalg.norm(faces.vectors - faces.vectors[7], axis=1))[1:6]
    assert [m.id for m in found.matches] == [str(row) for row in expected]
    assert found.to_dict()["results"][0].keys() == {"id", "distance", "fields"}


def test_neighbours_look_alike(faces: Space) -> None:
    """Nearness means something: neighbours are nearer in hair colour than strangers are."""
    colour = faces.points.column("hair_colour")
    apart = [abs(colour[int(m.id)] - colour[row]) for row in range(60) for m in faces.near(str(row), k=3).matches]
    strangers = np.abs(colour[:60, None] - colour[None]).mean()
    assert np.mean(apart) < 0.75 * strangers


def test_near_where_keeps_to_the_filter(faces: Space) -> None:
    found = faces.near("7", k=5, where="glasses = 1 AND smile > 0.5")
    assert len(found.matches) == 5
    for match in found.matches:
        assert match.fields["glasses"] == 1
        assert match.fields["smile"] > 0.5


def test_a_new_picture_is_encoded(faces: Space, photo: Path, tmp_path: Path) -> None:
    found = faces.near(str(photo), k=3)
    assert len(found.matches) == 3
    opens(found.save(tmp_path / "near.png"))


def test_path_begins_and_ends_at_its_items(faces: Space, tmp_path: Path) -> None:
    walk = faces.path("3", "11", steps=7)
    assert [walk.frames[0].nearest, walk.frames[-1].nearest] == ["3", "11"]
    assert walk.ratio_to_straight == pytest.approx(1, abs=1e-5)
    assert walk.length == pytest.approx(float(np.linalg.norm(faces.vectors[3] - faces.vectors[11])), rel=1e-5)
    assert all(0 <= frame.support <= 1 and frame.decoded_by == "decoder" for frame in walk.frames)
    assert opens(walk.save(tmp_path / "path.png")).width > 7 * 64
    with Image.open(walk.save(tmp_path / "path.gif")) as film:
        assert film.n_frames >= 7


@pytest.mark.parametrize("along", ["straight", "sphere", "gaussian"])
def test_every_way_through_three_stops(faces: Space, along: str) -> None:
    walk = faces.path("3", "11", "20", steps=9, along=along)
    plain = walk.to_dict()
    assert len(plain["ids_nearest"]) == len(plain["support"]) == 9
    assert plain["along"] == along
    assert [plain["ids_nearest"][0], plain["ids_nearest"][4], plain["ids_nearest"][-1]] == ["3", "11", "20"]
    for frame, stop in ((walk.frames[0], 3), (walk.frames[-1], 20)):
        np.testing.assert_allclose(frame.vector, faces.vectors[stop], atol=1e-3)
    assert plain["ratio_to_straight"] >= 1 - 1e-5


def test_a_path_from_an_item_to_itself_stays_there(faces: Space) -> None:
    walk = faces.path("3", "3", steps=3)
    assert walk.length == pytest.approx(0, abs=1e-3)
    assert walk.ratio_to_straight == 1
    assert {frame.nearest for frame in walk.frames} == {"3"}


def test_arithmetic_returns_to_where_it_started(faces: Space, tmp_path: Path) -> None:
    solution = faces.solve("3 - 11 + 11", include_inputs=True)
    assert solution.matches[0].id == "3"
    solution = faces.solve("3 - 11 + 20", k=4)
    assert not {"3", "11", "20"} & {m.id for m in solution.matches}
    opens(solution.save(tmp_path / "equation.png"))


def test_files_and_ids_mix_in_an_expression(faces: Space, photo: Path) -> None:
    solution = faces.solve(f'"{photo}" - 11 + 11', k=3)
    assert [m.id for m in solution.matches] == [m.id for m in faces.near(str(photo), k=4).matches if m.id != "11"][:3]


def test_a_direction_is_fitted_judged_kept_and_used(faces: Space, tmp_path: Path) -> None:
    fitted = faces.direction("glasses", field="glasses", positive="> 0")
    assert fitted.direction.auc > 0.8 > fitted.direction.random_auc
    assert faces.direction("glasses").direction.vector.tobytes() == fitted.direction.vector.tobytes()
    blond = faces.direction("blond", field="hair_colour")
    assert blond.cosine_with.keys() == {"glasses"}
    bare = str(int(np.flatnonzero(faces.points.column("glasses") == 0)[0]))
    edited = faces.edit(bare, {"glasses": 2.0})
    assert edited.changed["glasses"] > 0.5
    assert abs(edited.changed["hair_colour"]) < 0.2
    assert 0 <= edited.support <= 1
    opens(edited.save(tmp_path / "edit.png"))
    assert edited.before.image is not None
    assert edited.after.image is not None
    change = np.abs(edited.after.image.astype(int) - edited.before.image.astype(int)).mean(axis=2)
    assert change[20:36, 16:48].mean() > 2 * change[44:].mean()  # at the eyes, not at the shirt


def test_directions_are_never_overwritten_unasked(faces: Space) -> None:
    faces.direction("blond", field="hair_colour")
    with pytest.raises(InputError, match=r"already has a direction 'blond'.*--force"):
        faces.direction("blond", field="hair_colour", positive="> 0.9")
    again = faces.direction("blond", field="hair_colour", positive="> 0.9", force=True)
    assert again.direction.positive == "hair_colour > 0.9"


def test_samples_are_repeatable_and_near_data(faces: Space, tmp_path: Path) -> None:
    first, again, other = faces.sample(9, seed=1), faces.sample(9, seed=1), faces.sample(9, seed=2)
    assert [s.vector.tobytes() for s in first.items] == [s.vector.tobytes() for s in again.items]
    assert first.items[0].vector.tobytes() != other.items[0].vector.tobytes()
    assert np.mean([s.support for s in first.items]) > 0.2
    opens(first.save(tmp_path / "samples.png"))


def test_a_model_alone_can_be_sampled(faces: Space, tmp_path: Path) -> None:
    made = sample_from(faces.folder / "codec", 4, seed=1)
    assert len(made.items) == 4
    opens(made.save(tmp_path / "model.png"))


@pytest.mark.parametrize(("method", "dims"), [("pca", 2), ("pca", 3), ("umap", 2)])
def test_a_map_in_every_format(faces: Space, tmp_path: Path, method: str, dims: int) -> None:
    made = faces.map(method=method, dims=dims, color="hair_colour")
    assert made.positions.shape == (400, dims)
    assert 0.6 < made.quality.trustworthiness <= 1
    opens(made.save(tmp_path / "map.png"))
    table = pq.read_table(made.save(tmp_path / "map.parquet"))
    assert table.column_names[: dims + 1] == ["id", "x", "y", "z"][: dims + 1]
    assert {"hair_colour", "glasses"} <= set(table.column_names)
    page = made.save(tmp_path / "map.html").read_text("utf-8")
    assert "<canvas" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    again = faces.map(method=method, dims=dims)
    assert again.seconds == 0
    assert again.positions.tobytes() == made.positions.tobytes()


def test_info_says_how_far_the_data_is_compressed(faces: Space) -> None:
    facts = faces.info().to_dict()
    assert (facts["n"], facts["dim"], facts["geometry"]) == (400, 64, "euclidean")
    compression = facts["compression"]
    assert compression["numbers_before"] == 64 * 64 * 3
    assert compression["numbers_after"] == 64
    assert compression["psnr"] > compression["psnr_pca"]
    assert "64 per item (192 : 1)" in faces.info().describe()
    assert f"{compression['psnr']:.2f} dB PSNR at 64 x 64 pixels, PCA" in faces.info().describe()


def test_distances_under_pictures_are_plain_numbers(faces: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    far = faces.near("7", k=3)
    scaled = tuple(replace(m, distance=d) for m, d in zip(far.matches, (0.12345, 12.345, 12345.6), strict=True))
    monkeypatch.setattr(Page, "text", lambda *args, **how: written.append(str(args[3])))
    replace(far, matches=scaled).picture()
    assert [text.split()[-1] for text in written[1:]] == ["0.123", "12.3", "12,346"]


def test_results_show_themselves_in_a_notebook_and_as_json(faces: Space) -> None:
    faces.direction("blond", field="hair_colour")
    for result in (
        faces.near("7"),
        faces.solve("3 - 11 + 20"),
        faces.path("3", "11"),
        faces.edit("3", {"blond": 1.0}),
        faces.sample(4),
        faces.map(method="pca"),
    ):
        assert result._repr_html_().count("<img") == 1
        json.dumps(result.to_dict(), allow_nan=False)


def test_unknown_names_come_with_what_is_there(faces: Space) -> None:
    with pytest.raises(UnknownNameError, match=r"no id '3999'.*nor a file"):
        faces.near("3999")
    with pytest.raises(UnknownNameError, match=r"no field 'glases'.*Did you mean 'glasses'"):
        faces.near("7", where="glases = 1")
    with pytest.raises(UnknownNameError, match=r"no field 'hat'.*Known: "):
        faces.direction("hat", field="hat")
    with pytest.raises(UnknownNameError, match=r"no direction 'smile'.*lateen direction fit"):
        faces.edit("7", {"smile": 1.0})
    with pytest.raises(UnknownNameError, match=r"no id 'x1'.*the expression is 'x1 - 3'"):
        faces.solve("x1 - 3")
    with pytest.raises(UnknownNameError, match=r"no field 'hat'"):
        faces.map(color="hat", method="pca")


def test_questions_without_an_answer_say_why(faces: Space) -> None:
    with pytest.raises(InputError, match=r"No item of space faces.space fulfils"):
        faces.near("7", where="glasses = 9")
    with pytest.raises(InputError, match="at least two items"):
        faces.path("7")
    with pytest.raises(InputError, match="--steps 1"):
        faces.path("7", "8", steps=1)
    with pytest.raises(InputError, match="no way along 'round'"):
        faces.path("7", "8", along="round")
    with pytest.raises(InputError, match="no item has it"):
        faces.direction("hat", field="glasses", positive="7")
    with pytest.raises(InputError, match="n = 0"):
        faces.sample(0)
    with pytest.raises(InputError, match="2 or 3 dimensions, got 5"):
        faces.map(dims=5)
    faces.direction("blond", field="hair_colour")
    with pytest.raises(InputError, match="not a finite number"):
        faces.edit("7", {"blond": float("nan")})


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_map_is_made_again(faces: Space, damage: bytes | None) -> None:
    expected = faces.map(method="pca").positions
    (kept,) = (faces.folder / "derived").glob("map-*.npz")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-8] if damage is None else damage)
    np.testing.assert_array_equal(faces.map(method="pca").positions, expected)
    assert kept.read_bytes() == whole
    with kept.open("wb") as file:
        np.save(file, expected[:-1])  # whole, but of another space
    np.testing.assert_array_equal(faces.map(method="pca").positions, expected)


def test_a_direction_of_another_space_is_refused(faces: Space) -> None:
    faces.direction("blond", field="hair_colour")
    path = faces.folder / "directions" / "blond.json"
    path.write_text(path.read_text().replace(faces.spec.fingerprint, "0" * 64))
    with pytest.raises(SpaceError, match="another latent space"):
        faces.edit("7", {"blond": 1.0})


def test_nothing_is_overwritten_unasked(faces: Space, tmp_path: Path) -> None:
    target = tmp_path / "near.png"
    target.write_bytes(b"mine")
    with pytest.raises(InputError, match="force"):
        faces.near("7").save(target)
    assert target.read_bytes() == b"mine"
    faces.near("7").save(target, force=True)
    opens(target)


@pytest.mark.parametrize("moves", [["glasses"], ["=2"], ["glasses=two"], [""]])
def test_moves_that_are_none_are_refused(moves: list[str]) -> None:
    with pytest.raises(InputError, match="give a direction and a number of steps"):
        parse_moves(moves)


def test_moves_along_one_direction_add_up() -> None:
    assert parse_moves(["a=+2", "b=-1.5", "a=1"]) == {"a": 3.0, "b": -1.5}
