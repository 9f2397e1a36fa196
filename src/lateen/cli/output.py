"""What a command prints: one JSON object on stdout with --json, else a few readable lines; pictures go to files."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from lateen.operations.near import Match

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
FILMS = (*PICTURES, ".mp4")
MOST_LETTERS = 100  # of a field's text; all of it is in --json
MAPS = (".html", ".parquet", *PICTURES)


@runtime_checkable
class _Result(Protocol):
    def to_dict(self) -> dict[str, object]: ...


@dataclass(frozen=True)
class Plain:
    """Plain data that is its own result."""

    data: dict[str, object]

    def to_dict(self) -> dict[str, object]:
        """The data."""
        return self.data


@runtime_checkable
class _Saves(_Result, Protocol):
    def save(self, path: Path, *, force: bool = False) -> Path: ...


@runtime_checkable
class _Noted(_Saves, Protocol):
    @property
    def notes(self) -> tuple[str, ...]: ...


def check_output(output: Path | None, force: bool, suffixes: tuple[str, ...] = PICTURES) -> None:
    """Fail before the work, not after it, if the output can't be written."""
    if output is not None:
        from lateen.plot.save import check_target

        check_target(output, suffixes, force=force)


def save(result: _Saves, output: Path | None, force: bool) -> None:
    """Save the result's picture where -o says, and say so on stderr."""
    if output is not None:
        note(f"wrote {result.save(output, force=force)}")


def told(result: _Noted, output: Path | None, force: bool, json: bool) -> bool:
    """Say the notes, save what -o asks for, and print the JSON; whether there is nothing left to print."""
    for text in result.notes:
        note(text)
    save(result, output, force)
    if json:
        emit_json(result)
    return json


def emit_json(result: _Result) -> None:
    """Print the result as one JSON object."""
    text = json.dumps(result.to_dict(), ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # the terminal's letters are too few, or a name is no text; \u.... always goes
        text = json.dumps(result.to_dict())
    print(text)


def note(text: str) -> None:
    """Say something on stderr, where it doesn't disturb --json."""
    print(text, file=sys.stderr)


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """Print a table on stdout."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(header_style="bold", box=None, pad_edge=False)
    for i, name in enumerate(columns):  # the first column is an id or a name: kept whole, so that it can be copied
        drawn.add_column(Text(name), overflow="fold", no_wrap=i == 0, min_width=_widest(rows, i) if i == 0 else None)
    print(title)
    for first, *others in rows:
        drawn.add_row(*map(Text, [_one_line(first), *others]))  # plain text: an id may look like rich's markup
    console = Console()
    console.width = max(console.width, _widest(rows, 0) + 12 * (len(columns) - 1))  # the terminal breaks long lines
    console.print(drawn)


def matches(title: str, found: Sequence[Match], scores: Sequence[float] = ()) -> None:
    """Print found items with their distance (and cosine, and score, where they have one) and up to six fields."""
    names = list(found[0].fields)[:6] if found else []
    angles = any(m.cosine is not None for m in found)
    measures = [*(["score"] if scores else []), "distance", *(["cosine"] if angles else [])]
    rows = [
        [m.id, *_measures(m, angles, scores[i] if scores else None), *(_short(m.fields[name]) for name in names)]
        for i, m in enumerate(found)
    ]
    table(title, ["id", *measures, *names], rows)


def _measures(match: Match, angles: bool, score: float | None) -> list[str]:
    first = [] if score is None else [figure(score)]
    return [*first, figure(match.distance), *([figure(match.cosine)] if angles else [])]


def figure(value: float | None, digits: int = 3) -> str:
    """A figure for people: rounded, a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.{digits}g}" if abs(value) < 1 else f"{value:.{digits}f}"


def _widest(rows: list[list[str]], column: int) -> int:
    return max((len(_one_line(row[column])) for row in rows), default=1)


def _one_line(id: str) -> str:
    """An id that leaves room for the columns beside it; all of it is in --json."""
    return id if len(id) <= MOST_LETTERS and "\n" not in id else _short(id)


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"
