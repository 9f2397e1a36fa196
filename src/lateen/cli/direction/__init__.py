"""`lateen direction`: one file per command; this one only registers them."""

from __future__ import annotations

import typer

from lateen.cli.direction import discover, erase, fit, list, name, read, remove, score, show, tune
from lateen.cli.ending import ends_well

app = typer.Typer(
    help="Directions of attributes: fit or discover them, show, read, score, tune, erase and remove them.",
    no_args_is_help=True,
)
for module in (fit, discover, name, list, show, read, score, tune, erase, remove):
    app.command(module.NAME, help=module.HELP)(ends_well(module.command))
