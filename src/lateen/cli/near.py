"""`lateen near`: search."""

from __future__ import annotations

from lateen.cli.options import Force, Item, Json, K, Output, Space, Where

NAME = "near"
HELP = """Find the items nearest to an item, a file, an expression or, where the encoder takes texts, a text.

Example: `lateen near faces.space anna.jpg -k 5 --where "glasses = 1" -o near.png`
"""


def command(
    space: Space,
    item: Item,
    k: K = 10,
    where: Where = None,
    output: Output = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Print the nearest items."""
    from lateen.cli.output import check_output, emit_json, figure, matches, note, save
    from lateen.space import Space as Open

    check_output(output, force)
    result = Open(space).near(item, k, where=where)
    for text in result.notes:
        note(text)
    save(result, output, force)
    if json:
        emit_json(result)
        return
    matches(f"nearest to {item}   support {figure(result.support, 2)}", result.matches)
