"""`lateen direction`: fit, list, show, read, erase and remove the directions of attributes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Optional

import typer

from lateen.cli.ending import ends_well
from lateen.cli.options import Force, Json, Output, Seed, Space

app = typer.Typer(
    help="Directions of attributes: fit them on a field or on words, show, read, erase and remove them.",
    no_args_is_help=True,
)
FIT_HELP = """Fit the direction of an attribute and keep it with the space: on a field, on pairs, or on words.

A field of two values needs no `--positive`; a continuous one is fitted between its upper and lower third. Of pairs and
words, what stands before the colon is what the direction points to: `--pairs he:she,man:woman` or
`--words warm,hot:cold,icy`.

Example: `lateen direction fit faces.space sunglasses --field eyes --positive sunglasses --group person`
"""
LIST_HELP = """List the directions of a space.

Example: `lateen direction list faces.space`
"""
SHOW_HELP = """Show one direction: its held-out figures and its angle to the others.

Example: `lateen direction show faces.space sunglasses`
"""
READ_HELP = """Read items along a direction; without any, show those at its two ends.

Of words the first 20,000 are compared with, which are the most frequent if they came in that order: rarer ones are
placed by chance. The percentile is the percent of them that read lower.

Example: `lateen direction read words.space gender king queen nurse -o gender.png`
"""
ERASE_HELP = """Write a space in which the concept of a direction is gone, and measure what that did.

`--method leace` makes the means of both sides equal by the least change; `hard` removes the direction from all words
but those that define it, which are equalised: analogies over these come right by construction. The old space stays as
it is. The new one keeps the direction, so that it can be read before and after.

Example: `lateen direction erase words.space gender -o neutral.space`
"""
REMOVE_HELP = """Remove a direction from a space; its items stay as they are.

Example: `lateen direction remove words.space gender`
"""
Name = Annotated[str, typer.Argument(help="What the direction is called.", metavar="NAME")]


@app.command("fit", help=FIT_HELP)
@ends_well
def fit(
    space: Space,
    name: Name,
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


@app.command("list", help=LIST_HELP)
@ends_well
def list_(space: Space, json: Json = False) -> None:
    """List the directions of a space."""
    from lateen.cli.output import Plain, emit_json, figure, table
    from lateen.operations.direction import CHANCE
    from lateen.space import Space as Open

    opened = Open(space)
    fitted = [opened.direction(name) for name in opened.directions()]
    if json:
        emit_json(Plain({"directions": [f.to_dict() for f in fitted]}))
        return
    rows = [
        [
            f"{d.name} *" if f.warning else d.name,
            d.positive or "",
            figure(d.auc),
            figure(d.random_auc),
            "–" if math.isnan(d.gap) else f"{d.gap:.1f}",
        ]
        for f, d in ((f, f.direction) for f in fitted)
    ]
    if not rows:
        print(f"{space} has no directions yet; fit one: lateen direction fit --help")
        return
    count = "1 direction" if len(rows) == 1 else f"{len(rows)} directions"
    table(f"{count} of {space}", ["name", "positive", "AUC", "by chance", "gap (steps)"], rows)
    print(f"by chance: {CHANCE}")
    for warning in (f.warning for f in fitted if f.warning):
        print(f"* {warning}")


@app.command("show", help=SHOW_HELP)
@ends_well
def show(space: Space, name: Name, json: Json = False) -> None:
    """Show one direction."""
    from lateen.cli.output import emit_json
    from lateen.space import Space as Open

    result = Open(space).direction(name)
    if json:
        emit_json(result)
        return
    print(result.describe())


@app.command("read", help=READ_HELP)
@ends_well
def read(
    space: Space,
    name: Name,
    items: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(help="Ids, files, expressions or texts.", metavar="[ITEM]..."),
    ] = None,
    k: Annotated[int, typer.Option("-k", help="How many items at each end, if none are named.")] = 10,
    vocabulary: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--vocabulary", help="Compare with the first so many items; 0 for all.", metavar="N"),
    ] = None,
    output: Output = None,
    json: Json = False,
    force: Force = False,
) -> None:
    """Read items along a direction."""
    from lateen.cli.output import check_output, emit_json, figure, note, save, table
    from lateen.space import Space as Open

    check_output(output, force)
    result = Open(space).read(name, *(items or ()), k=k, vocabulary=vocabulary)
    save(result, output, force)
    if result.warning:
        note(result.warning)
    if json:
        emit_json(result)
        return
    less, more = result.poles
    title = f"{name}: from {less} (-) to {more} (+), beside {result.among}"
    rows = [[r.item, figure(r.value), f"{r.steps:+.1f}", f"{r.percentile:.2f}"] for r in result.readings]
    table(title, ["item", result.measure, "steps", "percentile"], rows)


@app.command("erase", help=ERASE_HELP)
@ends_well
def erase(
    space: Space,
    name: Name,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the new space.", metavar="SPACE")],
    method: Annotated[str, typer.Option("--method", help="leace or hard.")] = "leace",
    seed: Seed = 0,
    json: Json = False,
    force: Force = False,
) -> None:
    """Write a space without a concept."""
    from lateen.cli.output import emit_json, note
    from lateen.space import Space as Open

    result = Open(space).erase(name, output, method=method, seed=seed, force=force, note=note)
    if json:
        emit_json(result)
        return
    print(result.describe())
    note(f"next: lateen near {output} ITEM")


@app.command("remove", help=REMOVE_HELP)
@ends_well
def remove(space: Space, name: Name, json: Json = False) -> None:
    """Remove a direction."""
    from lateen.cli.output import Plain, emit_json
    from lateen.space import Space as Open

    opened = Open(space)
    opened.remove_direction(name)
    if json:
        emit_json(Plain({"space": str(space), "removed": name}))
        return
    print(f"{name} is no direction of {space} any more.")
