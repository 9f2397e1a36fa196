"""A space on disk: a folder with Lance tables, read and written here and nowhere else."""

from __future__ import annotations

from lateen.store.directions import DISCOVERED, direction_names, load_direction, remove_direction, save_direction
from lateen.store.folder import SpaceFolder
from lateen.store.meta import Compression, RoundTrip, SpaceMeta

__all__ = [
    "DISCOVERED",
    "Compression",
    "RoundTrip",
    "SpaceFolder",
    "SpaceMeta",
    "direction_names",
    "load_direction",
    "remove_direction",
    "save_direction",
]
