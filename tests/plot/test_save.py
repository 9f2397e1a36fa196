"""Saving: the suffix decides, nothing is overwritten unasked, nothing half-written stays."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lateen.core.errors import InputError, StorageError
from lateen.plot.animation import find_ffmpeg, save_animation
from lateen.plot.save import PICTURES, save_picture, save_text, write_whole


def a_picture() -> Image.Image:
    ramp = np.linspace(0, 255, 64, dtype=np.uint8)
    return Image.fromarray(np.stack([np.tile(ramp, (48, 1))] * 3, axis=2))


@pytest.mark.parametrize("suffix", [*PICTURES, ".PNG"])
def test_every_suffix_is_written_and_read_back(tmp_path: Path, suffix: str) -> None:
    first = save_picture(a_picture(), tmp_path / "new" / f"a{suffix}")
    second = save_picture(a_picture(), tmp_path / "new" / f"b{suffix}")
    assert first.read_bytes() == second.read_bytes()
    with Image.open(first) as image:
        read = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(read - np.asarray(a_picture())).mean() < 3
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [f"a{suffix}", f"b{suffix}"]


def test_refuses_to_overwrite_without_force(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"mine")
    with pytest.raises(InputError, match=r"a\.png exists already.*--force"):
        save_picture(a_picture(), path)
    assert path.read_bytes() == b"mine"
    save_picture(a_picture(), path, force=True)
    with Image.open(path) as image:
        assert image.size == (64, 48)


def test_bad_paths_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'\.bmp'; use \.png, .* or \.gif"):
        save_picture(a_picture(), tmp_path / "a.bmp")
    with pytest.raises(InputError, match="'missing'"):
        save_picture(a_picture(), tmp_path / "a")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(InputError, match="it is a folder"):
        save_picture(a_picture(), tmp_path / "folder.png", force=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"Can't write .*file/a\.png"):
        save_picture(a_picture(), tmp_path / "file" / "a.png")
    with pytest.raises(InputError, match=r"use \.html or \.htm"):
        save_text("<p>", tmp_path / "page.txt")


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    save_picture(a_picture(), path)
    before = path.read_bytes()

    def fail(part: Path) -> None:
        part.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="No space left on device"):
        write_whole(path, fail)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def frames(n: int = 5) -> np.ndarray:
    return np.stack([np.full((32, 48, 3), (40 * i, 100, 255 - 40 * i), np.uint8) for i in range(n)])


def test_gif_goes_forth_and_back(tmp_path: Path) -> None:
    path = save_animation(frames(), tmp_path / "a.gif", fps=10)
    with Image.open(path) as gif:
        assert gif.n_frames == 8
        assert gif.size == (384, 256)
        assert gif.info["duration"] == 100
        assert gif.info["loop"] == 0
        for place, level in ((0, 0), (4, 4), (5, 3)):
            gif.seek(place)
            middle = gif.convert("RGB").getpixel((190, 130))
            assert np.abs(np.array(middle) - (40 * level, 100, 255 - 40 * level)).max() <= 8
    again = save_animation(frames(), tmp_path / "b.gif", fps=10)
    assert again.read_bytes() == path.read_bytes()
    still = save_animation(frames(1), tmp_path / "one.gif")
    with Image.open(still) as gif:
        assert gif.n_frames == 1


def test_animation_input_is_checked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no frames"):
        save_animation(frames(1)[:0], tmp_path / "a.gif")
    with pytest.raises(InputError, match="fps=0"):
        save_animation(frames(), tmp_path / "a.gif", fps=0)
    with pytest.raises(InputError, match=r"use \.gif or \.mp4"):
        save_animation(frames(), tmp_path / "a.avi")


def test_mp4_without_ffmpeg_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lateen.plot.animation.find_ffmpeg", lambda: None)
    with pytest.raises(InputError, match=r"needs ffmpeg.*install.*a\.gif instead"):
        save_animation(frames(), tmp_path / "a.mp4")
    assert not (tmp_path / "a.mp4").exists()


@pytest.mark.skipif(find_ffmpeg() is None, reason="there is no ffmpeg on this machine")
def test_mp4_is_written(tmp_path: Path) -> None:
    path = save_animation(frames(), tmp_path / "a.mp4")
    assert path.read_bytes()[4:8] == b"ftyp"
    assert shutil.which("ffmpeg") or find_ffmpeg()


def test_pictures_larger_than_the_format_are_refused_before_writing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"17,000 x 2 pixels and \.webp holds 16,383 a side; use \.png"):
        save_picture(Image.new("RGB", (17_000, 2)), tmp_path / "long.webp")
    assert not list(tmp_path.iterdir())
    save_picture(Image.new("RGB", (17_000, 2)), tmp_path / "long.jpg")


def test_a_name_that_is_too_long_for_the_system(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"File name too long; choose another name"):
        save_picture(a_picture(), tmp_path / ("x" * 300 + ".png"))
