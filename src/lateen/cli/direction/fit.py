"""`lateen direction fit`: fit the direction of an attribute."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from lateen.cli.options import DirectionName, Force, Json, Seed, Space

NAME = "fit"
HELP = """Fit the direction of an attribute and keep it with the space: on a field, on pairs, or on words.

A field of two values needs no `--positive`; a continuous one is fitted between its upper and lower third. Of pairs and
words, what stands before the colon is what the direction points to: `--pairs he:she,man:woman` or
`--words warm,hot:cold,icy`.

Example: `lateen direction fit faces.space sunglasses --field eyes --positive sunglasses --group person`
"""


def command(
    space: Space,
    name: DirectionName,
    field: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--field", help="The field that tells who has the attribute."),
    ] = None,
    pairs: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--pairs", help="Pairs such as he:she,man:woman, or a file of a pair a line.", metavar="PAIRS"),
    ] = None,
    words: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--words", help="Words of two poles, such as warm,hot:cold,icy.", metavar="WORDS"),
    ] = None,
    positive: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--positive", help="The value that has it, or a comparison such as '> 0.5'."),
    ] = None,
    method: Annotated[str, typer.Option("--method", help="mean_difference.")] = "mean_difference",
    group: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--group", help="Field of identity: nobody is in both the fit and the test.", metavar="FIELD"),
    ] = None,
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Leave out pairs and words that the space doesn't know.")
    ] = False,
    seed: Seed = 0,
    json: Json = False,
    force: Force = False,
) -> None:
    """Fit a direction."""
    from lateen.cli.output import emit_json
    from lateen.core.errors import InputError
    from lateen.space import Space as Open

    if sum(on is not None for on in (field, pairs, words)) != 1:
        raise InputError("A direction is fitted on something: give one of --field, --pairs and --words.")
    result = Open(space).direction(
        name,
        field=field,
        pairs=pairs,
        words=words,
        positive=positive,
        method=method,
        group=group,
        skip_unknown=skip_unknown,
        seed=seed,
        force=force,
    )
    if json:
        emit_json(result)
        return
    print(result.describe())
