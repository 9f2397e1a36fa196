"""Nearest neighbours: the exact search that everything shares."""

from lateen.neighbors.coarse import Coarse
from lateen.neighbors.coarse_file import read_coarse, write_coarse
from lateen.neighbors.exact import Blocked, Found, Prepared, Vectors, cosine_bounds, nearest

__all__ = [
    "Blocked",
    "Coarse",
    "Found",
    "Prepared",
    "Vectors",
    "cosine_bounds",
    "nearest",
    "read_coarse",
    "write_coarse",
]
