"""Tune a kept direction by what its edits show, and find the dose that is enough; it replaces the old one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lateen.core.errors import InputError, UnknownNameError
from lateen.core.seed import require_seed
from lateen.operations.direction import kept
from lateen.operations.fitted import Fitted
from lateen.operations.held_out import hold_out
from lateen.operations.measured_dose import measured_dose
from lateen.operations.opened import Opened
from lateen.operations.score import going_along
from lateen.operations.score_target import contrast_of
from lateen.operations.scored import GOOD
from lateen.operations.space_reader import Told, require_scorable, train_reader
from lateen.operations.tuning import TRIED, tuned


def tune(
    opened: Opened,
    name: str,
    keep: Sequence[str] = (),
    seed: int = 0,
    progress: Told | None = None,
    steps: int | None = None,
) -> Fitted:
    """Tune a direction so that its edits keep other fields, as a reader of pixels sees them.

    Args:
        opened: A space of pictures that decodes.
        name: A direction of a field.
        keep: The fields; by default those it was fitted without, and all that don't go along with it in the data, so
            far as the reader reads them and plain reconstructions keep them.
        seed: Of the reader.
        progress: Told what is done.
        steps: Steps of the reader's training; by default what suits the number of pictures.

    Raises:
        UnknownNameError: If there is no such direction or field.
        InputError: If it was not fitted on a field, the space has no decoder, or a field can't be read from pictures.
    """
    require_seed(seed)
    direction = opened.direction(name)
    for field in keep:
        if field not in opened.fields.column_names:
            raise UnknownNameError("field", field, opened.fields.column_names, f"{opened.name} (--keep)")
        if field == direction.field:
            raise InputError(f"--keep {field} keeps what the direction changes; leave it out.")
    require_scorable(opened)
    split = contrast_of(opened, direction)
    if split is None:
        raise InputError(f"{name} was not fitted on a field, so nothing says what its edits are to show.")
    if not direction.gap > 0:
        raise InputError(f"The means of {split.rule} don't differ along {name}, so no dose is found; fit it again.")
    divided = hold_out(opened, split, TRIED, direction.group, seed)
    reader = train_reader(opened, divided.held, steps=steps, seed=seed + 1, progress=progress)
    fields = list(keep)
    if not fields:
        readable = [f for f in reader.skills if f not in (direction.field, direction.group) and reader.is_readable(f)]
        steady = [f for f in readable if reader.steadiness(f).value >= GOOD]
        along = going_along(opened, direction, reader, steady, seed)
        fields = [f for f in steady if f in direction.without or f not in along]
    bent = tuned(opened, direction, reader, np.arange(len(opened)), fields, progress=progress)
    dose = measured_dose(opened, bent, reader, divided.held, progress=progress)
    return kept(opened, replace(bent, dose=dose))
