"""Score: edit held-out items, decode them, and ask a reader of pixels what changed and what stayed.

One idea: nobody judges himself. The reader sees pictures only and never a code; the edited items were seen neither by
it nor by the direction, which is fitted anew without them; and "before" is the item's own reconstruction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Int64

from lateen.core.direction import Direction
from lateen.core.errors import InputError
from lateen.core.seed import require_seed
from lateen.directions import Contrast
from lateen.measures.association import association
from lateen.measures.edit_score import (
    Share,
    Skill,
    dose_reaching,
    harmonic_mean,
    is_monotone,
    kept,
    retrieved,
    selectivity,
    share_of,
)
from lateen.measures.readings import Readings
from lateen.measures.targets import Target, Within
from lateen.models.reader.heads import NumberHead
from lateen.operations.direction_field import refit
from lateen.operations.held_out import HeldOut, hold_out
from lateen.operations.measured_dose import measured_dose, measured_reading
from lateen.operations.opened import Opened
from lateen.operations.score_examples import examples
from lateen.operations.score_target import (
    amounts_of,
    check_amount,
    contrast_of,
    field_of,
    rule_of,
    target_of,
    told_apart,
)
from lateen.operations.scored import GOOD, Dosed, Identity, Score
from lateen.operations.scoring_work import FEWEST, Work, lacking
from lateen.operations.space_reader import SpaceReader, Told, require_scorable, train_reader
from lateen.operations.tuning import tuned
from lateen.store import save_direction

ALONG = 0.1  # association from which on an attribute goes along
TOLD = 0.75  # balanced accuracy below which the attribute itself is badly read


def score(
    opened: Opened,
    name: str,
    items: int = 500,
    dose: float | int | None = None,
    until: float | int | None = None,
    within: float | int | None = None,
    group: str | None = None,
    seed: int = 0,
    progress: Told | None = None,
    steps: int | None = None,
    find_dose: bool = False,
) -> Score:
    """Score a direction of the space on held-out items.

    Args:
        opened: A space of pictures that decodes.
        name: The direction.
        items: How many are edited, at most; a third of those without the attribute is held out at most.
        dose: Steps; by default those that the direction suggests.
        until: Move each item until the direction's own probe reads so, instead.
        within: How near to `until` the reader's reading must be; by default half a standard deviation of the field.
        group: The field of identity; by default the one that the direction was judged with.
        seed: Of what is held out, and of the reader.
        progress: Told what is done.
        steps: Steps of the reader's training; by default what suits the number of pictures.
        find_dose: Find the dose that is enough on items that are not scored, score at it, and keep it with the
            direction as the one it suggests.

    Raises:
        UnknownNameError: If there is no such direction or field.
        InputError: If the space has no pictures or no decoder, too few items, or nothing to judge the edit by.
    """
    require_seed(seed)
    if items < FEWEST:
        raise InputError(f"A score of {items} items says nothing; edit {FEWEST} at least.")
    direction = opened.direction(name)
    split = contrast_of(opened, direction)
    if find_dose and split is None:
        raise InputError(f"--find-dose tries what is enough of a field, and {name} has none; give --dose.")
    check_amount(direction, dose, until, within)
    if find_dose and dose is not None:
        raise InputError("--find-dose finds how far the edit goes, and --dose says it; give one of the two.")
    group = direction.group if group is None else group
    if group is not None:
        opened.column(group)
    require_scorable(opened)
    divided = hold_out(opened, split, items, group, seed)
    if split is not None:
        _require_items(opened, split, divided.held)
    notes: list[str] = []
    try:
        direction = _unseen(opened, direction, divided, steps, seed, progress)
    except InputError as error:
        notes.append(f"The direction is not held out, it may have seen the edited items: {error}")
    reader = train_reader(opened, divided.held, person=group, steps=steps, seed=seed, progress=progress)
    probe_at = None
    if find_dose and until is not None:
        probe_at = measured_reading(opened, direction, reader, divided.fit, until, within, progress=progress)
        notes.append(f"For pictures that show {until:g}, the direction's probe is to read {probe_at:.3g}")
    elif find_dose:
        dose = measured_dose(opened, direction, reader, divided.fit, progress=progress)
    found = score_direction(
        opened,
        direction,
        reader,
        divided.held,
        items=items,
        dose=dose,
        until=until,
        within=within,
        probe_at=probe_at,
        seed=seed,
        progress=progress,
    )
    if find_dose and dose is not None:
        save_direction(opened.path, replace(opened.direction(name), dose=float(dose)))
        notes.append(f"{name} suggests this dose from now on: {dose:+.2f} steps")
    return replace(found, notes=(*notes, *found.notes))


def _unseen(
    opened: Opened, direction: Direction, divided: HeldOut, steps: int | None, seed: int, progress: Told | None
) -> Direction:
    """The direction fitted without the items that are held out, at the dose that it suggests.

    One that was tuned is tuned anew, by a reader of its own, and its dose found anew: all of that without these items.
    """
    again = refit(opened, direction, divided.fit)
    if direction.tuned:
        tuner = train_reader(opened, divided.held, steps=steps, seed=seed + 1, progress=progress)
        readable = [name for name in direction.tuned if tuner.is_readable(name)]
        again = tuned(opened, again, tuner, divided.fit, readable, progress=progress)
        return replace(again, dose=measured_dose(opened, again, tuner, divided.fit, progress=progress))
    return replace(again, dose=direction.dose) if math.isfinite(direction.dose) else again


def score_direction(
    opened: Opened,
    direction: Direction,
    reader: SpaceReader,
    rows: Int64[np.ndarray, " r"],
    *,
    items: int = 500,
    dose: float | int | None = None,
    until: float | int | None = None,
    within: float | int | None = None,
    probe_at: float | int | None = None,
    seed: int = 0,
    progress: Told | None = None,
) -> Score:
    """Score any direction with a reader that is there already.

    Args:
        opened: The space.
        direction: Kept with it or not; for an honest score it hasn't seen the rows.
        reader: Of the space; it hasn't seen them either.
        rows: Those of them that lack the attribute are edited.
        items: How many, at most.
        dose: Steps.
        until: What the direction's own probe is to read.
        within: How near to `until` the reading must be.
        probe_at: What the probe is to read for the pictures to show `until`; by default the same.
        seed: Of the associations' shuffles.
        progress: Told what is done.

    Raises:
        InputError: If fewer than 20 of the rows are labelled and read as not having the attribute, or the reader
            doesn't read its field.
    """
    check_amount(direction, dose, until, within)
    split = contrast_of(opened, direction)
    target = None if split is None else target_of(opened, direction, split, reader, until, within)
    edited, before, pictures = lacking(opened, split, target, reader, rows, items, progress)
    points = np.asarray(opened.points[edited], np.float32)
    amounts = amounts_of(direction, points, dose, until if probe_at is None else probe_at)
    work = Work(opened, direction, reader, target, points, amounts, before, progress)
    after, made = work.moved(1.0)
    others = [f for f in reader.reader.fields if f not in (direction.field, reader.reader.person)]
    skills = {f: _least_skill(reader, f, split) for f in others}
    steady = {f: _steadiness(reader, f, split) for f in others}
    judged = [f for f in others if skills[f].is_readable and steady[f] >= GOOD]
    levels = reader.levels
    kept_of = {f: kept(before.fields[f], after.fields[f], levels.get(f)) for f in judged}
    shaky = [f for f in others if skills[f].is_readable and f not in kept_of]
    unsteady = {f: (steady[f], kept(before.fields[f], after.fields[f], levels.get(f)).share.value) for f in shaky}
    along = going_along(opened, direction, reader, judged, seed)
    independent = tuple(f for f in judged if f not in along)
    mean_kept, least = selectivity({f: kept_of[f].share for f in independent})
    reached = None if target is None else target.reached(after.fields[field_of(direction)])
    success = Share(math.nan, math.nan, math.nan, 0) if reached is None else share_of(reached)
    doses = work.dose_response(independent, float(np.mean(amounts)) if until is None else 1.0)
    told = told_apart(opened, direction, split, target, reader)
    unjudged = {f: skills[f].skill for f in others if f not in kept_of and f not in unsteady}
    hidden = [f for f in unjudged if reader.is_readable(f)]
    unjudged |= {f: math.nan for f in reader.unread if f != direction.field}
    curve = [d.dose for d in doses], [d.success for d in doses]
    measured = math.nan if until is not None else dose_reaching(*curve, GOOD)
    return Score(
        name=direction.name,
        rule=rule_of(direction, until, target),
        dose=float(np.mean(amounts)),
        until=None if until is None else float(until),
        n=len(edited),
        success=success,
        kept=dict(sorted(kept_of.items(), key=lambda pair: pair[1].share.value)),
        unjudged=unjudged,
        unsteady=unsteady,
        independent=independent,
        along=along,
        selectivity=mean_kept,
        least=least,
        harmonic=harmonic_mean(success.value, mean_kept),
        identity=_identity(reader, before, after),
        reader=reader.skills,
        told=told,
        doses=doses,
        monotone=_monotone(doses, target),
        measured_dose=measured,
        notes=_notes(direction, target, told, reader, len(edited), items, independent, doses, hidden, shaky),
        shown=examples(opened, edited, reader, (before, after), (pictures, made), target, direction.field, kept_of),
    )


def _require_items(opened: Opened, split: Contrast, rows: Int64[np.ndarray, " r"]) -> None:
    n = int(split.negative[rows].sum())
    if n < FEWEST:
        raise InputError(
            f"A score edits items without the attribute, {FEWEST} at least, but of the {len(rows)} held-out items of "
            f"{opened.name} {n} lack it ({split.rule}: {int(split.positive.sum())} with, "
            f"{int(split.negative.sum())} without, in all)."
        )


def _least_skill(reader: SpaceReader, name: str, split: Contrast | None) -> Skill:
    """How well a field is read of reconstructions: of all, or, if that is worse, of those that have the attribute.

    What the attribute hides (an eye's colour behind dark glasses) can't be read of items that have it, edited or not.
    """
    every = reader.skills[name][1]
    if split is None:
        return every
    among = reader.skill_among(name, split.positive)
    return among if among.n >= FEWEST and among.skill < every.skill else every


def _steadiness(reader: SpaceReader, name: str, split: Contrast | None) -> float:
    """Share that keeps a field's reading unedited: of all items, or, if that is worse, of those with the attribute."""
    every = reader.steadiness(name).value
    if split is None:
        return every
    among = reader.steadiness(name, split.positive)
    return min(every, among.value) if among.n >= FEWEST else every


def going_along(
    opened: Opened, direction: Direction, reader: SpaceReader, fields: Sequence[str], seed: int
) -> dict[str, float]:
    """Which attributes go along with the edited one in the space's data, and how strongly."""
    every, split = np.arange(len(opened)), contrast_of(opened, direction)
    head = None if direction.field is None else reader.head(direction.field)
    if split is None:
        edited: np.ndarray = direction.read(np.asarray(opened.points)).astype(np.float64)
    elif isinstance(head, NumberHead) and split.rule.endswith("upper third"):
        edited = reader.truth(head, every)
    else:
        edited = np.where(split.positive, 1, np.where(split.negative, 0, -1))
    strengths = {}
    for name in fields:
        other = reader.head(name)
        assert other is not None
        found = association(edited, reader.truth(other, every), seed=seed)
        if found.is_along(ALONG):
            strengths[name] = found.strength
    return dict(sorted(strengths.items(), key=lambda pair: -pair[1]))


def _identity(reader: SpaceReader, before: Readings, after: Readings) -> Identity:
    """Whether items are read as the same person, or else are found again among the originals."""
    person = reader.reader.person
    if person is not None and reader.is_readable(person):
        head = reader.head(person)
        assert head is not None
        return Identity(kept(before.fields[person], after.fields[person]).share, "reader", 1 / head.width)
    return Identity(share_of(retrieved(before.features, after.features)), "retrieval", 1 / len(before))


def _monotone(doses: tuple[Dosed, ...], target: Target | None) -> bool | None:
    """Whether more is never less: of the success, or with `until` of the way to the value."""
    if target is None:
        return None
    return is_monotone([d.success for d in doses], slack=0.005)


def _notes(
    direction: Direction,
    target: Target | None,
    told: tuple[float, float],
    reader: SpaceReader,
    n: int,
    items: int,
    independent: tuple[str, ...],
    doses: tuple[Dosed, ...],
    hidden: list[str],
    shaky: list[str],
) -> tuple[str, ...]:
    notes = []
    if target is None:
        notes.append(f"No field says who has {direction.name}: its success can't be judged, what else it changes can.")
    if told[1] < TOLD:
        notes.append(
            f"The reader itself tells {direction.name} badly from reconstructions ({told[1]:.2f} of both sides, "
            f"{told[0]:.2f} from real pictures): what it says of the success is worth as little."
        )
    if hidden:
        notes.append(
            f"Where {direction.positive} holds, {', '.join(hidden)} can't be read, of unedited items either: it hides "
            "them, so they are not judged."
        )
    if shaky:
        notes.append(
            f"Merely encoded and decoded, more than one item in 20 changes {', '.join(shaky)} (of those with the "
            "attribute, if that is worse): what an edit does to these is said, but doesn't count."
        )
    if n < items:
        notes.append(f"{n} items were edited: no more of those that lack it could be held out.")
    if not independent:
        notes.append("No attribute that can be judged is independent of this one: there is no selectivity.")
    person = reader.reader.person
    if person is not None and not reader.is_readable(person):
        notes.append(f"The reader can't tell one {person} from another on reconstructions: identity is by retrieval.")
    reached = [d.success for d in doses]
    if target is not None and max(reached) < GOOD and not isinstance(target, Within):
        notes.append(f"No dose up to {max(d.dose for d in doses):.2f} steps succeeds on {GOOD:.0%} of the items.")
    return tuple(notes)
