"""Names of clusters: what a cluster has that the other items don't, in a few words, or nothing but its number.

One idea: a name is a measured difference, and the measure goes with it. Where nothing differs enough there is no name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int64, Shaped

from lateen.manifold.clusters import Clusters
from lateen.manifold.distinctive_words import distinctive_words
from lateen.operations.opened import Opened
from lateen.plot.coloring import Categories, Numbers, number_text, read_field

WORDS = 3
TELLING = 0.15  # correlation of having a value and being in the cluster
MOST_OF = 0.6  # what the values of a name must make up
VALUES = 3
ALSO = 0.6  # a second field is named if it tells so much of what the first tells
SAME = 0.98  # of the items, of which two fields say the same
FREQUENT = 5_000  # words that are known well enough to name others
LABEL = "label"  # the field of classes, whose name says nothing where there is no other
LONGEST = 24


@dataclass(frozen=True)
class Name:
    """What a cluster is called.

    Args:
        text: Short.
        why: The figures behind it; "" where there are none.
    """

    text: str
    why: str = ""


@dataclass(frozen=True)
class _Trait:
    field: str
    text: str
    why: str
    telling: float
    has: Bool[np.ndarray, " n"] | None = None  # which items have it, of a field of values


def name_clusters(opened: Opened, clusters: Clusters) -> list[Name]:
    """A name for each cluster: words where the space has words or texts, else what its fields say."""
    spec, shown = opened.spec, opened.folder.meta.shown
    found = [Name("")] * clusters.count
    if spec.modality == "word":
        found = [Name(", ".join(words)) for words in _nearest_words(opened, clusters)]
    elif shown and spec.modality == "text":
        texts = ["" if text is None else str(text) for text in opened.column(shown).tolist()]
        found = [Name(", ".join(words)) for words in distinctive_words(texts, clusters.labels, WORDS)]
    elif clusters.count > 1:
        columns = {name: opened.column(name) for name in opened.fields.column_names if name != shown}
        found = field_names(columns, clusters.labels)
    return _told_apart(found)


def field_names(columns: dict[str, Shaped[np.ndarray, " n"]], labels: Int64[np.ndarray, " n"]) -> list[Name]:
    """Names from the values that are commoner, or larger, in a cluster than elsewhere; "" where none tells enough.

    Args:
        columns: The fields.
        labels: (n,) the cluster of each item, -1 for none.
    """
    read = {name: read_field(values) for name, values in columns.items()}
    classes = [name for name, field in read.items() if isinstance(field, Categories)]
    traits: list[list[_Trait]] = [[] for _ in range(int(labels.max(initial=-1)) + 1)]
    for name, field in read.items():
        for cluster, own in enumerate(traits):
            inside = labels == cluster
            found = None
            if isinstance(field, Categories):
                found = _values(name, field, inside, spoken=_is_spoken(columns[name]) and classes != [LABEL])
            elif isinstance(field, Numbers):
                found = _level(name, field, inside)
            if found is not None and found.telling >= TELLING:
                own.append(found)
    return [_named(own) for own in traits]


def _named(traits: list[_Trait]) -> Name:
    best = sorted(traits, key=lambda trait: (-trait.telling, " = " in trait.text, trait.field))
    best = best[:1] + [trait for trait in best[1:] if not _is_the_same(trait, best[0])][:1]
    if len(best) == 2 and best[1].telling < ALSO * best[0].telling:
        best.pop()
    figures = [f"{trait.field} {trait.why}" if len(best) > 1 or trait.has is None else trait.why for trait in best]
    level = next((place for place, trait in enumerate(best) if trait.has is None), None)
    if level is not None:
        figures[level] = f"median {figures[level]}"
    return Name(", ".join(trait.text for trait in best), "; ".join(figures))


def _is_spoken(values: Shaped[np.ndarray, " n"]) -> bool:
    """Whether values are numbers or truths, which mean nothing without the name of their field."""
    if values.dtype.kind == "O":
        return not any(isinstance(value, str) for value in values)
    return values.dtype.kind not in "UST"


def _is_the_same(one: _Trait, other: _Trait) -> bool:
    """Whether two fields say the same of nearly all items: a number of a class and its name."""
    return one.has is not None and other.has is not None and float(np.mean(one.has == other.has)) > SAME


def _values(name: str, field: Categories, inside: Shaped[np.ndarray, " n"], *, spoken: bool) -> _Trait | None:
    """The values that most of a cluster has and others have less often."""
    known = field.codes >= 0
    here = np.bincount(field.codes[known & inside], minlength=len(field.names))
    there = np.bincount(field.codes[known & ~inside], minlength=len(field.names))
    if not here.sum() or not there.sum():
        return None
    own, other = here / here.sum(), there / there.sum()
    over = [code for code in np.argsort(-own, kind="stable").tolist() if own[code] > 1.3 * other[code]]
    chosen: list[int] = []
    for code in over[:VALUES]:
        if chosen and (own[chosen].sum() >= MOST_OF or own[code] < 0.15):
            break
        chosen.append(code)
    if not chosen or own[chosen].sum() < MOST_OF:
        return None
    has = np.isin(field.codes, chosen)
    text = " or ".join(_cut(field.names[code]) for code in chosen)
    why = f"{_percent(own[chosen].sum())} against {_percent(other[chosen].sum())}"
    telling = _correlation(has[known], inside[known])
    return _Trait(name, f"{_cut(name)} = {text}" if spoken else text, why, telling, has)


def _level(name: str, field: Numbers, inside: Shaped[np.ndarray, " n"]) -> _Trait | None:
    """Whether the values of a cluster are larger or smaller than those elsewhere."""
    known = np.isfinite(field.values)
    if not (known & inside).any() or not (known & ~inside).any():
        return None
    here, there = (float(np.median(field.values[known & part])) for part in (inside, ~inside))
    level = "high" if here > there else "low"
    telling = abs(_correlation(field.values[known], inside[known]))
    return _Trait(name, f"{_cut(name)} {level}", _medians(here, there), telling)


def _medians(here: float, there: float) -> str:
    """Two numbers, with no more digits than tell them apart."""
    short = [number_text(float(f"{value:.2g}")) for value in (here, there)]
    told = short if short[0] != short[1] else [number_text(here), number_text(there)]
    return " against ".join(told)


def _correlation(values: Shaped[np.ndarray, " m"], inside: Shaped[np.ndarray, " m"]) -> float:
    a, b = values.astype(np.float64), inside.astype(np.float64)
    a, b = a - a.mean(), b - b.mean()
    both = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / both if both > 0 else 0.0


def _nearest_words(opened: Opened, clusters: Clusters) -> list[list[str]]:
    """The words nearest to where a cluster's middle differs from the middle of all; of frequent words, if it has some.

    Words come in order of their frequency.
    """
    points: Float[np.ndarray, "n dim"] = np.asarray(opened.points)
    step = -(-len(points) // 100_000) or 1
    middle = points[::step].mean(axis=0)
    names = []
    for cluster in range(clusters.count):
        members = np.flatnonzero(clusters.labels == cluster)
        away = points[members[:FREQUENT]].mean(axis=0) - middle
        away /= max(float(np.linalg.norm(away)), 1e-12)
        known = members[: max(50, min(len(members) // 5, FREQUENT))]
        nearness = (points[known] - middle) @ away
        names.append([opened.ids[int(row)] for row in known[np.argsort(-nearness, kind="stable")[:WORDS]]])
    return names


def _told_apart(names: list[Name]) -> list[Name]:
    """No two names alike; clusters without one are numbered."""
    seen: Counter[str] = Counter()
    made = []
    for place, name in enumerate(names):
        text = name.text or f"cluster {place + 1}"
        seen[text] += 1
        made.append(Name(f"{text} ({seen[text]})" if seen[text] > 1 else text, name.why))
    return made


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
