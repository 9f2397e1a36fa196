"""Nearest neighbours: the exact search and the one table that everything shares."""

from lateen.neighbors.coarse import Coarse
from lateen.neighbors.coarse_file import read_coarse, write_coarse
from lateen.neighbors.exact import Blocked, Found, Prepared, Vectors, cosine_bounds, nearest
from lateen.neighbors.table import Table, neighbour_table

__all__ = [
    "Blocked",
    "Coarse",
    "Found",
    "Prepared",
    "Table",
    "Vectors",
    "cosine_bounds",
    "nearest",
    "neighbour_table",
    "read_coarse",
    "write_coarse",
]
