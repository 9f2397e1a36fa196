"""Tuning: a direction is bent until the decoded pictures of edited items show no drift in what is to be kept.

One idea: what other attributes do to the codes is known (a regression on all fields at once), and what the decoder
makes of it can be read from pixels; so the drift that an edit shows is undone by as much of the other attributes, one
step of Gauss and Newton at a time. Linear readers of codes can't do that: an edit that they call clean may show all the
same, for decoders are bent.

The reader that tunes must not be the one that judges: a score trains another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float64, Int64

from lateen.core.direction import Direction
from lateen.core.errors import InputError
from lateen.core.threads import one_thread
from lateen.measures.readings import Numbers, Readings
from lateen.models.reader.heads import ClassHead, NumberHead
from lateen.operations.opened import Opened
from lateen.operations.score_target import contrast_of, target_of
from lateen.operations.scoring_work import lacking
from lateen.operations.space_reader import SpaceReader, Told

TRIED = 240  # items that are edited and looked at
ROUNDS = 3
STEP = 0.3  # standard deviations of another attribute that are added to see what they do
RIDGE = 1e-2  # of the mean response: attributes that hardly show are hardly used


def tuned(
    opened: Opened,
    direction: Direction,
    reader: SpaceReader,
    rows: Int64[np.ndarray, " r"],
    fields: Sequence[str],
    *,
    progress: Told | None = None,
) -> Direction:
    """The direction, bent until the fields stay on average where it is applied at its dose.

    Args:
        opened: A space of pictures that decodes.
        direction: Fitted on a field.
        reader: Of the space's pictures; not the one that judges the result.
        rows: Items to tune on, 240 of those that lack the attribute; the fields' effects are regressed on all of them.
        fields: What is to stay, of those that the reader reads.
        progress: Told what is done.

    Raises:
        InputError: If it was not fitted on a field, or a field is not read.
    """
    split = contrast_of(opened, direction)
    dose = direction.dose if direction.dose > 0 else direction.gap
    if split is None or not dose > 0:
        raise InputError(f"A direction is tuned by what its edits show; {direction.name} has no field, or no dose.")
    unread = [name for name in fields if not reader.is_readable(name)]
    if unread:
        raise InputError(f"{', '.join(unread)} can't be read from decoded pictures, so nothing tells whether it stays.")
    if not fields:
        return direction
    target = target_of(opened, direction, split, reader, None, None)
    edited, _, _ = lacking(opened, split, target, reader, rows, TRIED, None)
    start = np.asarray(opened.points[edited], np.float32)
    labels = np.where(split.positive, 1.0, np.where(split.negative, 0.0, np.nan))
    effects = _effects(opened, reader, rows, labels, fields)
    before = _columns(reader.look(start)[0], reader, fields)
    move = dose * direction.step.astype(np.float64)
    length = float(np.linalg.norm(move))
    total = ROUNDS * (effects.shape[1] + 1)
    for round_ in range(ROUNDS):
        shown = _shown(opened, reader, start, move, fields)
        drift = (shown - before).mean(axis=0)
        response = np.empty((len(drift), effects.shape[1]))
        for k in range(effects.shape[1]):
            response[:, k] = (_shown(opened, reader, start, move + STEP * effects[:, k], fields) - shown).mean(axis=0)
            if progress is not None:
                progress("tuning", round_ * (effects.shape[1] + 1) + k + 1, total)
        response /= STEP
        with one_thread():
            normal = response.T @ response
            normal += RIDGE * float(np.trace(normal)) / len(normal) * np.eye(len(normal))
            move = move - effects @ np.linalg.solve(normal, response.T @ drift)
    return _along(opened, direction, move, length, fields)


def _along(
    opened: Opened, direction: Direction, move: Float64[np.ndarray, " dim"], length: float, fields: Sequence[str]
) -> Direction:
    """The direction of a move, with the figures that follow from it."""
    norm = float(np.linalg.norm(move))
    if not norm > 0.05 * length:
        raise InputError(f"Nothing is left of {direction.name} when {', '.join(fields)} stay.")
    vector = (move / norm).astype(np.float32)
    split = contrast_of(opened, direction)
    assert split is not None
    with one_thread():
        along = np.asarray(opened.points @ vector, np.float64)
    scale = float(along.std()) or 1.0
    gap = float(along[split.positive].mean() - along[split.negative].mean()) / scale
    nan = math.nan
    return replace(
        direction, vector=vector, scale=scale, gap=gap, dose=norm / scale, along=nan, stability=nan, response=None,
        tuned=tuple(fields),
    )  # fmt: skip


def _effects(
    opened: Opened,
    reader: SpaceReader,
    rows: Int64[np.ndarray, " r"],
    labels: Float64[np.ndarray, " n"],
    fields: Sequence[str],
) -> Float64[np.ndarray, "dim k"]:
    """What one standard deviation more of each attribute does to the codes, all others and the edited one alike."""
    columns = [labels[rows]]
    for name in fields:
        head = reader.head(name)
        truth = reader.truth(head, rows) if head is not None else np.full(len(rows), np.nan)
        if isinstance(head, ClassHead):
            columns += [np.where(truth >= 0, (truth == k).astype(np.float64), np.nan) for k in range(1, head.width)]
        else:
            columns.append(np.asarray(truth, np.float64))
    design = np.stack(columns, axis=1)
    known = ~np.isnan(design).any(axis=1)
    if known.sum() <= design.shape[1]:
        raise InputError(
            f"What {', '.join(fields)} do to the codes is not known: {int(known.sum())} items have a value of all of "
            "them. Keep fewer."
        )
    x = np.asarray(opened.points[rows[known]], np.float64)
    d = design[known] - design[known].mean(axis=0)
    spread = d.std(axis=0)
    d /= np.where(spread > 0, spread, 1.0)
    with one_thread():
        return np.asarray(np.linalg.lstsq(d.T @ d, d.T @ (x - x.mean(axis=0)), rcond=1e-10)[0].T[:, 1:])


def _shown(
    opened: Opened, reader: SpaceReader, start: np.ndarray, move: Float64[np.ndarray, " dim"], fields: Sequence[str]
) -> Float64[np.ndarray, "n k"]:
    moved = opened.geometry.project(start + move.astype(np.float32))
    return _columns(reader.look(np.asarray(moved, np.float32))[0], reader, fields)


def _columns(read: Readings, reader: SpaceReader, fields: Sequence[str]) -> Float64[np.ndarray, "n k"]:
    """Readings as numbers on one scale: standard deviations, or shares of all values but the first."""
    columns = []
    for name in fields:
        values, head = read.fields[name], reader.head(name)
        if isinstance(values, Numbers):
            assert isinstance(head, NumberHead)
            columns.append(values.values[:, None] / head.spread)
        else:
            columns.append(values.shares[:, 1:])
    return np.concatenate(columns, axis=1).astype(np.float64)
