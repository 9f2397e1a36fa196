"""Nearest neighbours: the exact search that everything shares."""

from lateen.neighbors.exact import Blocked, Found, Prepared, Vectors, nearest

__all__ = ["Blocked", "Found", "Prepared", "Vectors", "nearest"]
