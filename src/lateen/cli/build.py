"""`lateen build`: encode a source into a space."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from lateen.cli.options import Fit, Force, Json, Source

NAME = "build"
HELP = """Encode a source into a space; into one that is there already, add what is new in the source.

Stop it with ^C at any time and go on with `--resume`. Items that can't be used are listed with the reason in
`rejected.jsonl` inside the space, never dropped in silence. `lateen encoders` lists what can encode.

Example: `lateen build photos/ --encoder vae:faces.model --fields people.csv -o faces.space`
"""
# ruff: noqa: UP045  (typer reads the annotations)


def command(
    source: Source,
    output: Annotated[Path, typer.Option("-o", "--output", help="The space folder to make.", metavar="SPACE")],
    encoder: Annotated[
        Optional[str],
        typer.Option(
            "--encoder",
            help="hf:ORG/NAME, st:ORG/NAME, diffusers:ORG/NAME, onnx:FILE, vae:MODEL, pca:D, pixels, none; "
            "if nothing is said, none for vectors and words, pca:64 for pictures.",
            metavar="SCHEME:ID",
        ),
    ] = None,
    fields: Annotated[
        Optional[Path],
        typer.Option(
            "--fields",
            help="Table (csv, tsv, parquet) whose column id, or else first, is the file's path in SOURCE.",
            metavar="FILE",
        ),
    ] = None,
    text: Annotated[Optional[str], typer.Option("--text", help="Column of a table with texts.", metavar="COL")] = None,
    image: Annotated[
        Optional[str], typer.Option("--image", help="Column with pictures or their paths.", metavar="COL")
    ] = None,
    vector: Annotated[Optional[str], typer.Option("--vector", help="Column with vectors.", metavar="COL")] = None,
    id: Annotated[Optional[str], typer.Option("--id", help="Column with ids.", metavar="COL")] = None,
    limit: Annotated[Optional[int], typer.Option("--limit", help="Use the first items only.")] = None,
    size: Annotated[
        Optional[int], typer.Option("--size", help="Side of pictures in pixels, where the encoder leaves it open.")
    ] = None,
    fit: Fit = None,
    prompt: Annotated[
        Optional[str], typer.Option("--prompt", help="Put before each text: a prompt of the model, or a text.")
    ] = None,
    query_prompt: Annotated[
        Optional[str], typer.Option("--query-prompt", help="The same for what is searched with later.")
    ] = None,
    truncate_dim: Annotated[
        Optional[int], typer.Option("--truncate-dim", help="Keep the first numbers of each vector.")
    ] = None,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="Let a model run the Python code that it comes with.")
    ] = False,
    geometry: Annotated[
        Optional[str], typer.Option("--geometry", help="euclidean, sphere (cosine) or gaussian, if not the encoder's.")
    ] = None,
    dtype: Annotated[Optional[str], typer.Option("--dtype", help="Stored numbers: float32 or float16.")] = None,
    workers: Annotated[
        Optional[int], typer.Option("--workers", help="Processes that read pictures; the result is the same.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of encoders that are fitted to the source.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped.")] = False,
    append: Annotated[bool, typer.Option("--append", help="Add to a space of another source.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first unreadable item.")] = False,
    json: Json = False,
    force: Force = False,
) -> None:
    """Build and say what was made."""
    from lateen.building import build
    from lateen.cli.output import emit_json, note
    from lateen.cli.progress import bar
    from lateen.sources.columns import Columns

    columns = Columns(text, image, vector, id)
    with bar() as shown:
        result = build(
            source,
            encoder=encoder,
            out=output,
            columns=columns,
            fields=fields,
            limit=limit,
            resume=resume,
            append=append,
            strict=strict,
            force=force,
            fit=fit,
            geometry=geometry,
            dtype=dtype,
            seed=seed,
            workers=workers,
            progress=shown,
            size=size,
            prompt=prompt,
            query_prompt=query_prompt,
            truncate_dim=truncate_dim,
            trust_remote_code=trust_remote_code,
        )
    for line in result.notes:
        note(line)
    if json:
        emit_json(result)
        return
    print(result)
    note(f"next: lateen info {output}; lateen map {output} -o map.html")
