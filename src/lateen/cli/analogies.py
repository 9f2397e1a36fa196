"""`lateen analogies`: an analogy test."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from lateen.cli.options import Force, Json, Seed, Space

if TYPE_CHECKING:
    from lateen.arithmetic.analogies import Part
    from lateen.operations.analogies import Analogies

NAME = "analogies"
HELP = """Ask a space of words "a is to b as c is to what?", and say how often it is right and what that is worth.

FILE is in Google's format (four words a line, sections ": NAME"), a folder of BATS, or a list of pairs.

Example: `lateen analogies glove.space questions-words.txt --method all -o answers.csv`
"""


def command(
    space: Space,
    file: Annotated[Path, typer.Argument(help="The questions.", metavar="FILE")],
    method: Annotated[
        Optional[list[str]],  # noqa: UP045  typer reads the annotation
        typer.Option("--method", "-m", help="add, mul, pair, avg, lrcos or all; add if nothing is said. Repeatable."),
    ] = None,
    vocabulary: Annotated[
        int, typer.Option("--vocabulary", help="How many words count, from the most frequent; 0 for all.", metavar="N")
    ] = 300_000,
    match_case: Annotated[bool, typer.Option("--match-case", help="King and king are two words.")] = False,
    unknown: Annotated[
        str, typer.Option("--unknown", help="Questions with an unknown word: skip leaves them out, wrong counts them.")
    ] = "skip",
    output: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("-o", "--output", help="Save every question and its answer (.csv, .tsv).", metavar="FILE"),
    ] = None,
    seed: Seed = 0,
    json: Json = False,
    force: Force = False,
) -> None:
    """Print what was reached, by section and in total, and the protocol."""
    from lateen.cli.output import check_output, told
    from lateen.cli.progress import bar
    from lateen.operations.rows_file import SUFFIXES
    from lateen.space import Space as Open

    check_output(output, force, SUFFIXES)
    with bar() as shown:
        result = Open(space).analogies(
            file,
            method or "add",
            vocabulary=vocabulary,
            match_case=match_case,
            unknown=unknown,
            seed=seed,
            progress=shown.on_rows,
        )
    if told(result, output, force, json):
        return
    _print(result)


def _print(result: Analogies) -> None:
    from lateen.cli.output import table

    names = ["right", "of", "accuracy", "95 %", "nearest to c", "no exclusion", "unknown"]
    if len(result.methods) == 1:
        found = next(iter(result.methods.values()))
        rows = [[name, *_cells(part)] for name, part in (*found.sections.items(), ("total", found.total))]
        table(f"{result.name}, {found.method}", ["section", *names], rows)
        landed = ", ".join(f"{word} {count:,}" for word, count in found.total.landed.items())
        print(f"answers without exclusion that are the question's own words: {landed}")
    else:
        table(result.name, ["method", *names], [[name, *_cells(m.total)] for name, m in result.methods.items()])
        measured = list(result.methods.values())
        by_section = [
            [name, *(_share(m.sections[name].score.accuracy) for m in measured)] for name in measured[0].sections
        ]
        table("accuracy by section", ["section", *result.methods], by_section)
    print("protocol")
    for name, text in result.protocol.items():
        print(f"  {name}: {text}")


def _cells(part: Part) -> list[str]:
    score = part.score
    interval = "–" if math.isnan(score.low) else f"{score.low:.3f}-{score.high:.3f}"
    shares = [_share(s.accuracy) for s in (part.nearest_to_c, part.no_exclusion)]
    return [f"{score.correct:,}", f"{score.total:,}", _share(score.accuracy), interval, *shares, f"{part.unknown:,}"]


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
