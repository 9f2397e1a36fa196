"""`lateen near`: search, and the items that are like no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Optional

import typer

from lateen.cli.options import Force, Json, K, Output, Space, Where

if TYPE_CHECKING:
    from lateen.operations.unlike import Unlike

NAME = "near"
HELP = """Find the items nearest to an item, a file, an expression or, where the encoder takes texts, a text.

With `--unlike` and no item, the outliers: those farthest from their own nearest others.

Example: `lateen near faces.space anna.jpg -k 5 --where "glasses = 1" -o near.png`
"""


def command(
    space: Space,
    item: Annotated[
        Optional[str],  # noqa: UP045  typer reads the annotation
        typer.Argument(help="An id, a file, an expression such as 'a - b + c', or a text.", metavar="ITEM"),
    ] = None,
    k: K = 10,
    unlike: Annotated[bool, typer.Option("--unlike", help="The items that are least like all others.")] = False,
    where: Where = None,
    output: Output = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Print the nearest items, or the outliers."""
    from lateen.cli.output import check_output, figure, matches, told
    from lateen.cli.progress import bar
    from lateen.core.errors import InputError
    from lateen.space import Space as Open

    if item is None and not unlike:
        raise InputError("near got no ITEM; name one, or ask with --unlike for those that are least like all others.")
    if item is not None and unlike:
        raise InputError(f"near got the ITEM {item!r} and --unlike, which asks about all items; give one of the two.")
    check_output(output, force)
    if item is None:
        opened = Open(space)
        with bar() as shown:
            outliers = opened.unlike(k, where=where, progress=shown.on_neighbours)
        if not told(outliers, output, force, json):
            _show(outliers)
        return
    result = Open(space).near(item, k, where=where)
    if not told(result, output, force, json):
        matches(f"nearest to {item}   support {figure(result.support, 2)}", result.matches)


def _show(found: Unlike) -> None:
    from lateen.cli.output import figure, table

    rows = [
        [o.id, figure(o.distance), figure(o.support), figure(o.nearest_distance), o.nearest] for o in found.outliers
    ]
    title = f"least like the other {found.total - 1:,} items   typical distance {figure(found.typical)}"
    table(title, ["id", "distance", "support", "to nearest", "nearest item"], rows)
