"""`--force`: the new space grows beside the old one and takes its name when it is whole.

One idea: two renames at the end, old away and new in; a kill between them is set right by the next build.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from lateen.core.atomic import PREFIX, sync_folder
from lateen.core.errors import InputError, SpaceError
from lateen.store.attached import DECODER, attached_path
from lateen.store.directions import direction_names, load_direction
from lateen.store.folder import SpaceFolder
from lateen.store.lance_tables import uri
from lateen.store.ledger import Ledger
from lateen.store.meta import FILE

COMPARED = 1_000  # items that tell whether vectors are still the same
SAME = 1e-2  # of a length: more than float16 rounds, less than any two trainings agree


def require_name(out: Path) -> None:
    """Refuse, before anything is done, a path that can be no space's.

    Raises:
        InputError: If it is the root, or of letters that the storage library doesn't take.
    """
    whole = _resolved(out)
    if not whole.name:
        raise InputError(f"{out} is the root of all folders; give the name of a folder for the space.")
    try:
        uri(whole)
    except SpaceError as error:
        raise InputError(str(error)) from error


def beside(out: Path) -> Path:
    """Where what is to replace a space is built."""
    return _neighbour(out, "new")


def restore(out: Path) -> None:
    """Set right what a kill left of a replacement: give the old space its name back, or finish removing it."""
    aside = _neighbour(out, "old")
    if not out.exists() and aside.is_dir():
        aside.rename(_resolved(out))
    elif (aside / FILE).is_file():
        shutil.rmtree(aside)


def remove(folder: Path) -> None:
    """Remove a space, finished or not, if there is one.

    Raises:
        InputError: If it is something else.
        SpaceError: While another build writes to it.
    """
    if not folder.is_dir():
        return
    if not (folder / FILE).is_file() and any(not entry.name.startswith(PREFIX) for entry in folder.iterdir()):
        raise InputError(f"{folder} is in the way and is not a space; move it elsewhere.")
    with Ledger(folder / "ledger").lock():
        pass
    shutil.rmtree(folder)


def take_place(new: Path, out: Path) -> tuple[str, ...]:
    """Put a finished space in the place of an old one, which is removed.

    Directions and an attached decoder are the user's work: they come along if the vectors still mean the same, else
    they go.

    Returns:
        What the user should know of it.

    Raises:
        SpaceError: While another build writes to the old space.
    """
    if not out.exists():
        new.rename(out)
        return ()
    notes = (*_carry_directions(out, new), *_carry_decoder(out, new))
    aside, whole = _neighbour(out, "old"), _resolved(out)
    with Ledger(out / "ledger").lock():
        whole.rename(aside)
    new.rename(whole)
    sync_folder(new.parent)
    shutil.rmtree(aside, ignore_errors=True)
    return notes


def _carry_directions(old: Path, new: Path) -> tuple[str, ...]:
    names = [name for name in direction_names(old) if not _is_erased(old, name)]
    if not names:
        return ()
    listed = ", ".join(names)
    if not _means_the_same(old, new):
        return (f"The directions of the old space, {listed}, are dropped: they were fitted to another encoder.",)
    shutil.copytree(old / "directions", new / "directions", dirs_exist_ok=True)
    return (f"The directions of the old space are kept: {listed}.",)


def _is_erased(space: Path, name: str) -> bool:
    """Whether a direction was put there by an erasure, rather than fitted by the user."""
    try:
        return load_direction(space, name).get("erased") is not None
    except SpaceError:  # damaged
        return False


def _carry_decoder(old: Path, new: Path) -> tuple[str, ...]:
    attached = attached_path(old)
    if attached is None:
        return ()
    if not _means_the_same(old, new):
        return ("The decoder that was attached to the old space is dropped: it reads the codes of another encoder.",)
    shutil.copytree(attached, new / DECODER, dirs_exist_ok=True)
    return ("The decoder that was attached to the old space is kept.",)


def _means_the_same(old: Path, new: Path) -> bool:
    """Whether one encoder made both spaces; of vectors as they come, whether the items of both kept their vectors."""
    try:
        was, now = SpaceFolder.open(old), SpaceFolder.open(new)
    except SpaceError:  # damaged: what it was can't be known
        return False
    if was.meta.spec.fingerprint != now.meta.spec.fingerprint:
        return False
    return was.meta.spec.encoder != "none" or _agree(was, now)


def _agree(was: SpaceFolder, now: SpaceFolder) -> bool:
    """Whether most of the items that two spaces share have the same vectors, but for the rounding of a dtype."""
    shared = [id for id in was.ids()[:COMPARED] if id in now.ids()]
    if not shared:
        return False
    before, after = _vectors(was, shared), _vectors(now, shared)
    changed = np.linalg.norm(after - before, axis=1) > SAME * np.linalg.norm(before, axis=1)
    return bool(changed.mean() < 0.5)


def _vectors(space: SpaceFolder, ids: list[str]) -> Float64[np.ndarray, "n dim"]:
    return np.array(space.take([space.row(id) for id in ids], ["vector"])[0].to_pylist(), np.float64)


def _neighbour(out: Path, suffix: str) -> Path:
    whole = _resolved(out)
    return whole.with_name(f".{whole.name}.{suffix}")


def _resolved(out: Path) -> Path:
    return out.resolve()  # a link to a space on another disk: the space is replaced there, the link stays
