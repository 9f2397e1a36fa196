"""What an edit answers: before and after, what it changes, how surely, and how near to data it stays on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from PIL.Image import Image

from lateen.core.synthetic import Synthetic
from lateen.operations.near import shown
from lateen.operations.opened import Opened
from lateen.operations.result import Pictured, not_decoded, rounded, stands_in
from lateen.operations.until import Stop
from lateen.plot.edit import Effect, before_after


class Waypoint(NamedTuple):
    """A point on the way from before to after.

    Args:
        share: Of the way, 0 ... 1.
        support: How near to data it is.
    """

    share: float
    support: float


@dataclass(frozen=True, eq=False)
class Edited(Pictured):
    """An item before and after.

    Args:
        item: What was edited.
        by: Steps along each direction, in standard deviations; those that were taken, where the edit was to find them.
        before: The item as the codec sees it.
        after: The moved point.
        changed: Predicted change of each field that can be read off the codes, in the field's own units: first what is
            intended, then what is kept, then by how much of its range each changes.
        intervals: The 95 % interval of each, from what is not known of the weights of the field's reader.
        intended: Those of the fields that the directions were fitted on; all others are side effects.
        unreadable: Fields of which nothing can be predicted.
        warnings: What not to rely on, and why.
        along: Support on the way.
        readings: What the probe of each direction says before and after, where it has one.
        until: Where the move stopped, if it was to find that out.
        kept: What is predicted to change, all the same, of what was to be kept.
        share_left: Where something is kept: for each direction, how much of a step's effect on its own reading is left
            when what is kept is taken out. The step is lengthened so that it has its whole effect.
    """

    item: str
    by: Mapping[str, float | int]
    before: Synthetic
    after: Synthetic
    changed: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    intended: tuple[str, ...]
    unreadable: tuple[str, ...]
    warnings: tuple[str, ...]
    along: tuple[Waypoint, ...]
    readings: Mapping[str, tuple[float, float]]
    until: Stop | None
    kept: Mapping[str, float]
    share_left: Mapping[str, float]
    _opened: Opened = field(repr=False)

    @property
    def support(self) -> float:
        """How near to data the edited point is."""
        return self.after.support

    @property
    def side_effects(self) -> tuple[str, ...]:
        """What is predicted to change besides, beyond doubt: the interval leaves out 0."""
        own = {*self.intended, *self.kept}
        return tuple(name for name, (low, high) in self.intervals.items() if name not in own and (low > 0 or high < 0))

    def kind(self, name: str) -> str:
        """What a change is: "intended", "kept", "side effect", or "" where there may be none."""
        if name in self.intended or name in self.kept:
            return "intended" if name in self.intended else "kept"
        return "side effect" if name in self.side_effects else ""

    def __repr__(self) -> str:
        support = f"support {self.before.support:.2f} before, {self.support:.2f} after"
        return f"{self.item} edited by {self._moves}: {support}"

    @property
    def _moves(self) -> str:
        return ", ".join(f"{name} {steps:+.3g}" if steps else f"{name} 0" for name, steps in self.by.items())

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        until = self.until
        return {
            "item": self.item,
            "by": dict(self.by),
            "support": rounded(self.support),
            "support_before": rounded(self.before.support),
            "changed": {name: rounded(change) for name, change in self.changed.items()},
            "intervals": {name: [rounded(low), rounded(high)] for name, (low, high) in self.intervals.items()},
            "intended": list(self.intended),
            "unreadable": list(self.unreadable),
            "along": [{"share": rounded(w.share), "support": rounded(w.support)} for w in self.along],
            "readings": {name: [rounded(a), rounded(b)] for name, (a, b) in self.readings.items()},
            "until": None if until is None else until.target,
            "dose": None if until is None else rounded(until.dose),
            "stopped": None if until is None else until.stopped,
            "kept": {name: rounded(change) for name, change in self.kept.items()},
            "share_left": {name: rounded(share) for name, share in self.share_left.items()},
            "warnings": list(self.warnings),
            "nearest": self.after.nearest,
            "decoded_by": self.after.decoded_by,
        }

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the two pictures, a sentence each."""
        return not_decoded(self.after, self._opened.spec.modality)

    def describe_until(self) -> str | None:
        """Where the move stopped and why, a sentence; None if that was not asked."""
        if self.until is None:
            return None
        (name,) = self.by
        return self.until.describe(name, self.readings[name][1])

    def picture(self) -> Image:
        """Before, after and difference, beside the support on the way and the predicted changes."""
        before, after = shown([self.before.image, self.after.image])
        instead = stands_in(self.after)
        readout, moves = self._opened.readout, list(self.by.values())
        effects = [
            Effect(name, change, *self.intervals[name], readout.reach(name), self.kind(name))
            for name, change in self.changed.items()
        ]
        whole = moves[0] if len(moves) == 1 else None
        shares = [w.share for w in self.along]
        labels = [f"{share:.0%}" if whole is None else f"{share * whole:+.3g}" if share else "0" for share in shares]
        return before_after(
            before,
            after,
            labels=(self.item if instead else f"{self.item}, decoded", self._moves),
            changed=effects,
            along=[] if whole == 0 else [(label, w.support) for label, w in zip(labels, self.along, strict=True)],
            title=instead,
        )
