"""`decoder/`: a decoder that was trained for the encoder of a space and put there by the user.

One idea: it comes and goes as one folder and space.json doesn't know of it, so nothing else can be spoilt by it.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lateen.core.atomic import PREFIX, write_folder
from lateen.core.errors import InputError, LateenError, SpaceError, StorageError
from lateen.store.ledger import Ledger

DECODER = "decoder"
_FILES = ("config.json", "weights.safetensors")


def attached_path(space: Path) -> Path | None:
    """The folder of the attached decoder, or None."""
    path = space / DECODER
    return path if path.is_dir() else None


def attached_config(space: Path) -> dict[str, object] | None:
    """What the attached decoder says of itself, its weights unread; None if there is none.

    Raises:
        SpaceError: If it is damaged; the message says how to be rid of it.
    """
    path = attached_path(space)
    if path is None:
        return None
    try:
        plain = json.loads((path / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise damaged(space, error) from error
    if not isinstance(plain, dict):
        raise damaged(space, "its config.json holds no object")
    return plain


def put_decoder(space: Path, model: Path, *, force: bool = False) -> Path:
    """Copy a decoder's folder into the space, whole or not at all.

    Raises:
        InputError: If there is one already and `force` isn't given.
        SpaceError: If a build is writing to the space.
        StorageError: If it can't be written; what was there is kept.
    """
    path, old = space / DECODER, space / f"{PREFIX}{uuid.uuid4().hex}"
    if path.exists() and not force:
        raise InputError(
            f"The space {space.name} has a decoder already. Replace it with --force (force=True), or remove it: "
            f"lateen attach {space} --detach"
        )
    new = space / f"{PREFIX}{uuid.uuid4().hex}"
    with _only_writer(space, "Writing"):
        try:
            write_folder(new, lambda folder: _copy(model, folder))
            if path.exists():
                path.rename(old)
            new.rename(path)
        except OSError:
            with suppress(OSError):
                if old.exists() and not path.exists():
                    old.rename(path)
            raise
        finally:
            shutil.rmtree(new, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
    return path


def remove_decoder(space: Path) -> None:
    """Remove the attached decoder.

    Raises:
        InputError: If there is none.
        SpaceError: If a build is writing to the space.
        StorageError: If it can't be removed.
    """
    path, old = space / DECODER, space / f"{PREFIX}{uuid.uuid4().hex}"
    if not path.exists():
        raise InputError(f"The space {space.name} has no attached decoder, so there is none to detach.")
    with _only_writer(space, "Removing"):
        path.rename(old)
        shutil.rmtree(old)


def damaged(space: Path, cause: object) -> SpaceError:
    """The error of a decoder that can't be used."""
    reason = str(cause).rstrip(".")
    return SpaceError(
        f"The decoder that is attached to the space {space.name} can't be used: {reason}. "
        f"Be rid of it with: lateen attach {space} --detach"
    )


@contextmanager
def _only_writer(space: Path, doing: str) -> Iterator[None]:
    """The lock of a build, which removes temporary files that it didn't make."""
    try:
        with Ledger(space / "ledger").lock():
            yield
    except LateenError:
        raise
    except OSError as error:
        kept = " What was there is kept." if doing == "Writing" else ""
        raise StorageError(f"{doing} {space / DECODER} failed: {error.strerror or error}.{kept}") from error


def _copy(model: Path, folder: Path) -> None:
    folder.mkdir()
    for name in _FILES:
        shutil.copyfile(model / name, folder / name)
