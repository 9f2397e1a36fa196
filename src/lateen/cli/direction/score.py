"""`lateen direction score`: what the edits along a direction do, and what else they do."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from lateen.cli.options import DirectionName, Force, Json, Output, Seed, Space

NAME = "score"
HELP = """Edit held-out items, decode them, and let an independent reader of pixels say what changed.

The reader is trained on the spot on the space's own pictures, without those that are edited: a minute or two. The
direction is fitted anew without them too. Success is the share that is read as having the attribute after the edit;
selectivity the mean share that keeps each attribute that is independent of it in the data; the harmonic mean of both is
one figure to compare directions by. What a fit suggests as a dose is what its probe of codes needs; `--find-dose` finds
what the pictures need.

Example: `lateen direction score faces.space sunglasses --group person -o score.png`
"""


def command(
    space: Space,
    name: DirectionName,
    items: Annotated[
        int, typer.Option("--items", help="Items to edit at most; a third of those without it is held out at most.")
    ] = 500,
    dose: Annotated[
        Optional[float],  # noqa: UP045  typer reads the annotation
        typer.Option("--dose", help="Steps of the edit; by default those that the direction suggests."),
    ] = None,
    until: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--until", help="Move each item until the direction's own probe reads so, instead.", metavar="V"),
    ] = None,
    within: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--within", help="How near to it counts; by default half a standard deviation.", metavar="W"),
    ] = None,
    find_dose: Annotated[
        bool, typer.Option("--find-dose", help="Find the dose that is enough on other items, and keep it.")
    ] = False,
    group: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--group", help="Field of identity: edited people are not in the fit.", metavar="FIELD"),
    ] = None,
    seed: Seed = 0,
    output: Output = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Score a direction."""
    from lateen.cli.output import check_output, table, told
    from lateen.cli.progress import bar
    from lateen.space import Space as Open

    check_output(output, force)
    with bar() as drawn:
        result = Open(space).score(
            name,
            items=items,
            dose=dose,
            until=until,
            within=within,
            find_dose=find_dose,
            group=group,
            seed=seed,
            progress=drawn.on_rows,
        )
    if told(result, output, force, json):
        return
    print(result.describe())
    columns = ["attribute", "kept", "95 %", "of", "drift (sd)", "goes along", "reader: real", "decoded"]
    table("what else the edits change, the most first", columns, result.rows())
