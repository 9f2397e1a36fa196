"""`lateen encoders`: what turns items into points, and what each needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lateen.cli.options import Json

if TYPE_CHECKING:
    from lateen.encoders.listing import SchemeInfo

NAME = "encoders"
HELP = """List the encoders that `--encoder` takes: what each encodes, whether it decodes, what it needs.

Example: `lateen encoders`
"""


def command(json: Json = False) -> None:
    """Print the schemes."""
    from lateen.cli.output import Plain, emit_json, note
    from lateen.encoders.listing import encoder_list

    schemes = encoder_list()
    if json:
        emit_json(Plain({"encoders": [scheme.to_dict() for scheme in schemes]}))
        return
    for scheme in schemes:
        print(_described(scheme))
    for extra in sorted({s.extra for s in schemes if s.extra is not None and not s.installed}):
        note(f"to install what is missing: pip install 'lateen[{extra}]'")


def _described(scheme: SchemeInfo) -> str:
    does = {True: "encodes and decodes", False: "encodes", None: "encodes"}[scheme.decodes]
    facts = [f"{does} {scheme.encodes}".strip()]
    if scheme.extra is not None:
        facts.append(f"needs lateen[{scheme.extra}]" + ("" if scheme.installed else ", which is not installed"))
    if scheme.package != "lateen":
        facts.append(f"from {scheme.package}")
    facts += ["--" + option.replace("_", "-") for option in scheme.options]
    lines = [scheme.example, f"    {scheme.problem or scheme.summary}", f"    {' · '.join(facts)}"]
    return "\n".join(line for line in lines if line.strip())
