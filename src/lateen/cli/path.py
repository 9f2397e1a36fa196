"""`lateen path`: the way from one item to another."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from lateen.cli.options import Force, Json, Space

NAME = "path"
HELP = """Walk from one item to another (or through several) and decode the way.

The support under each frame says how near to data it is: 1 deep inside, 0 farther out than any held-out item. Along
graph the way goes from neighbour to neighbour, along pullback so that the decoded picture changes least; both are shown
beside the straight way, with the real items on the way.

Example: `lateen path faces.space anna.jpg ben.jpg --steps 9 -o path.png` (also .gif, .mp4)
"""


def command(
    space: Space,
    items: Annotated[list[str], typer.Argument(help="Two or more items.", metavar="A B [C ...]")],
    steps: Annotated[int, typer.Option("--steps", help="Frames, both ends included.")] = 9,
    along: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--along", help="straight, sphere, gaussian, graph or pullback; the space's own geometry by default."
        ),
    ] = None,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-o", "--output", help="Save the strip (.png, .jpg, .webp) or the film (.gif, .mp4)."),
    ] = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Print the steps of a path."""
    from lateen.cli.output import FILMS, check_output, emit_json, figure, note, save, table
    from lateen.cli.progress import bar
    from lateen.space import Space as Open

    check_output(output, force, FILMS)
    with bar() as drawn:
        result = Open(space).path(*items, steps=steps, along=along, progress=drawn.on_rows)
    save(result, output, force)
    for said in result.notes:
        note(said)
    if json:
        emit_json(result)
        return
    beside = result.straight
    rows = [
        [
            f"{i / (steps - 1):.2f}",
            figure(frame.support, 2),
            frame.nearest,
            *([] if beside is None else [figure(beside.frames[i].support, 2)]),
        ]
        for i, frame in enumerate(result.frames)
    ]
    decoded = "" if result.decoded_length is None else f", decoded {figure(result.decoded_length)} grey levels"
    title = f"{' to '.join(result.stops)}, {result.along}: length {figure(result.length)}{decoded}"
    columns = ["t", "support", "nearest item", *([] if beside is None else [f"{beside.along}: support"])]
    table(f"{title} ({figure(result.ratio_to_straight)} x straight)", columns, rows)
    if beside is not None:
        decoded = "" if beside.decoded_length is None else f", decoded {figure(beside.decoded_length)} grey levels"
        print(f"{beside.along}: length {figure(beside.length)}{decoded}")
        print(f"on the way: {', '.join(result.via)}")
