"""Answers of all five methods: those of a plain computation in double precision, whatever the size of the chunks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from lateen.arithmetic.analogies import Pair, QuestionSet, Section, exact
from lateen.arithmetic.analogies.asking import Answers, ask
from lateen.arithmetic.analogies.measuring import measure
from lateen.arithmetic.analogies.resolved import Resolved
from lateen.arithmetic.vocabulary import Vocabulary

ALL = ("add", "mul", "pair", "avg", "lrcos")


def questions_of(words: list[str], rng: np.random.Generator, sections: int = 2, pairs: int = 6) -> QuestionSet:
    made = []
    for s in range(sections):
        chosen = rng.choice(words, (pairs, 2), replace=False)
        listed = tuple(Pair(str(a), (str(b),)) for a, b in chosen)
        first, second = np.nonzero(~np.eye(pairs, dtype=bool))
        made.append(Section(f"s{s}", listed, first.astype(np.int32), second.astype(np.int32)))
    return QuestionSet("made", tuple(made))


def resolved(questions: QuestionSet, words: list[str], vectors: np.ndarray, fold: bool = False) -> Resolved:
    return Resolved.of(questions, Vocabulary.of(words, questions.words(), most=0, fold=fold), vectors)


def units(vectors: np.ndarray) -> np.ndarray:
    x = vectors.astype(np.float64)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def best(scores: np.ndarray, without: list[int]) -> int:
    """The row of the greatest score; scores that rounding alone tells apart are equal."""
    scores = scores.copy()
    scores[without] = -np.inf
    return int(np.flatnonzero(scores >= scores.max() - 1e-13)[0])


def triple(method: str, x: np.ndarray, b: int, a: int, c: int) -> np.ndarray:
    of_b, of_a, of_c = x @ x[b], x @ x[a], x @ x[c]
    if method == "add":
        return of_b - of_a + of_c
    if method == "mul":
        return (1 + of_b) / 2 * (1 + of_c) / 2 / ((1 + of_a) / 2 + 1e-6)
    away = x - x[c]
    length = np.linalg.norm(away, axis=1)
    there = length > 1e-6
    return np.where(there, away @ (x[b] - x[a]) / np.where(there, length, 1), -np.inf)


def check_triples(found: Resolved, answers: list[Answers], vectors: np.ndarray) -> int:
    x, checked = units(vectors), 0
    for each in answers:
        for q in np.flatnonzero(each.known).tolist():
            b, a = int(found.right[each.first[q]]), int(found.left[each.first[q]])
            c = int(found.left[each.second[q]])
            scores = triple(each.method, x, b, a, c)
            assert each.found[q] == best(scores, [a, b, c])
            assert each.everywhere[q] == best(scores, [])
            assert each.nearest[q] == best(x @ x[c], [a, b, c])
            checked += 1
    return checked


@pytest.mark.parametrize("dim", [3, 40])
def test_three_words_and_a_plain_computation(dim: int) -> None:
    rng = np.random.default_rng(dim)
    words = [f"w{i}" for i in range(700)]
    vectors = rng.normal(size=(700, dim)).astype(np.float32) * 10.0 ** rng.integers(-3, 4, (700, 1)).astype(np.float32)
    questions = questions_of(words, rng)
    found = resolved(questions, words, vectors)
    answers = ask(found, vectors, ("add", "mul", "pair"))
    assert check_triples(found, answers, vectors) == 3 * len(questions)


def test_methods_of_whole_sections_and_a_plain_computation() -> None:
    rng = np.random.default_rng(7)
    words = [f"w{i}" for i in range(900)]
    vectors = rng.normal(size=(900, 20)).astype(np.float32)
    questions = questions_of(words, rng, pairs=12)
    found = resolved(questions, words, vectors)
    averaged, classified = ask(found, vectors, ("avg", "lrcos"), seed=3)
    x = units(vectors)
    for s, section in enumerate(questions.sections):
        of_section = np.flatnonzero(found.section == s)
        left, right = found.left[of_section], found.right[of_section]
        drawn = np.random.default_rng([3, s]).choice(900, 36, replace=False)
        drawn = np.sort([row for row in drawn if row not in {*left, *right}][:12])
        for i, pair in enumerate(of_section.tolist()):
            c, others = int(left[i]), np.arange(len(section.pairs)) != i
            target = x[c] + x[right[others]].mean(0) - x[left[others]].mean(0)
            scores = x @ target
            assert averaged.found[pair] == best(scores, [c])
            assert averaged.everywhere[pair] == best(scores, [])
            rows = np.concatenate([right[others], left[others], drawn])
            model = LogisticRegression(class_weight="balanced").fit(x[rows], np.arange(len(rows)) < 11)
            scores = model.predict_proba(x)[:, 1] * (x @ x[c])
            assert classified.found[pair] == best(scores, [c])
            assert classified.everywhere[pair] == best(scores, [])
            assert averaged.nearest[pair] == best(x @ x[c], [c])
    assert averaged.known.sum() == classified.known.sum() == 24
    assert measure(averaged, found, False, 0).total.score.total == 24


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.sampled_from([2, 5, 16]), st.booleans())
def test_chunks_change_nothing(seed: int, chunk: int, dim: int, coarse: bool) -> None:
    """Not even where vectors repeat, point the same way or are zero: the lower row wins."""
    rng = np.random.default_rng(seed)
    words = [f"w{i}" for i in range(150)]
    vectors = rng.integers(-1, 2, (150, dim)) if coarse else rng.normal(size=(150, dim)).round(2)
    vectors = vectors.astype(np.float32)
    questions = questions_of(words, rng, pairs=4)
    found = resolved(questions, words, vectors)
    whole, parts = ask(found, vectors, ALL), ask(found, vectors, ALL, chunk=chunk)
    for one, other in zip(whole, parts, strict=True):
        for name in ("found", "nearest", "everywhere", "known"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_more_candidates_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors with few values tie again and again; they are taken up in several goes."""
    rng = np.random.default_rng(9)
    words = [f"w{i}" for i in range(400)]
    vectors = rng.integers(-1, 2, (400, 3)).astype(np.float32)
    vectors[~vectors.any(axis=1)] = 1
    found = resolved(questions_of(words, rng), words, vectors)
    whole = ask(found, vectors, ALL)
    monkeypatch.setattr(exact, "_ROOM", 1)
    monkeypatch.setattr(exact, "_FEW", 7)
    for one, other in zip(whole, ask(found, vectors, ALL), strict=True):
        np.testing.assert_array_equal(one.found, other.found)
        np.testing.assert_array_equal(one.everywhere, other.everywhere)
    plain = [each for each in whole if each.method in ("add", "mul")]
    assert check_triples(found, plain, vectors) > 20


def test_of_equal_words_the_first_is_the_answer_and_a_zero_never() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(3_000, 8)).astype(np.float32)
    vectors[5:1_000] = 0
    vectors[2_000:] = vectors[1_000:2_000] * 4  # the same directions, in another chunk
    words = [f"w{i}" for i in range(3_000)]
    first = Section("s", (Pair("w0", ("w1",)), Pair("w2", ("w3",)), Pair("w7", ("w4",))), *_all_ordered(3))
    found = resolved(QuestionSet("made", (first,)), words, vectors)
    assert found.zeros == 1
    for each in ask(found, vectors, ALL):
        assert each.known.sum() == 2  # w7 is zero
        for rows in (each.found, each.nearest, each.everywhere):
            assert (rows[each.known] < 2_000).all()
            assert not ((rows[each.known] >= 5) & (rows[each.known] < 1_000)).any()


def _all_ordered(pairs: int) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.nonzero(~np.eye(pairs, dtype=bool))
    return first.astype(np.int32), second.astype(np.int32)


def test_a_copy_of_c_is_nowhere_from_it() -> None:
    """PairDirection says nothing of words in the direction of c, and everything of those right beside it."""
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(60, 6)).astype(np.float64)
    a, b, c = vectors[:3]
    vectors[20] = 3 * c
    step = b / np.linalg.norm(b) - a / np.linalg.norm(a)
    vectors[30] = c / np.linalg.norm(c) + 1e-3 * step  # so near to c that float32 hardly sees the way
    vectors = vectors.astype(np.float32)
    section = Section("s", (Pair("w0", ("w1",)), Pair("w2", ("w9",))), np.array([0], np.int32), np.array([1], np.int32))
    words = [f"w{i}" for i in range(60)]
    found = resolved(QuestionSet("made", (section,)), words, vectors)
    (answers,) = ask(found, vectors, ("pair",))
    assert answers.found.tolist() == answers.everywhere.tolist() == [30]


def test_a_question_without_a_direction_has_no_answer() -> None:
    rng = np.random.default_rng(3)
    words = [f"w{i}" for i in range(50)]
    section = Section("s", (Pair("w0", ("w0",)), Pair("w2", ("w9",))), np.array([0], np.int32), np.array([1], np.int32))
    vectors = rng.normal(size=(50, 6)).astype(np.float32)
    found = resolved(QuestionSet("made", (section,)), words, vectors)
    pair, add = ask(found, vectors, ("pair",)), ask(found, vectors, ("add",))
    assert pair[0].found.tolist() == [-1]
    assert measure(pair[0], found, False, 0).total.score.total == 1
    assert add[0].found.tolist() == [best(units(vectors) @ units(vectors)[2], [0, 2])]


def test_planted_relations_are_found() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(2_000, 50))
    offset = 2 * rng.normal(size=50)
    x[1_000:1_020] = x[:20] + offset
    x[500:520] = x[:20] + 0.5 * rng.normal(size=(20, 50))  # nearer, but in no relation
    words = [f"w{i}" for i in range(2_000)]
    pairs = tuple(Pair(f"w{i}", (f"w{1_000 + i}",)) for i in range(20))
    found = resolved(QuestionSet("made", (Section("s", pairs, *_all_ordered(20)),)), words, x.astype(np.float32))
    for each in ask(found, x.astype(np.float32), ALL):
        part = measure(each, found, False, 0).total
        assert part.score.accuracy > 0.9
        assert part.score.low <= part.score.accuracy <= part.score.high
        assert part.nearest_to_c.accuracy < 0.2
        assert part.no_exclusion.correct <= part.score.correct
