"""`lateen info`: what a space holds."""

from __future__ import annotations

from lateen.cli.options import Json, Space

NAME = "info"
HELP = """Say what a space holds, where it came from, and how far the data is compressed.

Example: `lateen info faces.space`
"""


def command(space: Space, json: Json = False) -> None:
    """Print the facts of a space."""
    from lateen.cli.output import emit_json
    from lateen.space import Space as Open

    result = Open(space).info()
    if json:
        emit_json(result)
        return
    print(result.describe())
