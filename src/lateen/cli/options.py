"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

Space = Annotated[Path, typer.Argument(help="A space folder, as made by `lateen build`.", metavar="SPACE")]
Item = Annotated[
    str,
    typer.Argument(help="An id, a file, an expression such as 'a - b + c', or a text.", metavar="ITEM"),
]
DirectionName = Annotated[str, typer.Argument(help="What the direction is called.", metavar="NAME")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout and nothing else.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
Output = Annotated[
    Optional[Path],  # noqa: UP045  typer reads the annotation
    typer.Option("-o", "--output", help="Save the picture (.png, .jpg, .webp).", metavar="FILE"),
]
K = Annotated[int, typer.Option("-k", help="How many items.")]
Where = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--where", help="Only items that fulfil this: 'glasses = 1 AND smile > 0.5'.", metavar="SQL"),
]
Seed = Annotated[int, typer.Option("--seed", help="Same seed, same result.")]
Source = Annotated[
    str,
    typer.Argument(
        help="A folder of pictures; a table (csv, tsv, jsonl, parquet) of texts, pictures or vectors; npy, npz, idx; "
        "a file of word vectors; hf:DATASET[:SPLIT]; or portraits:N[:SEED] (built in).",
        metavar="SOURCE",
    ),
]
Fit = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--fit", help="How pictures become square: crop, pad or stretch."),
]
