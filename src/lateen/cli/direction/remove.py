"""`lateen direction remove`: remove a direction."""

from __future__ import annotations

from lateen.cli.options import DirectionName, Json, Space

NAME = "remove"
HELP = """Remove a direction from a space; its items stay as they are.

Example: `lateen direction remove words.space gender`
"""


def command(space: Space, name: DirectionName, json: Json = False) -> None:
    """Remove a direction."""
    from lateen.cli.output import Plain, emit_json
    from lateen.space import Space as Open

    opened = Open(space)
    opened.remove_direction(name)
    if json:
        emit_json(Plain({"space": str(space), "removed": name}))
        return
    print(f"{name} is no direction of {space} any more.")
