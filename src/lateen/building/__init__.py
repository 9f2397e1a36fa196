"""From a source to a space: read, encode, store, in shards that a kill can't spoil."""

from __future__ import annotations

from lateen.building.build import build
from lateen.building.result import BuildProgress, BuildResult, Progress

__all__ = ["BuildProgress", "BuildResult", "Progress", "build"]
