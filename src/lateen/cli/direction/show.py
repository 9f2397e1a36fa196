"""`lateen direction show`: one direction with its figures."""

from __future__ import annotations

from lateen.cli.options import DirectionName, Json, Space

NAME = "show"
HELP = """Show one direction: its held-out figures and its angle to the others.

Example: `lateen direction show faces.space sunglasses`
"""


def command(space: Space, name: DirectionName, json: Json = False) -> None:
    """Show one direction."""
    from lateen.cli.output import emit_json
    from lateen.space import Space as Open

    result = Open(space).direction(name)
    if json:
        emit_json(result)
        return
    print(result.describe())
