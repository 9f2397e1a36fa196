"""The score of a direction: what its edits do, what else they do, and how far the judge is to be believed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8
from PIL.Image import Image

from lateen.measures.edit_score import Kept, Share, Skill
from lateen.operations.result import Pictured, rounded
from lateen.plot.score import Bar, Pair, ScorePage, score_page

GOOD = 0.95  # success that the measured dose is to reach


@dataclass(frozen=True)
class Dosed:
    """What one dose does, on a part of the items.

    Args:
        dose: Steps, or with `until` the share of each item's own steps.
        success: Share that is read as having the attribute; NaN where no field says who has it.
        kept: Mean share that is kept over the independent attributes.
        reading: Mean of how far the attribute is read as there: its probability, or a number in the field's units.
    """

    dose: float
    success: float
    kept: float
    reading: float


@dataclass(frozen=True)
class Identity:
    """Whether the edited items are still who they were.

    Args:
        share: Of the items.
        how: "reader" (read as the same person) or "retrieval" (nearer to their own original than to any other's).
        chance: What guessing gives.
    """

    share: Share
    how: str
    chance: float


@dataclass(frozen=True, eq=False)
class Shown:
    """An edited item for the picture.

    Args:
        id: Of the item.
        before: Its plain reconstruction.
        after: The edit.
        reached: Whether it is read as having the attribute; None where no field says who has it.
        lost: Attributes that are not kept.
    """

    id: str
    before: UInt8[np.ndarray, "size size 3"]
    after: UInt8[np.ndarray, "size size 3"]
    reached: bool | None
    lost: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Score(Pictured):
    """How well a direction edits, judged by a reader of pixels that never saw a code.

    Args:
        name: The direction.
        rule: What the edit is to bring about, in words.
        dose: Steps of the edit; with `until` the mean over the items.
        until: The value that was to be reached, or None.
        n: Items that were edited: held out of the fit and of the reader, and read as not having it before.
        success: Share that is read as having it after.
        kept: What became of each other attribute that can be judged.
        unjudged: Attributes that can't be, with the reader's skill on reconstructions; NaN where it doesn't read them.
        unsteady: Attributes that can't be either, since more than one item in 20 loses them by merely being encoded and
            decoded: the share that keeps them then, and after the edit.
        independent: Those of `kept` that don't go along with the attribute in this space's data.
        along: Those that do, with how strongly (0 to 1).
        selectivity: Mean share kept over the independent ones.
        least: Which of these is kept least.
        harmonic: Harmonic mean of success and selectivity.
        identity: Whether items are still who they were.
        reader: How well each field is read on held-out pictures: real ones, and their plain reconstructions.
        told: The same of the attribute itself: share of held-out items that are put on the right side.
        doses: What other doses do.
        measured_dose: Least dose at which 95 % succeed; NaN if none of them gets there.
        notes: What the user should know, a sentence each.
        shown: Eight edited items, evenly spaced from the least to the most successful.
    """

    name: str
    rule: str
    dose: float
    until: float | None
    n: int
    success: Share
    kept: Mapping[str, Kept]
    unjudged: Mapping[str, float]
    unsteady: Mapping[str, tuple[float, float]]
    independent: tuple[str, ...]
    along: Mapping[str, float]
    selectivity: float
    least: str | None
    harmonic: float
    identity: Identity
    reader: Mapping[str, tuple[Skill, Skill]]
    told: tuple[float, float]
    doses: tuple[Dosed, ...]
    monotone: bool | None
    measured_dose: float
    notes: tuple[str, ...]
    shown: tuple[Shown, ...] = field(repr=False, default=())

    @property
    def completeness(self) -> float:
        """The success, as the pair of completeness and selectivity has it."""
        return self.success.value

    def __repr__(self) -> str:
        return (
            f"Score of {self.name} ({self.rule}): success {_figure(self.success.value)}, "
            f"selectivity {_figure(self.selectivity)}, harmonic mean {_figure(self.harmonic)}, "
            f"n {self.n}, dose {_figure(self.dose, 2)}"
        )

    def describe(self) -> str:
        """A few lines for people."""
        share, who = self.success, self.identity
        lines = [
            f"{self.name} ({self.rule}), {self.n} held-out items, "
            + (f"dose {self.dose:.2f} steps" if self.until is None else f"{self.dose:+.2f} steps on average"),
            "" if math.isnan(share.value) else f"success {_interval(share)}",
            f"selectivity {_figure(self.selectivity)}" + (f", least: {self.least}" if self.least else ""),
            "" if math.isnan(self.harmonic) else f"harmonic mean {self.harmonic:.3f}",
            f"identity kept {_interval(who.share)}, by {who.how}; chance {who.chance:.3f}",
            "" if math.isnan(self.measured_dose) else f"{GOOD:.0%} succeed from {self.measured_dose:.2f} steps on",
        ]
        return "\n".join(line for line in lines if line)

    def rows(self) -> list[list[str]]:
        """A row of figures for each other attribute, as text: those that can't be judged last."""
        found = []
        for name, kept in self.kept.items():
            real, decoded = self.reader[name]
            along = f"{self.along[name]:.2f}" if name in self.along else "–"
            drift = "–" if math.isnan(kept.drift) else f"{kept.drift:+.2f}"
            interval = f"{kept.share.low:.3f}–{kept.share.high:.3f}"
            read = f"{real.figure:.2f}", f"{decoded.figure:.2f}"
            found.append([name, f"{kept.share.value:.3f}", interval, str(kept.share.n), drift, along, *read])
        for name, (plain, edited) in self.unsteady.items():
            real, decoded = self.reader[name]
            read = f"{real.figure:.2f}", f"{decoded.figure:.2f}"
            found.append([name, f"({edited:.3f})", f"{plain:.3f} unedited", "", "", "", *read])
        for name in self.unjudged:
            skills = self.reader.get(name)
            read = ("–", "–") if skills is None else (f"{skills[0].figure:.2f}", f"{skills[1].figure:.2f}")
            found.append([name, "–", "not judged", "", "", "", *read])
        return found

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        return {
            "name": self.name,
            "rule": self.rule,
            "dose": rounded(self.dose),
            "until": self.until,
            "n": self.n,
            "success": rounded(self.success.value),
            "success_interval": [rounded(self.success.low), rounded(self.success.high)],
            "kept": {name: self._kept(name) for name in self.kept},
            "selectivity": rounded(self.selectivity),
            "least": self.least,
            "completeness": rounded(self.completeness),
            "harmonic": rounded(self.harmonic),
            "identity_kept": {
                "share": rounded(self.identity.share.value),
                "interval": [rounded(self.identity.share.low), rounded(self.identity.share.high)],
                "how": self.identity.how,
                "chance": rounded(self.identity.chance),
            },
            "reader": {
                name: {
                    "real": rounded(real.figure),
                    "decoded": rounded(decoded.figure),
                    "measure": "accuracy" if real.baseline else "r2",
                    "baseline": rounded(real.baseline),
                }
                for name, (real, decoded) in self.reader.items()
            },
            "attribute_read": {"real": rounded(self.told[0]), "decoded": rounded(self.told[1])},
            "unjudged": {name: rounded(skill) for name, skill in self.unjudged.items()},
            "unsteady": {
                name: {"unedited": rounded(plain), "edited": rounded(edited)}
                for name, (plain, edited) in self.unsteady.items()
            },
            "independent": list(self.independent),
            "confounded": {name: rounded(strength) for name, strength in self.along.items()},
            "doses": [
                {key: rounded(getattr(dosed, key)) for key in ("dose", "success", "kept", "reading")}
                for dosed in self.doses
            ],
            "monotone": self.monotone,
            "measured_dose": rounded(self.measured_dose),
            "notes": list(self.notes),
        }

    def _kept(self, name: str) -> dict[str, object]:
        kept = self.kept[name]
        return {
            "kept": rounded(kept.share.value),
            "interval": [rounded(kept.share.low), rounded(kept.share.high)],
            "n": kept.share.n,
            "drift": rounded(kept.drift),
            "moved": rounded(kept.moved),
            "independent": name in self.independent,
        }

    def picture(self) -> Image:
        """A page: bars of what is kept, the dose-response, and eight pairs."""
        success = self.success
        first = "" if math.isnan(success.value) else f"success {success.value:.3f}   "
        both = "" if math.isnan(self.harmonic) else f"   harmonic mean {self.harmonic:.3f}"
        identity = f"identity kept {_figure(self.identity.share.value)} (chance {_figure(self.identity.chance)})"
        far = f"dose {self.dose:.2f} steps" if self.until is None else f"until {self.until:g}"
        enough = self.measured_dose
        measured = "" if math.isnan(enough) else f"{GOOD:.0%} succeed from {enough:.2f} steps on"
        return score_page(
            ScorePage(
                title=f"{self.name}: {first}selectivity {_figure(self.selectivity)}{both}",
                subtitle=f"{self.rule}   {far}   {self.n:,} held-out items   {identity}",
                bars=tuple(self._bar(name) for name in self.kept),
                unjudged=(
                    *(f"{name} (lost unedited: {1 - plain:.2f})" for name, (plain, _) in self.unsteady.items()),
                    *(
                        f"{name} ({'not read' if math.isnan(skill) else f'{skill:.2f}'})"
                        for name, skill in self.unjudged.items()
                    ),
                ),
                doses=tuple((d.dose, d.success, d.kept) for d in self.doses),
                used=self.dose if self.until is None else 1.0,
                dose_name="dose in steps" if self.until is None else "share of the way of each item",
                measured=measured,
                pairs=tuple(Pair(s.id, s.before, s.after, s.reached, s.lost) for s in self.shown),
            )
        )

    def _bar(self, name: str) -> Bar:
        kept = self.kept[name]
        share, strength = kept.share, self.along.get(name)
        return Bar(name, share.value, share.low, share.high, share.n, kept.drift, strength)


def _interval(share: Share) -> str:
    return f"{share.value:.3f} (95 % {share.low:.3f} to {share.high:.3f})"


def _figure(value: float, digits: int = 3) -> str:
    return "not known" if math.isnan(value) else f"{value:.{digits}f}"
