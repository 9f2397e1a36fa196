"""Loaders of the models that are trained here: `vae:PATH`, and `vae:portraits`, which comes along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lateen.core.codec import Codec
from lateen.core.errors import InputError, nearest_spellings

SHIPPED = Path(__file__).parent.parent / "models" / "weights"


def load_vae(id: str, revision: str | None = None) -> Codec:
    """Load a VAE from its folder.

    Args:
        id: The folder, or "portraits" for the weights that come with lateen ("./portraits" is a folder).
        revision: Not for folders.

    Raises:
        InputError: If there is no such folder, or a revision is asked for.
        SpaceError: If it holds no finished VAE.
    """
    if revision is not None:
        raise InputError(f"The encoder vae:{id}@{revision} asks for a revision; a model folder has none.")
    shipped = SHIPPED / f"{id}.model"
    folder = shipped if id in _shipped() else Path(id).expanduser()
    if not folder.is_dir():
        raise InputError(_no_model(id, folder))
    from lateen.models.vae import VAE

    return replace(VAE.load(folder), name=f"vae:{id}")


def _shipped() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.model"))


def _no_model(id: str, folder: Path) -> str:
    parent = folder.parent
    there = [p.name for p in parent.iterdir() if p.is_dir()] if parent.is_dir() else []
    near = [str(parent / name) for name in nearest_spellings(folder.name, there)] if folder.name else []
    near += [name for name in nearest_spellings(id, _shipped()) if name not in near]
    hint = f"Did you mean {' or '.join(f'vae:{name}' for name in near[:3])}?" if near else ""
    what = "is a file, not a model folder" if folder.is_file() else "doesn't exist"
    return f"The encoder vae:{id} can't be loaded: {folder} {what}. {hint or 'Train one with `lateen train`.'}"
