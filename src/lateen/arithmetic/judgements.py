"""Files of human judgements: how alike people find two words, in SimLex, WordSim and MEN layouts and their kin.

One idea: no layout is assumed. The separator and the columns are those under which most lines are two words and a
number, and what was chosen is said.
"""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from lateen.arithmetic.text_lines import read_lines
from lateen.core.errors import InputError, UnknownNameError

EXPECTED = "judgements: two words and a number on each line, such as 'sun sunlight 50.0'"
LEAST = 3  # pairs; of two, every order agrees or disagrees wholly
_SEPARATORS: Mapping[str, str | None] = {"tabs": "\t", "commas": ",", "semicolons": ";", "spaces": None}
_SAMPLE = 1_000  # lines that the layout is found from
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_MISSING = {"na", "n/a", "nan", "none", "null", "inf"}
_FIRST = {"word1", "w1", "worda", "wordone", "firstword", "term1"}
_SECOND = {"word2", "w2", "wordb", "wordtwo", "secondword", "term2"}
_SCORES = (  # names of columns, the surest first
    *("simlex999", "humanmean", "humanscore", "goldscore", "gold", "score", "similarity", "relatedness"),
    *("rating", "meanrating", "averagescore", "average", "avg", "mean"),
)
_COUNTS = {"", "id", "pairid", "index", "no", "nr", "number", "unnamed0"}  # columns that number the pairs
_PART_OF_SPEECH = re.compile(r"(.+)[-_#](n|v|j|a|r|s|noun|verb|adj|adv)", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Judgements:
    """What people said of pairs of words.

    Args:
        pairs: The words, as they are spelled in the file.
        scores: (n,) how alike they were judged, on the file's own scale; more is more alike.
        name: The set, if it is one that is known, else the file's name without its suffix.
        column: The column of the scores: its name where it has one, else "column 3".
        layout: How the file is written, for people ("tabs, column SimLex999").
        notes: What the user should know of how it was read.
    """

    pairs: tuple[tuple[str, str], ...]
    scores: Float64[np.ndarray, " n"]
    name: str
    column: str
    layout: str
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pairs)

    def __repr__(self) -> str:
        low, high = self.scores.min(), self.scores.max()
        return f"Judgements({self.name}: {len(self)} pairs, {self.column} from {low:g} to {high:g})"


def read_judgements(path: str | Path, *, column: str | None = None) -> Judgements:
    """Read a file of two words and a number on each line.

    Args:
        path: SimLex-999, WordSim-353 or MEN as they are published, or words and numbers separated by tabs, commas,
            semicolons or spaces, with a header or without; lines that start with # are comments.
        column: The scores' column by its name or its number from 1; None for the one that looks most like it.

    Raises:
        InputError: If the file can't be read, has no scores, fewer than three usable pairs, or one score for all.
        UnknownNameError: If there is no such column.

    Reference:
        Hill, Reichart and Korhonen 2015 (SimLex-999); Finkelstein et al. 2001 (WordSim-353); Bruni, Tran and Baroni
        2014 (MEN).
    """
    given = Path(path)
    lines, notes = read_lines(given, EXPECTED)
    content = [(i, line) for i, line in enumerate(lines, 1) if line.strip(" \t\x1a") and not line.startswith("#")]
    if not content:
        raise InputError(f"{given} holds comments only; expected a file of {EXPECTED}.")
    before = [line.lstrip("# ") for line in lines[: content[0][0] - 1] if line.startswith("#")]
    layout = _layout(given, [line for _, line in content[:_SAMPLE]], before, column)
    pairs, scores, unusable = _rows(content[layout.header :], layout)
    if len(pairs) < LEAST:
        raise InputError(f"{given} holds {len(pairs)} usable judgements; at least {LEAST} are needed.{_of(unusable)}")
    if min(scores) == max(scores):
        raise InputError(f"All {len(scores)} scores of {given} are {scores[0]:g} ({layout.named}); they order nothing.")
    pairs, stripped = _without_part_of_speech(pairs)
    said = (*notes, *layout.notes, *_said(pairs, unusable), *stripped)
    name = _name(given.stem, len(pairs), layout, " ".join(before))
    return Judgements(tuple(pairs), np.array(scores), name, layout.named, f"{layout.separator}, {layout.named}", said)


@dataclass(frozen=True)
class _Layout:
    """Where words and score are in a line."""

    separator: str
    first: int
    second: int
    score: int
    named: str  # the score's column
    columns: tuple[str, ...]  # all their names; empty without a header
    header: int  # lines of it: 0 or 1
    notes: tuple[str, ...]

    def read(self, line: str) -> tuple[tuple[str, str], float] | None:
        """A judgement; None if the line holds none."""
        cells = _cells(line, self.separator)
        if len(cells) <= max(self.first, self.second, self.score):
            return None
        first, second, score = cells[self.first], cells[self.second], _number(cells[self.score], self.separator)
        return None if score is None or not first or not second else ((first, second), score)


def _layout(path: Path, sample: Sequence[str], before: Sequence[str], asked: str | None) -> _Layout:
    """The layout under which most lines can be used."""
    best, most, refused = None, 0, None
    for separator in _SEPARATORS:
        try:
            layout = _columns(path, [_cells(line, separator) for line in sample], separator, before, asked)
        except InputError as error:  # the column that was asked for; another separator may show it
            refused = refused or error
            continue
        usable = 0 if layout is None else sum(layout.read(line) is not None for line in sample)
        if usable > most:
            best, most = layout, usable
    if best is None:
        raise refused or InputError(_no_scores(path, sample))
    lines = len(sample) - best.header
    if 2 * most < lines:
        raise InputError(f"Only {most} of {lines} lines of {path} could be used; expected {EXPECTED}.")
    return best


def _columns(
    path: Path, rows: Sequence[Sequence[str]], separator: str, before: Sequence[str], asked: str | None
) -> _Layout | None:
    """Which columns are words and which is the score; None if these rows are no judgements."""
    body = rows[1:] or rows
    width = Counter(map(len, body)).most_common(1)[0][0]
    numeric = [j for j in range(width) if 3 * sum(_is_number(row, j, separator) for row in body) >= len(body)]
    if width < 3 or not numeric:
        return None
    header = any(j < len(rows[0]) and _is_name(rows[0][j], separator) for j in numeric)
    names = list(rows[0]) if header else _commented(before, separator, width)
    keys = [_key(name) for name in names]
    words = [j for j in range(width) if j not in numeric]
    first = next((j for j, key in enumerate(keys) if key in _FIRST), words[0] if words else None)
    second = next((j for j, key in enumerate(keys) if key in _SECOND), words[1] if len(words) > 1 else None)
    if first is None or second is None or first == second:
        return None
    scores = [j for j in numeric if j not in (first, second)]
    score = _score(scores, keys, second) if asked is None else _asked(path, asked, names, width, scores)
    if score is None:
        return None
    labels = [_label(names, j) for j in range(width)]
    others = [labels[j] for j in scores if j != score and not (j < len(keys) and keys[j] in _COUNTS)]
    notes = []
    if others and asked is None:
        shown = ", ".join(others[:4]) + (", ..." if len(others) > 4 else "")
        notes.append(f"Scores are read from {labels[score]}; there are numbers in {shown} too (--column chooses).")
    if any(len(row) > score and _DECIMAL_COMMA.fullmatch(row[score]) for row in body) and separator != "commas":
        notes.append("Scores are written with a decimal comma: 7,35 is read as 7.35.")
    return _Layout(separator, first, second, score, labels[score], tuple(names), int(header), tuple(notes))


def _score(scores: Sequence[int], keys: Sequence[str], second: int) -> int | None:
    """The column of the scores: by its name, else the first numbers after the words, else any."""
    known = {keys[j]: j for j in reversed(scores) if j < len(keys)}
    named = next((known[key] for key in _SCORES if key in known), None)
    if named is not None:
        return named
    uncounted = [j for j in scores if not (j < len(keys) and keys[j] in _COUNTS)]
    return next(chain((j for j in uncounted if j > second), uncounted), None)


def _asked(path: Path, asked: str, names: Sequence[str], width: int, scores: Sequence[int]) -> int:
    """The column that the user named."""
    exact = [j for j, name in enumerate(names) if name == asked]
    alike = [j for j, name in enumerate(names) if _key(name) == _key(asked) and _key(asked)]
    number = [int(asked) - 1] if asked.isascii() and asked.isdigit() and 1 <= int(asked[:9]) <= width else []
    found = exact or alike or number
    if not found:
        raise UnknownNameError("column", asked, names or [str(j + 1) for j in range(width)], str(path))
    if found[0] not in scores:
        raise InputError(f"The column {asked!r} of {path} holds no numbers; expected scores.")
    return found[0]


def _rows(
    content: Sequence[tuple[int, str]], layout: _Layout
) -> tuple[list[tuple[str, str]], list[float], list[int]]:
    """Pairs, scores, and the numbers of the lines that hold none."""
    read = [(number, layout.read(line)) for number, line in content]
    good = [judgement for _, judgement in read if judgement is not None]
    return [pair for pair, _ in good], [score for _, score in good], [i for i, judgement in read if judgement is None]


def _cells(line: str, separator: str) -> list[str]:
    mark = _SEPARATORS[separator]
    if mark is None:
        return line.split()
    if mark == "\t":
        return [_unquoted(cell.strip()) for cell in line.split(mark)]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=mark, skipinitialspace=True), [])]
    except csv.Error:  # a cell of more than a hundred thousand letters
        return []


def _unquoted(cell: str) -> str:
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _number(cell: str, separator: str) -> float | None:
    """A finite number; words such as nan and infinity are none."""
    if separator != "commas" and _DECIMAL_COMMA.fullmatch(cell):
        cell = cell.replace(",", ".")
    if len(cell) > 100 or not _NUMBER.fullmatch(cell):
        return None
    value = float(cell)
    return value if math.isfinite(value) else None


def _is_number(row: Sequence[str], j: int, separator: str) -> bool:
    return j < len(row) and _number(row[j], separator) is not None


def _is_name(cell: str, separator: str) -> bool:
    """Whether a cell of a first line names a column of numbers."""
    if _number(cell, separator) is not None or _is_beyond(cell) or cell.lower() in _MISSING:
        return False
    return any(letter.isalpha() for letter in cell)


def _commented(before: Sequence[str], separator: str, width: int) -> list[str]:
    """Names of columns in the last comment before the first pair, as gensim's copies have them."""
    cells = _cells(before[-1], separator) if before else []
    named = len(cells) == width and not any(_number(cell, separator) is not None for cell in cells)
    return cells if named else []


def _key(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _label(names: Sequence[str], j: int) -> str:
    return f"column {names[j]}" if j < len(names) and names[j] else f"column {j + 1}"


def _without_part_of_speech(pairs: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """Words without the part of speech that MEN's lemma form ends them in, if all have it."""
    matches = [[_PART_OF_SPEECH.fullmatch(word) for word in pair] for pair in pairs]
    bare = [(a[1], b[1]) for a, b in matches if a and b]
    if len(bare) < len(pairs):
        return pairs, ()
    word = pairs[0][0]
    return bare, (f"All words end in their part of speech, which is taken off: {word!r} is {bare[0][0]!r}.",)


def _said(pairs: Sequence[tuple[str, str]], unusable: Sequence[int]) -> list[str]:
    notes = []
    if unusable:
        notes.append(_of(unusable).strip())
    counts = Counter(tuple(sorted(pair)) for pair in pairs)
    again = [" ".join(pair) for pair, n in counts.items() if n > 1]
    if again:
        twice = sum(counts.values()) - len(counts)
        named = ", ".join(again[:4]) + (", ..." if len(again) > 4 else "")
        notes.append(f"{twice} {'pair is' if twice == 1 else 'pairs are'} there again ({named}); each line counts.")
    return notes


def _of(unusable: Sequence[int]) -> str:
    """How many lines were skipped, and where they are."""
    if not unusable:
        return ""
    shown = ", ".join(map(str, unusable[:6])) + (", ..." if len(unusable) > 6 else "")
    many = len(unusable) > 1
    lines = f"{len(unusable)} lines hold" if many else "1 line holds"
    return f" {lines} no two words and a number and {'are' if many else 'is'} left out: line{'s' * many} {shown}."


def _no_scores(path: Path, sample: Sequence[str]) -> str:
    """Why a file is no file of judgements."""
    rows = [_cells(line, "spaces") for line in sample]
    numbers = [sum(_number(cell, "spaces") is not None for cell in row) for row in rows]
    usual, figures = (Counter(map(len, rows)).most_common(1)[0][0], Counter(numbers).most_common(1)[0][0])
    if sample[0].startswith(":") or (usual == 4 and figures == 0):
        return f"{path} has no scores; it looks like analogies, for `lateen analogies`. Expected {EXPECTED}."
    if figures > 3 and figures == usual - 1:
        return f"{path} looks like word vectors ({figures} numbers a line). Expected {EXPECTED}."
    shown = sample[0].strip()
    shown = f"{shown[:57]}..." if len(shown) > 60 else shown
    return f"{path} has no scores; it starts with {shown!r}. Expected {EXPECTED}."


def _name(stem: str, n: int, layout: _Layout, comments: str) -> str:
    """The name of a set that is known by its size and by what it says of itself."""
    said = _key(f"{stem} {comments} {' '.join(layout.columns)}")
    if n == 999 and "simlex" in said:
        return "SimLex-999"
    if n == 353 and any(sign in said for sign in ("wordsim", "ws353", "humanmean")):
        return "WordSim-353"
    if n == 3000 and _key(stem).startswith("men") and layout.separator == "spaces":
        return "MEN"
    return stem


def _is_beyond(cell: str) -> bool:
    """Whether it is written as a number, but is infinite or none: of a line that is left out, not of a header."""
    try:
        return not math.isfinite(float(cell))
    except ValueError:
        return False
