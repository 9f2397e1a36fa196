"""A space whose encoder can't decode: made-up points are shown as the nearest real items, and all operations work."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lateen as lt
import lateen.encoders.registry
import lateen.operations.opened
from lateen.core.codec import Images, Latents, LatentSpec
from lateen.core.errors import InputError, SpaceError
from lateen.space import Space

N, SIZE = 240, 128


class Blocks:
    """An encoder, and nothing more: the mean colours of sixteen blocks."""

    spec = LatentSpec("blocks:4x4", 48, "image", "euclidean", fingerprint="b10c", preprocessing={"size": SIZE})

    def encode(self, images: Images) -> Latents:
        n, step = len(images), SIZE // 4
        means = images.reshape(n, 4, step, 4, step, 3).mean(axis=(2, 4), dtype=np.float32)
        return means.reshape(n, 48)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("retrieval") / "blocks.space"
    lt.build(f"portraits:{N}", encoder=Blocks(), out=folder)
    return folder


@pytest.fixture
def uninstalled(folder: Path) -> Space:
    """The space where the package that brings `blocks:` is not installed, as it never was here."""
    return lt.open(folder)


@pytest.fixture
def space(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Space:
    monkeypatch.setattr(lateen.operations.opened, "load_encoder", lambda name, options=None: Blocks())
    return lt.open(folder)


def shown(result: object, path: Path) -> Image.Image:
    getattr(result, "save")(path, force=True)  # noqa: B009  (results share the method, not a type)
    with Image.open(path) as image:
        image.load()
        return image


OPERATIONS: list[Callable[[Space], object]] = [
    lambda s: s.path("3", "11", steps=5),
    lambda s: s.solve("0 - 1 + 2", k=3),
    lambda s: s.edit("3", {"blond": 1.0}),
    lambda s: s.sample(4),
]


@pytest.mark.parametrize("which", ["space", "uninstalled"])
def test_everything_that_needs_no_new_picture_works(
    which: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    opened: Space = request.getfixturevalue(which)
    opened.direction("blond", field="hair_colour", force=True)
    for operation in OPERATIONS:
        result = operation(opened)
        plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
        assert plain["decoded_by"] == "nearest item"
        assert shown(result, tmp_path / "result.png").width > 64
    assert shown(opened.near("7", k=3), tmp_path / "near.png").width > 64
    assert shown(opened.map(method="pca"), tmp_path / "map.png").width > 64
    opened.map(method="pca").save(tmp_path / "map.html")
    shown(opened.path("3", "11"), tmp_path / "path.gif")
    facts = opened.info().to_dict()
    assert facts["decodes"] is False
    assert "does not decode" in opened.info().describe()


def test_a_made_up_point_is_shown_as_the_item_nearest_to_it(uninstalled: Space) -> None:
    near = uninstalled.vectors[[3, 11]] + np.float32(1e-3)
    real = uninstalled.decode(np.array(uninstalled.vectors[[3, 11]]))
    for found, expected in zip(uninstalled.decode(near), real, strict=True):
        assert found is not None
        np.testing.assert_array_equal(found, expected)
    assert uninstalled.path("3", "11", steps=2).to_dict()["ids_nearest"] == ["3", "11"]


def test_a_new_picture_is_encoded_by_the_encoder(space: Space, tmp_path: Path) -> None:
    Image.fromarray(lt.portraits(1, start=7, size=SIZE).images[0]).save(tmp_path / "seven.png")
    found = space.near(str(tmp_path / "seven.png"), k=2)
    assert found.matches[0].id == "7"
    assert found.matches[0].distance < 1e-2
    walk = space.path(str(tmp_path / "seven.png"), "11", steps=3)
    assert walk.to_dict()["decoded_by"] == "nearest item"
    for result in (found, walk, space.solve(f'"{tmp_path}/seven.png" - 3 + 11', k=2)):
        shown(result, tmp_path / "result.png")


def test_a_new_picture_without_its_encoder_says_which_is_missing(uninstalled: Space, tmp_path: Path) -> None:
    Image.new("RGB", (SIZE, SIZE)).save(tmp_path / "new.png")
    with pytest.raises(SpaceError, match=r"No picture can be encoded: blocks:4x4, the encoder of space blocks\.space"):
        uninstalled.near(str(tmp_path / "new.png"))


def test_in_a_space_of_three_nobody_can_say_the_support(tmp_path: Path) -> None:
    lt.build("portraits:3", encoder=Blocks(), out=tmp_path / "three.space")
    three = lt.open(tmp_path / "three.space")
    supports = [operation(three).to_dict()["support"] for operation in (OPERATIONS[1], OPERATIONS[3])]
    supports += [three.path("0", "1", steps=2).to_dict()["support"], three.near("0").to_dict()["support"]]
    assert supports == [None, [None] * 4, [None, None], None]


def test_a_pca_is_built_kept_with_the_space_and_decodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import EntryPoint

    point = EntryPoint("pca", "lateen.encoders.trained:load_pca", "lateen.encoders")
    monkeypatch.setattr(lateen.encoders.registry, "_entry_points", lambda: {"pca": point})
    images = lt.portraits(100, size=32).images
    pca = lt.PCA.fit(images, 12)
    with pytest.raises(InputError, match=r"pca:.*none\.model can't be loaded"):
        lt.build("portraits:100", encoder=f"pca:{tmp_path}/none.model", out=tmp_path / "a.space")
    pca.save(tmp_path / "faces.model")
    lt.build("portraits:100", encoder=f"pca:{tmp_path}/faces.model", out=tmp_path / "a.space")
    (tmp_path / "faces.model").rename(tmp_path / "gone")
    space = lt.open(tmp_path / "a.space")
    assert space.spec.encoder == f"pca:{tmp_path}/faces.model"
    np.testing.assert_allclose(space.encode(images), space.vectors, atol=1e-2)
    walk = space.path("3", "11", steps=3)
    assert walk.to_dict()["decoded_by"] == "decoder"
    assert walk.frames[0].image is not None
    np.testing.assert_array_equal(walk.frames[0].image, pca.decode(pca.encode(images[3:4]))[0])
    assert space.info().to_dict()["decodes"] is True
