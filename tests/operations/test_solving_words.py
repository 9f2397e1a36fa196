"""Arithmetic with words: what gensim answers, and what only lateen's language can ask."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

import lateen as lt
from lateen.core.errors import InputError, UnknownNameError
from lateen.operations import solve as solving
from lateen.operations.solve import METHODS
from lateen.plot.canvas import Page

WORDS = ["king", "queen", "man", "woman", "new_york", "don't", "King", "3", *(f"w{i}" for i in range(400))]


@pytest.fixture(scope="module")
def vectors() -> KeyedVectors:
    rng = np.random.default_rng(5)
    numbers = rng.normal(size=(len(WORDS), 24)) * rng.lognormal(size=(len(WORDS), 1))
    offset = rng.normal(size=24) * 2
    for a, b in (("man", "woman"), ("king", "queen")):
        i, j = WORDS.index(a), WORDS.index(b)
        numbers[j] = 3 * (numbers[i] / np.linalg.norm(numbers[i]) + 0.4 * offset / np.linalg.norm(offset))
    words = KeyedVectors(24)
    words.add_vectors(WORDS, numbers.astype(np.float32))
    return words


@pytest.fixture(scope="module")
def space(vectors: KeyedVectors, tmp_path_factory: pytest.TempPathFactory) -> lt.Space:
    folder = tmp_path_factory.mktemp("words")
    vectors.save_word2vec_format(str(folder / "w.bin"), binary=True)
    lt.build(folder / "w.bin", out=folder / "w.space")
    return lt.open(folder / "w.space")


def expressions() -> list[tuple[str, list[str], list[str]]]:
    rng = np.random.default_rng(1)
    found = []
    for n_plus, n_minus in ((1, 0), (2, 0), (2, 1), (1, 1), (3, 2), (1, 3)) * 6:
        chosen = [WORDS[i] for i in rng.choice(np.arange(8, len(WORDS)), n_plus + n_minus, replace=False)]
        plus, minus = chosen[:n_plus], chosen[n_plus:]
        found.append((" + ".join(plus) + "".join(f" - {word}" for word in minus), plus, minus))
    return found


def test_add_finds_what_gensim_finds(space: lt.Space, vectors: KeyedVectors) -> None:
    for text, plus, minus in expressions():
        expected = vectors.most_similar(plus, minus, topn=8)
        got = space.solve(text, k=8)
        assert [m.id for m in got.matches] == [word for word, _ in expected], text
        np.testing.assert_allclose([m.cosine for m in got.matches], [c for _, c in expected], atol=2e-6)


def test_mul_finds_what_gensim_finds(space: lt.Space, vectors: KeyedVectors) -> None:
    for text, plus, minus in expressions():
        expected = vectors.most_similar_cosmul(plus, minus, topn=8)
        got = space.solve(text, k=8, method="mul")
        assert [m.id for m in got.matches] == [word for word, _ in expected], text
        np.testing.assert_allclose(got.scores, [score for _, score in expected], rtol=2e-5)
        assert [r["score"] for r in got.to_dict()["results"]] == pytest.approx(got.scores, abs=1e-6)


def test_mul_ranks_some_rows_at_a_time(space: lt.Space, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = space.solve("w1 - w2 + 300*w3", k=9, method="mul")  # in float32 such powers vanish, so all are scored
    monkeypatch.setattr(solving, "BLOCK_NUMBERS", 7 * 24)
    parts = space.solve("w1 - w2 + 300*w3", k=9, method="mul")
    assert (parts.matches, parts.scores) == (whole.matches, whole.scores)
    assert all(a > b for a, b in pairwise(whole.scores))


@pytest.mark.parametrize("method", METHODS)
def test_king_minus_man_plus_woman(space: lt.Space, method: str) -> None:
    answer = space.solve("king - man + woman", k=3, method=method)
    assert answer.matches[0].id == "queen"
    assert not {"king", "man", "woman"} & {m.id for m in answer.matches}
    honest = space.solve("king - man + woman", k=3, method=method, include_inputs=True)
    assert {"king", "woman"} & {m.id for m in honest.matches}
    (nearest,) = space.solve("king - man + woman", k=1, include_inputs=True).matches
    assert answer.to_dict()["nearest_of_all"] == nearest.id


def test_what_honest_ranking_gives_is_said(space: lt.Space) -> None:
    answer = space.solve("w7 - 0.01*w8 + 0.01*w9")
    assert answer.result.nearest == "w7"
    assert answer.notes == (
        "Nearest of all to the sum is 'w7', which the question names; it is left out.",
    )
    assert space.solve("w7 - 0.01*w8 + 0.01*w9", include_inputs=True).notes == ()


def test_a_weight_is_an_exponent_of_mul(space: lt.Space, vectors: KeyedVectors) -> None:
    unit = vectors.get_normed_vectors().astype(np.float64)
    near = (1 + unit @ unit[[vectors.key_to_index[w] for w in ("w1", "w2", "w3")]].T) / 2
    expected = np.sqrt(near[:, 0] * near[:, 1]) / (near[:, 2] ** 2 + 1e-6)
    expected[[vectors.key_to_index[w] for w in ("w1", "w2", "w3")]] = -1
    got = space.solve("mean(w1, w2) - 2*w3", k=5, method="mul")
    order = np.argsort(-expected)[:5]
    assert [m.id for m in got.matches] == [WORDS[i] for i in order]
    np.testing.assert_allclose(got.scores, expected[order], rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_a_condition_and_a_question_go_together(space: lt.Space, method: str) -> None:
    answer = space.solve("king - man + woman", k=20, method=method, where="rank > 100")
    assert len(answer.matches) == 20
    assert all(m.fields["rank"] > 100 for m in answer.matches)
    everything = space.solve("king - man + woman", k=500, method=method)
    expected = [m.id for m in everything.matches if m.fields["rank"] > 100]
    assert [m.id for m in answer.matches] == expected[:20]
    assert len(everything.matches) == len(WORDS) - 3


def test_names_phrases_and_numbers(space: lt.Space) -> None:
    phrase = space.solve("new york - w1 + w2", k=3)
    assert [m.id for m in phrase.matches] == [m.id for m in space.solve('"new_york" - w1 + w2', k=3).matches]
    assert "new_york" not in {m.id for m in space.solve("'new york' + 0.001*w1", k=50).matches}
    assert space.near("new york", k=1).matches == space.near("new_york", k=1).matches
    assert space.solve("don't - King", k=1).matches
    assert space.solve("3 + 2*w1", k=2).matches == space.solve("'3' + 2*w1", k=2).matches


def test_units_count_by_direction_alone(space: lt.Space) -> None:
    words = {name: space.vectors[WORDS.index(name)] for name in ("w1", "w2", "w3")}
    unit = {name: vector / np.linalg.norm(vector) for name, vector in words.items()}
    inner = unit["w1"] - unit["w2"]
    expected = unit["w3"] + inner / np.linalg.norm(inner)
    found = space.solve("w3 + unit(w1 - w2)").result.vector
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-6)


def test_directions_are_terms(space: lt.Space) -> None:
    space.direction("long", field="rank", force=True)
    direction = space.directions()["long"]
    base = space.vectors[WORDS.index("w5")] / np.linalg.norm(space.vectors[WORDS.index("w5")])
    expected = base + 2 * direction.scale * direction.vector
    answer = space.solve("w5 + 2*dir(long)", k=3)
    np.testing.assert_allclose(answer.result.vector, expected / np.linalg.norm(expected), atol=1e-6)
    assert answer.picture().width > 300
    edited = space.edit("w5", {"long": 2}).after.vector
    np.testing.assert_allclose(edited, answer.result.vector, atol=1e-6)
    with pytest.raises(UnknownNameError, match=r"no direction 'lng' in space w\.space .*Did you mean 'long'"):
        space.solve("w5 + dir(lng)")
    with pytest.raises(InputError, match=r"sums of items; .* has unit\(\) or dir\(\)"):
        space.solve("w5 + dir(long)", method="mul")


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("king - king", "'king - king' is the zero vector, which has no direction"),
        ("kng - man", "no id 'kng'.*the expression is 'kng - man'.*'king'"),
        ("KING", "no id 'KING'.*'king'"),
        ("new yrok", "no id 'new yrok'.*new_york"),
        ("king-man+woman", "a sum needs spaces around its signs: 'king - man \\+ woman'"),
        ("king / 0", "divides by zero"),
        ("w1 + unit(w2 - w2)", "unit of the zero vector"),
    ],
)
def test_what_leads_nowhere_is_said(space: lt.Space, expression: str, says: str) -> None:
    for method in METHODS:
        with pytest.raises(InputError, match=says):
            space.solve(expression, method=method)


def test_what_support_is_usual_here_is_told(space: lt.Space) -> None:
    answer = space.solve("king - man + woman")
    own = answer.support_of_terms
    assert own == {name: space.near(name).support for name in ("king", "man", "woman")}
    assert answer.to_dict()["support_of_terms"] == {name: round(support, 4) for name, support in own.items()}


def test_the_point_of_one_word(space: lt.Space, vectors: KeyedVectors) -> None:
    np.testing.assert_allclose(space.vector("queen"), vectors.get_vector("queen", norm=True), atol=1e-6)
    for items in ("queen", ["queen", "king"]):
        with pytest.raises(InputError, match=r"encode got 'queen'; .* The point of one item is vector\(ITEM\)"):
            space.encode(items)


def test_a_direction_that_is_not_to_be_trusted_is_said(space: lt.Space) -> None:
    space.direction("guess", words="w1:w2", force=True)
    (doubt,) = space.solve("w5 + w6 - unit(w7 + 2*dir(guess))", include_inputs=True).notes
    assert "guess" in doubt


def test_mul_is_for_angles(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32))
    lt.build(tmp_path / "x.npy", out=tmp_path / "x.space")
    with pytest.raises(InputError, match=r"x\.space is euclidean; use add"):
        lt.open(tmp_path / "x.space").solve("1 - 2 + 3", method="mul")


def test_an_analogy_is_drawn_as_a_parallelogram_and_other_sums_as_lists(space: lt.Space) -> None:
    analogy = space.solve("king - man + woman", k=4).picture()
    other = space.solve("king - man + 2*woman", k=4).picture()
    assert analogy.size != other.size
    assert analogy.tobytes() == space.solve("king - man + woman", k=4).picture().tobytes()
    assert space.solve("king - man + woman", k=4, method="mul").picture().tobytes() != analogy.tobytes()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is drawn."""
    texts: list[str] = []
    put = Page.text

    def kept(page: Page, x: float, y: float, text: str, **how: object) -> None:
        texts.append(text)
        put(page, x, y, text, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Page, "text", kept)
    return texts


def test_a_list_shows_the_question_and_every_answer_once_with_its_figure(space: lt.Space, drawn: list[str]) -> None:
    question = "unit(mean(king, w1)) - 0.001*w2"
    answer = space.solve(question, k=6)
    answer.picture()
    assert question in drawn
    for rank, match in enumerate(answer.matches, start=1):
        assert drawn.count(match.id) == 1
        assert {str(rank), f"{match.cosine:.3f}"} <= set(drawn)
    assert f"Nearest of all to the sum is {answer.result.nearest!r}, which the question names; it is left out." in drawn
    assert answer.result.nearest not in drawn
    assert "result" not in drawn
    drawn.clear()
    space.solve(question, k=6, include_inputs=True).picture()
    assert "king" in drawn
    assert "asked" in drawn
    assert not any("left out" in text for text in drawn)
    drawn.clear()
    scored = space.solve("king + w1", k=3, method="mul")
    scored.picture()
    assert {"score", *(f"{score:.3f}" for score in scored.scores)} <= set(drawn)


def test_neighbours_of_a_word_are_a_list(space: lt.Space, drawn: list[str]) -> None:
    found = space.near("king", k=5)
    found.picture()
    assert {"king", "cosine", *(f"{match.cosine:.3f}" for match in found.matches)} <= set(drawn)
    assert all(drawn.count(match.id) == 1 for match in found.matches)


def test_an_analogy_without_answers_has_a_picture(space: lt.Space, drawn: list[str]) -> None:
    answer = space.solve("king - man + woman", where=f"rank = {WORDS.index('king') + 1}")
    assert answer.matches == ()
    answer.picture()
    assert "Nothing was found." in drawn


def test_sums_of_bare_vectors_are_lists_by_distance(tmp_path: Path, drawn: list[str]) -> None:
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32))
    lt.build(tmp_path / "x.npy", out=tmp_path / "x.space")
    space = lt.open(tmp_path / "x.space")
    for result in (space.solve("mean('1', '2')", k=3), space.near("5", k=3)):
        drawn.clear()
        result.picture()
        assert "distance" in drawn
        assert all(drawn.count(match.id) >= 1 for match in result.matches)


def test_pairs_of_one_item_are_no_parallelogram(space: lt.Space) -> None:
    assert space.solve("king - man + king", k=2).picture().width > 300


def test_halves_from_a_text_file_answer_alike(vectors: KeyedVectors, tmp_path: Path) -> None:
    vectors.save_word2vec_format(str(tmp_path / "w.txt"), binary=False)
    lt.build(tmp_path / "w.txt", out=tmp_path / "t.space", dtype="float16")
    half = lt.open(tmp_path / "t.space")
    assert half.solve("king - man + woman", k=1).matches[0].id == "queen"
    assert half.spec.dtype == "float16"
