"""Building a space from JPEG files of 64 pixels: is memory flat, and does the encoder run as fast as it can?

    python benchmarks/build.py [--items 100000]

About forty batches of the build are encoded twice in a row: by the codec, as the build does it, and by the bare
forward pass of the network on a tensor that is ready. The ratio of the two medians is the encode stage's share of what
is possible on this machine at this moment. The peak is the memory of the process that builds, libraries included.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from lateen.building.plan import CHUNK_ROWS

SIZE, DISTINCT, COMPARED = 64, 2000, 40


def write_pictures(folder: Path, n: int) -> None:
    """n JPEG files in folders of 1,000, of 2,000 different portraits."""
    from lateen.sources.portraits import portraits

    images, _ = portraits(min(n, DISTINCT), seed=0, size=SIZE)
    files = [_jpeg(image) for image in images]
    for i in range(n):
        path = folder / f"{i // 1000:04d}" / f"{i:07d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[i % len(files)])


def _jpeg(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


@dataclass(eq=False)
class Watched:
    """A VAE that now and then times the codec's `encode` against the bare network on the same batch."""

    codec: object
    every: int
    calls: int = 0
    through_codec: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spec = self.codec.spec

    def encode(self, images: np.ndarray) -> np.ndarray:
        """Encode a batch, timed now and then."""
        self.calls += 1
        begun = time.perf_counter()
        vectors = self.codec.encode(images)
        seconds = time.perf_counter() - begun
        if self.calls % self.every == 0:
            self.through_codec.append(seconds / len(images))
            self.bare.append(self._bare(images) / len(images))
        return vectors

    def _bare(self, images: np.ndarray) -> float:
        import torch

        ready = torch.from_numpy(images).permute(0, 3, 1, 2).float().div(255)
        with torch.inference_mode():
            begun = time.perf_counter()
            for part in ready.split(CHUNK_ROWS):
                self.codec.network.encoder(part)
            return time.perf_counter() - begun


def measure(folder: Path, out: Path, every: int) -> tuple:
    """Build in this process: the result, peak memory, memory over time, seconds per picture of both ways."""
    from lateen.building import BuildProgress, build

    encoder, memory = Watched(_vae(), every), []

    def sample(progress: BuildProgress) -> None:
        memory.append(_status("VmRSS"))

    result = build(folder, encoder=encoder, out=out, progress=sample)
    return result, _status("VmHWM"), memory, encoder.through_codec, encoder.bare


def _vae() -> object:
    """The shipped weights; the same network untrained, which is as fast, in a tree without them."""
    from lateen.encoders.trained import SHIPPED
    from lateen.models.vae import VAE, LatentStatistics, VAEConfig
    from lateen.models.vae.network import VAENetwork

    if (SHIPPED / "portraits.model").is_dir():
        return VAE.load(SHIPPED / "portraits.model")
    config = VAEConfig(size=SIZE)
    network = VAENetwork(config).eval().requires_grad_(False)
    dim = config.latent_dim
    return VAE(config, network, LatentStatistics(np.zeros(dim, np.float32), np.eye(dim, dtype=np.float32)), "untrained")


def _status(name: str) -> float:
    """A line of this process's status in MB; VmHWM is the peak."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    n = parser.parse_args().items
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder) / "pictures", n)
        every = max(1, n // CHUNK_ROWS // COMPARED)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as other:
            task = other.submit(measure, Path(folder) / "pictures", Path(folder) / "a.space", every)
            result, peak, memory, through_codec, bare = task.result()
    codec_rate, bare_rate = 1 / statistics.median(through_codec), 1 / statistics.median(bare)
    quarter = memory[len(memory) // 4]
    print(f"{result.n:,} pictures of {SIZE} px in {result.seconds:.1f} s: {result.items_per_second:,.0f} per second")
    stages = (result.read_seconds, result.encode_seconds, result.write_seconds)
    print("read {:.1f} s, encode {:.1f} s (with the extra bare passes), write {:.1f} s".format(*stages))
    print(
        f"encode stage {codec_rate:,.0f}/s, bare forward {bare_rate:,.0f}/s on {len(bare)} batches: "
        f"ratio {codec_rate / bare_rate:.3f} (aim 0.9 or more)"
    )
    print(
        f"memory: peak {peak:,.0f} MB (aim 1,500 or less); {quarter:,.0f} after a quarter, {memory[-1]:,.0f} at the end"
    )


if __name__ == "__main__":
    main()
