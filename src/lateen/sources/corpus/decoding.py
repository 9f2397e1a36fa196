"""Bytes to text: by the mark at the beginning where there is one, else as UTF-8.

One idea: a byte that is no UTF-8 is read as Windows-1252, wherever it stands; so old files need no name for what they
are, and a few bad bytes far into a large file stop nothing.
"""

from __future__ import annotations

import codecs
import io
import re

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ESCAPED = re.compile("[\udc80-\udcff]")
_CONTROL = re.compile(rb"[\x01-\x06\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROL = 0.001  # share of control characters that a text may hold


class TextDecoder:
    """Decodes one text, whatever the pieces it comes in; line ends become "\\n".

    Args:
        begin: Its first bytes.
    """

    def __init__(self, begin: bytes) -> None:
        codec = _codec(begin)
        errors = "surrogateescape" if codec == "utf-8-sig" else "replace"
        self._decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(codec)(errors), translate=True)
        self.bad_bytes = 0

    def decode(self, data: bytes, *, final: bool = False) -> str:
        """The text of the next bytes; `bad_bytes` counts those that were no UTF-8."""
        text = self._decoder.decode(data, final)
        text, n = _ESCAPED.subn(_as_windows, text)
        self.bad_bytes += n
        return text


def is_binary(begin: bytes) -> bool:
    """Whether bytes are no text: there are NULs among them, or control characters that no text holds."""
    if _codec(begin) != "utf-8-sig":
        return False
    return b"\0" in begin or len(_CONTROL.findall(begin)) > _MOST_CONTROL * len(begin)


def _codec(begin: bytes) -> str:
    return next((codec for mark, codec in _MARKS.items() if begin.startswith(mark)), "utf-8-sig")


def _as_windows(found: re.Match[str]) -> str:
    byte = bytes([ord(found[0]) - 0xDC00])
    try:
        return byte.decode("cp1252")
    except UnicodeDecodeError:
        return byte.decode("latin-1")
