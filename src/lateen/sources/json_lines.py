"""Files with a JSON object on each line, brought into Arrow files; a line that is none is a broken row.

One idea: blocks of whole lines are read by Arrow, which is fast and gives up at the first oddity; a block where it does
is read line by line, which is slow and loses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.json as pa_json

from lateen.core.errors import InputError
from lateen.sources.arrow_rows import BROKEN, SpooledRows, as_text
from lateen.sources.spool import BLOCK, Parts, spool

_PEEK = 100


def spool_json_lines(path: Path) -> SpooledRows:
    """A jsonl file, maybe compressed, as a table.

    Raises:
        InputError: If not one line is a JSON object.
    """
    reading = _Lines(path)
    return spool(reading.parts(), reading.settle, str(path))


@dataclass(eq=False)
class _Lines:
    """One pass over a file of JSON lines."""

    path: Path
    texts: set[str] = field(default_factory=set)
    kinds: dict[str, pa.DataType] = field(default_factory=dict)
    first_broken: str = ""

    def parts(self) -> Parts:
        line = 1
        for block in self._blocks():
            if line == 1:
                self.texts = _text_keys(block)
            table = self._quick(block)
            if table is None:
                table = self._slow(block, line)
            for name in table.column_names:
                kind = table.schema.field(name).type
                self.kinds[name] = _wider(self.kinds[name], kind) if name in self.kinds else kind
            line += block.count(b"\n")
            if len(table):
                yield table

    def settle(self) -> pa.Schema:
        kinds = {name: kind for name, kind in self.kinds.items() if name != BROKEN}
        if not kinds:
            what = f"its first bad line: {self.first_broken}" if self.first_broken else "it is empty"
            raise InputError(f"No line of {self.path} is a JSON object with values; {what}. Write one on each line.")
        return pa.schema([*kinds.items(), (BROKEN, pa.string())])

    def _blocks(self) -> Iterator[bytes]:
        """Whole lines, about BLOCK bytes at a time."""
        gz = self.path.suffix.lower() == ".gz"
        rest: list[bytes] = []
        with pa.input_stream(str(self.path), compression="gzip" if gz else None) as stream:
            while data := stream.read(BLOCK):
                end = data.rfind(b"\n") + 1
                if end:
                    yield b"".join([*rest, data[:end]])
                    rest = []
                rest.append(data[end:])
        if last := b"".join(rest):
            yield last

    def _quick(self, block: bytes) -> pa.Table | None:
        """The block by Arrow's reader; None if it holds anything but an object per line, each of like values."""
        for _ in range(2):
            explicit = pa.schema([(name, pa.string()) for name in sorted(self.texts)])
            try:
                table = pa_json.read_json(
                    pa.BufferReader(block),
                    read_options=pa_json.ReadOptions(block_size=max(len(block), 1)),
                    parse_options=pa_json.ParseOptions(explicit_schema=explicit, unexpected_field_behavior="infer"),
                )
            except (pa.ArrowException, UnicodeDecodeError, TypeError):
                return None
            if len(table) != _lines(block):
                return None
            times = {f.name for f in table.schema if pa.types.is_temporal(f.type)}
            if not times:
                break
            self.texts |= times  # JSON has no times: what looks like one stays the text that it is
        seen = [f.name for f in table.schema if f.name in self.kinds or table.column(f.name).null_count < len(table)]
        return table.select(seen)

    def _slow(self, block: bytes, line: int) -> pa.Table:
        rows: list[dict[str, Any]] = []
        for number, text in enumerate(block.split(b"\n"), line):
            if text.strip():
                rows.append(self._row(text, number))
        names = dict.fromkeys([BROKEN, *(name for row in rows for name in row)])
        return pa.table({name: _column([row.get(name) for row in rows], name) for name in names})

    def _row(self, text: bytes, number: int) -> dict[str, Any]:
        try:
            value = json.loads(text.decode("utf-8-sig" if number == 1 else "utf-8"))
            if b"\\u" in text:
                json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair can't be a text
            if isinstance(value, dict):
                return {name: v for name, v in value.items() if name != BROKEN}
            reason = f"line {number:,} is no JSON object"
        except UnicodeDecodeError:
            reason = f"line {number:,} is not UTF-8"
        except (ValueError, RecursionError) as error:
            reason = f"line {number:,} is no JSON ({getattr(error, 'msg', type(error).__name__)})"
        reason = f"{reason}: {text[:60].decode('utf-8', 'backslashreplace')!r}"
        self.first_broken = self.first_broken or reason
        return {BROKEN: reason}


def _lines(block: bytes) -> int:
    ended = block.count(b"\n") + (not block.endswith(b"\n"))
    return ended if b"\n\n" not in block and b"\r" not in block else sum(1 for t in block.split(b"\n") if t.strip())


def _text_keys(block: bytes) -> set[str]:
    """The keys that hold texts in the first lines."""
    keys: set[str] = set()
    for text in block.split(b"\n", _PEEK)[:_PEEK]:
        try:
            value = json.loads(text)
        except ValueError:
            continue
        if isinstance(value, dict):
            keys |= {name for name, v in value.items() if isinstance(v, str)}
    return keys


def _column(values: list[Any], name: str) -> pa.Array:
    try:
        if any(isinstance(v, str) for v in values) and not all(isinstance(v, str | None) for v in values):
            return pa.array([as_text(v) for v in values], pa.string())
        return pa.array(values, pa.string() if name == BROKEN else None)
    except (pa.ArrowException, OverflowError, TypeError):
        return pa.array([as_text(v) for v in values], pa.string())


def _wider(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    """The type that holds the values of both; a text, if nothing narrower does."""
    if a == b:
        return a
    try:
        merged = pa.unify_schemas([pa.schema([("x", a)]), pa.schema([("x", b)])], promote_options="permissive")
    except pa.ArrowException:
        return pa.string()
    kind: pa.DataType = merged.field("x").type
    return kind
