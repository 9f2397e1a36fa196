"""`lateen direction discover`: axes that no label names."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from lateen.cli.options import Force, Json, Output, Seed, Space

NAME = "discover"
HELP = """Find axes of a space without labels, and say what goes along with each.

`pca` gives the directions in which items differ most, `ica` independent causes, `sae` the features of a sparse
dictionary. Look at them in the picture; `pca-1` and so on can be used as directions at once, until the next discovery
by that method; `lateen direction name` keeps one. Only fields that agree with an axis more than chance does are named.

Example: `lateen direction discover faces.space --method sae -n 8 -o axes.png`
"""


def command(
    space: Space,
    method: Annotated[str, typer.Option("--method", help="pca, ica or sae.")] = "pca",
    n: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("-n", help="How many axes; 10 if nothing is said, or as many as there are.", metavar="N"),
    ] = None,
    features: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--features", help="Of sae: size of the dictionary; up to 4 a number of an item.", metavar="F"),
    ] = None,
    output: Output = None,
    seed: Seed = 0,
    json: Json = False,
    force: Force = False,
) -> None:
    """Discover axes."""
    from lateen.cli.output import check_output, note, table, told
    from lateen.cli.progress import bar
    from lateen.space import Space as Open

    check_output(output, force)
    with bar() as shown:
        result = Open(space).discover(method, n, features=features, seed=seed, progress=shown.on_rows)
    if told(result, output, force, json):
        return
    of = "" if result.features is None else f" of {result.features:,} features, which explain {result.r2:.0%} held out"
    rows = [
        [a.name, f"{a.share:.1%}", a.description, f"{a.novelty:.2f}", "" if a.most_like is None else a.most_like[0]]
        for a in result.axes
    ]
    known = any(axis.most_like for axis in result.axes)
    columns = ["axis", "variance", "goes along with", *(["novelty", "most like"] if known else [])]
    table(f"{len(rows)} axes of {space}{of}", columns, [row[: len(columns)] for row in rows])
    note(f"next: lateen direction name {space} {result.axes[0].name} NAME, or lateen edit {space} ITEM --by "
         f"{result.axes[0].name}=+2")  # fmt: skip
