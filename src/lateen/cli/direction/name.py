"""`lateen direction name`: name a discovered axis, or rename a direction."""

from __future__ import annotations

from typing import Annotated

import typer

from lateen.cli.options import Force, Json, Space

NAME = "name"
HELP = """Name a discovered axis, which is kept with the space from then on, or rename a direction.

Example: `lateen direction name faces.space sae-3 "hair colour"`
"""


def command(
    space: Space,
    old: Annotated[str, typer.Argument(help="What it is called now.", metavar="OLD")],
    new: Annotated[str, typer.Argument(help="What it is to be called.", metavar="NEW")],
    json: Json = False,
    force: Force = False,
) -> None:
    """Name a direction."""
    from lateen.cli.output import emit_json
    from lateen.space import Space as Open

    result = Open(space).name_direction(old, new, force=force)
    if json:
        emit_json(result)
        return
    print(f"{old} is kept in {space} as {result.direction.name}.")
