"""`lateen attach`: give a space a decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from lateen.cli.options import Force, Json, Space

NAME = "attach"
HELP = """Put a trained decoder into a space whose encoder can't decode; paths, edits and samples then decode there.

Train one with `lateen train SOURCE --model decoder --encoder E -o MODEL`, E being the encoder of the space.

Example: `lateen attach photos.space photos.decoder`
"""


def command(
    space: Space,
    model: Annotated[Optional[Path], typer.Argument(help="The decoder's model folder.", metavar="MODEL")] = None,  # noqa: UP045
    detach: Annotated[bool, typer.Option("--detach", help="Remove the decoder that is attached.")] = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Attach or detach and say so."""
    from lateen.cli.output import Plain, emit_json
    from lateen.core.errors import InputError
    from lateen.space import Space as Open

    if (model is None) != detach:
        raise InputError("lateen attach got " + ("both a model and" if model else "no model and no") + " --detach.")
    opened = Open(space)
    if model is None:
        opened.detach()
        if json:
            emit_json(Plain({"space": space.name, "detached": True}))
        else:
            print(f"space {space.name}: the attached decoder is removed")
        return
    result = opened.attach(model, force=force)
    if json:
        emit_json(result)
    else:
        print(result)
