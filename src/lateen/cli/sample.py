"""`lateen sample`: generate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lateen.cli.options import Force, Json, Output, Seed

NAME = "sample"
HELP = """Draw new items like those of a space or a model, and decode them.

Example: `lateen sample faces.space -n 16 --seed 1 -o samples.png`
"""


def command(
    source: Annotated[Path, typer.Argument(help="A space or a model folder.", metavar="MODEL_OR_SPACE")],
    n: Annotated[int, typer.Option("-n", help="How many.")] = 16,
    seed: Seed = 0,
    output: Output = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Sample and save the grid."""
    from lateen.cli.output import check_output, emit_json, note, save
    from lateen.operations.sample import sample_from

    check_output(output, force)
    result = sample_from(source, n, seed)
    save(result, output, force)
    for said in result.notes:
        note(said)
    if json:
        emit_json(result)
        return
    print(result)
    if output is None:
        print("Add -o samples.png to see them.")
