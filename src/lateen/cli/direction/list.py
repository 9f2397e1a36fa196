"""`lateen direction list`: the directions of a space."""

from __future__ import annotations

import math

from lateen.cli.options import Json, Space

NAME = "list"
HELP = """List the directions of a space.

Example: `lateen direction list faces.space`
"""


def command(space: Space, json: Json = False) -> None:
    """List the directions of a space."""
    from lateen.cli.output import Plain, emit_json, table
    from lateen.operations.fitted import CHANCE
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
            _share(d.auc),
            _share(d.along),
            _share(d.random_auc),
            "–" if math.isnan(d.gap) else f"{d.gap:.1f}",
        ]
        for f, d in ((f, f.direction) for f in fitted)
    ]
    if not rows:
        print(f"{space} has no directions yet; fit one: lateen direction fit --help")
        return
    count = "1 direction" if len(rows) == 1 else f"{len(rows)} directions"
    table(f"{count} of {space}", ["name", "positive", "AUC", "along", "by chance", "gap (steps)"], rows)
    print(f"AUC: of its probe where it has one; along: of the direction alone; by chance: {CHANCE}")
    for warning in (f.warning for f in fitted if f.warning):
        print(f"* {warning}")


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
