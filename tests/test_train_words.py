"""From a corpus to a space of words: what `lateen.train(..., model="word2vec")` does around gensim."""

from __future__ import annotations

import json
import lzma
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lateen as lt
from lateen.core.errors import InputError, MissingExtraError, SpaceError
from lateen.models.vae import VAEConfig
from lateen.models.word2vec import Word2VecConfig
from lateen.sources.opening import open_source
from lateen.store import SpaceFolder
from lateen.training.words import WordsTrained

pytest.importorskip("gensim")
from gensim.test.utils import datapath

TINY = Word2VecConfig(dim=16, epochs=3, sample=1e-3)
LEE = datapath("lee_background.cor")


def train(out: Path, corpus: str | Path = LEE, **options: object) -> WordsTrained:
    result = lt.train(corpus, out, model="word2vec", **{"config": TINY, **options})  # type: ignore[arg-type]
    assert isinstance(result, WordsTrained)
    return result


def assert_same_space(a: Path, b: Path) -> None:
    one, other = SpaceFolder.open(a), SpaceFolder.open(b)
    assert list(one.ids()) == list(other.ids())
    assert one.vectors().tobytes() == other.vectors().tobytes()
    assert one.fields().equals(other.fields())


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("words") / "words.space"
    train(out)
    return out


def test_a_space_of_words_by_frequency(space: Path) -> None:
    opened = lt.open(space)
    fields = SpaceFolder.open(space).fields()
    counts = fields["count"].to_numpy()
    assert list(SpaceFolder.open(space).ids())[:3] == ["the", "to", "of"]
    assert fields["rank"].to_pylist() == list(range(1, len(counts) + 1))
    assert (np.diff(counts) <= 0).all()
    assert counts.min() == 5
    found = opened.near("monday", k=3)
    assert len(found.matches) == 3
    assert os.listdir(space.parent) == ["words.space"]


def test_the_result_says_what_was_done(tmp_path: Path) -> None:
    out = tmp_path / "a.space"
    result = train(out)
    plain = result.to_dict()
    assert plain["model"] == str(out)
    assert plain["steps"] == 3
    assert plain["words"] == len(SpaceFolder.open(out)) == result.words
    assert plain["tokens"] == result.tokens > 50_000
    assert 0.8 < result.validation["coverage"] < 1
    json.dumps(plain)
    assert f"vectors of {result.words:,} words" in repr(result)
    assert "3 epochs" in repr(result)
    assert any("Sentences end" in note for note in result.notes)


def test_the_space_says_how_it_was_trained(space: Path) -> None:
    info = lt.open(space).info()
    trained = info.to_dict()["provenance"]["preprocessing"]["trained"]  # type: ignore[index]
    assert trained | {"algorithm": "skipgram", "window": 5, "dim": 16, "epochs": 3, "seed": 0, "workers": 1} == trained
    assert trained["corpus"] == "lee_background.cor"
    assert len(trained["tokens_sha256"]) == 64
    assert trained["gensim"]
    assert "trained   word2vec skipgram, window 5, 3 epochs of lee_background.cor" in info.describe()


def test_packing_makes_no_difference_and_the_seed_does(space: Path, tmp_path: Path) -> None:
    packed = tmp_path / "lee.txt.xz"
    packed.write_bytes(lzma.compress(Path(LEE).read_bytes()))
    train(tmp_path / "a.space", packed)
    assert_same_space(tmp_path / "a.space", space)
    train(tmp_path / "b.space", packed, seed=1)
    assert list(SpaceFolder.open(tmp_path / "b.space").ids()) == list(SpaceFolder.open(space).ids())
    assert SpaceFolder.open(tmp_path / "b.space").vectors().tobytes() != SpaceFolder.open(space).vectors().tobytes()


def test_capitals_phrases_and_half_precision(tmp_path: Path) -> None:
    config = replace(TINY, keep_case=True, phrases=2, epochs=1, sentences="lines")
    result = train(tmp_path / "a.space", config=config, dtype="float16", workers=2)
    ids = set(SpaceFolder.open(tmp_path / "a.space").ids())
    assert {"The", "the", "Osama_bin_Laden"} <= ids
    assert SpaceFolder.open(tmp_path / "a.space").meta.spec.dtype == "float16"
    assert "Trained by 2 workers: another run gives other bytes" in result.notes[-1]
    assert any(note == "Each line is a sentence." for note in result.notes)


CHILD = """
import sys, time
from lateen.core.errors import LateenError
from lateen.models.word2vec import Word2VecConfig, training
from lateen.training import train
training.CHECKPOINT_SECONDS = training._REPORT_SECONDS = -1

class Told:
    def on_words(self, state):
        print(state.done, flush=True)
        time.sleep(0.02)

try:
    train(sys.argv[1], sys.argv[2], model="word2vec", config=Word2VecConfig(dim=16, epochs=3, sample=1e-3),
          progress=Told(), on_read=lambda done, total: print("reading", flush=True))
except LateenError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def stopped(out: Path, after: int, how: signal.Signals) -> tuple[int, str]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, LEE, str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    for _ in range(after):
        child.stdout.readline()
    child.send_signal(how)
    error = child.communicate(timeout=60)[1]
    return child.returncode, error


def test_a_run_that_is_killed_is_resumed_with_the_same_bytes(space: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.space"
    code, error = stopped(out, 6, signal.SIGKILL)
    assert code == -signal.SIGKILL, error
    assert not out.exists()
    with pytest.raises(InputError, match=r"is unfinished. Go on with --resume, or start anew with --force"):
        train(out)
    with pytest.raises(SpaceError, match="seed was 0 and is now 2"):
        train(out, seed=2, resume=True)
    with pytest.raises(SpaceError, match="min_count was 5 and is now 6"):
        train(out, config=replace(TINY, min_count=6), resume=True)
    train(out, resume=True)
    assert_same_space(out, space)
    assert os.listdir(tmp_path) == ["a.space"]


def test_interrupt_says_how_to_resume(space: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.space"
    code, error = stopped(out, 9, signal.SIGINT)
    assert code == 130
    assert "Stopped in epoch" in error
    assert "Run the same command with --resume to go on." in error
    assert "Traceback" not in error
    shutil.rmtree(tmp_path / ".a.space.training" / "tokens")  # it can be had again
    train(out, resume=True)
    assert_same_space(out, space)


@pytest.mark.parametrize("point", ["write_meta", "create_table", "whole"])
def test_a_run_that_is_killed_while_the_space_is_built(
    space: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    def killed(*given: object, **named: object) -> None:
        if point == "whole":
            lt.build(*given, **named)  # type: ignore[arg-type]
        raise RuntimeError("killed")

    out = tmp_path / "a.space"
    with monkeypatch.context() as patched:
        place = {
            "write_meta": "lateen.store.folder.write_meta",
            "create_table": "lateen.store.lance_tables.create_table",
            "whole": "lateen.training.words.build",
        }[point]
        patched.setattr(place, killed)
        with pytest.raises(RuntimeError, match="killed"):
            train(out)
    train(out, resume=True)
    assert_same_space(out, space)
    assert os.listdir(tmp_path) == ["a.space"]


def test_a_space_that_is_there_is_kept_until_the_new_one_is_finished(space: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.space"
    shutil.copytree(space, out)
    with pytest.raises(InputError, match=r"exists already. Replace it with --force"):
        train(out)
    with pytest.raises(InputError, match="There is nothing to resume"):
        train(out, resume=True)
    (tmp_path / "few.txt").write_text("one two three")
    with pytest.raises(InputError, match="--min-count"):
        train(out, tmp_path / "few.txt", force=True)
    assert_same_space(out, space)
    train(out, seed=1, force=True)
    assert SpaceFolder.open(out).meta.seed == 1
    assert sorted(os.listdir(tmp_path)) == ["a.space", "few.txt"]


def test_a_place_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").write_text("mine")
    for force in (False, True):
        with pytest.raises(InputError, match="is a file; a space is a folder"):
            train(tmp_path / "file", force=force)
        with pytest.raises(InputError, match="is not a space"):
            train(tmp_path / "folder", force=force)
    assert (tmp_path / "folder" / "mine.txt").read_text() == "mine"


def test_what_is_not_for_words_is_refused(tmp_path: Path) -> None:
    for wrong in ({"steps": 3}, {"minutes": 1.0}, {"size": 64}, {"fit": "crop"}, {"limit": 3}, {"encoder": "pixels"}):
        name = next(iter(wrong))
        with pytest.raises(InputError, match=f"A word2vec takes no {name}"):
            train(tmp_path / "a.space", **wrong)
    with pytest.raises(InputError, match="got a VAEConfig"):
        train(tmp_path / "a.space", config=VAEConfig())
    with pytest.raises(InputError, match=r"is none. Give the path of a corpus"):
        train(tmp_path / "a.space", open_source("portraits:3"))
    with pytest.raises(InputError, match="--workers got 0"):
        train(tmp_path / "a.space", workers=0)
    with pytest.raises(InputError, match="no dtype 'int8'"):
        train(tmp_path / "a.space", dtype="int8")
    with pytest.raises(InputError, match="give one of them"):
        train(tmp_path / "a.space", resume=True, force=True)
    for wrong in ({"workers": 2}, {"force": True}, {"config": Word2VecConfig()}):
        with pytest.raises(InputError, match=r"for (model '?)?word2vec"):
            lt.train("portraits:3", tmp_path / "a.model", **wrong)  # type: ignore[arg-type]
    assert not os.listdir(tmp_path)


def test_a_corpus_that_can_not_be_read_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\0\1\2")
    for corpus, message in (("bad.txt", "is no text"), ("missing.txt", "There is no corpus")):
        with pytest.raises(InputError, match=message):
            train(tmp_path / "a.space", tmp_path / corpus)
    assert os.listdir(tmp_path) == ["bad.txt"]


def test_without_gensim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gensim", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'lateen\[words\]'"):
        train(tmp_path / "a.space")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("workers", [0, -1, 257, 10**9])
def test_workers_are_bounded(workers: int, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"--workers got {workers}; give from 1 to 256"):
        train(tmp_path / "a.space", workers=workers)


@pytest.mark.parametrize("name", ["/", "a\nb.space", "a\udcff.space"])
def test_a_place_that_can_hold_no_space_is_refused_before_training(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"root of all folders|can't hold a space"):
        train(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", [{"force": True}, {"resume": True}])
def test_one_run_at_a_time(how: dict[str, bool], tmp_path: Path) -> None:
    out = tmp_path / "a.space"
    refused: list[str] = []

    class Second:
        def on_words(self, state: object) -> None:
            if not refused:
                with pytest.raises(SpaceError, match="wait for it or stop it") as error:
                    train(out, **how)
                refused.append(str(error.value))

    train(out, progress=Second(), config=replace(TINY, epochs=40))
    assert str(tmp_path) in refused[0]
    assert os.listdir(tmp_path) == ["a.space"]
