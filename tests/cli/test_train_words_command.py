"""`lateen train --model word2vec`: what it prints, what it refuses, what it says of itself."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from running import Run

from lateen.models.word2vec import Word2VecConfig
from lateen.models.word2vec.training import WordProgress

pytest.importorskip("gensim")


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_text("The old king sees the wise queen. A king rules! Does the queen rule?\n\n" * 200)
    return path


def test_train_then_near_solve_and_info(lateen: Run, corpus: Path, tmp_path: Path) -> None:
    space = tmp_path / "words.space"
    code, out, error = lateen(
        "train", corpus, "-o", space, "--model", "word2vec", "--latent-dim", 8, "--epochs", 2, "--json"
    )
    assert code == 0, error
    plain = json.loads(out)
    assert (plain["model"], plain["steps"], plain["words"]) == (str(space), 2, 10)
    assert plain["tokens"] == 200 * 14
    assert plain["validation"]["coverage"] == 1.0
    assert plain["items_per_second"] > 0
    assert "Sentences end at . ! ?" in error
    for command in (("near", space, "king"), ("solve", space, "king - old + wise"), ("info", space)):
        code, out, error = lateen(*command)
        assert code == 0, error
    assert "trained   word2vec skipgram, window 5, 2 epochs of corpus.txt (2,800 words), seed 0" in out
    code, _, error = lateen("train", corpus, "-o", space, "--model", "word2vec")
    assert code == 2
    assert "exists already. Replace it with --force" in error
    code, out, error = lateen("train", corpus, "-o", space, "--model", "word2vec", "--force", "--latent-dim", 8)
    assert code == 0, error
    assert out.startswith(f"{space}: vectors of 10 words, 100.0% of 2,800 running words; 10 epochs")
    assert f"next: lateen near {space} WORD" in error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--window", 3), "--window is for --model word2vec; a vae takes none."),
        (("--min-count", 3), "--min-count is for --model word2vec; a vae takes none."),
        (("--keep-case",), "--keep-case is for --model word2vec; a vae takes none."),
        (("--workers", 2), "A vae takes no workers (2 was given): it is for word2vec."),
        (("--model", "word2vec", "--steps", 5), "A word2vec takes no steps (5 was given)"),
        (("--model", "word2vec", "--minutes", 5), "the budget of word2vec is epochs"),
        (("--model", "word2vec", "--epochs", 0), "epochs = 0; expected from 1 to 10000."),
        (("--model", "word2vec", "--algorithm", "glove"), "algorithm = 'glove'; expected 'skipgram' or 'cbow'."),
        (("--model", "word2vec", "--min-count", 5000), "or a smaller --min-count"),
        (("--model", "wordtovec"), "There is no model kind 'wordtovec'; this version trains vae, decoder, word2vec."),
    ],
)
def test_what_is_refused(
    lateen: Run, corpus: Path, tmp_path: Path, words: tuple[object, ...], message: str
) -> None:
    code, out, error = lateen("train", corpus, "-o", tmp_path / "a.space", *words)
    assert code == 2
    assert message in " ".join(error.split())
    assert out == ""
    assert not (tmp_path / "a.space").exists()


def test_help_says_the_defaults(lateen: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    _, out, _ = lateen("train", "--help")
    config = Word2VecConfig()
    for name in ("epochs", "window", "min_count", "negative", "sample", "phrases"):
        line = next(line for line in out.splitlines() if f"--{name.replace('_', '-')} " in line)
        assert f"{getattr(config, name):g} by default" in line
    assert f"{config.algorithm} by default" in out
    assert f"or per word ({config.dim})" in out
    assert "Options of word2vec" in out
    assert {field.name for field in fields(config)} >= {"keep_case", "sentences"}


def test_progress_of_words(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from lateen.cli.progress import bar

    monkeypatch.setenv("COLUMNS", "100")
    with bar() as shown:
        shown.on_bytes(9_487_416, 9_487_416)
        shown.on_words(WordProgress(30_000_000, 58_000_000, 6, 10, 812_345.0))
    reading, training = capsys.readouterr().err.strip("\n").splitlines()[-2:]
    assert "9487/9487 kB" in " ".join(reading.split())
    assert "30000/58000 812,345 words/s" in " ".join(training.split())
    assert "epoch 6/10" in training
