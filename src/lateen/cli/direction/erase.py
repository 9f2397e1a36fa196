"""`lateen direction erase`: a space without a concept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lateen.cli.options import DirectionName, Force, Json, Seed, Space

NAME = "erase"
HELP = """Write a space in which the concept of a direction is gone, and measure what that did.

`--method leace` makes the means of both sides equal by the least change; `hard` removes the direction from all words
but those that define it, which are equalised: analogies over these come right by construction. The old space stays as
it is. The new one keeps the direction, so that it can be read before and after.

Example: `lateen direction erase words.space gender -o neutral.space`
"""


def command(
    space: Space,
    name: DirectionName,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the new space.", metavar="SPACE")],
    method: Annotated[str, typer.Option("--method", help="leace or hard.")] = "leace",
    seed: Seed = 0,
    json: Json = False,
    force: Force = False,
) -> None:
    """Write a space without a concept."""
    from lateen.cli.output import emit_json, note
    from lateen.space import Space as Open

    result = Open(space).erase(name, output, method=method, seed=seed, force=force, note=note)
    if json:
        emit_json(result)
        return
    print(result.describe())
    note(f"next: lateen near {output} ITEM")
