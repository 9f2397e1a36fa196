"""Every odd kind of picture file, made with Pillow: what is legitimate is converted, the rest refused with a reason."""

from __future__ import annotations

import io
import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from lateen.core.errors import InputError
from lateen.sources import picture
from lateen.sources.folder import open_folder
from lateen.sources.picture import MAX_PIXELS, View, read_picture

RED, WHITE = (255, 0, 0), (255, 255, 255)


def saved(tmp_path: Path, image: Image.Image, name: str, **options: object) -> Path:
    path = tmp_path / name
    image.save(path, **options)
    return path


def pixel(path: Path, **options: object) -> tuple[int, ...]:
    return tuple(int(v) for v in read_picture(path, View(size=8, **options)).pixels[4, 4])


def test_plain_rgb_of_the_right_size_is_unchanged(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    path = saved(tmp_path, Image.fromarray(pixels), "a.png")
    picture = read_picture(path, View(size=8))
    assert (picture.pixels == pixels).all()
    assert (picture.numbers, picture.bytes) == (192, path.stat().st_size)
    assert (read_picture(path.read_bytes(), View(size=8)).pixels == pixels).all()


@pytest.mark.parametrize(
    ("image", "name", "expected"),
    [
        (Image.new("L", (9, 9), 100), "grey.png", (100, 100, 100)),
        (Image.new("1", (9, 9), 1), "bits.png", WHITE),
        (Image.new("LA", (9, 9), (0, 0)), "grey-alpha.png", WHITE),
        (Image.new("RGBA", (9, 9), (0, 0, 0, 0)), "clear.png", WHITE),
        (Image.new("RGBA", (9, 9), (255, 0, 0, 255)), "opaque.png", RED),
        (Image.new("RGBA", (9, 9), (255, 0, 0, 128)), "half.png", (255, 127, 127)),
        (Image.new("RGB", (9, 9), RED).quantize(4), "palette.png", RED),
        (Image.new("CMYK", (9, 9), (0, 255, 255, 0)), "cmyk.tif", RED),
        (Image.new("I;16", (9, 9), 100 * 257), "deep.png", (100, 100, 100)),
        (Image.new("I;16", (9, 9), 100 * 257), "deep.tif", (100, 100, 100)),
        (Image.new("I", (9, 9), 200), "int.tif", (200, 200, 200)),
        (Image.new("F", (9, 9), 0.2), "float.tif", (51, 51, 51)),
        (Image.new("RGB", (9, 9), RED), "bitmap.bmp", RED),
        (Image.new("RGB", (9, 9), RED), "portable.ppm", RED),
    ],
)
def test_kinds_are_converted(tmp_path: Path, image: Image.Image, name: str, expected: tuple[int, ...]) -> None:
    assert pixel(saved(tmp_path, image, name)) == expected


def test_cmyk_jpeg(tmp_path: Path) -> None:
    red = pixel(saved(tmp_path, Image.new("CMYK", (9, 9), (0, 255, 255, 0)), "a.jpg", quality=100))
    assert np.abs(np.subtract(red, RED)).max() <= 3


def test_transparent_palette_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("P", (9, 9), 0)
    image.putpalette([0, 0, 0] + [9, 9, 9] * 255)
    assert pixel(saved(tmp_path, image, "a.png", transparency=0)) == WHITE


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (9, 9), c) for c in (RED, (0, 255, 0))]
    assert pixel(saved(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:])) == RED


def half_red() -> Image.Image:
    image = Image.new("RGB", (16, 16), WHITE)
    image.paste(RED, (0, 0, 16, 8))
    return image


@pytest.mark.parametrize(("orientation", "red"), [(1, (0, 4)), (3, (7, 4)), (6, (4, 7)), (8, (4, 0))])
def test_exif_rotation_is_applied(tmp_path: Path, orientation: int, red: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, half_red(), "a.png", exif=exif)
    assert tuple(read_picture(path, View(size=8)).pixels[red]) == RED


def test_damaged_exif_does_not_spoil_the_picture(tmp_path: Path) -> None:
    path = saved(tmp_path, half_red(), "a.jpg", exif=b"Exif\0\0nonsense" * 3)
    assert read_picture(path, View(size=8)).pixels.shape == (8, 8, 3)


def wide() -> Image.Image:
    image = Image.new("RGB", (24, 8), (0, 0, 255))
    image.paste(RED, (8, 0, 16, 8))
    return image


def test_crop_takes_the_middle_square(tmp_path: Path) -> None:
    pixels = read_picture(saved(tmp_path, wide(), "a.png"), View(size=8, fit="crop")).pixels
    assert (pixels == RED).all()


def test_pad_keeps_all_on_white(tmp_path: Path) -> None:
    pixels = read_picture(saved(tmp_path, wide(), "a.png"), View(size=24, fit="pad")).pixels
    assert (pixels[:8] == 255).all()
    assert (pixels[16:] == 255).all()
    assert (pixels[8:16] == np.asarray(wide())).all()


def test_stretch_fills_the_square(tmp_path: Path) -> None:
    pixels = read_picture(saved(tmp_path, wide(), "a.png"), View(size=24, fit="stretch")).pixels
    assert tuple(pixels[0, 2]) == (0, 0, 255)
    assert tuple(pixels[23, 12]) == RED


def test_a_large_jpeg_is_decoded_at_a_fraction_and_still_close(tmp_path: Path) -> None:
    x = np.linspace(0, 255, 1024)
    smooth = np.stack(np.broadcast_arrays(x[:, None], x[None], 128), -1).astype(np.uint8)
    jpeg = read_picture(saved(tmp_path, Image.fromarray(smooth), "a.jpg", quality=95), View(size=32))
    exact = read_picture(saved(tmp_path, Image.fromarray(smooth), "a.png"), View(size=32))
    assert np.abs(jpeg.pixels.astype(int) - exact.pixels).max() <= 4
    assert jpeg.numbers == 1024 * 1024 * 3


def test_unknown_fit_and_size(tmp_path: Path) -> None:
    path = saved(tmp_path, wide(), "a.png")
    with pytest.raises(InputError, match="no fit 'squeeze'; choose crop, pad or stretch"):
        read_picture(path, View(size=8, fit="squeeze"))
    with pytest.raises(InputError, match="999,999 pixels a side is too large; at most 9,459"):
        View(999_999)
    with pytest.raises(InputError, match="0 pixels a side"):
        read_picture(path, View(size=0))


def refused(path: Path | bytes) -> str:
    with pytest.raises(InputError) as caught:
        read_picture(path, View(size=8))
    return str(caught.value)


def test_what_can_not_be_used_is_refused_with_a_reason(tmp_path: Path) -> None:
    empty, text, cut = tmp_path / "empty.png", tmp_path / "text.png", tmp_path / "cut.jpg"
    empty.touch()
    text.write_text("not a picture at all")
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    whole = saved(tmp_path, Image.fromarray(noise), "whole.jpg").read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    png = saved(tmp_path, Image.fromarray(noise), "whole.png").read_bytes()
    assert refused(empty) == "an empty file (0 bytes)"
    assert refused(text).startswith("not a picture")
    assert refused(cut).startswith("damaged or truncated: ")
    assert refused(png[: len(png) // 2]).startswith("damaged or truncated")
    assert refused(tmp_path / "none.png") == "the file is gone"
    assert refused(b"") == "an empty file (0 bytes)"


def test_nan_and_negative_pixels_are_refused(tmp_path: Path) -> None:
    assert "NaN" in refused(saved(tmp_path, Image.new("F", (9, 9), float("nan")), "nan.tif"))
    assert "from -5 to -5" in refused(saved(tmp_path, Image.new("F", (9, 9), -5.0), "below.tif"))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # folders silence it themselves
@pytest.mark.parametrize("side", [12_000, 60_000])
def test_decompression_bombs_are_refused_unread(tmp_path: Path, side: int) -> None:
    assert side * side > MAX_PIXELS
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1000)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    path = tmp_path / "bomb.png"
    path.write_bytes(data)
    assert "decompression bomb" in refused(path)


def test_webp_round_trip() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (9, 9), RED).save(buffer, "WEBP", lossless=True)
    assert (read_picture(buffer.getvalue(), View(size=8)).pixels == RED).all()


def test_heic_is_read_where_its_plugin_is_installed(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(Image.new("RGB", (64, 64), RED)).save(tmp_path / "phone.heic", quality=100)
    assert np.abs(read_picture(tmp_path / "phone.heic", View(8)).pixels.astype(int) - RED).max() < 8
    cut = (tmp_path / "phone.heic").read_bytes()[:-60]
    assert "damaged" in refused(cut)


def test_heic_without_its_plugin_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    picture._learn_heic.cache_clear()
    heic = b"\0\0\0\x18ftypheic" + bytes(100)
    assert refused(heic).endswith("pip install 'lateen[heic]'")
    assert "HEIC" in refused(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(100))


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif_of_the_common_brand_needs_no_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    picture._learn_heic.cache_clear()
    file = io.BytesIO()
    Image.new("RGB", (64, 64), RED).save(file, "avif")
    data = file.getvalue()
    assert data[8:12] == b"avif"
    assert b"avif" in data[16 : int.from_bytes(data[:4])]
    common = data[:8] + b"mif1" + data[12:]
    assert np.abs(read_picture(common, View(8)).pixels.astype(int) - RED).max() < 8


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "good.png")
    assert "a pipe" in refused(tmp_path / "pipe.png")
    stretch = open_folder(tmp_path).take(np.arange(2))
    assert list(stretch.digests()) == [0]
    assert [r.id for r in stretch.read(View(8)).rejected] == ["pipe.png"]
