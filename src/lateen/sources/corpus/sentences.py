"""Text to sentences of words, a block at a time.

A word is letters and digits of any script, with the apostrophes, hyphens and underscores between them ("don't",
"mother-in-law", "new_york"), and the dots and commas within numbers ("3.14", "1,000"). A sentence ends at . ! ? before
a space or a quotation mark, save after a title or an initial ("Mr. Darcy", "J. Smith"), and at an empty line; or, where
lines are sentences, at the end of a line. Everything else is left out.

One idea: text is cut where nothing can be misunderstood, between two words on a line, so that blocks leave no trace.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

LONGEST_SENTENCE = 10_000  # words; gensim takes no more at a time
LONGEST_RUN = 100  # letters; what is longer is no word, and is cut
BLOCK = 1 << 20  # characters that are looked at together

_SAME = {"’": "'", "ʼ": "'", "＇": "'", "‐": "-", "‑": "-", "\xad": ""}
_CLOSING = "[\"'”’»)\\]_*]"
_TITLES = ("mr|ms|dr|st|mt|jr|sr|vs", "mrs|mme|rev|hon|col|gen|sgt|esq", "capt|prof", "messrs", r"[^\W\d_]")
_NO_TITLE = "".join(rf"(?<!\b(?:{titles})\.)" for titles in _TITLES)  # of one length each, as Python looks behind
_PROSE_END = re.compile(
    rf"\n[^\S\n]*+\n\s*+|(?<![.!?…])[.!?…]++{_NO_TITLE}{_CLOSING}*+(?=\s)|[。！？]", re.IGNORECASE
)
_LINE_END = re.compile(r"\n")
_SAFE = re.compile(r"[^\W_][ \t\n](?=[^\W_])")
_AT_END = re.compile(rf"[.!?…。！？]{_CLOSING}*+$")
_WITHIN = re.compile(rf"(?<![.!?…])[.!?…]++{_NO_TITLE}{_CLOSING}*+\s+(?=\S)", re.IGNORECASE)


class Splitter:
    """What is fed in becomes sentences; the text may come in pieces of any size.

    Args:
        layout: "lines" if each line is a sentence, "prose" if lines are joined.
        keep_case: Whether capitals stay.
        block: Characters that are looked at together.
    """

    def __init__(self, layout: str, *, keep_case: bool = False, block: int = BLOCK) -> None:
        self._end = _LINE_END if layout == "lines" else _PROSE_END
        self._keep_case, self._block = keep_case, block
        self._text = ""
        self._open: list[str] = []  # words of the sentence that has not ended

    def feed(self, text: str) -> list[list[str]]:
        """The sentences that have come to an end."""
        self._text += text
        done: list[list[str]] = []
        start = 0
        while len(self._text) - start >= self._block:
            window = self._text[start : start + self._block]
            cut = _safe_cut(window)
            done += self._sentences(window[:cut])
            start += cut
        self._text = self._text[start:]
        return done

    def finish(self) -> list[list[str]]:
        """The sentences of what is left."""
        done = self._sentences(self._text)
        rest, self._text, self._open = self._open, "", []
        return [*done, rest] if rest else done

    def _sentences(self, text: str) -> list[list[str]]:
        find = _word().findall
        first, *others = [find(piece) for piece in self._end.split(self._plain(text))]
        sentences = [self._open + first, *others]
        whole = len(sentences[-1]) // LONGEST_SENTENCE * LONGEST_SENTENCE
        last, self._open = sentences[-1][:whole], sentences[-1][whole:]
        return [part for sentence in (*sentences[:-1], last) for part in _parts(sentence)]

    def _plain(self, text: str) -> str:
        """One spelling for each sign and letter."""
        for sign, same in _SAME.items():
            text = text.replace(sign, same)
        text = unicodedata.normalize("NFC", text)
        return text if self._keep_case else text.lower()


def layout_of(sample: str) -> str:
    """Whether the lines of a text are sentences ("lines"), or its marks tell where these end ("prose").

    Lines are sentences where there are hardly any marks, and where most lines end with one and few hold one within.

    Args:
        sample: The beginning of the text.
    """
    lines = [line for line in sample.split("\n") if line.strip()]
    ends = sum(_AT_END.search(line.rstrip()) is not None for line in lines)
    within = sum(len(_WITHIN.findall(line)) for line in lines)
    if 200 * (ends + within) <= len(sample.split()):
        return "lines"
    return "lines" if len(lines) > 1 and ends > 0.7 * len(lines) and within < 0.3 * len(lines) else "prose"


def _parts(sentence: list[str]) -> list[list[str]]:
    if len(sentence) <= LONGEST_SENTENCE:
        return [sentence] if sentence else []
    return [sentence[i : i + LONGEST_SENTENCE] for i in range(0, len(sentence), LONGEST_SENTENCE)]


def _safe_cut(window: str) -> int:
    """Where a block is cut: after the last space between two words; at its end if there is none."""
    reach = 256
    while True:
        start = max(0, len(window) - reach)
        cuts = [found.end() for found in _SAFE.finditer(window, start)]
        if cuts:
            return cuts[-1]
        if start == 0:
            return len(window)
        reach *= 16


@cache
def _word() -> re.Pattern[str]:
    """A word. What Python counts as letters lacks the signs that many scripts set on them (Mn, Mc) or join them by."""
    signs = "\u200c\u200d" + "".join(chr(c) for c in range(0x300, 0x20000) if unicodedata.category(chr(c))[0] == "M")
    letters = rf"[^\W_]{{1,{LONGEST_RUN}}}"
    more = rf"['\-_]{letters}|(?<=\d)[.,]\d{{1,{LONGEST_RUN}}}|[{signs}]+(?:{letters})?"
    return re.compile(rf"{letters}(?:(?=\S)(?:{more})){{0,20}}")  # five times as fast as without a look for a space
