"""Space: a latent space on disk, open to be searched, walked, edited, sampled and mapped.

Each method is one operation; the operation's own file says how it works.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Float32, UInt8

from lateen.arithmetic.vocabulary import USUAL
from lateen.core.codec import Items, LatentSpec
from lateen.core.direction import Direction
from lateen.core.errors import InputError
from lateen.core.geometry import Geometry
from lateen.core.points import Points
from lateen.manifold.graph import NEIGHBOURS, Way
from lateen.manifold.pullback import Pulled
from lateen.operations.analogies import Analogies, analogies
from lateen.operations.attach import Attached, attach, detach
from lateen.operations.clusters import Clusters, clusters
from lateen.operations.dimension import Dimension, dimension_of
from lateen.operations.direction import Pairs, Words, described, fit_words, get, remove
from lateen.operations.direction_examples import Examples, fit_of_examples
from lateen.operations.direction_field import fit, fit_values, needs_value
from lateen.operations.discover import discover, name_direction
from lateen.operations.discovered import Discovered
from lateen.operations.duplicates import Duplicates, duplicates
from lateen.operations.edit import Edited, edit
from lateen.operations.fitted import Fitted
from lateen.operations.geodesic import geodesic_of
from lateen.operations.index import Indexed, make_index, remove_index
from lateen.operations.info import Info, info
from lateen.operations.map import Map, make_map
from lateen.operations.near import Neighbours, near
from lateen.operations.opened import Opened
from lateen.operations.reading import Readings, read
from lateen.operations.sample import Samples, sample
from lateen.operations.similarity import Similarity, similarity
from lateen.operations.solve import Solution, solve
from lateen.operations.tangent import LocalChart, Place, Projected, chart, project, support
from lateen.operations.traverse import Traversal, traverse
from lateen.operations.unlike import Unlike, unlike
from lateen.operations.walk import Walk, walk
from lateen.store import SpaceFolder

if TYPE_CHECKING:
    from lateen.building.edited import EditedAll
    from lateen.building.erased import Erased
    from lateen.operations.scored import Score

Told: TypeAlias = Callable[[int, int], None]
"""Told how many items have their neighbours, and of how many."""


class Space:
    """A latent space; `lateen.open(path)` gives one.

    An ITEM below is an id of the space, the path of a picture file (it is encoded; in a space of vectors a .npy file
    of one), an expression over both, or, where the space's encoder takes texts, a text.

    Args:
        path: The `NAME.space` folder.

    Raises:
        SpaceError: If the folder is no space, of another format version, unfinished or damaged.

    Example:
        >>> import lateen as lt
        >>> faces = lt.open("faces.space")                        # doctest: +SKIP
        >>> faces.path("anna.jpg", "ben.jpg").save("path.png")    # doctest: +SKIP
    """

    def __init__(self, path: str | Path) -> None:
        self._opened = Opened(SpaceFolder.open(Path(path)))

    def _repr_html_(self) -> str:
        return self.info()._repr_html_()

    def __len__(self) -> int:
        return len(self._opened)

    def __repr__(self) -> str:
        spec = self.spec
        return f"Space({self._opened.path.name}: {len(self):,} items, {spec.dim} dimensions, {spec.encoder})"

    @property
    def folder(self) -> Path:
        """The folder of the space."""
        return self._opened.path

    @property
    def spec(self) -> LatentSpec:
        """What the vectors are: encoder, dimension, geometry, fingerprint."""
        return self._opened.spec

    @property
    def geometry(self) -> Geometry:
        """How distances, means and ways are taken."""
        return self._opened.geometry

    @property
    def ids(self) -> Sequence[str]:
        """Ids of the items, in row order."""
        return self._opened.ids

    @property
    def vectors(self) -> Float32[np.ndarray, "n dim"]:
        """All vectors, (n, dim), memory-mapped."""
        return self._opened.vectors

    @property
    def points(self) -> Points:
        """The items as plain data in memory: ids, vectors, fields."""
        fields = {name: self._opened.column(name) for name in self._opened.fields.column_names}
        return Points(self._opened.ids, np.asarray(self.vectors), fields, self.geometry)

    def info(self) -> Info:
        """What the space holds, where it came from, and how far the data is compressed."""
        return info(self._opened)

    def vector(self, item: str | int) -> Float32[np.ndarray, " dim"]:
        """The point of an ITEM, (dim,); of a word its unit vector. `vectors[row]` has what is stored."""
        return self._opened.locate(item).vector

    def near(self, item: str | int, k: int = 10, *, where: str | None = None) -> Neighbours:
        """The k items nearest to an ITEM, of those that `where` admits (SQL over the fields: "glasses = 1")."""
        return near(self._opened, item, k, where)

    def unlike(self, k: int = 10, *, where: str | None = None, progress: Told | None = None) -> Unlike:
        """The outliers: the k items that are farthest from their nearest others, of those that `where` admits."""
        return unlike(self._opened, k, where, progress)

    def tangent(
        self, place: Place, d: int | None = None, k: int | None = None, *, progress: Told | None = None
    ) -> LocalChart:
        """The chart of the data at an ITEM or a (dim,) vector: d directions, fitted to its k nearest others."""
        return chart(self._opened, place, d, k, progress)

    def project(self, place: Place, d: int | None = None, k: int | None = None) -> Projected:
        """Where an ITEM or a (dim,) vector lands on the d-dimensional manifold that the items lie on."""
        return project(self._opened, place, d, k)

    def support(self, vectors: Float[np.ndarray, "*n dim"]) -> Float[np.ndarray, " n"]:
        """How near to data any vectors are, (n, dim) or one: 1 deep inside, 0 beyond all held-out items."""
        return support(self._opened, vectors)

    def duplicates(self, within: float | int | None = None, *, progress: Told | None = None) -> Duplicates:
        """Items that are the same or near-identical, in groups; `within` is a distance, else what chance excludes."""
        return duplicates(self._opened, within, progress)

    def solve(
        self,
        expression: str,
        k: int = 10,
        *,
        where: str | None = None,
        method: str = "add",
        include_inputs: bool = False,
    ) -> Solution:
        """Latent arithmetic: where "a - b + c" leads, decoded, and the k items nearest to it."""
        return solve(self._opened, expression, k, where, method, include_inputs)

    def analogies(
        self,
        path: str | Path,
        method: Sequence[str] | str = "add",
        *,
        vocabulary: int = USUAL,
        match_case: bool = False,
        unknown: str = "skip",
        seed: int = 0,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Analogies:
        """How often it answers analogy questions rightly, and what that is worth.

        Args:
            path: A file in Google's format, a folder of BATS, or a list of pairs.
            method: "add", "mul", "pair", "avg", "lrcos", several of them, or "all".
            vocabulary: How many words count, from the first; 0 for all.
            match_case: Whether "King" and "king" are two words.
            unknown: Questions with an unknown word: "skip" leaves them out, "wrong" counts them.
            seed: Of the intervals and of LRCos's random words.
            progress: Told what is done, how much of it, and of how much.
        """
        return analogies(
            self._opened,
            path,
            method,
            vocabulary=vocabulary,
            match_case=match_case,
            unknown=unknown,
            seed=seed,
            progress=progress,
        )

    def similarity(
        self,
        path: str | Path,
        *,
        column: str | None = None,
        vocabulary: int = USUAL,
        match_case: bool = False,
        unknown: str = "skip",
        seed: int = 0,
    ) -> Similarity:
        """How well cosines agree with people's judgements.

        Args:
            path: SimLex-999, WordSim-353, MEN, or any file of two words and a number on each line.
            column: The scores' column, by its name or its number from 1; None for the one that looks most like it.
            vocabulary: How many words count, from the first; 0 for all.
            match_case: Whether "King" and "king" are two words.
            unknown: Pairs with an unknown word: "skip" leaves them out, "wrong" gives them the cosine 0.
            seed: Of the interval and the null.
        """
        return similarity(
            self._opened,
            path,
            column=column,
            vocabulary=vocabulary,
            match_case=match_case,
            unknown=unknown,
            seed=seed,
        )

    def path(
        self,
        *items: str | int,
        steps: int = 9,
        along: str | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Walk:
        """The decoded way through two or more ITEMs: along "straight", "sphere", "gaussian", "graph" or "pullback"."""
        return walk(self._opened, items, steps, along, progress)

    def geodesic(
        self,
        start: str | int | np.ndarray,
        end: str | int | np.ndarray,
        *,
        along: str = "graph",
        k: int = NEIGHBOURS,
        power: float | int = 1,
        measure: str = "distance",
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Way | Pulled:
        """The way between two ITEMs or vectors that keeps to the data, as a path: what `lt.geodesic` gives."""
        return geodesic_of(self._opened, start, end, along, k, power, measure, progress)

    def direction(
        self,
        name: str,
        *,
        field: str | None = None,
        pairs: Pairs | None = None,
        words: Words | None = None,
        examples: Examples | None = None,
        against: Examples | None = None,
        positive: str | None = None,
        method: str = "mean_difference",
        without: Sequence[str] | str = (),
        group: str | None = None,
        skip_unknown: bool = False,
        seed: int = 0,
        force: bool = False,
    ) -> Fitted:
        """A named direction, fitted and kept with the space, or, if nothing is said to fit it on, the one kept before.

        Args:
            name: What it is called.
            field: Fit it on a field of the items,
            pairs: or on pairs of words: "he:she,man:woman" points from the second words to the first,
            words: or on the words of two poles: "warm,hot:cold,icy" points from the second side to the first,
            examples: or on examples, to which it points: ITEMs, such as pictures, ids of a group, or texts,
            against: from these, which it points away from.
            positive: Which value of the field has the attribute.
            method: How it is fitted on a field: "mean_difference", "logistic", "lda", "leace" or "ridge".
            without: Fields that are held equal, so that the direction doesn't carry them along.
            group: Field of identity.
            skip_unknown: Leave out pairs and words that the space doesn't know.
            seed: Of what is held out.
            force: Replace an older direction of that name.
        """
        if (examples is None) != (against is None):
            raise InputError(f"--{'against' if examples is None else 'examples'} is one side of a direction only; "
                             "give both --examples and --against.")
        if sum(on is not None for on in (field, pairs, words, examples)) > 1:
            raise InputError("A direction is fitted on a field, on pairs, on words or on examples; give one of these.")
        if field is not None:
            return fit(self._opened, name, field, positive, method, group, seed, force, self._listed(without))
        if positive is not None or group is not None or without:
            raise InputError("--positive, --without and --group are about a field; give one with --field.")
        if method != "mean_difference":
            raise InputError(f"--method {method} is about a field; pairs, words and examples are fitted in one way.")
        if examples is not None and against is not None:
            return fit_of_examples(self._opened, name, examples, against, seed=seed, force=force)
        if pairs is None and words is None:
            return described(self._opened, get(self._opened, name))
        return fit_words(
            self._opened, name, pairs=pairs, words=words, skip_unknown=skip_unknown, seed=seed, force=force
        )

    def directions_of(
        self,
        name: str,
        *,
        field: str,
        method: str = "mean_difference",
        without: Sequence[str] | str = (),
        group: str | None = None,
        seed: int = 0,
        force: bool = False,
    ) -> tuple[Fitted, ...]:
        """One direction for each value of a categorical field, called NAME:VALUE, each against all other values."""
        return fit_values(self._opened, name, field, method, group, seed, force, self._listed(without))

    def has_values(self, field: str) -> bool:
        """Whether a field has several values of which none is the attribute: words, or 3 to 10 numbers."""
        return needs_value(self._opened.column(field))

    def directions(self) -> dict[str, Direction]:
        """All directions kept with the space."""
        return self._opened.directions

    def discover(
        self,
        method: str = "pca",
        n: int | None = None,
        *,
        features: int | None = None,
        seed: int = 0,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Discovered:
        """Axes that no label names, with what goes along with each; they can be used as directions at once.

        Args:
            method: "pca", "ica" or "sae".
            n: How many; 10 if nothing is said, or as many as there are.
            features: Of "sae": size of the dictionary; up to 4 for each number of an item.
            seed: Where the method's random numbers start.
            progress: Told what is done, how much of it, and of how much.
        """
        return discover(self._opened, method, n, seed, features, progress)

    def name_direction(self, old: str, new: str, *, force: bool = False) -> Fitted:
        """Keep a discovered axis under a name, or rename a direction; `force` replaces another of that name."""
        return name_direction(self._opened, old, new, force)

    def remove_direction(self, name: str) -> None:
        """Remove a direction that is kept with the space."""
        remove(self._opened, name)

    def read(
        self, name: str, *items: str | int | Sequence[str | int], k: int = 10, vocabulary: int | None = None
    ) -> Readings:
        """ITEMs along a direction, one by one or in lists, beside the first `vocabulary` items.

        Without any ITEM, the k at each of its ends.
        """
        every = [item for given in items for item in ([given] if isinstance(given, str | int) else given)]
        return read(self._opened, name, every, k, vocabulary)

    def score(
        self,
        name: str,
        *,
        items: int = 500,
        dose: float | int | None = None,
        until: float | int | None = None,
        within: float | int | None = None,
        find_dose: bool = False,
        group: str | None = None,
        seed: int = 0,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Score:
        """What edits of held-out items along a direction do, and what else, by an independent reader of pixels.

        Args:
            name: The direction.
            items: How many are edited, at most; a third of those without the attribute is held out at most.
            dose: Steps; by default those that the direction suggests.
            until: Move each item until the direction's own probe reads so, instead.
            within: How near to it the reader must find a number; by default half a standard deviation.
            find_dose: Find the dose that is enough on other items, score at it, and keep it with the direction.
            group: Field of identity; by default the one that the direction was judged with.
            seed: Of what is held out, and of the reader.
            progress: Told what is done, how much of it, and of how much.
        """
        from lateen.operations.score import score

        return score(
            self._opened, name, items, dose, until, within, group, seed, progress, find_dose=find_dose
        )

    def tune(
        self,
        name: str,
        *,
        keep: Sequence[str] | str = (),
        seed: int = 0,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Fitted:
        """Bend a direction until its edits keep other fields in the decoded pictures, and find the dose that is enough.

        Args:
            name: A direction of a field; the bent one replaces it.
            keep: The fields; by default those it was fitted without, and all that don't go along with it.
            seed: Of the reader of pixels that is trained for it.
            progress: Told what is done, how much of it, and of how much.
        """
        from lateen.operations.tune import tune

        return tune(self._opened, name, self._listed(keep), seed, progress)

    def erase(
        self,
        name: str,
        out: str | Path,
        *,
        method: str = "leace",
        seed: int = 0,
        force: bool = False,
        note: Callable[[str], object] | None = None,
    ) -> Erased:
        """A new space without the concept of a direction, by "leace" or "hard" debiasing, and what that did."""
        from lateen.building.erasing import erase

        return erase(self._opened, name, out, method, seed=seed, force=force, note=note)

    def edit(
        self,
        item: str | int,
        by: Mapping[str, float | int] | str,
        *,
        keep: Sequence[str] | str = (),
        until: float | int | None = None,
    ) -> Edited:
        """An ITEM moved along named directions, in standard deviations: `by={"glasses": 2, "smile": -1}`.

        Args:
            item: What to edit.
            by: Steps by direction; with `until` the name of one, or 1 or -1 for the way.
            keep: Fields or directions whose linear readings must not change.
            until: What the direction's own probe is to read; the number of steps is found.
        """
        return edit(self._opened, item, by, keep, until)

    def edit_all(
        self,
        by: Mapping[str, float | int] | str,
        out: str | Path,
        *,
        source: str | Path | None = None,
        where: str | None = None,
        keep: Sequence[str] | str = (),
        until: float | int | None = None,
        force: bool = False,
        progress: Told | None = None,
    ) -> EditedAll:
        """Every item of a source, or of the space, edited: a folder of pictures with a table, edits.csv.

        Args:
            by: As for `edit`.
            out: The folder; if it has a part of the same edits, the rest is done.
            source: Items to encode and edit; None for those of the space.
            where: Of the items of the space those that fulfil this, SQL over the fields.
            keep: As for `edit`.
            until: As for `edit`.
            force: Replace edits with other settings in that folder.
            progress: Told how many items are done, and of how many.
        """
        from lateen.building.edited import edit_all

        return edit_all(
            self._opened, by, out, source=source, where=where, keep=keep, until=until, force=force, progress=progress
        )

    def traverse(
        self,
        item: str | int,
        direction: str,
        *,
        other: str | None = None,
        start: float | int | None = None,
        end: float | int | None = None,
        steps: int | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Traversal:
        """An ITEM along a named direction, decoded step by step; with an `other` one, a grid of both."""
        return traverse(self._opened, item, direction, other, start, end, steps, progress)

    def sample(self, n: int = 16, *, seed: int = 0) -> Samples:
        """New items, drawn like the data."""
        return sample(self._opened, n, seed)

    def attach(self, model: str | Path, *, force: bool = False) -> Attached:
        """Put a decoder that `lateen.train(..., model="decoder")` made into the space: it then decodes by it."""
        return attach(self._opened, Path(model), force=force)

    def detach(self) -> None:
        """Remove the attached decoder."""
        detach(self._opened)

    def dimension(
        self,
        *,
        k: int = 10,
        method: str = "mle",
        by: str | None = None,
        seed: int = 0,
        progress: Told | None = None,
    ) -> Dimension:
        """How many dimensions the items really have, across scales, and around those of each value of a field.

        Args:
            k: Neighbours of each item that are looked at.
            method: "mle", "two_nn", "gride" or "pca".
            by: A field of few values; `label` if there is one and nothing is said.
            seed: Of the items that are drawn for larger scales.
            progress: Told how many items have their neighbours, and of how many.
        """
        return dimension_of(self._opened, method, k, by, seed, progress)

    def clusters(self, *, progress: Told | None = None) -> Clusters:
        """Which items belong together, with exemplars and a name for each group."""
        return clusters(self._opened, progress)

    def map(
        self,
        *,
        method: str = "lateen",
        dims: int = 2,
        color: str | None = None,
        seed: int = 0,
        attraction: float | int | None = None,
        device: str | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Map:
        """The space laid out in two or three dimensions.

        Args:
            method: "lateen", "umap", "tsne" or "pca".
            dims: 2 or 3.
            color: Field that colours the picture.
            seed: Where the method's random numbers start.
            attraction: Of "lateen": 1 as t-SNE, 2 by default, about 4 as UMAP, 30 as a drawing by springs.
            device: Of "lateen": "cuda" computes it with torch on a GPU, "auto" if there is one; as good, other bytes.
            progress: Told what is done, how much of it, and of how much.
        """
        return make_map(self._opened, method, dims, color, seed, attraction, device, progress)

    def encode(self, items: Items) -> Float32[np.ndarray, "n dim"]:
        """Vectors of items of the space's kind; pictures in the size that it was built with."""
        return self._opened.encode(items)

    def index(self, *, force: bool = False, note: Callable[[str], None] | None = None) -> Indexed:
        """Make the search index of a large space: `near` is a matter of milliseconds then, and nearly exact."""
        return make_index(self._opened, force, note)

    def drop_index(self) -> Indexed:
        """Remove the search index: `near` is exact again."""
        return remove_index(self._opened)

    def decode(self, vectors: Float32[np.ndarray, "n dim"]) -> list[UInt8[np.ndarray, "height width 3"] | None]:
        """Pictures of vectors: decoded, or those of the nearest items where the space has no decoder."""
        return [made.image for made in self._opened.synthesise(vectors)]

    def to_arrow(self) -> pa.Table:
        """The space as a table: id, vector and the fields."""
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(np.asarray(self.vectors).ravel()), self.spec.dim)
        fields = self._opened.fields
        columns = {name: fields[name] for name in fields.column_names}
        return pa.table({"id": self._opened.ids.column(), "vector": vectors} | columns)

    def _listed(self, names: Sequence[str] | str) -> list[str]:
        """Fields as a list, or with commas between them as the command line gives them; a field may have one itself."""
        if isinstance(names, str) and names in self._opened.fields.column_names:
            return [names]
        given = names.split(",") if isinstance(names, str) else names
        return [name.strip() for name in given if name.strip()]
