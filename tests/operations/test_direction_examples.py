"""Directions of examples in real spaces: pictures, ids, groups, texts, words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

import lateen as lt
import lateen.operations.opened
from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError, LateenError, UnknownNameError
from lateen.operations.direction_examples import fit_of_examples
from lateen.operations.opened import Opened
from lateen.space import Space
from lateen.store.folder import SpaceFolder
from lateen.store.meta import SpaceMeta
from lateen.store.writer import Shard, SpaceWriter


def turned(space: Space) -> tuple[list[str], list[str]]:
    """Ids of heads that are turned to one side, and to the other."""
    turn = np.asarray(space.points.fields["head_turn"], float)
    low, high = np.quantile(turn, [1 / 3, 2 / 3])
    ids = list(space.ids)
    return [ids[i] for i in np.flatnonzero(turn > high)], [ids[i] for i in np.flatnonzero(turn < low)]


def test_a_few_ids_find_the_direction_of_the_field(faces: Space) -> None:
    more, less = turned(faces)
    field = faces.direction("turn", field="head_turn").direction
    few = faces.direction("few", examples=more[:20], against=less[:20])
    assert few.direction.method == "examples"
    assert few.direction.cosine(field) > 0.85
    assert few.expected_cosine is not None
    cosine, low, high = few.expected_cosine
    assert low < few.direction.cosine(field) < high
    assert low < cosine < high
    assert few.direction.auc > 0.95
    assert few.direction.dose == pytest.approx(few.direction.gap)
    assert few.direction.more == tuple(more[:20])
    plain = few.to_dict()
    assert plain["expected_cosine"] == pytest.approx(few.expected_cosine, abs=1e-3)
    assert "expected cosine with the direction of all such items: 0." in few.describe()
    assert "20 examples against 20" in repr(few)
    again = lt.open(faces.folder).direction("few").direction
    np.testing.assert_array_equal(again.vector, few.direction.vector)
    assert again.scale == pytest.approx(float((np.asarray(faces.vectors) @ again.vector).std()), rel=1e-4)


def test_groups_are_fitted_as_a_field_is(faces: Space) -> None:
    more, less = turned(faces)
    field = faces.direction("turn", field="head_turn").direction
    group = faces.direction("group", examples=more, against=less)
    assert group.direction.cosine(field) > 0.97
    assert group.expected_cosine is not None
    assert group.expected_cosine[1] > 0.9


def test_pictures_become_examples_and_can_be_read_again(faces: Space, tmp_path: Path) -> None:
    paths = []
    for i, image in enumerate(lt.portraits(6, start=9000, size=96).images):
        paths.append(str(tmp_path / f"new {i}.png"))
        Image.fromarray(image).save(paths[-1])
    fitted = faces.direction("d", examples=paths[:3], against=[*paths[3:5], Path(paths[5])])
    assert (fitted.direction.more, fitted.direction.less) == (tuple(paths[:3]), tuple(paths[3:]))
    batch = faces.direction("e", examples=",".join(paths[:3]), against=",".join(paths[3:]))
    np.testing.assert_array_equal(batch.direction.vector, fitted.direction.vector)
    listed = tmp_path / "list.txt"
    listed.write_text("\n".join(paths[:3]) + "\n\n")
    of_file = faces.direction("f", examples=listed, against=paths[3:])
    np.testing.assert_array_equal(of_file.direction.vector, fitted.direction.vector)
    one = [faces.vector(path) for path in paths]
    together = [found.vector for found in faces._opened.locate_all(paths)]
    np.testing.assert_allclose(together, one, atol=1e-4)
    assert "new 0.png" in repr(faces.read("d", paths[0]))
    erased = faces.erase("d", tmp_path / "without.space")
    assert len(erased.to_dict())
    Path(paths[0]).unlink()
    with pytest.raises(InputError, match="examples of the direction 'd' are not all there any more"):
        faces.erase("d", tmp_path / "other.space")


def test_numbers_are_ids(faces: Space) -> None:
    fitted = faces.direction("d", examples=[0, 1], against=2)
    assert (fitted.direction.more, fitted.direction.less) == (("0", "1"), ("2",))
    assert fitted.warning is not None


@pytest.mark.parametrize(
    ("examples", "against", "says"),
    [
        (None, "1", "--against is one side of a direction only"),
        ("1", None, "--examples is one side of a direction only"),
        ([], "1", "--examples got no examples"),
        ("1", " , ", "--against got no examples"),
        ("1,399", "400", "no id '400'"),
        ("1,2", "2", "'2' is on both sides"),
        ("1,1", "2", "'1' more than once"),
        ("missing.png", "2", "no id 'missing.png'.*nor a file"),
    ],
)
def test_bad_sides(faces: Space, examples: str | list[str] | None, against: str | None, says: str) -> None:
    with pytest.raises(InputError, match=says):
        faces.direction("d", examples=examples, against=against)
    assert faces.directions() == {}


def test_what_is_no_picture_and_what_else_is_given(faces: Space, tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("no picture")
    with pytest.raises(InputError, match=r"The picture .*text\.png can't be read"):
        faces.direction("d", examples=[text], against="2")
    with pytest.raises(InputError, match="on a field, on pairs, on words or on examples"):
        faces.direction("d", examples="1", against="2", field="glasses")
    with pytest.raises(InputError, match="about a field"):
        faces.direction("d", examples="1", against="2", positive="1")


@dataclass
class Clip:
    """A picture and text encoder of two numbers for glasses and smiles, and four that tell texts from pictures."""

    spec: LatentSpec

    def encode(self, images: np.ndarray) -> np.ndarray:
        return np.tile(np.float32([0, 0, 1, 0, 0, 0]), (len(images), 1))

    def encode_query(self, texts: list[str]) -> np.ndarray:
        return np.array([["glasses" in t, "smil" in t, -1, len(t) / 50, 0, 0.1] for t in texts], np.float32)


Open = Callable[..., Opened]


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a small text-image space on the sphere."""

    def opened(encoder: Callable[[LatentSpec], object] = Clip) -> Opened:
        spec = LatentSpec("hf:clip", 6, "image", "sphere", fingerprint="f00d", preprocessing={"size": 8})
        n = 60
        meta = SpaceMeta(spec, "pictures", n, given_fingerprint="f00d", created="2026-01-01T00:00:00+00:00")
        folder = SpaceFolder.create(tmp_path / "clip.space", meta, pa.schema([]))
        x = 0.2 * np.random.default_rng(0).normal(size=(n, 6)) + [0, 0, 1, 0, 0, 0]
        x[:30, 0] += 1
        ids, none = [f"p{i}" for i in range(n)], pa.table({})
        digests = [bytes([i] * 16) for i in range(n)]
        with SpaceWriter.on(folder) as writer:
            vectors = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
            writer.write(0, "key", Shard(ids, [""] * n, vectors, none, digests, [b"jpeg"] * n, [], n, n))
            folder = writer.finish()

        def load(name: str, given: Mapping[str, object] | None = None) -> object:
            return encoder(spec)

        monkeypatch.setattr(lateen.operations.opened, "load_encoder", load)
        return Opened(folder)

    return opened


def test_texts_against_texts(clip: Open) -> None:
    opened = clip()
    fitted = fit_of_examples(opened, "glasses", "a face with glasses, smiling", "a face, smiling")
    assert fitted.direction.more == ("a face with glasses, smiling",)
    assert fitted.direction.vector[0] > 0.9
    assert fitted.expected_cosine is None
    some = fit_of_examples(opened, "more", ["a face with glasses", "a man with glasses"], ["a face", "an old man"])
    assert some.direction.vector[0] > 0.9
    assert some.expected_cosine is not None


def test_texts_are_not_set_against_pictures(clip: Open) -> None:
    with pytest.raises(InputError, match="Give texts on both sides, or pictures on both"):
        fit_of_examples(clip(), "d", ["a face with glasses"], ["p1"])


def test_ids_need_no_encoder(clip: Open) -> None:
    def missing(spec: LatentSpec) -> object:
        raise LateenError("the model is not there")

    opened = clip(missing)
    fitted = fit_of_examples(opened, "d", [f"p{i}" for i in range(5)], "p50, p51,p52,p53,p54")
    assert fitted.direction.vector[0] > 0.7
    with pytest.raises(UnknownNameError, match="no id 'p60'"):
        fit_of_examples(opened, "e", "p60", "p1")


def test_words_are_examples(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    words = [f"{side}{i}" for i in range(8) for side in ("he", "she")] + [f"word{i:03}" for i in range(184)]
    x = rng.normal(size=(200, 12))
    x[:16, 0] = np.tile([4, -4], 8)
    lines = [f"{word} {' '.join(f'{v:.5f}' for v in row)}" for word, row in zip(words, x, strict=True)]
    (tmp_path / "words.vec").write_text("200 12\n" + "\n".join(lines) + "\n")
    lt.build(tmp_path / "words.vec", out=tmp_path / "words.space")
    space = lt.open(tmp_path / "words.space")
    fitted = space.direction("d", examples=",".join(f"he{i}" for i in range(8)), against=[f"she{i}" for i in range(8)])
    assert fitted.direction.vector[0] > 0.9
    assert fitted.direction.auc == 1.0
