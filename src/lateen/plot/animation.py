"""A path as a moving picture: .gif always, .mp4 where ffmpeg is."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from PIL import Image

from lateen.core.errors import InputError, StorageError
from lateen.plot.canvas import Pictures, check_pictures, shown
from lateen.plot.save import check_target, write_whole

SUFFIXES = (".gif", ".mp4")
SHORTEST_SIDE = 256


def save_animation(
    frames: Pictures, path: str | Path, *, fps: int | float = 12, force: bool = False, bounce: bool = True
) -> Path:
    """Write frames as a looping .gif or an .mp4, small ones enlarged by a whole factor.

    Args:
        frames: (n, height, width, 3), n >= 1.
        path: Where to, ending in .gif or .mp4.
        fps: Frames per second, 1 ... 50.
        force: Overwrite a file that is there.
        bounce: Go forth and back, so that the loop has no jump.

    Returns:
        The path.

    Raises:
        InputError: If there are no frames, the suffix is another, fps is out of range, the file exists and
            `force` is False, or .mp4 is asked for without ffmpeg.
        StorageError: If it can't be written.
    """
    target = check_target(path, SUFFIXES, force=force)
    if len(frames) == 0:
        raise InputError("save_animation got no frames; a moving picture has at least one.")
    check_pictures(frames, "save_animation")
    if not 1 <= fps <= 50:
        raise InputError(f"save_animation got fps={fps}; use 1 ... 50 frames per second.")
    factor = max(1, -(-SHORTEST_SIDE // min(frames.shape[1:3])))
    factor = factor if max(frames.shape[1:3]) * factor <= 1024 else 1
    size = (frames.shape[2] * factor, frames.shape[1] * factor)
    pictures = [shown(frame, size) for frame in frames]
    if bounce:
        pictures += pictures[-2:0:-1]
    if target.suffix.lower() == ".gif":
        write_whole(target, lambda part: _write_gif(pictures, part, fps))
    else:
        ffmpeg = find_ffmpeg()
        if ffmpeg is None:
            raise InputError(
                f"Writing {target} needs ffmpeg, which is not here: install it (apt install ffmpeg, "
                f"brew install ffmpeg, or pip install imageio-ffmpeg), or write "
                f"{target.with_suffix('.gif')} instead."
            )
        write_whole(target, lambda part: _write_mp4(pictures, part, fps, ffmpeg))
    return target


def find_ffmpeg() -> str | None:
    """The ffmpeg program on the PATH, or the one that imageio-ffmpeg brings, or None."""
    found = shutil.which("ffmpeg")
    if found is None and find_spec("imageio_ffmpeg") is not None:
        import imageio_ffmpeg

        found = str(imageio_ffmpeg.get_ffmpeg_exe())
    return found


def _write_gif(pictures: list[Image.Image], path: Path, fps: int | float) -> None:
    """One palette for all frames, since one per frame flickers."""
    few = pictures[:: max(1, len(pictures) // 8)]
    sheet = Image.fromarray(np.concatenate([np.asarray(p) for p in few]))
    palette = sheet.quantize(256, Image.Quantize.MEDIANCUT)
    frames = [p.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for p in pictures]
    duration = max(20, round(100 / fps) * 10)  # the format counts in hundredths of a second
    frames[0].save(path, "GIF", save_all=True, append_images=frames[1:], duration=duration, loop=0, disposal=1)


def _write_mp4(pictures: list[Image.Image], path: Path, fps: int | float, ffmpeg: str) -> None:
    width, height = pictures[0].size
    call = [
        ffmpeg,
        "-y",
        "-loglevel",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        f"{width}x{height}",
    ]
    call += [
        "-r",
        str(fps),
        "-i",
        "-",
        "-vf",
        "pad=ceil(iw/2)*2:ceil(ih/2)*2",
        "-c:v",
        "libx264",
        "-crf",
        "18",
    ]
    call += ["-pix_fmt", "yuv420p", "-movflags", "+faststart", "-threads", "1", "-bitexact", str(path)]
    done = subprocess.run(call, input=b"".join(p.tobytes() for p in pictures), capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip()[-300:]
        raise StorageError(f"ffmpeg could not write {path.name}: {reason}")
