"""`lateen direction fit`: fit the direction of an attribute."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from lateen.cli.options import DirectionName, Force, Json, Output, Seed, Space

NAME = "fit"
HELP = """Fit the direction of an attribute and keep it with the space: on a field, on pairs, on words, or on examples.

A field of two values needs no `--positive`; of more values, each gets a direction called NAME:VALUE; a continuous one
is fitted between its upper and lower third. `--without` holds other fields equal, so that the direction doesn't carry
them along. `-o` draws it on a page. Of pairs and
words, what stands before the colon is what the direction points to: `--pairs he:she,man:woman` or
`--words warm,hot:cold,icy`. Examples are ITEMs, such as pictures, ids, or texts where these are understood; five a side
work, and what is said of them tells how far to believe it.

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
    examples: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--examples", help="ITEMs it points to: a.png,b.png, or a text file of them.", metavar="ITEMS"),
    ] = None,
    against: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--against", help="ITEMs it points away from.", metavar="ITEMS"),
    ] = None,
    positive: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--positive", help="The value that has it, or a comparison such as '> 0.5'."),
    ] = None,
    method: Annotated[
        str, typer.Option("--method", help="mean_difference, to steer; lda, logistic, ridge, to read; or leace.")
    ] = "mean_difference",
    without: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--without", help="Fields that are held equal: beard,hair_length.", metavar="FIELDS"),
    ] = None,
    group: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--group", help="Field of identity: nobody is in both the fit and the test.", metavar="FIELD"),
    ] = None,
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Leave out pairs and words that the space doesn't know.")
    ] = False,
    seed: Seed = 0,
    output: Output = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Fit a direction."""
    from lateen.cli.output import Plain, check_output, emit_json, save
    from lateen.core.errors import InputError
    from lateen.space import Space as Open

    if sum(on is not None for on in (field, pairs, words, examples or against or None)) != 1:
        raise InputError("A direction is fitted on something: give one of --field, --pairs and --words, or --examples "
                         "and --against.")
    check_output(output, force)
    opened, held = Open(space), ",".join(without or ())
    if field is not None and positive is None and opened.has_values(field):
        if output is not None:
            raise InputError(f"{field!r} has several values and gets a direction for each; -o draws one. Say with "
                             "--positive which one it is, or draw each with: lateen direction show SPACE NAME -o FILE")
        found = opened.directions_of(
            name, field=field, method=method, without=held, group=group, seed=seed, force=force
        )
        if json:
            emit_json(Plain({"name": name, "directions": [each.to_dict() for each in found]}))
            return
        print("\n\n".join(each.describe() for each in found))
        return
    result = opened.direction(
        name,
        field=field,
        pairs=pairs,
        words=words,
        examples=examples or None,
        against=against or None,
        positive=positive,
        method=method,
        without=held,
        group=group,
        skip_unknown=skip_unknown,
        seed=seed,
        force=force,
    )
    save(result, output, force)
    if json:
        emit_json(result)
        return
    print(result.describe())
