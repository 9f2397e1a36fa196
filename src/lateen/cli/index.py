"""`lateen index`: quick search in large spaces."""

from __future__ import annotations

from typing import Annotated

import typer

from lateen.cli.options import Force, Json, Space

NAME = "index"
HELP = """Make the search index of a large space, and measure it against exact search.

Example: `lateen index words.space`
"""


def command(
    space: Space,
    drop: Annotated[bool, typer.Option("--drop", help="Remove the index; searches are exact again.")] = False,
    json: Json = False,
    force: Force = False,
) -> None:
    """Make or remove the index, and say how well it searches."""
    from lateen.cli.output import emit_json, note
    from lateen.space import Space as Open

    opened = Open(space)
    result = opened.drop_index() if drop else opened.index(force=force, note=note)
    if json:
        emit_json(result)
        return
    print(result)
    if (settings := result.settings) is not None:
        print(
            f"{settings.kind}: {settings.probes:,} of {settings.partitions:,} parts are looked into, "
            f"{settings.refine} times as many items compared as are asked for"
        )
        note(f"next: lateen near {space} ITEM")
