"""A space's reader: trained on its own pictures, judged on pictures of it that it never saw, real and decoded.

One idea: the items that edits are judged on are held out of the reader too; else it would remember what they were
before the edit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64, UInt8

from lateen.core.errors import InputError
from lateen.core.seed import require_seed
from lateen.measures.edit_score import Levels, Share, Skill, kept, levels_of, skill_of
from lateen.measures.readings import Numbers, Readings
from lateen.models.reader import Reader, fitted
from lateen.models.reader import train_reader as train
from lateen.models.reader.heads import Head, NumberHead
from lateen.operations.opened import Opened

FEWEST_PICTURES = 100
MOST_PICTURES = 12_000  # that the reader trains on
MOST_JUDGED = 600  # pictures that it is judged on
_BATCH = 128

Told: TypeAlias = Callable[[str, int, int], None]
"""Told what is done, how much of it, and of how much."""
Pixels: TypeAlias = UInt8[np.ndarray, "n size size 3"]


@dataclass(frozen=True, eq=False)
class SpaceReader:
    """A reader of the pictures of a space, with its own accuracy.

    Args:
        reader: What reads.
        held: Rows that it never saw, ascending.
        real: What it says of real pictures of rows that it never saw.
        skills: How well each field is read on these: of real pictures, and of their plain reconstructions.
        levels: Of each field of numbers what is low and what is high.
        judged: The rows of `real`, ascending.
        decoded: What it says of their plain reconstructions.
        unread: Fields that it doesn't read: too many values, or one only.
    """

    reader: Reader
    held: Int64[np.ndarray, " h"]
    judged: Int64[np.ndarray, " j"]
    real: Readings
    decoded: Readings
    skills: Mapping[str, tuple[Skill, Skill]]
    levels: Mapping[str, Levels]
    unread: tuple[str, ...]
    _opened: Opened = field(repr=False)

    def head(self, name: str) -> Head | None:
        """How it reads a field; None if it doesn't."""
        return self.reader.head(name)

    def is_readable(self, name: str) -> bool:
        """Whether it is to be believed about a field of decoded pictures."""
        return name in self.skills and self.skills[name][1].is_readable

    def skill_among(self, name: str, among: Bool[np.ndarray, " n"]) -> Skill:
        """How well a field is read of the reconstructions of some of the items, (n,) over all of the space."""
        head = self.reader.head(name)
        assert head is not None
        return skill_of(self.decoded.fields[name], self.truth(head, self.judged), among[self.judged])

    def steadiness(self, name: str, among: Bool[np.ndarray, " n"] | None = None) -> Share:
        """Of how many items a field's reading stays when they are merely encoded and decoded, not edited.

        Args:
            name: The field.
            among: (n,) over all of the space: the items that are asked about; all by default.
        """
        part = np.arange(len(self.judged)) if among is None else np.flatnonzero(among[self.judged])
        real, decoded = (readings.at(part).fields[name] for readings in (self.real, self.decoded))
        return kept(real, decoded, self.levels.get(name)).share

    def truth(self, head: Head, rows: Int64[np.ndarray, " k"]) -> Float[np.ndarray, " k"] | Int64[np.ndarray, " k"]:
        """What a field is of some rows, as its readings are: numbers with NaN, or classes with -1."""
        column = self._opened.column(head.field)[rows]
        targets = head.targets(column)
        return targets * head.spread + head.mean if isinstance(head, NumberHead) else targets

    def look(
        self, points: Float32[np.ndarray, "n dim"], told: Callable[[int, int], None] | None = None
    ) -> tuple[Readings, Pixels]:
        """Decode points, and read the pictures.

        Returns:
            The readings, and the pictures as the reader sees them.
        """
        pictures = decoded_at(self._opened, points, self.reader.size, told)
        return self.reader.read(pictures), pictures


def require_scorable(opened: Opened) -> None:
    """Raise InputError unless edits can be decoded and read here, saying what to do."""
    if opened.spec.modality != "image":
        raise InputError(
            f"Edits are judged by their pictures, but the items of {opened.name} are no pictures "
            f"({opened.spec.modality})."
        )
    if opened.decoder is None:
        raise InputError(
            f"{opened.name} has no decoder, so an edit there leads to an item that exists already: there is nothing to "
            f"score. Train one: lateen train SOURCE --model decoder --encoder {opened.spec.encoder} --attach "
            f"{opened.path}"
        )
    if len(opened) < FEWEST_PICTURES:
        raise InputError(
            f"{opened.name} has {len(opened)} pictures; to train a reader and to hold some out takes {FEWEST_PICTURES}."
        )


def train_reader(
    opened: Opened,
    held: Int64[np.ndarray, " h"],
    *,
    person: str | None = None,
    steps: int | None = None,
    seed: int = 0,
    progress: Told | None = None,
) -> SpaceReader:
    """Train a reader on the pictures of a space, but for the held-out rows, and judge it on these.

    It may be passed to `score_direction` for as many directions as one likes.

    Args:
        opened: A space of pictures that decodes.
        held: Rows that it must not see.
        person: The field of identity, to be read whatever the number of its values.
        steps: Steps of training; by default what suits the number of pictures.
        seed: Of the reader.
        progress: Told what is done.

    Raises:
        InputError: If the space has no decoder, no pictures, too few, or no field that can be read from them.
    """
    require_scorable(opened)
    rng = np.random.default_rng([require_seed(seed), 0x0EAD])
    size = _reader_size(opened)
    seen = np.setdiff1d(np.arange(len(opened)), held)
    if len(seen) > MOST_PICTURES:
        seen = np.sort(rng.choice(seen, MOST_PICTURES, replace=False))
    judged = np.sort(held if len(held) <= MOST_JUDGED else rng.choice(held, MOST_JUDGED, replace=False))
    names = opened.fields.column_names
    pictures, there = real_pictures(opened, seen, size, _part(progress, "pictures"))
    columns = {name: opened.column(name)[there] for name in names}
    reader = train(pictures, columns, person=person, steps=steps, seed=seed, progress=_part(progress, "reader"))
    shown, judged = real_pictures(opened, judged, size, None)
    real = reader.read(shown)
    decoded = reader.read(decoded_at(opened, opened.points[judged], size, _part(progress, "decoding")))
    unread = tuple(name for name in names if name not in reader.fields)
    found = SpaceReader(reader, held, judged, real, decoded, {}, {}, unread, opened)
    skills, levels = {}, {}
    for head in reader.heads:
        truth = found.truth(head, judged)
        skills[head.field] = skill_of(real.fields[head.field], truth), skill_of(decoded.fields[head.field], truth)
        read = real.fields[head.field]
        if isinstance(read, Numbers):
            levels[head.field] = levels_of(read.values, np.asarray(truth, np.float64))
    return SpaceReader(reader, held, judged, real, decoded, skills, levels, unread, opened)


def real_pictures(
    opened: Opened, rows: Int64[np.ndarray, " k"], size: int, told: Callable[[int, int], None] | None
) -> tuple[Pixels, Int64[np.ndarray, " n"]]:
    """Pictures of rows at a size, and which rows have one."""
    pictures, there = [], []
    for start in range(0, len(rows), _BATCH):
        part = rows[start : start + _BATCH]
        for row, picture in zip(part, opened.pictures([opened.ids[int(row)] for row in part]), strict=True):
            if picture is not None:
                pictures.append(fitted(picture, size))
                there.append(int(row))
        if told is not None:
            told(start + len(part), len(rows))
    if not pictures:
        raise InputError(f"{opened.name} keeps no pictures of its items; build it again.")
    return np.stack(pictures), np.array(there, np.int64)


def decoded_at(
    opened: Opened, points: Float32[np.ndarray, "n dim"], size: int, told: Callable[[int, int], None] | None = None
) -> Pixels:
    """Points decoded, at a size."""
    assert opened.decoder is not None
    made = np.zeros((len(points), size, size, 3), np.uint8)
    for start in range(0, len(points), _BATCH):
        part = np.ascontiguousarray(points[start : start + _BATCH], np.float32)
        made[start : start + len(part)] = [fitted(picture, size) for picture in opened.decoder.decode(part)]
        if told is not None:
            told(start + len(part), len(points))
    return made


def _reader_size(opened: Opened) -> int:
    """32 for decoders of small pictures, else 64."""
    assert opened.decoder is not None
    return 32 if max(opened.decoder.decode(np.asarray(opened.points[:1], np.float32)).shape[1:3]) <= 32 else 64


def _part(progress: Told | None, what: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(what, done, total)
