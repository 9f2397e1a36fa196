"""Loaders of the models that are trained here: `vae:PATH`, `pca:D`, `pca:PATH`, and `vae:portraits`, which comes along.

One idea: a model folder says of what kind it is; a number of dimensions is a model that is still to be fitted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lateen.core.codec import Codec, Encoder
from lateen.core.errors import InputError, nearest_spellings

SHIPPED = Path(__file__).parent.parent / "models" / "weights"
PCA_SIZE = 64


def load_vae(id: str, revision: str | None = None) -> Codec:
    """A VAE that was trained here, or vae:portraits, which comes along.

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


def load_pca(id: str, revision: str | None = None, *, size: int | None = None) -> Encoder | UnfittedPCA:
    """Principal components: pca:D of the source's own pictures, vectors or words, or of a folder.

    Args:
        id: How many components, to be fitted to the source; or a folder of a PCA ("./64" is a folder).
        revision: Not for folders.
        size: Side in pixels that pictures are seen in, 64 if not given; not for folders, which know theirs.

    Raises:
        InputError: If there is no such folder, or D, the size or the revision can't be.
        SpaceError: If the folder holds no PCA.
    """
    if id.isascii() and id.isdigit():
        if revision is not None:
            raise InputError(f"The encoder pca:{id}@{revision} asks for a revision; what is fitted anew has none.")
        return UnfittedPCA(int(id), PCA_SIZE if size is None else size)
    folder = _folder("pca", id, revision)
    if size is not None:
        raise InputError(f"The encoder pca:{id} got --size {size}; a fitted PCA has its own. Leave --size out.")
    from lateen.core.json_file import read_json
    from lateen.models.pca import PCA
    from lateen.models.vector_pca import VectorPCA

    if read_json(folder / "config.json").get("kind") == "vector_pca":
        return replace(VectorPCA.load(folder), name=f"pca:{id}")
    return replace(PCA.load(folder), name=f"pca:{id}")


@dataclass(frozen=True)
class UnfittedPCA:
    """`pca:D` before it has seen the source.

    Args:
        dim: Components, at least 1.
        size: Side in pixels that pictures are seen in, at least 1.
    """

    dim: int
    size: int = PCA_SIZE

    def __post_init__(self) -> None:
        if self.dim < 1:
            raise InputError(f"The encoder pca:{self.dim} has no dimensions; write pca:D with D of at least 1.")
        if self.size < 1:
            raise InputError(f"The encoder pca:{self.dim} got --size {self.size}; give at least 1 pixel.")

    def fit(self, items: Any, modality: str, seed: int) -> Encoder:
        """Find the axes of the items.

        Args:
            items: Pictures of `size`, or (n, width) float32 vectors.
            modality: "image", "vector" or "word".
            seed: Of the sample and the randomised SVD.

        Raises:
            InputError: If there are fewer items, or fewer numbers in each, than dimensions; or the items are texts.
        """
        from lateen.models.pca import PCA
        from lateen.models.vector_pca import VectorPCA

        if modality not in ("image", "vector", "word"):
            raise InputError(
                f"The encoder pca:{self.dim} takes pictures or vectors; it got {modality} items. "
                "For texts, use an encoder such as st:ORG/NAME."
            )
        self._require_room(items)
        if modality == "image":
            return replace(PCA.fit(items, self.dim, seed), name=f"pca:{self.dim}")
        return replace(VectorPCA.fit(items, self.dim, modality=modality, seed=seed), name=f"pca:{self.dim}")

    def _require_room(self, items: Any) -> None:
        n, each = len(items), items[0].size if len(items) else 0
        if n < 2:
            raise InputError(f"The encoder pca:{self.dim} needs 2 items or more to be fitted to; it got {n}.")
        if self.dim > min(n, each):
            raise InputError(
                f"The encoder pca:{self.dim} was to be fitted to {n:,} items of {each:,} numbers, which have at most "
                f"{min(n, each):,} dimensions. Give a smaller D, such as pca:{max(1, min(n, each) // 2)}."
            )


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
    advice = "Train one with `lateen train`." if scheme == "vae" else "Fit one to the source: pca:D, such as pca:64."
    return f"The encoder {scheme}:{id} can't be loaded: {folder} {what}. {hint or advice}"
