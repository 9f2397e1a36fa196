"""`lateen train`: train a model on one's own data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from lateen.cli.options import Fit, Json, Seed, Source

NAME = "train"
HELP = """Train a model on pictures; stop it with ^C at any time and go on with `--resume`.

Example: `lateen train photos/ -o faces.model --model vae --minutes 10`
"""

SHOWN = 10  # items that could not be used, named on the terminal


def command(
    source: Source,
    output: Annotated[Path, typer.Option("-o", "--output", help="The model folder to make.", metavar="MODEL")],
    model: Annotated[str, typer.Option("--model", help="Kind of model: vae, or decoder.")] = "vae",
    encoder: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--encoder", help="What a decoder is for: scheme:id, such as hf:ORG/NAME.", metavar="E"),
    ] = None,
    attach: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--attach", help="Put the decoder into this space, whose encoder it is for.", metavar="SPACE"),
    ] = None,
    latent_dim: Annotated[int, typer.Option("--latent-dim", help="Numbers per picture.")] = 64,
    size: Annotated[int, typer.Option("--size", help="Side of the pictures in pixels: 32 to 128, in 16s.")] = 64,
    steps: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--steps", help="How long to train, in steps of 32 pictures (repeatable to the byte)."),
    ] = None,
    minutes: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option("--minutes", help="How long to train, in minutes; 10 if nothing is said."),
    ] = None,
    fit: Fit = None,
    limit: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--limit", help="Use the first pictures only."),
    ] = None,
    seed: Seed = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped.")] = False,
    json: Json = False,
) -> None:
    """Train and say how well it went."""
    from lateen.cli.output import emit_json, note
    from lateen.cli.progress import bar
    from lateen.training import train

    with bar() as shown:
        result = train(
            source,
            output,
            model=model,
            size=size,
            latent_dim=latent_dim,
            steps=steps,
            minutes=minutes,
            seed=seed,
            resume=resume,
            fit=fit,
            encoder=encoder,
            attach=attach,
            limit=limit,
            progress=shown,
            on_read=shown.on_read,
        )
    for line in result.notes:
        note(line)
    for id, reason in result.rejected[:SHOWN]:
        note(f"left out {id}: {reason}")
    if len(result.rejected) > SHOWN:
        note(f"... and {len(result.rejected) - SHOWN:,} more (all of them with --json)")
    if json:
        emit_json(result)
        return
    print(result)
    if attach is not None:
        print(f"space {attach.name} decodes by it now")
        note(f"next: lateen sample {attach} -o samples.png")
        return
    if model == "decoder":
        note(f"next: lateen attach SPACE {result.model}")
        return
    note(f"next: lateen build {source} --encoder vae:{result.model} -o {output.stem}.space")
