"""`lateen map`: the space laid out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from lateen.cli.options import Force, Json, Seed, Space

if TYPE_CHECKING:
    from lateen.cli.progress import Bar
    from lateen.operations.map import Map

NAME = "map"
HELP = """Lay the space out in two or three dimensions; say how far to trust the layout.

With --new, items of a source are placed on the map, which stays as it is.

Example: `lateen map faces.space --color label -o map.html` (also .png, .parquet)
"""


def command(
    space: Space,
    method: Annotated[str, typer.Option("--method", help="lateen, umap, tsne or pca.")] = "lateen",
    attraction: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--attraction", help="1 as t-SNE, 2 by default, about 4 as UMAP, 30 as springs.", metavar="A"),
    ] = None,
    dims: Annotated[int, typer.Option("--dims", help="2 or 3.")] = 2,
    color: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--color", help="Field that colours the points.", metavar="FIELD"),
    ] = None,
    seed: Seed = 0,
    device: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--device", help="cpu, cuda or auto: compute lateen's layout with torch.", metavar="DEVICE"),
    ] = None,
    new: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--new", help="Place the items of a source, as `lateen build` takes it.", metavar="SOURCE"),
    ] = None,
    chart: Annotated[
        bool, typer.Option("--chart", help="Measure the ways to the map and back on held-out items.")
    ] = False,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-o", "--output", help="Save the map: .html to explore, .png to show, .parquet to use."),
    ] = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Lay out and save."""
    from lateen.cli.output import MAPS, check_output, emit_json, note, save
    from lateen.cli.progress import bar
    from lateen.space import Space as Open

    check_output(output, force, MAPS)
    with bar() as shown:
        result = Open(space).map(
            method=method,
            dims=dims,
            color=color,
            seed=seed,
            attraction=attraction,
            device=device,
            progress=shown.on_rows,
        )
        result = _seen(result, shown, new, chart)
    for said in (*result.notes, *(() if result.new is None else result.new.notes)):
        note(said)
    measured = result.chart.quality if chart or new is not None else None
    save(result, output, force)
    if json:
        emit_json(result)
        return
    print(result)
    print(result.clusters.describe())
    if measured is not None:
        print(measured.describe())
    if result.new is not None:
        print(result.new.describe())
    if output is None:
        print("Add -o map.html to explore it, -o map.png to show it, -o map.parquet to use it.")


def _seen(result: Map, shown: Bar, new: str | None, chart: bool) -> Map:
    """The map with what is asked for besides, each computed under the name of what takes so long."""
    shown.on_rows("clusters", 0, 1)
    _ = result.clusters
    shown.on_rows("clusters", 1, 1)
    if new is None and not chart:
        return result
    shown.on_rows("ways to the map and back", 0, 1)
    _ = result.chart
    shown.on_rows("ways to the map and back", 1, 1)
    return result if new is None else result.place(new)
