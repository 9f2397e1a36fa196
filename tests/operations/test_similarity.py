"""Agreement with judgements: gensim's figures on its own test sets, and every rule of the protocol."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors, Word2Vec
from gensim.models.word2vec import LineSentence
from gensim.test.utils import datapath

import lateen as lt
from lateen.core.errors import InputError
from lateen.space import Space

SETS = ("simlex999.txt", "wordsim353.tsv")


def space_of(vectors: KeyedVectors, folder: Path, geometry: str | None = None) -> Space:
    """A space of word vectors, by way of a file in word2vec's binary format."""
    vectors.save_word2vec_format(str(folder / "words.bin"), binary=True)
    lt.build(folder / "words.bin", out=folder / "words.space", geometry=geometry)
    return lt.open(folder / "words.space")


def keyed(words: dict[str, list[float]]) -> KeyedVectors:
    vectors = KeyedVectors(len(next(iter(words.values()))))
    vectors.add_vectors(list(words), np.array(list(words.values()), np.float32))
    return vectors


@pytest.fixture(scope="module")
def trained() -> KeyedVectors:
    """Vectors of a small corpus of news, as gensim trains them; names keep their capitals."""
    return Word2Vec(
        LineSentence(datapath("lee_background.cor")), vector_size=30, min_count=2, epochs=8, workers=1, seed=1
    ).wv


@pytest.fixture(scope="module")
def news(trained: KeyedVectors, tmp_path_factory: pytest.TempPathFactory) -> Space:
    return space_of(trained, tmp_path_factory.mktemp("news"))


@pytest.fixture
def letters(tmp_path: Path) -> Space:
    """Words whose cosines are known: b, c and d turn away from a."""
    angles = {"a": 0.0, "b": 0.3, "c": 0.6, "d": 1.2, "A": 2.0}
    words = {word: [3 * math.cos(angle), 3 * math.sin(angle)] for word, angle in angles.items()}
    return space_of(keyed(words), tmp_path)


def judged(folder: Path, *lines: str) -> Path:
    path = folder / "judged.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("file", SETS)
@pytest.mark.parametrize("unknown", ["skip", "wrong"])
@pytest.mark.parametrize(("vocabulary", "fold"), [(300_000, True), (300_000, False), (1_500, True)])
def test_gensims_figures(
    news: Space, trained: KeyedVectors, file: str, unknown: str, vocabulary: int, fold: bool
) -> None:
    pearson, rho, missing = trained.evaluate_word_pairs(
        datapath(file), restrict_vocab=vocabulary, case_insensitive=fold, dummy4unknown=unknown == "wrong"
    )
    found = news.similarity(datapath(file), vocabulary=vocabulary, match_case=not fold, unknown=unknown)
    assert found.rho == pytest.approx(rho.statistic, abs=1e-4)  # theirs are cosines in float32, some of them tied
    assert found.pearson == pytest.approx(pearson.statistic, abs=1e-5)
    assert 100 * (1 - found.coverage) == pytest.approx(missing)
    assert found.total == {"simlex999.txt": 999, "wordsim353.tsv": 353}[file]
    assert found.n == (found.total if unknown == "wrong" else round(found.coverage * found.total))
    assert found.low <= found.rho <= found.high


def test_the_choices_change_what_is_known(news: Space) -> None:
    """Else the test above would compare one thing six times."""
    every, case, cut = (
        news.similarity(datapath("wordsim353.tsv"), **options)
        for options in ({}, {"match_case": True}, {"vocabulary": 1_500})
    )
    assert every.n > case.n > 50
    assert every.n > cut.n > 20
    assert set(every.unknown) < set(cut.unknown)


def test_known_cosines_and_ranks(letters: Space, tmp_path: Path) -> None:
    found = letters.similarity(judged(tmp_path, "a d 1", "a c 2", "b a 3", "a x 4", "b y 9"), vocabulary=4)
    assert [p.cosine for p in found.pairs[:3]] == pytest.approx([math.cos(1.2), math.cos(0.6), math.cos(0.3)], abs=1e-6)
    assert [(p.judgement_rank, p.cosine_rank, p.known) for p in found.pairs[:3]] == [(i, i, True) for i in (3, 2, 1)]
    assert (found.rho, found.n, found.total, found.coverage) == (pytest.approx(1), 3, 5, 0.6)
    assert found.unknown == ("x", "y")
    last = found.pairs[-1]
    assert (last.known, math.isnan(last.cosine), math.isnan(last.judgement_rank)) == (False, True, True)
    wrong = letters.similarity(judged(tmp_path, "a d 1", "a c 2", "b a 3", "a x 4", "b y 9"), unknown="wrong")
    assert (wrong.n, [p.cosine for p in wrong.pairs[3:]]) == (5, [0, 0])
    assert [p.cosine_rank for p in wrong.pairs[3:]] == [4.5, 4.5]
    assert [p.judgement_rank for p in wrong.pairs] == [5, 4, 3, 2, 1]
    assert wrong.rho < 0


def test_letter_case(letters: Space, tmp_path: Path) -> None:
    path = judged(tmp_path, "A b 5", "A c 4", "A d 3", "B c 2")
    folded, exact = letters.similarity(path), letters.similarity(path, match_case=True)
    assert folded.pairs[0].cosine == pytest.approx(math.cos(0.3), abs=1e-6)  # the first spelling stands for both
    assert exact.pairs[0].cosine == pytest.approx(math.cos(1.7), abs=1e-6)
    assert (folded.unknown, exact.unknown) == ((), ("B",))
    assert (folded.protocol["case"], exact.protocol["case"]) == ("folded", "as written")


def test_equal_cosines_have_no_order(letters: Space, tmp_path: Path) -> None:
    found = letters.similarity(judged(tmp_path, "a a 5", "b b 4", "c c 3", "d d 1"))
    assert np.isnan([found.rho, found.low, found.high, found.p, found.pearson]).all()
    assert found.to_dict()["rho"] is None
    assert any("no order to compare" in note for note in found.notes)


@pytest.fixture
def flat(tmp_path: Path) -> tuple[Space, np.ndarray]:
    """A euclidean space of words, and its vectors, of which the last is zero."""
    vectors = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
    vectors[-1] = 0
    words = {f"w{i}": vector.tolist() for i, vector in enumerate(vectors)}
    return space_of(keyed(words), tmp_path, "euclidean"), vectors


def test_another_geometry_is_compared_by_cosine_all_the_same(flat: tuple[Space, np.ndarray], tmp_path: Path) -> None:
    space, vectors = flat
    assert space.spec.geometry == "euclidean"
    found = space.similarity(judged(tmp_path, *(f"w{i} w{i + 1} {i}" for i in range(20))))
    units = vectors[:21] / np.linalg.norm(vectors[:21], axis=1, keepdims=True)
    np.testing.assert_allclose([p.cosine for p in found.pairs], (units[:-1] * units[1:]).sum(axis=1), atol=1e-6)
    assert found.notes == ("The geometry of the space is euclidean; words are compared by cosine all the same.",)


def test_a_vector_of_zeros_counts_as_unknown(flat: tuple[Space, np.ndarray], tmp_path: Path) -> None:
    path = judged(tmp_path, "w0 w1 5", "w0 w2 4", "w0 w3 3", "w0 w29 2")
    found = flat[0].similarity(path)
    assert (found.n, found.coverage, found.unknown) == (3, 0.75, ())
    assert found.notes[1] == "'w29' has a vector of zeros, without a direction, and counts as unknown."
    wrong = flat[0].similarity(path, unknown="wrong")
    assert (wrong.n, wrong.coverage, wrong.pairs[-1].cosine) == (4, 0.75, 0)


def test_one_seed_one_result(news: Space) -> None:
    once, again, other = (news.similarity(datapath(SETS[1]), seed=seed).to_dict() for seed in (3, 3, 4))
    assert once == again
    assert once["rho"] == other["rho"]
    assert (once["low"], once["high"]) != (other["low"], other["high"])


def test_what_it_tells(news: Space) -> None:
    found = news.similarity(datapath(SETS[1]))
    interval = f"rho {found.rho:.3f} (95 % {found.low:.3f} to {found.high:.3f})"
    assert repr(found) == f"Similarity(WordSim-353: {interval}, {found.n} of 353 pairs)"
    told = found.to_dict()
    assert (told["name"], told["n"], told["total"]) == ("WordSim-353", found.n, 353)
    assert told["protocol"] == {
        "file": "tabs, column Human (mean)",
        "vocabulary": len(news),
        "words": len(news),
        "case": "folded",
        "similarity": "cosine of unit vectors",
        "unknown": "left out",
        "interval": "95 %, percentile bootstrap over pairs, 1,999 resamples",
        "null": "random pairings, one-sided, 1,999 permutations",
        "seed": 0,
    }
    apart = [abs(p.judgement_rank - p.cosine_rank) for p in found.disagreements(4)]
    counted = [abs(p.judgement_rank - p.cosine_rank) for p in found.pairs if p.known]
    assert apart == sorted(counted, reverse=True)[:4]


def test_the_pairs_are_written_as_they_are(letters: Space, tmp_path: Path) -> None:
    found = letters.similarity(judged(tmp_path, "a d 1", "a c 2", "b a 3", "a x 4"))
    rows = found.save(tmp_path / "pairs.csv").read_text().splitlines()
    assert rows[0] == "word1,word2,judgement,cosine,judgement_rank,cosine_rank,known"
    assert rows[1] == f"a,d,1.0,{found.pairs[0].cosine!r},3.0,3.0,True"
    assert rows[4] == "a,x,4.0,,,,False"
    with pytest.raises(InputError, match="exists already"):
        found.save(tmp_path / "pairs.csv")


def test_a_space_that_knows_fewer_than_three_pairs(letters: Space, tmp_path: Path) -> None:
    strange = judged(tmp_path, "a b 1", "sun moon 2", "sun sky 3", "moon c 5")
    with pytest.raises(InputError) as error:
        letters.similarity(strange)
    assert str(error.value) == (
        "space words.space has both words of 1 of the 4 pairs in judged; at least 3 are needed. Unknown: 'sun', "
        "'moon', 'sky'. Its ids are such as 'a', 'b', 'c'; expected words in the set's language."
    )
    with pytest.raises(InputError, match=r"both words of 1 .* it would have 3: widen the vocabulary"):
        letters.similarity(judged(tmp_path, "a b 1", "b c 2", "a d 3"), vocabulary=2)
    with pytest.raises(InputError, match=r"both words of 0 .* it would have 3: .* or fold case"):
        letters.similarity(judged(tmp_path, "B C 1", "D B 2", "C D 3"), match_case=True)


def test_what_can_not_be_asked(letters: Space, tmp_path: Path) -> None:
    path = judged(tmp_path, "a b 1", "b c 2", "a d 3")
    with pytest.raises(InputError, match="Got 'zero' for unknown words; expected skip or wrong"):
        letters.similarity(path, unknown="zero")
    with pytest.raises(InputError, match="vocabulary of -1 words"):
        letters.similarity(path, vocabulary=-1)
    with pytest.raises(InputError, match="There is no file"):
        letters.similarity(tmp_path / "absent.txt")
