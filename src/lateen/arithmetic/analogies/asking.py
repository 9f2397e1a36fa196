"""Asks the questions of a set by one or more methods, and keeps every answer.

One idea: a method that takes a question's own pair (3CosAdd, 3CosMul, PairDirection) is asked all questions; one that
learns from a section's other pairs (3CosAvg, LRCos) is asked once for each pair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int32, Int64

from lateen.arithmetic.analogies import add, avg, lrcos, mul, pair
from lateen.arithmetic.analogies.columns import Blocked, Columns
from lateen.arithmetic.analogies.exact import fifth_of_five
from lateen.arithmetic.analogies.method import Method
from lateen.arithmetic.analogies.passes import best_rows
from lateen.arithmetic.analogies.resolved import Resolved
from lateen.arithmetic.analogies.units import unit
from lateen.neighbors import Vectors

OF_QUESTIONS = {"add": add.method, "mul": mul.method, "pair": pair.method}
OF_PAIRS = {"avg": avg.method, "lrcos": lrcos.method}
_TOGETHER = 1_000  # questions
_SHORT = 1e-7  # of a difference of unit vectors: it says no direction

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a method answered.

    Args:
        method: Its name.
        first: (q,) the pair that is given; -1 where a method takes none.
        second: (q,) the pair that is asked for.
        known: (q,) whether all words are known, and there is something to learn from.
        found: (q,) the row of the answer, -1 if there is none.
        nearest: (q,) that of the word nearest to c.
        everywhere: (q,) that of the answer where the question's own words may be it.
    """

    method: str
    first: Int64[np.ndarray, " q"]
    second: Int64[np.ndarray, " q"]
    known: Bool[np.ndarray, " q"]
    found: Int64[np.ndarray, " q"]
    nearest: Int64[np.ndarray, " q"]
    everywhere: Int64[np.ndarray, " q"]


@dataclass(frozen=True, eq=False)
class _Asked:
    """Questions as columns, with what belongs to each.

    Args:
        columns: Those that have an answer.
        defined: (asked,) which these are.
        own: (columns, own) rows of their words.
    """

    columns: Columns
    defined: Bool[np.ndarray, " asked"]
    own: Int64[np.ndarray, "q own"]


def ask(
    resolved: Resolved,
    vectors: Vectors,
    methods: Sequence[str],
    seed: int = 0,
    progress: Progress | None = None,
    chunk: int | None = None,
) -> list[Answers]:
    """The answers of each method to a set.

    Args:
        resolved: The set's words in the vocabulary.
        vectors: (n, dim) the vocabulary, read in stretches.
        methods: "add", "mul", "pair", "avg", "lrcos".
        seed: Of LRCos's random words.
        progress: Told what is done, how much of it, and of how much.
        chunk: As of `best_rows`.
    """
    all_questions = resolved.known_pairs[resolved.first] & resolved.known_pairs[resolved.second]
    all_pairs = resolved.known_pairs & (_known_in_section(resolved) >= 2)
    questions = np.flatnonzero(all_questions), np.flatnonzero(all_pairs)
    directions, asked = [resolved.units], {}
    for kind, names in enumerate((OF_QUESTIONS, OF_PAIRS)):
        if not any(name in names for name in methods):
            continue
        build = _Builder(resolved, directions, vectors, seed, progress)
        own = _of_questions(resolved, questions[0]) if kind == 0 else resolved.left[questions[1]][:, None]
        blocked = [resolved.alike(rows) for rows in own.tolist()]
        for name in (*(n for n in names if n in methods), f"nearest {kind}"):
            asked[name] = build.asked(name, own, blocked, questions[kind])
    told = None if progress is None else lambda done, total: progress("scoring", done, total)
    together = np.concatenate(directions)
    columns = [each.columns for each in asked.values()]
    best = best_rows(columns, together, len(resolved.units), vectors, resolved.vocabulary.size, told, chunk)
    rows: dict[str, np.ndarray] = {}
    for (name, each), found in zip(asked.items(), best, strict=True):
        both = np.full((len(each.defined), 2), -1, np.int64)
        both[each.defined, 0] = fifth_of_five(each.columns, found[:, 0], each.own, together, vectors)
        both[each.defined, 1] = found[:, 1]
        rows[name] = both
    return [_answers(name, resolved, rows, (all_questions, all_pairs)) for name in methods]


def _answers(
    name: str, resolved: Resolved, rows: dict[str, np.ndarray], known: tuple[np.ndarray, np.ndarray]
) -> Answers:
    kind = int(name in OF_PAIRS)
    columns = (rows[name][:, 0], rows[f"nearest {kind}"][:, 0], rows[name][:, 1])
    answered = np.full((3, len(known[kind])), -1, np.int64)
    answered[:, known[kind]] = columns
    if kind:
        second = np.arange(len(resolved.pairs))
        return Answers(name, np.full(len(second), -1), second, known[1], *answered)
    first, second = resolved.first.astype(np.int64), resolved.second.astype(np.int64)
    return Answers(name, first, second, known[0], *answered)


def _known_in_section(resolved: Resolved) -> Int64[np.ndarray, " p"]:
    """How many pairs are known in each pair's section."""
    return np.asarray(np.bincount(resolved.section, resolved.known_pairs)[resolved.section].astype(np.int64))


def _of_questions(resolved: Resolved, questions: Int64[np.ndarray, " q"]) -> Int64[np.ndarray, "q 3"]:
    """Rows of b, a and c."""
    given, wanted = resolved.first[questions], resolved.second[questions]
    return np.stack([resolved.right[given], resolved.left[given], resolved.left[wanted]], axis=1)


@dataclass(frozen=True, eq=False)
class _Builder:
    """Makes the columns of a method; directions that are no words are appended to `directions`."""

    resolved: Resolved
    directions: list[np.ndarray]
    vectors: Vectors
    seed: int
    progress: Progress | None

    def asked(
        self, name: str, own: Int64[np.ndarray, "q own"], blocked: list[list[int]], questions: Int64[np.ndarray, " q"]
    ) -> _Asked:
        """The questions of a method, or of the nearest word to c."""
        words = self.resolved.places(own.ravel()).reshape(own.shape)
        places, constants = np.repeat(words[:, -1:], 3, axis=1), np.zeros((len(own), 2))
        defined = np.ones(len(own), bool)
        method: Method = OF_QUESTIONS.get(name) or OF_PAIRS.get(name) or avg.method
        if name in OF_QUESTIONS:
            places = words
        if name == "pair":
            constants[:, 1], defined = self._ways(words)
        elif name in OF_PAIRS:
            made, constants = self._averages(questions) if name == "avg" else self._classes(questions)
            places[:, 0] = sum(map(len, self.directions)) + np.arange(len(own))
            units = unit(made)
            defined = np.ones(len(own), bool) if name == "lrcos" else np.sqrt((made**2).sum(1)) > _SHORT
            self.directions.append(units)
        kept = [rows for rows, is_defined in zip(blocked, defined.tolist(), strict=True) if is_defined]
        columns = Columns(
            method,
            np.ascontiguousarray(places[defined], np.int32),
            constants[defined],
            Blocked.of(kept),
            not name.startswith("nearest"),
        )
        return _Asked(columns, defined, own[defined])

    def _ways(self, words: Int32[np.ndarray, "q 3"]) -> tuple[Float64[np.ndarray, " q"], Bool[np.ndarray, " q"]]:
        """For PairDirection: cos(b, c) - cos(a, c), and whether a and b differ; some at a time, for memory's sake."""
        shift, defined = np.zeros(len(words)), np.zeros(len(words), bool)
        for start in range(0, len(words), _TOGETHER):
            part = slice(start, start + _TOGETHER)
            b, a, c = (self.resolved.units[words[part, i]] for i in range(3))
            shift[part], defined[part] = ((b - a) * c).sum(1), np.sqrt(((b - a) ** 2).sum(1)) > _SHORT
        return shift, defined

    def _sections(self, pairs: Int64[np.ndarray, " p"]) -> list[Int64[np.ndarray, " s"]]:
        """Places in `pairs` of those of each section."""
        sections = self.resolved.section[pairs]
        return [np.flatnonzero(sections == s) for s in np.unique(sections)]

    def _sides(self, pairs: Int64[np.ndarray, " p"]) -> tuple[np.ndarray, np.ndarray]:
        r = self.resolved
        return r.units[r.places(r.left[pairs])], r.units[r.places(r.right[pairs])]

    def _averages(self, pairs: Int64[np.ndarray, " p"]) -> tuple[np.ndarray, np.ndarray]:
        made = np.zeros((len(pairs), self.resolved.units.shape[1]))
        for section in self._sections(pairs):
            made[section] = avg.targets(*self._sides(pairs[section]))
        return made, np.zeros((len(pairs), 2))

    def _classes(self, pairs: Int64[np.ndarray, " p"]) -> tuple[np.ndarray, np.ndarray]:
        made, constants = np.zeros((len(pairs), self.resolved.units.shape[1])), np.zeros((len(pairs), 2))
        sections = self._sections(pairs)
        total, done = sum(min(len(s), lrcos.MOST_FITS) for s in sections), 0

        def count() -> None:
            nonlocal done
            done += 1
            if self.progress is not None:
                self.progress("learning", done, total)

        for section in sections:
            own = pairs[section]
            random = self._random(own)
            weights, intercepts = lrcos.classifiers(*self._sides(own), random, count)
            made[section] = weights
            constants[section] = np.stack([np.sqrt((weights**2).sum(1)), intercepts], axis=1)
        return made, constants

    def _random(self, pairs: Int64[np.ndarray, " p"]) -> Float64[np.ndarray, "n dim"]:
        """Unit vectors of as many words of the vocabulary as there are pairs, without the section's own."""
        size, n = self.resolved.vocabulary.size, len(pairs)
        own = np.concatenate([self.resolved.left[pairs], self.resolved.right[pairs]])
        drawn = np.random.default_rng([self.seed, int(self.resolved.section[pairs[0]])])
        rows = drawn.choice(size, min(size, 3 * n), replace=False)
        units = unit(np.asarray(self.vectors[np.sort(rows[~np.isin(rows, own)][:n])], np.float32))
        return units[units.any(axis=1)]
