"""Pictures to disk: the suffix chooses the format, and nothing is overwritten unasked.

One idea: a file is there whole or not at all.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from lateen.core.errors import InputError, StorageError

PICTURES: dict[str, tuple[str, dict[str, object]]] = {
    ".png": ("PNG", {"optimize": False, "compress_level": 6}),
    ".jpg": ("JPEG", {"quality": 92, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 92, "subsampling": 0}),
    ".webp": ("WEBP", {"quality": 92, "method": 4}),
    ".gif": ("GIF", {}),
}
_LONGEST_SIDE = {".jpg": 65_500, ".jpeg": 65_500, ".webp": 16_383, ".gif": 65_535}  # of the formats, in pixels


def save_picture(image: Image.Image, path: str | Path, *, force: bool = False) -> Path:
    """Write a picture; the same picture gives the same bytes.

    Args:
        image: What to write.
        path: Where to; the suffix is one of .png, .jpg, .jpeg, .webp, .gif. Missing folders are made.
        force: Overwrite a file that is there.

    Returns:
        The path.

    Raises:
        InputError: If the suffix is another, the file exists and `force` is False, the path is a folder, or the
            picture is larger than the format allows.
        StorageError: If it can't be written.
    """
    target = check_target(path, tuple(PICTURES), force=force)
    suffix = target.suffix.lower()
    kind, options = PICTURES[suffix]
    if max(image.size) > _LONGEST_SIDE.get(suffix, max(image.size)):
        raise InputError(
            f"Can't write {target}: the picture is {image.width:,} x {image.height:,} pixels and {suffix} holds "
            f"{_LONGEST_SIDE[suffix]:,} a side; use .png, or show less."
        )
    write_whole(target, lambda part: image.convert("RGB").save(part, kind, **options))
    return target


def save_text(text: str, path: str | Path, *, force: bool = False) -> Path:
    """Write a page such as a map as .html, under the same rules as a picture."""
    target = check_target(path, (".html", ".htm"), force=force)
    write_whole(target, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))
    return target


def check_target(path: str | Path, suffixes: tuple[str, ...], *, force: bool) -> Path:
    """The path, if something with one of the suffixes may be written there; call it before long work."""
    target = Path(path)
    if target.suffix.lower() not in suffixes:
        known = ", ".join(suffixes[:-1]) + " or " + suffixes[-1] if len(suffixes) > 1 else suffixes[0]
        raise InputError(f"Can't write {target}: its suffix is {target.suffix or 'missing'!r}; use {known}.")
    try:
        is_folder, exists = target.is_dir(), target.exists()
    except OSError as error:  # such as a name that is too long for the system
        raise InputError(f"Can't write {target}: {error.strerror}; choose another name.") from error
    if is_folder:
        raise InputError(f"Can't write {target}: it is a folder; name a file in it.")
    if exists and not force:
        raise InputError(f"{target} exists already; choose another name or overwrite it with --force (force=True).")
    return target


def write_whole(target: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a file beside the target, then put it in the target's place in one step."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.stem[:40]}-", suffix=target.suffix, dir=target.parent)
        os.close(handle)
        part = Path(name)
        try:
            write(part)
            part.chmod(0o666 & ~_umask())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as cause:
        if isinstance(cause, StorageError):
            raise
        raise StorageError(f"Can't write {target}: {cause.strerror or cause}.") from cause


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
