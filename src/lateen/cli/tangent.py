"""`lateen tangent`: the data around an item, as the flat space that touches it."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from lateen.cli.options import Force, Item, Json, Output, Space

NAME = "tangent"
HELP = """Show in which directions the data goes on from an item, and how flat it is there.

The share of the neighbours' variance that is off the tangent is printed for growing neighbourhoods, beside that of a
normal distribution with the covariance of the space, which has no manifold. The picture walks along the widest
directions.

Example: `lateen tangent faces.space anna.jpg -o strips.png`
"""


def command(
    space: Space,
    item: Item,
    d: Annotated[
        Optional[int],  # noqa: UP045  typer reads the annotation
        typer.Option("-d", help="Dimension of the tangent; by default the intrinsic dimension of the space."),
    ] = None,
    k: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("-k", help="Neighbours that it is fitted to; by default 24, or 3 d if that is more."),
    ] = None,
    output: Output = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Print the chart of an item."""
    from lateen.cli.output import check_output, figure, table, told
    from lateen.cli.progress import bar
    from lateen.space import Space as Open

    check_output(output, force)
    with bar() as drawn:
        result = Open(space).tangent(item, d, k, progress=drawn.on_neighbours)
    if told(result, output, force, json):
        return
    found = result.tangent
    off = f"off the tangent {figure(found.off_tangent, 2)} of the variance"
    title = f"{result.item}   dimension {found.dimension}   {result.k} nearest within {figure(found.radius)}   {off}"
    rows = [
        [str(r.k), *(figure(v, 2) for v in (r.off_tangent, r.null, r.null_low)), f"{'≤ ' * r.is_least}{figure(r.p, 2)}"]
        for r in result.flatness
    ]
    for row, ring in zip(rows, result.flatness, strict=True):
        row.insert(1, figure(ring.radius))
    if rows:
        table(title, ["nearest", "radius", "off tangent", "of a normal", "its lowest 5 %", "p"], rows)
    else:
        print(title)
