"""`lateen demo`: the whole tour on built-in portraits."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lateen.cli.options import Force, Json

NAME = "demo"
HELP = """Take the whole tour: build a space of 10,000 generated portraits with the shipped weights, search it, walk
through it, edit, do arithmetic, sample and map it; then open the page that shows and explains it all.

Example: `lateen demo -o lateen-demo`
"""


def command(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to make.", metavar="DIR")] = Path(
        "lateen-demo"
    ),
    no_open: Annotated[bool, typer.Option("--no-open", help="Don't open the page in the browser.")] = False,
    n: Annotated[int, typer.Option("-n", help="How many portraits.")] = 10_000,
    json: Json = False,
    force: Force = False,
) -> None:
    """Make the tour."""
    from lateen.cli.output import emit_json, note
    from lateen.cli.progress import bar
    from lateen.demo import make_demo

    with bar() as shown:
        result = make_demo(output, n=n, force=force, progress=shown, say=note)
    if json:
        emit_json(result)
    else:
        print(result.describe())
    if not no_open:
        import webbrowser

        webbrowser.open(result.page.resolve().as_uri())
