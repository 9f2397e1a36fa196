"""What an edit is to keep: fields and directions as linear readers, and the part of a move that leaves them alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64

from lateen.core.direction import Direction
from lateen.core.errors import InputError, UnknownNameError
from lateen.directions.keep import kept, undoing
from lateen.directions.leace import MOST_DIM
from lateen.directions.moments import Moments
from lateen.directions.readout import FEWEST, READABLE, Readout, drawn
from lateen.operations.opened import Opened
from lateen.store import direction_names


@dataclass(frozen=True, eq=False)
class Keeping:
    """Attributes that a move is to leave as they are; made by `keeping`.

    Args:
        names: Fields and directions, as the user named them.
        readers: (dim, k) weights of their linear readers, a column each.
        owners: The name that each reader belongs to.
        covariance: (dim, dim) of the data.
        back: (dim, k) the least move that changes one reading by one and the others not.
        readout: The readers of the fields among them.
        directions: The directions among them.
        doubts: Which of them can hardly be read, and so hardly be kept, a sentence each.
    """

    names: tuple[str, ...]
    readers: Float64[np.ndarray, "dim k"]
    owners: tuple[str, ...]
    covariance: Float64[np.ndarray, "dim dim"]
    back: Float64[np.ndarray, "dim k"]
    readout: Readout
    directions: tuple[Direction, ...]
    doubts: tuple[str, ...]

    def __call__(self, move: Float[np.ndarray, " dim"], name: str | None = None) -> Float64[np.ndarray, " dim"]:
        """The part of a move that keeps all of them, or the one of that name."""
        mine = [name is None or owner == name for owner in self.owners]
        return kept(move, self.readers[:, mine], self.covariance)

    def changes(self, before: Float32[np.ndarray, " dim"], after: Float32[np.ndarray, " dim"]) -> dict[str, float]:
        """What is predicted to change of them all the same."""
        fields = {name: change.value for name, change in self.readout.changes(before, after).items()}
        return fields | {d.name: reading(d, after) - reading(d, before) for d in self.directions}


def keeping(opened: Opened, names: Sequence[str], moved: Sequence[Direction]) -> Keeping:
    """Get ready to keep attributes.

    Args:
        opened: The space.
        names: Of fields, or of directions where no field is called so.
        moved: The directions that are moved along.

    Raises:
        UnknownNameError: If there is no such field and no such direction.
        InputError: If one is what is edited, has no two values, or has more than can be kept.
    """
    dim = opened.spec.dim
    if dim > MOST_DIM:
        raise InputError(f"--keep needs the covariance of all {dim:,} numbers of a point; it is made for {MOST_DIM:,}.")
    names = tuple(dict.fromkeys(names))
    for name in names:
        same = next((d for d in moved if name in (d.name, d.field)), None)
        if same is not None:
            raise InputError(f"--keep {name}: that is what {same.name} changes; keep something else.")
    fields = [name for name in names if name in opened.fields.column_names]
    directions = tuple(_direction(opened, name) for name in names if name not in fields)
    points = opened.points
    readout = Readout.fit(points, {name: opened.column(name) for name in fields}, most=dim // 2)
    for name in fields:
        _check_field(opened, readout, name)
    weights = [readout.weights] if fields else []
    weights += [own_reader(direction)[:, None] for direction in directions]
    readers = np.concatenate(weights, axis=1)
    if readers.shape[1] > dim // 2:
        raise InputError(
            f"--keep {', '.join(names)} asks for {readers.shape[1]} readings that don't change; in {dim} dimensions "
            f"{dim // 2} are the most that leave room for a move. Keep fewer."
        )
    covariance = Moments(dim).update(np.asarray(points[drawn(len(opened), dim)])).covariance
    owners = (*readout.fields, *(direction.name for direction in directions))
    doubts = tuple(_doubt(readout, name) for name in fields if _best(readout, name) < READABLE)
    return Keeping(names, readers, owners, covariance, undoing(readers, covariance), readout, directions, doubts)


def own_reader(direction: Direction) -> Float64[np.ndarray, " dim"]:
    """Weights that read a direction's own attribute: its probe's, else the direction itself."""
    weights = direction.vector if direction.probe is None else direction.probe.weights
    return weights.astype(np.float64)


def reading(direction: Direction, point: Float32[np.ndarray, " dim"]) -> float:
    """What a direction's probe says of a point; where it has none, how far along the point is."""
    return float((direction.read if direction.probe is None else direction.probe)(point[None])[0])


def _direction(opened: Opened, name: str) -> Direction:
    known = direction_names(opened.path)
    if name not in known:
        names = [*opened.fields.column_names, *known]
        raise UnknownNameError("field or direction", name, names, f"{opened.name} (to --keep)")
    return opened.direction(name)


def _check_field(opened: Opened, readout: Readout, name: str) -> None:
    """Raise InputError unless there are readers of a field."""
    if name in readout.fields:
        return
    column = opened.column(name)
    known = column[[value is not None and not (isinstance(value, float) and np.isnan(value)) for value in column]]
    values = set(known.tolist())
    if len(known) < FEWEST:
        raise InputError(f"--keep {name}: {len(known)} items have a value, and {FEWEST} are the fewest to read it by.")
    if len(values) < 2:
        raise InputError(f"--keep {name}: all items have the same value, so nothing can change it; leave it out.")
    dim = opened.spec.dim
    raise InputError(
        f"--keep {name}: it has {len(values):,} values, and in {dim} dimensions {dim // 2} are the most that can be "
        "kept; keep a field of fewer values."
    )


def _best(readout: Readout, name: str) -> float:
    return max(float(r2) for field, r2 in zip(readout.fields, readout.r2, strict=True) if field == name)


def _doubt(readout: Readout, name: str) -> str:
    read = f"{name} can hardly be read off the codes (held-out R² {_best(readout, name):.2f})"
    return f"{read}, so it may change though its reader says that it doesn't"
