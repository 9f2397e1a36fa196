"""Analogy tests: how often a space of words answers "a is to b as c is to what?", by five methods, honestly.

One idea: the protocol is that of gensim's `evaluate_word_analogies`, written out in the result, beside what the nearest
word to c would reach, and what is left if the question's own words may be answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lateen.arithmetic.analogies import Measured, QuestionSet, read_questions
from lateen.arithmetic.vocabulary import USUAL, Vocabulary
from lateen.core.errors import InputError
from lateen.core.seed import require_seed
from lateen.operations.opened import Opened
from lateen.operations.result import Written
from lateen.operations.rows_file import write_csv

if TYPE_CHECKING:
    from lateen.arithmetic.analogies.asking import Answers
    from lateen.arithmetic.analogies.resolved import Resolved

METHODS = {
    "add": "3CosAdd: greatest cos(x, b) - cos(x, a) + cos(x, c) (Mikolov et al. 2013)",
    "mul": "3CosMul: greatest s(x, b) s(x, c) / (s(x, a) + 0.000001), s = (1 + cos) / 2 (Levy and Goldberg 2014)",
    "pair": "PairDirection: greatest cos(x - c, b - a), undefined at x = c, so never c (Levy and Goldberg 2014)",
    "avg": "3CosAvg: greatest cos(x, c + mean of b - a over the section's other pairs) (Drozd et al. 2016)",
    "lrcos": "LRCos: greatest P(x is like b) cos(x, c), by logistic regression (ridge 1, classes weighted alike) on "
    "the section's other pairs: their b against their a and as many random words (Drozd et al. 2016)",
}
UNKNOWN = ("skip", "wrong")
COLUMNS = ("method", "section", "a", "b", "c", "expected", "answer", "correct", "nearest_to_c", "no_exclusion")
_OF_PAIRS = ("avg", "lrcos")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Analogies(Written):
    """What a space reached on an analogy test.

    Args:
        name: The test set.
        methods: What each method reached.
        protocol: Every choice that the figures depend on.
        notes: What the user should know, a sentence each.
    """

    name: str
    methods: Mapping[str, Measured]
    protocol: Mapping[str, object]
    notes: tuple[str, ...]
    _opened: Opened = field(repr=False)
    _resolved: Resolved = field(repr=False)
    _answers: tuple[Answers, ...] = field(repr=False)

    def __getitem__(self, method: str) -> Measured:
        """What one method reached."""
        if method not in self.methods:
            raise InputError(f"Method {method!r} was not asked; there are {', '.join(self.methods)}.")
        return self.methods[method]

    @property
    def accuracy(self) -> float:
        """The share of right answers of the first method; NaN if it could be asked nothing."""
        return next(iter(self.methods.values())).total.score.accuracy

    def __repr__(self) -> str:
        return f"Analogies({self.name}: {'; '.join(map(repr, self.methods.values()))})"

    def answers(self) -> Iterator[tuple[object, ...]]:
        """Every question with its answers, as `COLUMNS`; "" where there is no word, None where nothing was asked."""
        from lateen.arithmetic.analogies.measuring import right_answers

        found, sections = self._resolved, self._resolved.questions.sections
        ids = self._opened.ids
        for answers in self._answers:
            right = right_answers(answers, found)[0].tolist()
            columns = (answers.first, answers.second, answers.found, answers.nearest, answers.everywhere, answers.known)
            for i, j, *rows, known, correct in zip(*(column.tolist() for column in columns), right, strict=True):
                given = ("", "") if i < 0 else (found.pairs[i].left, _answer(found, i))
                pair = found.pairs[j]
                answer, nearest, everywhere = ("" if row < 0 else ids[row] for row in rows)
                asked = (*given, pair.left, "/".join(pair.answers), answer, int(correct) if known else None)
                yield (answers.method, sections[found.section[j]].name, *asked, nearest, everywhere)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write every question and its answer to a .csv or .tsv file.

        Raises:
            InputError: If the file exists and `force` is not set, or the suffix is another.
        """
        return write_csv(path, COLUMNS, self.answers(), force)

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it: of one method its figures, of several those of each by its name."""
        measured = {name: found.to_dict() for name, found in self.methods.items()}
        figures = next(iter(measured.values())) if len(measured) == 1 else {"methods": measured}
        return {"name": self.name, **figures, "protocol": dict(self.protocol), "notes": list(self.notes)}


def analogies(
    opened: Opened,
    path: str | Path,
    method: Sequence[str] | str = "add",
    *,
    vocabulary: int = USUAL,
    match_case: bool = False,
    unknown: str = "skip",
    seed: int = 0,
    progress: Progress | None = None,
) -> Analogies:
    """Ask a space the questions of a file.

    Args:
        opened: A space whose ids are words.
        path: A file in Google's format, a folder of BATS, or a list of pairs; see `read_questions`.
        method: "add", "mul", "pair", "avg", "lrcos", several of them, or "all".
        vocabulary: How many words of the space count, from the first; 0 for all.
        match_case: Whether "King" and "king" are two words.
        unknown: What becomes of questions with an unknown word: "skip" leaves them out, "wrong" counts them as wrong.
        seed: Of the interval and of LRCos's random words.
        progress: Told what is done, how much of it, and of how much.

    Raises:
        InputError: If the file holds no question, or none can be asked.
    """
    chosen = _methods(method)
    if unknown not in UNKNOWN:
        raise InputError(f"Got {unknown!r} for unknown words; expected {' or '.join(UNKNOWN)}.")
    require_seed(seed)
    questions = read_questions(path)
    words = Vocabulary.of(opened.ids, questions.words(), most=vocabulary, fold=not match_case)
    if not words.found:
        raise InputError(_nothing(opened, questions, words))
    from lateen.arithmetic.analogies.asking import ask
    from lateen.arithmetic.analogies.measuring import measure
    from lateen.arithmetic.analogies.resolved import Resolved

    vectors = opened.folder.scanned_vectors()  # read once, in stretches: a copy of them would be for nothing
    resolved = Resolved.of(questions, words, vectors)
    both = resolved.known_pairs
    if not (both[resolved.first] & both[resolved.second]).any():
        raise InputError(_nothing(opened, questions, words))
    answers = ask(resolved, vectors, chosen, seed, progress)
    measured = {each.method: measure(each, resolved, unknown == "wrong", seed) for each in answers}
    notes = (*questions.notes, *_notes(opened, questions, resolved, measured))
    protocol = _protocol(opened, words, chosen, unknown, seed)
    return Analogies(questions.name, measured, protocol, notes, opened, resolved, tuple(answers))


def _methods(given: Sequence[str] | str) -> list[str]:
    named = [given] if isinstance(given, str) else list(given)
    for name in named:
        if name not in METHODS and name != "all":
            raise InputError(f"There is no method {name!r}; choose {', '.join(METHODS)} or all.")
    if not named:
        raise InputError(f"No method was given; choose {', '.join(METHODS)} or all.")
    return list(METHODS) if "all" in named else [name for name in METHODS if name in named]


def _answer(resolved: Resolved, pair: int) -> str:
    """The word that stood for b: the first answer that is known, else the first."""
    answers, words = resolved.pairs[pair].answers, resolved.vocabulary
    return next((word for word in answers if words.row(word) is not None), answers[0])


def _protocol(
    opened: Opened, words: Vocabulary, methods: Sequence[str], unknown: str, seed: int
) -> dict[str, object]:
    told: dict[str, object] = {
        "vocabulary": f"the first {words.size:,} of {len(opened):,} words",
        "case": "folded to upper case; the most frequent spelling stands for the word" if words.fold else "as written",
        "vectors": "divided by their lengths",
        "answers": "the best word that is not spelled like a, b or c, among the five best without the rows of a, b and "
        "c; if all five are, the fifth; of equal scores the first row",
        "unknown": "questions with a word outside the vocabulary are "
        + ("left out" if unknown == "skip" else "counted as wrong"),
        "interval": "95 %, percentiles of 1,000 bootstrap draws of pairs (a question weighs the product of its two; "
        "Owen 2007); where all answers are right, or none, the exact interval of as many questions as there are pairs",
        "nearest_to_c": "the word nearest to c, the same words excluded (Linzen 2016)",
        "no_exclusion": "a, b and c may be answers (Rogers, Drozd and Li 2017)",
        "seed": seed,
    }
    told |= {name: METHODS[name] for name in methods}
    if any(name in _OF_PAIRS for name in methods):
        told["held_out"] = (
            "avg and lrcos are asked one question for each distinct pair of a section, and learn from its other pairs "
            "(which may have the same b); c alone is excluded; their totals are numbers of pairs"
        )
    return told


def _notes(opened: Opened, questions: QuestionSet, resolved: Resolved, measured: Mapping[str, Measured]) -> list[str]:
    notes = []
    if opened.spec.geometry != "sphere":
        notes.append(f"The geometry of the space is {opened.spec.geometry}; words are compared by cosine all the same.")
    if resolved.zeros:
        notes.append(f"Words with a vector of zeros, which count as unknown: {resolved.zeros:,}.")
    for found in measured.values():
        if not found.total.score.total:
            notes.append(f"{found.method} could be asked nothing: no section has two known pairs.")
    if any(len(section) == 0 for section in questions.sections):
        empty = [section.name for section in questions.sections if len(section) == 0]
        notes.append(f"Sections without a question: {', '.join(empty[:5])}{', ...' if len(empty) > 5 else ''}.")
    return notes


def _nothing(opened: Opened, questions: QuestionSet, words: Vocabulary) -> str:
    """That none of the questions can be asked, and what may help."""
    wanted = sorted(questions.words())
    missing = [word for word in wanted if words.row(word) is None]
    n = len(opened)
    cut = f" (its first {words.size:,} words of {n:,})" if words.size < n else ""
    shown = ", ".join(map(repr, missing[:4])) + (", ..." if len(missing) > 4 else "")
    said = (
        f"{opened.name}{cut} can be asked none of the {len(questions):,} questions of {questions.name}: "
        f"it lacks {len(missing):,} of their {len(wanted):,} words ({shown})."
    )
    everywhere = Vocabulary.of(opened.ids, wanted, most=0, fold=True)
    if len(everywhere.found) > len(words.found):
        return f"{said} With all its words, letter case folded, it has more: widen the vocabulary, or fold case."
    ids = ", ".join(repr(opened.ids[i]) for i in range(min(3, n)))
    return f"{said} Its ids are such as {ids}; expected words in the set's language." if n else f"{said} It is empty."
