"""`lateen traverse`: an item along a direction, or in a grid of two."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from lateen.cli.options import Force, Item, Json, Space

if TYPE_CHECKING:
    from lateen.operations.traverse import Traversal

NAME = "traverse"
HELP = """Move an item along a direction step by step and decode the way; with --and, along two in a grid.

Steps are standard deviations of the data along the direction. By default the way goes as far to both sides as turns an
item without the attribute into one with it; the item itself stands at 0. The support under each frame says how near to
data it is: 1 deep inside, 0 farther out than any held-out item.

Example: `lateen traverse faces.space anna.jpg glasses -o glasses.png` (also .gif, .mp4)
"""


def command(
    space: Space,
    item: Item,
    direction: Annotated[str, typer.Argument(help="The direction to go along.", metavar="DIRECTION")],
    other: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--and", help="A second direction: a grid with fewer rows than columns.", metavar="DIRECTION"),
    ] = None,
    start: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--from", help="Steps at the first frame; of a grid, along both.", metavar="STEPS"),
    ] = None,
    end: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--to", help="Steps at the last.", metavar="STEPS"),
    ] = None,
    steps: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--steps", help="Frames, 9 by default; of a grid its columns, 7."),
    ] = None,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-o", "--output", help="Save the picture (.png, .jpg, .webp) or the film (.gif, .mp4)."),
    ] = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Print an item along a direction."""
    from lateen.cli.output import FILMS, check_output, told
    from lateen.cli.progress import bar
    from lateen.operations.traverse import require_still
    from lateen.space import Space as Open

    check_output(output, force, FILMS)
    require_still(output, other)
    with bar() as drawn:
        result = Open(space).traverse(
            item, direction, other=other, start=start, end=end, steps=steps, progress=drawn.on_rows
        )
    if not told(result, output, force, json):
        _print(result)


def _print(result: Traversal) -> None:
    """A line for each frame; of a grid a line for each row, with the support in each cell."""
    from lateen.cli.output import table
    from lateen.operations.traverse import reading_text
    from lateen.plot.traversal import signed

    if result.other is not None:
        n = len(result.steps)
        rows = [
            [signed(height), *(_two(frame.support) for frame in result.frames[i * n : (i + 1) * n])]
            for i, height in reversed(list(enumerate(result.other_steps)))
        ]
        title = f"{result.item}: support, {result.other} upwards, {result.direction} to the right"
        table(title, [result.other, *(signed(s) for s in result.steps)], rows)
        return
    reading = result.reading
    lines = [
        [
            signed(steps),
            *([] if reading is None else [reading_text(reading[i], result.reads)]),
            _two(frame.support),
            frame.nearest,
        ]
        for i, (steps, frame) in enumerate(zip(result.steps, result.frames, strict=True))
    ]
    columns = ["steps", *([] if reading is None else [result.direction]), "support", "nearest item"]
    table(f"{result.item} along {result.direction}", columns, lines)


def _two(support: float) -> str:
    """A support with two decimals, as in the picture."""
    return "–" if math.isnan(support) else f"{support:.2f}"
