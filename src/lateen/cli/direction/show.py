"""`lateen direction show`: one direction with its figures."""

from __future__ import annotations

from lateen.cli.options import DirectionName, Force, Json, Output, Space

NAME = "show"
HELP = """Show one direction: its held-out figures and its angle to the others; with `-o` on a page with a traversal.

Example: `lateen direction show faces.space sunglasses -o sunglasses.png`
"""


def command(
    space: Space, name: DirectionName, output: Output = None, json: Json = False, force: Force = False
) -> None:
    """Show one direction."""
    from lateen.cli.output import check_output, emit_json, save
    from lateen.space import Space as Open

    check_output(output, force)
    result = Open(space).direction(name)
    save(result, output, force)
    if json:
        emit_json(result)
        return
    print(result.describe())
