"""`lateen duplicates`: near-identical items."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from lateen.cli.options import Force, Json, Space

NAME = "duplicates"
HELP = """Find items that are the same or near-identical, in groups, and say which one to keep.

Two items count if they are nearer than chance would put any two in data as dense and of as many dimensions; or give a
distance with `--within`. Every copy is that near to the one that is kept, which is the first of them in the space.
In a space of words these are no copies, but words that are used alike, such as forwards and backwards.

Example: `lateen duplicates faces.space -o copies.csv` (also .png)
"""
SHOWN = 20  # groups; all are in --json and in the file


def command(
    space: Space,
    within: Annotated[
        Optional[float],  # noqa: UP045  typer reads the annotation
        typer.Option("--within", help="Distance up to which two items count.", metavar="DISTANCE"),
    ] = None,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-o", "--output", help="Write all groups (.csv, .tsv) or a picture (.png, .jpg, .webp)."),
    ] = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Print the groups."""
    from lateen.cli.output import PICTURES, check_output, figure, note, table, told
    from lateen.cli.progress import bar
    from lateen.operations.rows_file import SUFFIXES
    from lateen.space import Space as Open

    check_output(output, force, (*SUFFIXES, *PICTURES))
    opened = Open(space)
    with bar() as shown:
        result = opened.duplicates(within, progress=shown.on_neighbours)
    if told(result, output, force, json):
        return
    groups = result.groups
    title = result.summary
    if not groups:
        print(title)
        return
    rows = [
        [group.kept, f"{len(group.copies):,}", figure(group.distances[-1]), _some(group.copies)]
        for group in groups[:SHOWN]
    ]
    words = opened.spec.modality == "word"
    table(title, ["word", "alike", "distance", "such as"] if words else ["kept", "copies", "distance", "such as"], rows)
    if len(groups) > SHOWN:
        note(f"{len(groups) - SHOWN:,} more groups: -o FILE.csv or --json has them all.")


def _some(copies: tuple[str, ...], most: int = 3) -> str:
    return ", ".join(copies[:most]) + (", ..." if len(copies) > most else "")
