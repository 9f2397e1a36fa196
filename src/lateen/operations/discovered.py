"""What was discovered: axes with their descriptions, as text, as plain data and as one page."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL.Image import Image

from lateen.core.direction import Direction
from lateen.core.synthetic import Synthetic
from lateen.directions.discover import Along
from lateen.operations.near import has_pictures, shown
from lateen.operations.opened import Opened
from lateen.operations.result import Pictured, known, not_decoded, rounded, stands_in
from lateen.plot.discovered import Row, discovered

MOST_DRAWN = 40

ALIKE = 0.3  # cosine from which on the most similar direction is named


@dataclass(frozen=True)
class Kept:
    """A direction with its description, as it is written."""

    name: str
    plain: dict[str, object]

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        return self.plain


@dataclass(frozen=True, eq=False)
class DiscoveredAxis:
    """One axis.

    Args:
        direction: The direction, under its name for now, such as "sae-3".
        share: Share of the items' variance that it explains.
        fires: Share of the items in which it is active; None of methods whose axes always are.
        along: Fields that go along with it, strongest first.
        bottom: Ids of the items that have least of it, least first.
        top: Ids of those that have most, most first.
        novelty: Share of it that the directions kept with the space don't make up: 1 is all new.
        most_like: The kept direction that it is most like, and the cosine; None where there is none.
        frames: A typical item moved along it.
        steps: How far each of these is moved, in standard deviations.
        description: What goes along with it, in words.
    """

    direction: Direction
    share: float
    fires: float | None
    along: tuple[Along, ...]
    bottom: tuple[str, ...]
    top: tuple[str, ...]
    novelty: float
    most_like: tuple[str, float] | None
    frames: tuple[Synthetic, ...]
    steps: tuple[int, ...]
    description: str

    @property
    def name(self) -> str:
        """What it is called until the user names it."""
        return self.direction.name

    def __repr__(self) -> str:
        return f"{self.name} ({self.share:.1%} of the variance): {self.description}"

    def named(self) -> Kept:
        """What is kept of it."""
        return Kept(self.name, self.direction.to_dict() | {"description": self.description})

    def to_dict(self) -> dict[str, object]:
        """Plain data."""
        along = [
            {"field": a.field, "value": a.value, "r" if a.value is None else "auc": rounded(_figure(a))}
            for a in self.along
        ]
        like = None if self.most_like is None else {"name": self.most_like[0], "cosine": rounded(self.most_like[1])}
        return {
            "name": self.name,
            "description": self.description,
            "share": rounded(self.share, 6),
            "fires": None if self.fires is None else rounded(self.fires),
            "scale": rounded(self.direction.scale, 6),
            "along": along,
            "top": list(self.top),
            "bottom": list(self.bottom),
            "novelty": rounded(self.novelty),
            "most_like": like,
            "traversal": {
                "steps": list(self.steps),
                "support": [rounded(f.support) for f in self.frames],
                "nearest": [f.nearest for f in self.frames],
                "decoded_by": self.frames[0].decoded_by,
            },
        }


@dataclass(frozen=True, eq=False)
class Discovered(Pictured):
    """Axes of a space, the most telling first.

    Args:
        method: "pca", "ica" or "sae".
        axes: The axes.
        items: How many items the space has.
        seed: Same seed, same axes.
        features: Size of the dictionary that they were chosen from; None of methods that have none.
        r2: Share of the variance of held-out items that the whole dictionary explains; None where there is none.
        settled: Whether the method came to rest.
        kept: Whether the axes could be written into the space.
    """

    method: str
    axes: tuple[DiscoveredAxis, ...]
    items: int
    seed: int
    features: int | None
    r2: float | None
    settled: bool
    kept: bool
    _opened: Opened = field(repr=False)

    def __len__(self) -> int:
        return len(self.axes)

    def __getitem__(self, i: int) -> DiscoveredAxis:
        return self.axes[i]

    def __repr__(self) -> str:
        of = "" if self.features is None else f" of {self.features:,} features (held-out R² {self.r2:.2f})"
        return f"{len(self.axes)} axes by {self.method}{of}: " + "; ".join(map(repr, self.axes))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know, a sentence each."""
        drawn = has_pictures(self._opened)
        return (
            *(not_decoded(self.axes[0].frames[0], self._opened.spec.modality) if drawn else ()),
            *(() if self.settled else ("ICA didn't come to rest: the items may have no independent causes.",)),
            *(() if self.kept else (f"{self._opened.name} can't be written to: the axes are not kept.",)),
        )

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        return {
            "method": self.method,
            "n": len(self.axes),
            "items": self.items,
            "seed": self.seed,
            "features": self.features,
            "r2": None if self.r2 is None else rounded(self.r2),
            "settled": self.settled,
            "kept": self.kept,
            "axes": [axis.to_dict() for axis in self.axes],
        }

    def picture(self) -> Image:
        """One row for each axis: what goes along with it, the traversal, the items at both ends."""
        drawn = has_pictures(self._opened)
        rows = [self._row(axis, drawn) for axis in self.axes[:MOST_DRAWN]]
        kind = "words" if self._opened.spec.modality == "word" else "items"
        title = f"{len(self.axes)} axes of {self.items:,} {kind}, by {self.method}"
        if self.features is not None:
            title += f" of {self.features:,} features"
        instead = stands_in(self.axes[0].frames[0]) if drawn else None
        return discovered(rows, steps=self.axes[0].steps if drawn else (), title=title, instead=instead)

    def _row(self, axis: DiscoveredAxis, drawn: bool) -> Row:
        facts = [f"{axis.share:.1%} of the variance"]
        if axis.fires is not None:
            facts.append(f"in {axis.fires:.1%} of the items")
        if axis.most_like is not None:
            name, cosine = axis.most_like
            facts.append(f"novelty {axis.novelty:.2f}")
            if abs(cosine) >= ALIKE:
                facts.append(f"most like {name} {cosine:+.2f}".replace("-", "\u2212"))
        return Row(
            name=axis.name,
            description=_lines(axis, drawn),
            facts=tuple(facts),
            frames=shown([f.image for f in axis.frames]) if drawn else (),
            support=[known(f.support) for f in axis.frames] if drawn else (),
            bottom=shown(self._opened.pictures(axis.bottom)) if drawn else axis.bottom,
            top=shown(self._opened.pictures(axis.top)) if drawn else axis.top,
        )


def _lines(axis: DiscoveredAxis, drawn: bool) -> tuple[str, ...]:
    """The description, a line each; nothing where it only repeats the items that are written beside it."""
    if axis.along:
        return tuple(map(str, axis.along))
    return (axis.description,) if drawn or not axis.description.startswith("more ") else ()


def _figure(along: Along) -> float:
    return along.strength if along.value is None else along.auc
