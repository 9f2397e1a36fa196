"""`lateen train`: train a model on one's own data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from lateen.cli.options import Json, Seed
from lateen.core.errors import InputError

if TYPE_CHECKING:
    from lateen.models.word2vec import Word2VecConfig

NAME = "train"
HELP = """Train a model on pictures, or vectors of words on texts (`--model word2vec`).

Stop it with ^C at any time and go on with `--resume`. A corpus of texts is a file (.txt, also .gz, .xz, .bz2), a folder
of them, or an archive (.tar, .tar.xz, .zip); what comes out is a space of words.

Example: `lateen train photos/ -o faces.model --model vae --minutes 10`

Example: `lateen train novels.tar.xz -o words.space --model word2vec`
"""
# ruff: noqa: UP045  (typer reads the annotations)

SHOWN = 10  # items that could not be used, named on the terminal
PICTURES = "Options of models of pictures"
WORDS = "Options of word2vec"


def command(
    source: Annotated[
        str,
        typer.Argument(
            help="What `lateen build` takes as a source of pictures; for word2vec a corpus of texts.", metavar="SOURCE"
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", help="The model folder, or for word2vec the space, to make.", metavar="MODEL"),
    ],
    model: Annotated[str, typer.Option("--model", help="Kind of model: vae, decoder or word2vec.")] = "vae",
    latent_dim: Annotated[
        Optional[int], typer.Option("--latent-dim", help="Numbers per picture (64) or per word (100).")
    ] = None,
    seed: Seed = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped.")] = False,
    encoder: Annotated[
        Optional[str],
        typer.Option(
            "--encoder",
            help="What a decoder is for: scheme:id, such as hf:ORG/NAME.",
            metavar="E",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    attach: Annotated[
        Optional[Path],
        typer.Option(
            "--attach",
            help="Put the decoder into this space, whose encoder it is for.",
            metavar="SPACE",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    size: Annotated[
        Optional[int],
        typer.Option("--size", help="Side in pixels: 32 to 128, in 16s; 64 by default.", rich_help_panel=PICTURES),
    ] = None,
    steps: Annotated[
        Optional[int],
        typer.Option(
            "--steps",
            help="How long to train, in steps of 32 pictures (repeatable to the byte).",
            rich_help_panel=PICTURES,
        ),
    ] = None,
    minutes: Annotated[
        Optional[float],
        typer.Option(
            "--minutes", help="How long to train, in minutes; 10 if nothing is said.", rich_help_panel=PICTURES
        ),
    ] = None,
    fit: Annotated[
        Optional[str],
        typer.Option("--fit", help="How pictures become square: crop, pad or stretch.", rich_help_panel=PICTURES),
    ] = None,
    limit: Annotated[
        Optional[int], typer.Option("--limit", help="Use the first pictures only.", rich_help_panel=PICTURES)
    ] = None,
    algorithm: Annotated[
        Optional[str],
        typer.Option(
            "--algorithm",
            help="skipgram or cbow, which is quicker and worse on small corpora; skipgram by default.",
            rich_help_panel=WORDS,
        ),
    ] = None,
    epochs: Annotated[
        Optional[int],
        typer.Option("--epochs", help="Times that the corpus is read; 10 by default.", rich_help_panel=WORDS),
    ] = None,
    window: Annotated[
        Optional[int],
        typer.Option(
            "--window",
            help="Words to each side that count as around a word; 5 by default.",
            rich_help_panel=WORDS,
        ),
    ] = None,
    min_count: Annotated[
        Optional[int],
        typer.Option(
            "--min-count", help="How often a word must occur; 5 by default.", rich_help_panel=WORDS
        ),
    ] = None,
    negative: Annotated[
        Optional[int],
        typer.Option(
            "--negative",
            help="Random words that each true one is told apart from; 5 by default.",
            rich_help_panel=WORDS,
        ),
    ] = None,
    sample: Annotated[
        Optional[float],
        typer.Option(
            "--sample",
            help="Share of the text above which words are passed over now and then; 0.001 by default.",
            rich_help_panel=WORDS,
        ),
    ] = None,
    phrases: Annotated[
        Optional[int],
        typer.Option(
            "--phrases",
            help='Passes that join words which occur together ("new_york"): 0, 1 or 2; 0 by default.',
            rich_help_panel=WORDS,
        ),
    ] = None,
    sentences: Annotated[
        Optional[str],
        typer.Option(
            "--sentences",
            help="Where sentences end: lines (one each), prose (. ! ? and empty lines), or auto.",
            rich_help_panel=WORDS,
        ),
    ] = None,
    keep_case: Annotated[
        bool, typer.Option("--keep-case", help="Tell King from king.", rich_help_panel=WORDS)
    ] = False,
    workers: Annotated[
        Optional[int],
        typer.Option(
            "--workers",
            help="Threads; 1 by default. With more, no two runs give the same bytes.",
            rich_help_panel=WORDS,
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a space that is there.", rich_help_panel=WORDS)
    ] = False,
    json: Json = False,
) -> None:
    """Train and say how well it went."""
    from lateen.cli.output import emit_json, note
    from lateen.cli.progress import bar
    from lateen.training import train

    said = {
        "algorithm": algorithm,
        "epochs": epochs,
        "window": window,
        "min_count": min_count,
        "negative": negative,
        "sample": sample,
        "phrases": phrases,
        "sentences": sentences,
        "keep_case": keep_case or None,
    }
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
            force=force,
            fit=fit,
            encoder=encoder,
            attach=attach,
            limit=limit,
            config=_words_config(model, latent_dim, {name: value for name, value in said.items() if value is not None}),
            workers=workers,
            progress=shown,
            on_read=shown.on_bytes if model == "word2vec" else shown.on_read,
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
    note(_next(model, source, output, attach))


def _words_config(model: str, dim: int | None, said: dict[str, Any]) -> Word2VecConfig | None:
    """The hyper-parameters that were said, if words are trained; said of another model they are refused."""
    from lateen.models.word2vec import Word2VecConfig

    if model != "word2vec":
        if said:
            option = f"--{next(iter(said)).replace('_', '-')}"
            raise InputError(f"{option} is for --model word2vec; a {model} takes none.")
        return None
    return Word2VecConfig(**(said if dim is None else {**said, "dim": dim}))


def _next(model: str, source: str, output: Path, attach: Path | None) -> str:
    if model == "word2vec":
        return f'next: lateen near {output} WORD; lateen solve {output} "king - man + woman"'
    if attach is not None:
        return f"next: lateen sample {attach} -o samples.png"
    if model == "decoder":
        return f"next: lateen attach SPACE {output}"
    return f"next: lateen build {source} --encoder vae:{output} -o {output.stem}.space"
