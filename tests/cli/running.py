"""How tests call a command."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., tuple[int, str, str]]
"""Words of a command line to (exit code, stdout, stderr)."""
