"""gensim trains here as it does by itself, and a run that was stopped ends with the same bytes."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lateen.core.errors import InputError, SpaceError
from lateen.models.word2vec import (
    Tokens,
    TokenWriter,
    Word2VecConfig,
    WordProgress,
    join_phrases,
    train_word2vec,
    with_vectors,
)
from lateen.models.word2vec import training as loop

gensim = pytest.importorskip("gensim")
from gensim.models import Word2Vec  # noqa: E402
from gensim.models.phrases import ENGLISH_CONNECTOR_WORDS, Phrases  # noqa: E402
from gensim.models.word2vec import LineSentence  # noqa: E402
from gensim.test.utils import datapath  # noqa: E402

TINY = Word2VecConfig(dim=16, epochs=3, min_count=3, sample=1e-3)


@pytest.fixture(scope="module")
def lee() -> list[list[str]]:
    """300 news items, about 60,000 words."""
    return [sentence for sentence in LineSentence(datapath("lee_background.cor")) if sentence]


def tokens_of(sentences: list[list[str]], folder: Path, min_count: int = 3) -> Tokens:
    with TokenWriter(folder / "raw") as writer:
        for start in range(0, len(sentences), 70):
            writer.write(sentences[start : start + 70])
        return with_vectors(writer.finish(), folder / "tokens", min_count)


def test_tokens_are_the_words_by_frequency(lee: list[list[str]], tmp_path: Path) -> None:
    tokens = tokens_of(lee, tmp_path)
    counts = Counter(itertools.chain.from_iterable(lee))
    assert dict(zip(tokens.words, tokens.counts.tolist(), strict=True)) == {w: n for w, n in counts.items() if n >= 3}
    assert (np.diff(tokens.counts) <= 0).all()
    assert tokens.total == sum(counts.values())
    left = [[word for word in sentence if counts[word] >= 3] for sentence in lee]
    assert list(tokens.texts()) == [sentence for sentence in left if sentence]
    assert tokens.sentences == len(list(tokens.texts()))


def test_blocks_are_small_however_long_sentences_are(tmp_path: Path) -> None:
    sentences = [["a", "b"] * 5000 for _ in range(250)]
    tokens = tokens_of(sentences, tmp_path)
    sizes = [sum(map(len, block)) for block in tokens.blocks()]
    assert sum(sizes) == 2_500_000
    assert max(sizes) <= 1_010_000
    assert list(tokens.texts()) == sentences
    half = [sentence for block in tokens.blocks(125, 1_250_000) for sentence in block]
    assert len(half) == 125


def test_tokens_are_kept_for_a_later_run(lee: list[list[str]], tmp_path: Path) -> None:
    tokens = tokens_of(lee, tmp_path)
    assert Tokens.load(tokens.folder, {"a": 1}) is None
    tokens.save({"a": 1})
    assert Tokens.load(tokens.folder, {"a": 2}) is None
    again = Tokens.load(tokens.folder, {"a": 1})
    assert again is not None
    assert list(again.texts()) == list(tokens.texts())
    assert (again.digest, again.total, list(again.words)) == (tokens.digest, tokens.total, list(tokens.words))
    (tokens.folder / "ids.bin").write_bytes(b"1234")
    assert Tokens.load(tokens.folder, {"a": 1}) is None
    (tokens.folder / "tokens.json").write_text("{")
    with pytest.raises(SpaceError, match="can't be read"):
        Tokens.load(tokens.folder, {"a": 1})


def test_too_few_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"3 words has 0 that occur 3 times or more \(the most frequent one 2 times\)"):
        tokens_of([["a", "a", "b"]], tmp_path)


@pytest.mark.parametrize("algorithm", ["skipgram", "cbow"])
def test_an_epoch_is_gensims_own_to_the_byte(lee: list[list[str]], tmp_path: Path, algorithm: str) -> None:
    """One job at a time, as many jobs as gensim makes, and the same learning rates; on words, not numbers."""
    tokens = tokens_of(lee, tmp_path)
    sentences = list(tokens.texts())
    config = Word2VecConfig(algorithm=algorithm, dim=16, epochs=1, min_count=3, sample=1e-3)
    trained = train_word2vec(tokens, tmp_path / "state", config, seed=7)
    model = Word2Vec(
        vector_size=16, sg=int(algorithm == "skipgram"), sample=1e-3, min_count=1, seed=7, workers=1, sorted_vocab=0
    )
    model.build_vocab_from_freq(dict(zip(tokens.words, tokens.counts.tolist(), strict=True)))
    do_job, before = model._do_train_job, 0

    def reseeded(job: list[list[str]], alpha: float, memory: object) -> tuple[int, int]:
        nonlocal before
        model.random = np.random.RandomState((7, 0, before, 0))
        before += sum(map(len, job))
        done: tuple[int, int] = do_job(job, alpha, memory)
        return done

    model._do_train_job = reseeded
    model.train(sentences, total_words=tokens.kept, epochs=1)
    assert model.wv.index_to_key == list(tokens.words)
    assert trained.vectors.tobytes() == model.wv.vectors.tobytes()


def test_it_learns(tmp_path: Path) -> None:
    """Words of two topics end apart, whatever gensim's own figures are."""
    rng = np.random.default_rng(0)
    topics = [[f"{t}{i}" for i in range(20)] for t in "ab"]
    sentences = [list(rng.choice(topics[n % 2], 12)) for n in range(2000)]
    tokens = tokens_of(sentences, tmp_path)
    trained = train_word2vec(tokens, tmp_path / "state", Word2VecConfig(dim=8, epochs=5, sample=0.0))
    units = trained.vectors / np.linalg.norm(trained.vectors, axis=1, keepdims=True)
    a = np.array([word[0] == "a" for word in tokens.words])
    assert (units[a] @ units[a].T).mean() > 0.8
    assert (units[a] @ units[~a].T).mean() < 0.5


class Stop:
    """Asks for an end, as ^C does, once so many words are done."""

    def __init__(self, after: int) -> None:
        self.after, self.seen = after, [0]

    def on_words(self, state: WordProgress) -> None:
        self.seen.append(state.done)
        if state.done >= self.after:
            raise RuntimeError("stopped")


@pytest.mark.parametrize("workers", [1, 3])
def test_progress_counts_to_the_end(
    lee: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setattr(loop, "_REPORT_SECONDS", -1)
    tokens, told = tokens_of(lee, tmp_path), Stop(10**9)
    trained = train_word2vec(tokens, tmp_path / "state", TINY, progress=told, workers=workers)
    assert told.seen == sorted(told.seen)
    assert told.seen[-1] == 3 * tokens.kept
    assert len(told.seen) > 3 * tokens.kept // loop.JOB / workers
    assert trained.words_per_second > 0
    assert np.isfinite(trained.vectors).all()
    assert trained.vectors.std() > 0.02


@pytest.mark.parametrize("after", [1, 40_000, 100_000, 120_000])
def test_a_run_from_any_checkpoint_ends_the_same(
    lee: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1)  # after each job
    monkeypatch.setattr(loop, "_REPORT_SECONDS", -1)
    tokens = tokens_of(lee, tmp_path)
    whole = train_word2vec(tokens, tmp_path / "whole", TINY, seed=3)
    with pytest.raises(RuntimeError, match="stopped"):
        train_word2vec(tokens, tmp_path / "state", TINY, seed=3, progress=Stop(after))
    told = Stop(10**9)
    resumed = train_word2vec(tokens, tmp_path / "state", TINY, seed=3, resume=True, progress=told)
    assert told.seen[1] > after
    assert resumed.vectors.tobytes() == whole.vectors.tobytes()
    again = train_word2vec(tokens, tmp_path / "state", TINY, seed=3, resume=True)
    assert again.words_per_second == 0
    assert again.vectors.tobytes() == whole.vectors.tobytes()
    other = train_word2vec(tokens, tmp_path / "other", TINY, seed=4)
    assert other.vectors.tobytes() != whole.vectors.tobytes()


def test_more_epochs_than_were_said_before(lee: list[list[str]], tmp_path: Path) -> None:
    tokens, told = tokens_of(lee, tmp_path), Stop(10**9)
    two = train_word2vec(tokens, tmp_path / "state", replace(TINY, epochs=2)).vectors.copy()
    three = train_word2vec(tokens, tmp_path / "state", TINY, resume=True, progress=told)
    assert told.seen[-1] == 3 * tokens.kept
    assert told.seen[1] > 2 * tokens.kept
    assert not np.array_equal(three.vectors, two)
    fewer = train_word2vec(tokens, tmp_path / "state", replace(TINY, epochs=1), resume=True)
    assert np.array_equal(fewer.vectors, three.vectors)


def test_a_checkpoint_of_another_run(lee: list[list[str]], tmp_path: Path) -> None:
    tokens = tokens_of(lee, tmp_path)
    state = tmp_path / "state"
    train_word2vec(tokens, state, TINY)
    other = Word2VecConfig(dim=16, epochs=3, min_count=3, sample=1e-3, window=2)
    with pytest.raises(SpaceError, match="window was 5 and is now 2"):
        train_word2vec(tokens, state, other, resume=True)
    with pytest.raises(SpaceError, match="seed was 0 and is now 1"):
        train_word2vec(tokens, state, TINY, seed=1, resume=True)
    fewer = tokens_of(lee[:-1], tmp_path / "fewer")
    with pytest.raises(SpaceError, match="the text of the corpus differs"):
        train_word2vec(fewer, state, TINY, resume=True)
    state.write_bytes(state.read_bytes()[:-100])
    with pytest.raises(SpaceError, match="is damaged"):
        train_word2vec(tokens, state, TINY, resume=True)


ALONE = """
import sys
from pathlib import Path
from lateen.models.word2vec import Tokens, Word2VecConfig, train_word2vec
tokens = Tokens.load(Path(sys.argv[1]), 0)
config = Word2VecConfig(dim=16, epochs=3, min_count=3, sample=1e-3)
sys.stdout.buffer.write(train_word2vec(tokens, Path(sys.argv[2]), config, seed=5).vectors.tobytes())
"""


def test_the_same_bytes_in_every_process(lee: list[list[str]], tmp_path: Path) -> None:
    tokens = tokens_of(lee, tmp_path)
    tokens.save(0)
    here = train_word2vec(tokens, tmp_path / "state", TINY, seed=5).vectors.tobytes()
    for seed in ("0", "1234"):
        command = [sys.executable, "-c", ALONE, str(tokens.folder), str(tmp_path / seed)]
        env = {**os.environ, "PYTHONHASHSEED": seed}
        assert subprocess.run(command, capture_output=True, check=True, env=env).stdout == here


def test_phrases_are_gensims(tmp_path: Path, lee: list[list[str]]) -> None:
    with TokenWriter(tmp_path / "0") as writer:
        writer.write(lee)
        joined = join_phrases(writer.finish(), tmp_path / "1")
    theirs = Phrases(lee, min_count=5, threshold=100.0, connector_words=ENGLISH_CONNECTOR_WORDS).freeze()
    assert list(joined.texts()) == [theirs[sentence] for sentence in lee]
    assert any("_" in word for word in joined.words)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"algorithm": "glove"}, "'skipgram' or 'cbow'"),
        ({"dim": 0}, "from 1 to 4096"),
        ({"window": 0}, "window = 0"),
        ({"min_count": 0}, "min_count = 0"),
        ({"negative": 0}, "negative = 0"),
        ({"sample": 1.0}, "sample = 1.0"),
        ({"sample": float("nan")}, "sample = nan"),
        ({"epochs": 0}, "epochs = 0"),
        ({"phrases": 3}, "0, 1 or 2 passes"),
        ({"sentences": "words"}, "'auto', 'lines' or 'prose'"),
        ({"learning_rate": 0.0}, "learning_rate = 0.0"),
        ({"end_learning_rate": 0.5}, "up to the learning rate"),
    ],
)
def test_a_config_that_exists_is_valid(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Word2VecConfig(**wrong)  # type: ignore[arg-type]
