"""`lateen dimension`: how many dimensions the data really has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Optional

import typer

from lateen.cli.options import Force, Json, Output, Seed, Space

if TYPE_CHECKING:
    from lateen.operations.dimension import Dimension

NAME = "dimension"
HELP = """Estimate the intrinsic dimension across scales, with intervals; say whether there is a plateau.

Neighbours are looked for among all items, half of them, a quarter, ...: the fewer, the larger the scale. A dimension
that is the data's own stays the same; one that drifts is of a scale.

Example: `lateen dimension faces.space --by glasses -o dimension.png`
"""
SHOWN = 20  # groups; all are in --json


def command(
    space: Space,
    method: Annotated[str, typer.Option("--method", help="mle, two_nn, gride or pca.")] = "mle",
    k: Annotated[int, typer.Option("-k", help="Neighbours of each item that are looked at; two_nn compares 2.")] = 10,
    by: Annotated[
        Optional[str],  # noqa: UP045  typer reads the annotation
        typer.Option("--by", help="Also for each value of this field; `label` if there is one.", metavar="FIELD"),
    ] = None,
    seed: Seed = 0,
    output: Output = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Print the dimension across scales and methods."""
    from lateen.cli.output import check_output, told
    from lateen.cli.progress import bar
    from lateen.space import Space as Open

    check_output(output, force)
    opened = Open(space)
    with bar() as shown:
        result = opened.dimension(method=method, k=k, by=by, seed=seed, progress=shown.on_neighbours)
    if not told(result, output, force, json):
        _show(result)


def _show(result: Dimension) -> None:
    from lateen.cli.output import figure, table
    from lateen.manifold.dimension.methods import reads

    level = result.plateau
    print(f"dimension  {figure(result.estimate, 2)}   95 % {figure(result.low, 2)} to {figure(result.high, 2)}")
    print(f"read by    {result.method}{reads(result.method, result.k)}, among {result.n:,} items")
    if level is None:
        print(f"plateau    none: {result.no_plateau}")
    else:
        reach = f"between the distances {figure(level.near)} and {figure(level.far)}"
        print(f"plateau    {figure(level.estimate, 2)} {reach} ({level.scales} scales)")
    print()
    names = list(result.methods)
    size = [f"{scale.n:,}" for scale in max((s for name, s in result.methods.items() if name != "gride"), key=len)]
    rows = [
        [size[i] if i < len(size) else "", *(_cell(result, name, i) for name in names)]
        for i in range(max(map(len, result.methods.values())))
    ]
    table("from near to afar", ["items", *names], rows)
    if result.groups:
        print()
        _show_groups(result)


def _cell(result: Dimension, name: str, i: int) -> str:
    """A method's dimension at a scale; GRIDE's scales are its neighbours, among all items."""
    from lateen.cli.output import figure

    scales = result.methods[name]
    if i >= len(scales):
        return ""
    scale = scales[i]
    sure = f" ± {figure((scale.high - scale.low) / 2, 1)}" if scale.low == scale.low else ""
    pair = f" ({scale.near}, {scale.far})" if name == "gride" else ""
    return f"{figure(scale.estimate, 2)}{sure}{pair}"


def _show_groups(result: Dimension) -> None:
    from lateen.cli.output import figure, table

    shown = result.groups
    if len(shown) > SHOWN:
        kept = {g.value for g in sorted(shown, key=lambda g: -g.n)[:SHOWN]}
        shown = tuple(g for g in shown if g.value in kept)
    more = "" if len(shown) == len(result.groups) else f" (the {SHOWN} largest of {len(result.groups):,})"
    rows = [[g.value, f"{g.n:,}", figure(g.estimate, 2), f"{figure(g.low, 2)} to {figure(g.high, 2)}"] for g in shown]
    table(f"around the items of each {result.by}{more}", [str(result.by), "items", "dimension", "95 %"], rows)
