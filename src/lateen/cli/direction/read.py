"""`lateen direction read`: items along a direction."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from lateen.cli.options import DirectionName, Force, Json, Output, Space

NAME = "read"
HELP = """Read items along a direction; without any, show those at its two ends.

Of words the first 20,000 are compared with, which are the most frequent if they came in that order: rarer ones are
placed by chance. The percentile is the percent of them that read lower.

Example: `lateen direction read words.space gender king queen nurse -o gender.png`
"""


def command(
    space: Space,
    name: DirectionName,
    items: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(help="Ids, files, expressions or texts.", metavar="[ITEM]..."),
    ] = None,
    k: Annotated[int, typer.Option("-k", help="How many items at each end, if none are named.")] = 10,
    vocabulary: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--vocabulary", help="Compare with the first so many items; 0 for all.", metavar="N"),
    ] = None,
    output: Output = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Read items along a direction."""
    from lateen.cli.output import check_output, emit_json, figure, note, save, table
    from lateen.space import Space as Open

    check_output(output, force)
    result = Open(space).read(name, *(items or ()), k=k, vocabulary=vocabulary)
    save(result, output, force)
    if result.warning:
        note(result.warning)
    if json:
        emit_json(result)
        return
    less, more = result.poles
    title = f"{name}: from {less} (-) to {more} (+), beside {result.among}"
    rows = [[r.item, figure(r.value), f"{r.steps:+.1f}", f"{r.percentile:.2f}"] for r in result.readings]
    table(title, ["item", result.measure, "steps", "percentile"], rows)
