"""The words of the expression language: quoted texts, numbers, operators and names, each with its place.

One idea: `-`, `+` and `/` belong to a name unless space stands around them, so ids and paths need no quotes. Each
letter is looked at a bounded number of times.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import combining, east_asian_width

from lateen.core.errors import InputError

_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_TOKEN = re.compile(
    rf"""
      (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<fraction>\d+(?:\.\d+)?/\d+(?:\.\d+)?(?=\s*\*)|(?:(?<=\*)|(?<=\*\ ))\d+/\d+(?=[\s()*,]|$))
    | (?P<number>{_NUMBER}(?=[\s()*,]|$))
    | (?P<operator>
          [()*,]
        | [+\-−–/](?=[\s("']|$)
        | (?<=[\s)("'])[+\-−–/](?={_NUMBER}\s*\*)
        | (?<=[)"'])[+\-−–/]
        | (?<=[(*,])[+\-−–]
        | ^[+\-−–]
      )
    | (?P<name>[^\s()*,"'](?:[^\s()*,"]*))
    """,
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(r"\s*")
_AROUND = 60  # letters of a long expression that are shown on either side of a mistake


@dataclass(frozen=True)
class Token:
    """One word of an expression.

    Args:
        kind: "quoted", "fraction", "number", "operator" or "name".
        text: As it was written.
        at: Where it begins.
    """

    kind: str
    text: str
    at: int

    @property
    def unquoted(self) -> str:
        """What stands between the quotes, escapes undone; other words as they are."""
        return re.sub(r"\\(.)", r"\1", self.text[1:-1], flags=re.DOTALL) if self.kind == "quoted" else self.text


def tokens(text: str) -> list[Token]:
    """Split an expression into words, in time linear in its length.

    Raises:
        InputError: If a quote is left open, pointing at it.
    """
    found: list[Token] = []
    at = _after_space(text, 0)
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise mistake(text, at, "has a quote that is left open")
        found.append(Token(match.lastgroup, match[0], at))
        at = _after_space(text, match.end())
    return found


def mistake(text: str, at: int, why: str) -> InputError:
    """The error that points at a character of an expression.

    Args:
        text: The expression.
        at: Place of the character; the length of the text for its end.
        why: What is wrong there, going on from "The expression ...".
    """
    begin, end = max(0, at - _AROUND), min(len(text), at + _AROUND)
    before = ("… " if begin else "") + _on_one_line(text[begin:at])
    shown = before + _on_one_line(text[at:end]) + (" …" if end < len(text) else "")
    restated = repr(text) if len(text) <= 2 * _AROUND else f"of {len(text):,} letters"
    return InputError(
        f"The expression {restated} {why}:\n  {shown}\n  {' ' * _width(before)}^\n"
        'Write for example "a - b + c" or "mean(a, b) + 0.5*c".'
    )


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _on_one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
