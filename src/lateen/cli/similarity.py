"""`lateen similarity`: how well cosines agree with people's judgements."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from lateen.cli.options import Force, Json, Seed, Space

if TYPE_CHECKING:
    from lateen.operations.similarity import Similarity

NAME = "similarity"
HELP = """Compare cosines of words with how alike people find them: Spearman's correlation, its interval and coverage.

FILE is SimLex-999, WordSim-353 or MEN as published, or any file of two words and a number on each line.

Example: `lateen similarity words.space SimLex-999.txt -o pairs.csv`
"""
SHOWN = 12  # unknown words; all are in --json


def command(
    space: Space,
    file: Annotated[Path, typer.Argument(help="Two words and a score on each line.", metavar="FILE")],
    column: Annotated[
        Optional[str],  # noqa: UP045  typer reads the annotation
        typer.Option("--column", help="The scores' column: its name, or its number from 1.", metavar="NAME"),
    ] = None,
    vocabulary: Annotated[
        int, typer.Option("--vocabulary", help="How many words count, from the most frequent; 0 for all.", metavar="N")
    ] = 300_000,
    match_case: Annotated[bool, typer.Option("--match-case", help="King and king are two words.")] = False,
    unknown: Annotated[
        str, typer.Option("--unknown", help="Pairs with an unknown word: skip them, or wrong (cosine 0).")
    ] = "skip",
    seed: Seed = 0,
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-o", "--output", help="Write every pair with its ranks (.csv, .tsv).", metavar="FILE"),
    ] = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Print how well a space agrees with a set of judgements."""
    from lateen.cli.output import check_output, told
    from lateen.operations.rows_file import SUFFIXES
    from lateen.space import Space as Open

    check_output(output, force, SUFFIXES)
    result = Open(space).similarity(
        file, column=column, vocabulary=vocabulary, match_case=match_case, unknown=unknown, seed=seed
    )
    if told(result, output, force, json):
        return
    _show(result)


def _show(result: Similarity) -> None:
    from lateen.cli.output import figure, table

    found, protocol = result.agreement, result.protocol
    print(f"{result.name}   rho {figure(result.rho)}   95 % {figure(result.low)} to {figure(result.high)}")
    print(f"pairs      {result.n:,} of {result.total:,} count; {result.coverage:.1%} have both words in the space")
    print(f"Pearson    {figure(result.pearson)}")
    print(f"by chance  {figure(found.null_95)} or more once in twenty; p {figure(result.p, 2)}")
    if result.unknown:
        more = f", ... ({len(result.unknown):,} in all)" if len(result.unknown) > SHOWN else ""
        print(f"unknown    {', '.join(result.unknown[:SHOWN])}{more}")
    said = "; ".join(f"{name}: {_plain(value)}" for name, value in protocol.items())
    print(fill(said, 100, initial_indent="protocol   ", subsequent_indent=" " * 11))
    rows = [
        [
            f"{pair.first} – {pair.second}",
            figure(pair.judgement, 2),
            figure(pair.cosine),
            _rank(pair.judgement_rank),
            _rank(pair.cosine_rank),
        ]
        for pair in result.disagreements()
    ]
    print()
    table("where they differ most (rank 1: most alike)", ["pair", "judged", "cosine", "rank", "by cosine"], rows)


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _rank(rank: float) -> str:
    return f"{rank:,.0f}" if rank.is_integer() else f"{rank:,.1f}"
