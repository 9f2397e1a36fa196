"""Loaders of the models that are trained here: `vae:PATH`, `pca:PATH`, and `vae:portraits`, which comes along."""

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
    folder = SHIPPED / f"{id}.model" if id in _shipped() and revision is None else _folder("vae", id, revision)
    from lateen.models.vae import VAE

    return replace(VAE.load(folder), name=f"vae:{id}")


def load_pca(id: str, revision: str | None = None) -> Codec:
    """Load a PCA from its folder; ids, revisions and errors as for a VAE, but none comes along."""
    folder = _folder("pca", id, revision)
    from lateen.models.pca import PCA

    return replace(PCA.load(folder), name=f"pca:{id}")


def _folder(scheme: str, id: str, revision: str | None) -> Path:
    if revision is not None:
        raise InputError(f"The encoder {scheme}:{id}@{revision} asks for a revision; a model folder has none.")
    try:
        folder = Path(id).expanduser()
        found = folder.is_dir()
    except (OSError, RuntimeError) as error:  # a name too long for the system; the ~ of a user who isn't there
        reason = (getattr(error, "strerror", None) or str(error)).rstrip(".")
        raise InputError(f"The encoder {scheme}:{id} can't be looked at: {reason}.") from error
    if not found:
        raise InputError(_no_model(scheme, id, folder))
    return folder


def _shipped() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.model"))


def _no_model(scheme: str, id: str, folder: Path) -> str:
    parent = folder.parent
    there = [p.name for p in parent.iterdir() if p.is_dir()] if parent.is_dir() else []
    near = [str(parent / name) for name in nearest_spellings(folder.name, there)] if folder.name else []
    if scheme == "vae":
        near += [name for name in nearest_spellings(id, _shipped()) if name not in near]
    hint = f"Did you mean {' or '.join(f'{scheme}:{name}' for name in near[:3])}?" if near else ""
    what = "is a file, not a model folder" if folder.is_file() else "doesn't exist"
    advice = "Train one with `lateen train`." if scheme == "vae" else "Save one with `PCA.save`."
    return f"The encoder {scheme}:{id} can't be loaded: {folder} {what}. {hint or advice}"
