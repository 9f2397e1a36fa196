"""The lines of a test set's file, whatever its encoding and its line ends.

One idea: a test set is small, so it is read whole, and what can't be one (packed, binary, huge) is refused by name.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from lateen.core.errors import InputError

MOST_BYTES = 64 << 20  # the largest published set is below 4 MB
_PACKED = {b"PK\x03\x04": "zip", b"\x1f\x8b": "gzip", b"\xfd7zXZ": "xz", b"BZh": "bzip2"}
_CONTROL = dict.fromkeys(c for c in range(32) if chr(c) not in "\t\n\v\f\r\x1a")


def read_lines(path: Path, expected: str) -> tuple[list[str], tuple[str, ...]]:
    """The lines of a text file without their ends, and what should be said of its encoding.

    Args:
        path: A file in utf-8 or utf-16 (with or without its mark) or, where it is neither, latin-1.
        expected: What the file should be, for messages ("judgements: two words and a number on each line").

    Raises:
        InputError: If it is missing, a folder, empty, packed, binary or larger than 64 MB.
    """
    raw = _bytes(path, expected)
    packed = next((name for mark, name in _PACKED.items() if raw.startswith(mark)), None)
    if packed is not None:
        raise InputError(f"{path} is packed ({packed}); unpack it and give the file of {expected}.")
    text, encoding = _decoded(raw)
    if "\0" in text or len(text) - len(text.translate(_CONTROL)) > len(text) / 100:
        raise InputError(f"{path} is no text; expected a file of {expected}.")
    if not text.strip():
        raise InputError(f"{path} is empty ({len(raw)} bytes); expected a file of {expected}.")
    notes = () if encoding == "utf-8" else (f"{path.name} is not in utf-8; it is read as {encoding}.",)
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), notes


def _bytes(path: Path, expected: str) -> bytes:
    try:
        if path.is_dir():
            inside = sorted(p.name for p in path.iterdir() if p.is_file())
            hint = f" It holds {', '.join(inside[:5])}{', ...' if len(inside) > 5 else ''}." if inside else ""
            raise InputError(f"{path} is a folder; give one file of {expected}.{hint}")
        if not path.is_file():
            raise InputError(f"There is no file {path}; give one of {expected}.")
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InputError(f"{path} has {size:,} bytes, too many for a test set; expected a file of {expected}.")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror or error}.") from error


def _decoded(raw: bytes) -> tuple[str, str]:
    """The text and its encoding."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif b"\0" in raw[:1000]:  # Latin letters in utf-16 have a zero in each second byte
        candidates = ["utf-16-le" if raw[:1000:2].count(0) < raw[1:1000:2].count(0) else "utf-16-be"]
    else:
        candidates = ["utf-8-sig"]
    for encoding in candidates:
        try:
            return raw.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1"), "latin-1"
