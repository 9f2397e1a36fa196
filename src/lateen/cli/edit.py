"""`lateen edit`: move an item, or all of a source, along directions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from lateen.cli.options import Force, Json, Space, Where

if TYPE_CHECKING:
    from lateen.operations.edited import Edited

NAME = "edit"
HELP = """Move an item along directions and decode it; say what else is predicted to change, and how surely.

Steps are standard deviations of the data along the direction; a direction's `gap` says how many turn one class into
the other. `--until 0.9` finds the number of steps: as many as it takes until the direction's own probe reads 0.9, or
until the data ends. `--keep` leaves other fields or directions as they are.

With `--all`, ITEM is a SOURCE that is edited whole into a folder, with edits.csv; without ITEM, the items of the space
that `--where` admits. Run it again to go on with what was stopped.

Example: `lateen edit faces.space anna.jpg --by glasses=+2 --keep identity,gender -o edit.png`

Example: `lateen edit faces.space --where "glasses = 0" --by glasses --until 0.9 -o with-glasses/`
"""
# ruff: noqa: UP045  (typer reads the annotations)


def command(
    space: Space,
    by: Annotated[
        list[str],
        typer.Option("--by", help="Direction and steps; may be given several times.", metavar="NAME=STEPS"),
    ],
    item: Annotated[
        Optional[str],
        typer.Argument(
            help="An id, a file, an expression such as 'a - b + c', or a text; with --all a SOURCE.", metavar="ITEM"
        ),
    ] = None,
    keep: Annotated[
        Optional[list[str]],
        typer.Option("--keep", help="Fields or directions that must not change, with commas.", metavar="NAME,..."),
    ] = None,
    until: Annotated[
        Optional[float],
        typer.Option("--until", help="Move until the direction's own probe reads this.", metavar="READING"),
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="Edit a whole source, or all items of the space.")] = False,
    where: Where = None,
    output: Annotated[
        Optional[Path],
        typer.Option("-o", "--output", help="Save the picture (.png, .jpg, .webp); a folder for many.", metavar="FILE"),
    ] = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Print what an edit changes."""
    from lateen.cli.output import check_output, emit_json, note, save
    from lateen.core.errors import InputError
    from lateen.operations.edit import parse_moves
    from lateen.operations.moving import listed
    from lateen.space import Space as Open

    moves = parse_moves(by, until)
    kept = [name for text in keep or [] for name in listed(text)]
    if all or item is None:
        if item is None and not all and where is None:
            raise InputError("edit got no ITEM; name one, or edit many with --all or --where.")
        _edit_all(space, item, moves, kept, until, where, output, json, force)
        return
    if where is not None:
        raise InputError(f"edit got the ITEM {item!r} and --where, which chooses items; give one of the two.")
    check_output(output, force)
    result = Open(space).edit(item, moves, keep=kept, until=until)
    save(result, output, force)
    if json:
        emit_json(result)
        return
    _show(result)
    for warning in (*result.notes, *result.warnings):
        note(warning)


def _show(result: Edited) -> None:
    from lateen.cli.output import table

    print(result)
    stopped = result.describe_until()
    if stopped is not None:
        print(stopped)
    for name, share in result.share_left.items():
        print(f"what is kept leaves {share:.0%} of what a step of {name} does; the step makes up for that")
    if result.kept:
        print("kept: " + ", ".join(f"{name} {_signed(change)}" for name, change in result.kept.items()))
    rows = [
        [name, _signed(change), " … ".join(map(_signed, result.intervals[name])), result.kind(name)]
        for name, change in result.changed.items()
    ]
    if rows:
        table("predicted change", ["field", "change", "95 % interval", ""], rows)
    if result.unreadable:
        print(f"can't be read off the codes: {', '.join(result.unreadable)}")
    print("support on the way: " + " ".join(f"{point.support:.2f}" for point in result.along))
    print(f"nearest real item: {result.after.nearest}")


def _signed(change: float) -> str:
    return f"{round(change, 6) + 0.0:+.3g}"  # adding 0 makes -0 of it 0


def _edit_all(
    space: Path,
    source: str | None,
    moves: dict[str, float],
    keep: list[str],
    until: float | None,
    where: str | None,
    output: Path | None,
    json: bool,
    force: bool,
) -> None:
    from functools import partial

    from lateen.cli.output import emit_json, note
    from lateen.cli.progress import bar
    from lateen.core.errors import InputError
    from lateen.space import Space as Open

    if output is None:
        raise InputError("Many edits go into a folder; name it with -o.")
    opened = Open(space)
    with bar() as shown:
        result = opened.edit_all(
            moves,
            output,
            source=source,
            where=where,
            keep=keep,
            until=until,
            force=force,
            progress=partial(shown.on_rows, "editing"),
        )
    for text in result.notes:
        note(text)
    if json:
        emit_json(result)
    else:
        print(result.describe())
