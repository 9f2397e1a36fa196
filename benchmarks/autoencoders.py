"""A tiny autoencoder through `diffusers:` on real photographs: what a round trip keeps, and how fast it is.

    python benchmarks/autoencoders.py --taef2 FOLDER --pictures FOLDER_OF_PNG [-o OUT]

FOLDER holds taef2_encoder.pth and taef2_decoder.pth (madebyollin/taesd), or is what they were converted to. The colour
photographs are those that come with scikit-learn and matplotlib; FOLDER_OF_PNG holds more, of 120 pixels or above. In
brackets stands what as many numbers keep without a network: pixels, shrunk and enlarged again. OUT/round_trip.png shows
photographs above what became of them, for a person to look at.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from lateen.core.codec import Codec
from lateen.encoders.autoencoder import load
from lateen.measures import psnr
from lateen.models.tiny_autoencoder import convert_tiny_autoencoder
from lateen.sources.picture import View, read_picture, view_pixels


def main() -> None:
    """Convert if needed, encode, decode, compare; print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--taef2", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.taef2
        if not (folder / "config.json").exists():
            folder = Path(scratch) / "taef2.model"
            convert_tiny_autoencoder(*(given.taef2 / f"taef2_{half}.pth" for half in ("encoder", "decoder")), folder)
        for size in (256, 512):
            codec = load(str(folder), size=size)
            photographs = colour_photographs(size)
            decoded = report(codec, np.stack(list(photographs.values())), f"{len(photographs)} photographs, {size} px")
            for name, before, after in zip(photographs, photographs.values(), decoded, strict=True):
                side = math.isqrt(codec.spec.dim // 3)
                shrunk = psnr(before[None], through_fewer_pixels(before, side)[None])
                print(f"  {name}: {psnr(before[None], after[None]):.1f} dB ({side} px enlarged: {shrunk:.1f})")
            if given.out and size == 256:
                given.out.mkdir(parents=True, exist_ok=True)
                rows = [np.concatenate(list(rows), axis=1) for rows in (photographs.values(), decoded)]
                Image.fromarray(np.concatenate(rows)).save(given.out / "round_trip.png")
        faces = [read_picture(path, View(120)).pixels for path in sorted(given.pictures.glob("*.png"))]
        report(load(str(folder), size=120), np.stack(faces), f"{len(faces)} grey photographs, 120 px")


def colour_photographs(size: int) -> dict[str, np.ndarray]:
    """The photographs that come with the libraries, square."""
    from matplotlib.cbook import get_sample_data
    from sklearn.datasets import load_sample_images

    found = load_sample_images()
    pixels = {Path(name).stem: image for name, image in zip(found.filenames, found.images, strict=True)}
    with get_sample_data("grace_hopper.jpg") as file, Image.open(file) as image:
        pixels["grace_hopper"] = np.asarray(image.convert("RGB"))
    return {name: view_pixels(image, View(size)) for name, image in pixels.items()}


def through_fewer_pixels(image: np.ndarray, side: int) -> np.ndarray:
    """A picture shrunk and enlarged again: a code of 3 * side**2 numbers without a network."""
    small = Image.fromarray(image).resize((side, side), Image.Resampling.LANCZOS)
    return np.asarray(small.resize(image.shape[:2], Image.Resampling.BICUBIC))


def report(codec: Codec, images: np.ndarray, what: str) -> np.ndarray:
    """Print a round trip's PSNR and speed; returns what was decoded."""
    started = time.perf_counter()
    codes = codec.encode(images)
    between = time.perf_counter()
    decoded = codec.decode(codes)
    ended = time.perf_counter()
    rates = (
        f"encoding {len(images) / (between - started):.1f}, decoding {len(images) / (ended - between):.1f} pictures/s"
    )
    numbers = f"{codec.spec.numbers_per_item:,} numbers to {codec.spec.dim:,}"
    print(f"{what}: {psnr(images, decoded):.1f} dB; {numbers}; {rates}", flush=True)
    return decoded


if __name__ == "__main__":
    main()
