"""The `lateen` command: registers the commands; `ending` says how they end.

Exit codes: 0 done, 2 bad input or usage, 130 interrupted (resumable), 1 a defect.
"""

from __future__ import annotations

import io
import sys

import typer

import lateen
from lateen.cli import (
    analogies,
    attach,
    build,
    demo,
    dimension,
    direction,
    duplicates,
    edit,
    encoders,
    index,
    info,
    map,
    near,
    path,
    sample,
    similarity,
    solve,
    tangent,
    train,
    traverse,
)
from lateen.cli.ending import ends_well

app = typer.Typer(
    name="lateen",
    help="See, search, steer, generate from, and trust the latent space of your own data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _version(
    version: bool = typer.Option(False, "--version", help="Print the version and leave.", is_eager=True),
) -> None:
    if version:
        typer.echo(lateen.__version__)
        raise typer.Exit


making = (demo, train, encoders, build, attach, info, index)
asking = (near, solve, analogies, similarity, path, edit, traverse, sample, dimension, map, duplicates, tangent)
for module in (*making, *asking):
    app.command(name=module.NAME, help=module.HELP)(ends_well(module.command))
app.add_typer(direction.app, name="direction")


def run() -> None:
    """Entry point of the `lateen` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an odd name is shown, whatever the locale
    app()
