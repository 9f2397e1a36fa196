"""How well the cosines of a space agree with people's judgements of how alike two words are.

One idea: the protocol is that of gensim's `evaluate_word_pairs`, written out in the result, so that figures compare.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from lateen.arithmetic.judgements import LEAST, Judgements, read_judgements
from lateen.arithmetic.vocabulary import USUAL, Vocabulary
from lateen.core.errors import InputError
from lateen.measures import Spearman, spearman
from lateen.measures.spearman import RESAMPLES
from lateen.operations.opened import Opened
from lateen.operations.result import Written, plain, rounded
from lateen.operations.rows_file import write_csv

UNKNOWN = ("skip", "wrong")
DECIMALS = 12  # of a cosine: what rounding adds makes no order, as between each word and itself
COLUMNS = ("word1", "word2", "judgement", "cosine", "judgement_rank", "cosine_rank", "known")


@dataclass(frozen=True)
class Pair:
    """Two words, what people said of them and what the space says.

    Args:
        first: One word, as the file spells it.
        second: The other.
        judgement: How alike people find them, on the file's scale.
        cosine: Of their vectors; NaN for an unknown word in a pair that is left out.
        judgement_rank: 1 for the most alike of the pairs that count; NaN where this one doesn't.
        cosine_rank: The same by the cosines. Equal values share the mean of their ranks.
        known: Whether the space has vectors of both words.
    """

    first: str
    second: str
    judgement: float
    cosine: float
    judgement_rank: float
    cosine_rank: float
    known: bool


@dataclass(frozen=True, eq=False)
class Similarity(Written):
    """Agreement of a space with a set of judgements.

    Args:
        name: The set.
        agreement: Spearman's correlation, with interval and null.
        pearson: The product-moment correlation; NaN where one side has one value only.
        total: Pairs of the set.
        coverage: Share of them whose words the space has.
        unknown: Words that it doesn't have, in the order of the file.
        pairs: All pairs in the order of the file.
        protocol: Every choice that the figures depend on.
        notes: What the user should know, a sentence each.
    """

    name: str
    agreement: Spearman
    pearson: float
    total: int
    coverage: float
    unknown: tuple[str, ...]
    pairs: tuple[Pair, ...]
    protocol: dict[str, object]
    notes: tuple[str, ...] = ()

    @property
    def rho(self) -> float:
        """Spearman's rank correlation."""
        return self.agreement.rho

    @property
    def low(self) -> float:
        """Lower end of its 95 % interval."""
        return self.agreement.low

    @property
    def high(self) -> float:
        """Upper end of its 95 % interval."""
        return self.agreement.high

    @property
    def p(self) -> float:
        """Share of random pairings that agree at least as much."""
        return self.agreement.p

    @property
    def n(self) -> int:
        """Pairs that count."""
        return self.agreement.n

    def __repr__(self) -> str:
        interval = f"rho {self.rho:.3f} (95 % {self.low:.3f} to {self.high:.3f})"
        return f"Similarity({self.name}: {interval}, {self.n:,} of {self.total:,} pairs)"

    def disagreements(self, k: int = 5) -> tuple[Pair, ...]:
        """The k pairs whose two ranks are farthest apart."""
        counted = [pair for pair in self.pairs if not math.isnan(pair.cosine_rank)]
        return tuple(sorted(counted, key=lambda pair: -abs(pair.cosine_rank - pair.judgement_rank))[:k])

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write every pair to a .csv or .tsv file.

        Raises:
            InputError: If the file exists and `force` is not set, or the suffix is another.
        """
        rows = [tuple(getattr(pair, name) for name in Pair.__dataclass_fields__) for pair in self.pairs]
        return write_csv(path, COLUMNS, rows, force)

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it; the pairs are in the file that `save` writes."""
        found = self.agreement
        figures = {name: rounded(getattr(found, name), 6) for name in ("rho", "low", "high", "p")}
        return {
            "name": self.name,
            **figures,
            "pearson": rounded(self.pearson, 6),
            "n": self.n,
            "total": self.total,
            "coverage": rounded(self.coverage, 6),
            "null": {"mean": rounded(found.null_mean, 6), "95": rounded(found.null_95, 6)},
            "calibrated": rounded(found.calibrated, 6),
            "unknown": list(self.unknown),
            "protocol": {name: plain(value) for name, value in self.protocol.items()},
        }


def similarity(
    opened: Opened,
    path: str | Path,
    *,
    column: str | None = None,
    vocabulary: int = USUAL,
    match_case: bool = False,
    unknown: str = "skip",
    seed: int = 0,
) -> Similarity:
    """Compare cosines with the judgements in a file.

    Args:
        opened: A space whose ids are words.
        path: The file, as `read_judgements` takes it.
        column: The scores' column; None for the one that looks most like it.
        vocabulary: How many words of the space count, from the first; 0 for all.
        match_case: Whether "King" and "king" are two words.
        unknown: What becomes of pairs with an unknown word: "skip" leaves them out, "wrong" gives them the cosine 0.
        seed: Of the interval and the null.

    Raises:
        InputError: If the file holds no judgements, or the space knows fewer than three of its pairs.

    Reference:
        Hill, Reichart and Korhonen 2015, "SimLex-999"; the protocol is gensim's.
    """
    if unknown not in UNKNOWN:
        raise InputError(f"Got {unknown!r} for unknown words; expected {' or '.join(UNKNOWN)}.")
    judged = read_judgements(path, column=column)
    words = Vocabulary.of(opened.ids, _words(judged), most=vocabulary, fold=not match_case)
    cosines, missing, directionless = _cosines(opened, judged, words)
    known = ~np.isnan(cosines)
    if known.sum() < LEAST:
        raise InputError(_too_few(opened, judged, words, int(known.sum()), missing))
    if unknown == "wrong":
        cosines = np.where(known, cosines, 0.0)
    found = spearman(judged.scores, cosines, seed=seed)
    counted = ~np.isnan(cosines)
    return Similarity(
        judged.name,
        found,
        _pearson(judged.scores[counted], cosines[counted]),
        len(judged),
        float(known.mean()),
        tuple(missing),
        _pairs(judged, cosines, known),
        _protocol(opened, judged, words, unknown, seed),
        (*judged.notes, *_notes(opened, directionless, found)),
    )


def _words(judged: Judgements) -> list[str]:
    """The words of a set, each once, in the order of the file."""
    return list(dict.fromkeys(word for pair in judged.pairs for word in pair))


def _cosines(
    opened: Opened, judged: Judgements, words: Vocabulary
) -> tuple[Float64[np.ndarray, " n"], list[str], list[str]]:
    """The cosine of each pair, NaN where a word is unknown; the words that are not there; those without a direction."""
    wanted = _words(judged)
    row_of = {word: words.row(word) for word in wanted}
    rows = np.unique(np.array([row for row in row_of.values() if row is not None], np.int64))
    units = _units(opened, rows)
    place = {int(row): i for i, row in enumerate(rows)} | {None: len(rows)}  # after the last: NaN
    at = np.array([[place[row_of[word]] for word in pair] for pair in judged.pairs])
    cosines = (units[at[:, 0]] * units[at[:, 1]]).sum(axis=1)
    cosines = np.clip(cosines.round(DECIMALS), -1, 1)
    missing = _once([word for word in wanted if row_of[word] is None], words)
    without = np.isnan(units[:, 0])
    directionless = [word for word in wanted if row_of[word] is not None and without[place[row_of[word]]]]
    return cosines, missing, _once(directionless, words)


def _units(opened: Opened, rows: Int64[np.ndarray, " m"]) -> Float64[np.ndarray, "m+1 dim"]:
    """Some vectors divided by their lengths, read in one go, and one of NaN; so is each that has no length."""
    units = np.full((len(rows) + 1, opened.spec.dim), np.nan)
    if len(rows):
        units[:-1] = opened.search.vectors[rows]
    lengths = np.sqrt((units * units).sum(axis=1, keepdims=True))
    return np.asarray(units / np.where(lengths > 0, lengths, np.nan))


def _once(spellings: Sequence[str], words: Vocabulary) -> list[str]:
    """Words without those that differ in a letter case that doesn't count."""
    first: dict[str, str] = {}
    for word in spellings:
        first.setdefault(words.key(word), word)
    return list(first.values())


def _pearson(a: Float64[np.ndarray, " n"], b: Float64[np.ndarray, " n"]) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    x, y = a - a.mean(), b - b.mean()
    return float(np.clip((x * y).sum() / math.sqrt((x * x).sum() * (y * y).sum()), -1, 1))


def _pairs(judged: Judgements, cosines: Float64[np.ndarray, " n"], known: np.ndarray) -> tuple[Pair, ...]:
    from scipy.stats import rankdata

    ranks = np.full((2, len(judged)), np.nan)
    counted = ~np.isnan(cosines)
    for i, values in enumerate((judged.scores, cosines)):
        ranks[i, counted] = rankdata(-values[counted])
    numbers = zip(judged.scores.tolist(), cosines.tolist(), *ranks.tolist(), known.tolist(), strict=True)
    return tuple(Pair(*pair, *values) for pair, values in zip(judged.pairs, numbers, strict=True))


def _protocol(opened: Opened, judged: Judgements, words: Vocabulary, unknown: str, seed: int) -> dict[str, object]:
    return {
        "file": judged.layout,
        "vocabulary": words.size,
        "words": len(opened),
        "case": "folded" if words.fold else "as written",
        "similarity": "cosine of unit vectors",
        "unknown": "left out" if unknown == "skip" else "cosine 0",
        "interval": f"95 %, percentile bootstrap over pairs, {RESAMPLES:,} resamples",
        "null": f"random pairings, one-sided, {RESAMPLES:,} permutations",
        "seed": seed,
    }


def _notes(opened: Opened, directionless: Sequence[str], found: Spearman) -> list[str]:
    notes = []
    if opened.spec.geometry != "sphere":
        notes.append(f"The geometry of the space is {opened.spec.geometry}; words are compared by cosine all the same.")
    if directionless:
        many = len(directionless) > 1
        notes.append(
            f"{_some(directionless)} {'have' if many else 'has'} a vector of zeros, without a direction, and "
            f"{'count' if many else 'counts'} as unknown."
        )
    if math.isnan(found.rho):
        notes.append("All cosines, or all judgements that count, are equal, so there is no order to compare.")
    return notes


def _too_few(opened: Opened, judged: Judgements, words: Vocabulary, known: int, missing: Sequence[str]) -> str:
    """That a space doesn't know a set's words, and what may help."""
    n = len(opened)
    cut = f" (its first {words.size:,} words of {n:,})" if words.size < n else ""
    said = f"{opened.name}{cut} has both words of {known} of the {len(judged)} pairs in {judged.name}"
    everywhere = Vocabulary.of(opened.ids, _words(judged), most=0, fold=True)
    there = sum(all(everywhere.row(word) is not None for word in pair) for pair in judged.pairs)
    if there >= LEAST:
        advice = f"With all its words, letter case folded, it would have {there}: widen the vocabulary, or fold case."
    else:
        ids = _some([opened.ids[i] for i in range(min(3, n))])
        advice = f"Its ids are such as {ids}; expected words in the set's language." if n else "The space is empty."
    return f"{said}; at least {LEAST} are needed. Unknown: {_some(missing)}. {advice}"


def _some(words: Sequence[str], most: int = 6) -> str:
    return ", ".join(map(repr, words[:most])) + (", ..." if len(words) > most else "")
