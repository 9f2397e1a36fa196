"""Analogy sets from files: Google's format (four words on a line), BATS (a folder of lists of pairs), or one such list.

One idea: no line is left out in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lateen.arithmetic.analogies.questions import Pair, QuestionSet, Section
from lateen.arithmetic.text_lines import read_lines
from lateen.core.errors import InputError

EXPECTED = 'analogies: lines of four words in sections that begin with ": NAME", or word, tab, answers'
MOST = 5_000_000  # questions; each takes some 100 bytes
_SHOWN = 5


def read_questions(path: str | Path) -> QuestionSet:
    """Read a file in Google's format, a folder of BATS, or one of its lists.

    In a list of pairs ("word, tab, answer/answer/...") every ordered pair of lines is a question.

    Raises:
        InputError: If nothing is there, it is no text, or it holds no question.
    """
    path = Path(path)
    if not path.is_dir():
        lines, notes = read_lines(path, EXPECTED)
        sections, left_out = _google(lines, path.stem)
        if not any(map(len, sections)):
            listed, of_pairs = _pairs(lines, path.stem)
            if len(listed):
                sections, left_out = [listed], of_pairs
        return _checked(QuestionSet(path.name, tuple(sections), (*notes, *left_out.notes(path.name))), path)
    files = sorted(p for p in (*path.glob("*.txt"), *path.glob("*/*.txt")) if not p.name.startswith("."))
    if not files:
        raise InputError(f"{path} holds no .txt file; expected a folder as BATS is: */*.txt with word, tab, answers.")
    listed_sections, all_notes = [], []
    for file in files:
        lines, notes = read_lines(file, EXPECTED)
        section, left_out = _pairs(lines, file.stem)
        all_notes += [*notes, *left_out.notes(file.name)]
        listed_sections += [section] if len(section) else []
    return _checked(QuestionSet(path.name, tuple(listed_sections), tuple(all_notes)), path)


@dataclass
class _LeftOut:
    """Lines that are no questions.

    Args:
        expected: What a line should have held.
    """

    expected: str
    lines: list[str] = field(default_factory=list)

    def add(self, number: int, words: int) -> None:
        self.lines.append(f"line {number}: {words} word{'s' if words != 1 else ''}")

    def notes(self, name: str) -> tuple[str, ...]:
        if not self.lines:
            return ()
        n = len(self.lines)
        shown = ", ".join(self.lines[:_SHOWN]) + (", ..." if n > _SHOWN else "")
        what = "1 line is left out, which holds" if n == 1 else f"{n:,} lines are left out, which hold"
        return (f"{name}: {what} not {self.expected} ({shown}).",)


class _Collected:
    """A section that is being read."""

    def __init__(self) -> None:
        self.places: dict[Pair, int] = {}
        self.first: list[int] = []
        self.second: list[int] = []

    def add(self, a: str, b: str, c: str, d: str) -> None:
        for word, answer, side in ((a, b, self.first), (c, d, self.second)):
            side.append(self.places.setdefault(Pair(word, (answer,)), len(self.places)))

    def section(self, name: str) -> Section:
        first, second = (np.array(side, np.int32) for side in (self.first, self.second))
        return Section(name, tuple(self.places), first, second)


def _google(lines: list[str], name: str) -> tuple[list[Section], _LeftOut]:
    """Sections of lines of four words; what comes before the first header belongs to one named after the file."""
    collected: dict[str, _Collected] = {}
    left_out = _LeftOut("four words")
    current = name
    for number, line in enumerate(lines, 1):
        words = line.split()
        if line.startswith(": ") or (line.startswith(":") and len(words) != 4):
            current = line[1:].strip() or f"section of line {number}"
            collected.setdefault(current, _Collected())
        elif len(words) == 4:
            collected.setdefault(current, _Collected()).add(*words)
        elif words:
            left_out.add(number, len(words))
    return [section.section(name) for name, section in collected.items()], left_out


def _pairs(lines: list[str], name: str) -> tuple[Section, _LeftOut]:
    """A list of pairs; each two of them, in either order, are a question."""
    pairs: dict[Pair, None] = {}
    left_out = _LeftOut("a word and its answers")
    for number, line in enumerate(lines, 1):
        words = [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()
        words = [word for word in words if word]
        answers = tuple(dict.fromkeys(a.strip() for a in words[1].split("/") if a.strip())) if len(words) == 2 else ()
        if answers and not line.startswith(":"):
            pairs[Pair(words[0], answers)] = None
        elif words:
            left_out.add(number, len(words))
    n = len(pairs)
    if n * (n - 1) > MOST:
        raise InputError(f"{name} lists {n:,} pairs, which make {n * (n - 1):,} questions; {MOST:,} are the most.")
    first, second = np.nonzero(~np.eye(n, dtype=bool))
    return Section(name, tuple(pairs), first.astype(np.int32), second.astype(np.int32)), left_out


def _checked(questions: QuestionSet, path: Path) -> QuestionSet:
    if len(questions):
        return questions
    said = f" {questions.notes[-1]}" if questions.notes else ""
    raise InputError(f"{path} holds no question; expected {EXPECTED}.{said}")
