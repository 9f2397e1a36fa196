"""`lateen build`: encode a source into a space."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from lateen.cli.options import Fit, Force, Json, Source

NAME = "build"
HELP = """Encode pictures into a space; stop it with ^C at any time and go on with `--resume`.

Unreadable pictures are listed in `rejected.jsonl` inside the space, never dropped in silence.

Example: `lateen build photos/ --encoder vae:faces.model --fields people.csv -o faces.space`
"""

DEFAULT_ENCODER = "vae:portraits"


def command(
    source: Source,
    output: Annotated[Path, typer.Option("-o", "--output", help="The space folder to make.", metavar="SPACE")],
    encoder: Annotated[
        str, typer.Option("--encoder", help="vae:MODEL, pca:MODEL, or vae:portraits (built in).", metavar="SCHEME:ID")
    ] = DEFAULT_ENCODER,
    fields: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            "--fields",
            help="Table (csv, tsv, parquet) whose column id, or else first, is the file's path in SOURCE.",
            metavar="FILE",
        ),
    ] = None,
    limit: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--limit", help="Use the first items only."),
    ] = None,
    fit: Fit = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first unreadable item.")] = False,
    json: Json = False,
    force: Force = False,
) -> None:
    """Build and say what was made."""
    from lateen.building import build
    from lateen.cli.output import emit_json, note
    from lateen.cli.progress import bar

    with bar() as shown:
        result = build(
            source,
            encoder=encoder,
            out=output,
            fields=fields,
            limit=limit,
            resume=resume,
            strict=strict,
            force=force,
            fit=fit,
            progress=shown,
        )
    for line in result.notes:
        note(line)
    if encoder == DEFAULT_ENCODER and not source.startswith("portraits"):
        note(f"encoded by {encoder}, which knows drawn portraits only; train on your own: lateen train {source} -o ...")
    if json:
        emit_json(result)
        return
    print(result)
    note(f"next: lateen info {output}; lateen map {output} -o map.html")
