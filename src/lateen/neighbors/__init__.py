"""Nearest neighbours: the exact search that everything shares."""

from lateen.neighbors.exact import Found, nearest

__all__ = ["Found", "nearest"]
