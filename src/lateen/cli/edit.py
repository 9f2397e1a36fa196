"""`lateen edit`: move an item along directions."""

from __future__ import annotations

from typing import Annotated

import typer

from lateen.cli.options import Force, Item, Json, Output, Space

NAME = "edit"
HELP = """Move an item along directions and decode it; say what else is predicted to change.

Steps are standard deviations of the data along the direction; a direction's `gap` says how many turn one class into
the other.

Example: `lateen edit faces.space anna.jpg --by glasses=+2 --by smile=-1 -o edit.png`
"""


def command(
    space: Space,
    item: Item,
    by: Annotated[
        list[str],
        typer.Option("--by", help="Direction and steps; may be given several times.", metavar="NAME=STEPS"),
    ],
    output: Output = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Print what an edit changes."""
    from lateen.cli.output import check_output, emit_json, figure, note, save, table
    from lateen.operations.edit import parse_moves
    from lateen.space import Space as Open

    check_output(output, force)
    result = Open(space).edit(item, parse_moves(by))
    save(result, output, force)
    if json:
        emit_json(result)
        return
    print(result)
    largest = sorted(result.changed.items(), key=lambda pair: -abs(pair[1]))
    table("predicted change", ["field", "change"], [[name, f"{change:+.3g}"] for name, change in largest])
    for warning in (*result.notes, *result.warnings):
        note(warning)
    if result.unreadable:
        print(f"can't be read off the codes: {', '.join(result.unreadable)}")
    print(f"nearest real item: {result.after.nearest} (support {figure(result.support, 2)})")
