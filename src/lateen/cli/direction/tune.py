"""`lateen direction tune`: a direction bent by what its edits show."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from lateen.cli.options import DirectionName, Force, Json, Output, Seed, Space

NAME = "tune"
HELP = """Bend a direction until its edits keep other fields in the decoded pictures, and find the dose that is enough.

A reader of pixels is trained on the spot, a minute or two; `lateen direction score` judges the result with another.
What is kept are the fields that the direction was fitted `--without`, and all that don't go along with it in the data.

Example: `lateen direction tune faces.space glasses -o glasses.png`
"""


def command(
    space: Space,
    name: DirectionName,
    keep: Annotated[
        Optional[list[str]],  # noqa: UP045  typer reads the annotation
        typer.Option("--keep", help="Fields that are to stay: smile,age; by default all that are independent of it."),
    ] = None,
    seed: Seed = 0,
    output: Output = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Tune a direction."""
    from lateen.cli.output import check_output, emit_json, save
    from lateen.cli.progress import bar
    from lateen.space import Space as Open

    check_output(output, force)
    with bar() as drawn:
        result = Open(space).tune(name, keep=",".join(keep or ()), seed=seed, progress=drawn.on_rows)
    save(result, output, force)
    if json:
        emit_json(result)
        return
    print(result.describe())
