"""Training words: a corpus becomes a space, whose items are the words that occur often enough.

One idea: everything unfinished lies in one folder beside the space, `.NAME.training`: the corpus as numbers and the
last checkpoint. It goes when the space is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from jaxtyping import Float32, Int64

from lateen.building import build, replacing
from lateen.building.plan import DTYPES
from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError, InterruptedWorkError, MissingExtraError, StorageError
from lateen.core.json_file import read_json, write_json
from lateen.encoders.plain import AsTheyCome
from lateen.models.word2vec import (
    Progress,
    Tokens,
    TokenWriter,
    Trained,
    Word2VecConfig,
    join_phrases,
    train_word2vec,
    with_vectors,
)
from lateen.sources.corpus import Corpus, open_corpus
from lateen.sources.picture import View, content_digest
from lateen.sources.source import Batch, Rows
from lateen.store.ledger import Ledger
from lateen.store.meta import FILE

SCHEMA = pa.schema([("rank", pa.int64()), ("count", pa.int64())])
MOST_WORKERS = 256  # each holds 20,000 words that wait, and a thread

Vectors = Float32[np.ndarray, "n dim"]
OnRead = Callable[[int, int], None]


@dataclass(frozen=True)
class WordsTrained:
    """A finished training of words.

    Args:
        model: The space of words.
        steps: Epochs.
        seconds: Seconds of training, interruptions and reading left out.
        items_per_second: Words of the corpus per second of training.
        validation: What the vectors stand on: "words" with a vector, "tokens" (words of the corpus), "coverage" (the
            share of these that has a vector) and "sentences".
        rejected: None; pictures have some.
        notes: What the user should know of how the corpus was understood, and of the result.
    """

    model: Path
    steps: int
    seconds: float
    items_per_second: float
    validation: dict[str, float | int]
    rejected: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        """Words with a vector."""
        return int(self.validation["words"])

    @property
    def tokens(self) -> int:
        """Words of the corpus, each as often as it occurs."""
        return int(self.validation["tokens"])

    def __repr__(self) -> str:
        covered = f"{self.validation['coverage']:.1%} of {self.tokens:,} running words"
        done = f"{self.steps:,} epochs in {self.seconds:.0f} s ({self.items_per_second:,.0f} words/s)"
        return f"{self.model}: vectors of {self.words:,} words, {covered}; {done}"

    def to_dict(self) -> dict[str, object]:
        """The result as plain data."""
        return {**asdict(self), "model": str(self.model), "words": self.words, "tokens": self.tokens}


def train_words(
    corpus: str | Path,
    out: str | Path,
    *,
    config: Word2VecConfig,
    seed: int = 0,
    workers: int = 1,
    resume: bool = False,
    force: bool = False,
    dtype: str = "float32",
    progress: Progress | None = None,
    on_read: OnRead | None = None,
) -> WordsTrained:
    """Train vectors of the words of a corpus, and make a space of them.

    Args:
        corpus: A text file, also packed, a folder or an archive of texts: what `open_corpus` takes.
        out: The space to make; its fields are `rank` by frequency, from 1, and `count`.
        config: Hyper-parameters.
        seed: With one worker the same seed gives the same vectors on the same machine, to the byte.
        workers: Threads.
        resume: Go on where a stopped run was.
        force: Replace a space that is there, or a run that was begun.
        dtype: Type of the stored vectors, "float32" or "float16".
        progress: Told how far training is.
        on_read: Told (bytes read, bytes in all) while the corpus is read.

    Raises:
        InputError: If the corpus can't be read or has too few words, or `out` is in the way.
        MissingExtraError: If gensim isn't installed.
        SpaceError: If what is resumed was begun with other settings.
        StorageError: If the disk is full; the last checkpoint is kept.
        InterruptedWorkError: At ^C; what was trained is kept.
    """
    out = Path(out)
    if not 1 <= workers <= MOST_WORKERS:
        raise InputError(f"--workers got {workers}; give from 1 to {MOST_WORKERS}, such as the number of cores.")
    if dtype not in DTYPES:
        raise InputError(f"There is no dtype {dtype!r}; choose one of {', '.join(DTYPES)}.")
    replacing.require_name(out)
    unfinished = _Unfinished.beside(out)
    replaces = unfinished.require_free(out, resume, force)
    opened = open_corpus(corpus, layout=config.sentences, keep_case=config.keep_case)
    _require_gensim()
    with unfinished.begun(resume, replaces):
        tokens = unfinished.tokens(opened, config, resume, on_read)
        trained = train_word2vec(
            tokens, unfinished.state, config, seed=seed, workers=workers, resume=resume, progress=progress
        )
        said = _provenance(opened, tokens, trained, config, seed, workers)
        words = TrainedWords(str(opened.path), list(tokens.words), tokens.counts, trained.vectors)
        unfinished.claim()
        built = build(words, out=out, encoder=_AsTrained(config.dim, said), seed=seed, dtype=dtype, force=True)
        shutil.rmtree(unfinished.folder, ignore_errors=True)
    notes = [*tokens.notes, *built.notes]
    if workers > 1:
        notes.append(f"Trained by {workers} workers: another run gives other bytes; one worker gives the same.")
    measures = {
        "words": len(tokens.words),
        "tokens": tokens.total,
        "coverage": round(tokens.kept / tokens.total, 4),
        "sentences": tokens.sentences,
    }
    return WordsTrained(out, config.epochs, trained.seconds, trained.words_per_second, measures, notes=tuple(notes))


@dataclass(frozen=True, eq=False)
class TrainedWords:
    """Words and their new vectors as a source, in the order of frequency.

    Args:
        name: The corpus.
        ids: n words.
        counts: (n,) how often each occurs.
        vectors: (n, dim) theirs.
        rows: (n,) their ranks, from 0.
    """

    name: str
    ids: list[str]
    counts: Int64[np.ndarray, " n"]
    vectors: Vectors
    rows: Rows | None = None
    modality: str = "word"
    notes: tuple[str, ...] = ()

    @property
    def field_schema(self) -> pa.Schema:
        """Rank and count."""
        return SCHEMA

    def __len__(self) -> int:
        return len(self.ids)

    def keys(self, rows: Rows) -> list[str]:
        """The word and its vector."""
        return [f"{self.ids[row]}\0{content_digest(self.vectors[row].tobytes()).hex()}" for row in rows.tolist()]

    def take(self, rows: Rows) -> TrainedWords:
        """Some of them."""
        ids = [self.ids[row] for row in rows.tolist()]
        return replace(self, ids=ids, counts=self.counts[rows], vectors=self.vectors[rows], rows=rows)

    def read(self, view: View | None) -> Batch:
        """All of them."""
        rows = np.arange(len(self.ids)) if self.rows is None else self.rows
        n, dim = self.vectors.shape
        return Batch(
            rows=rows,
            ids=self.ids,
            items=self.vectors,
            uris=[""] * n,
            fields=pa.table([pa.array(rows + 1, pa.int64()), pa.array(self.counts)], schema=SCHEMA),
            numbers=np.full(n, dim, np.int64),
            bytes=np.full(n, dim * self.vectors.itemsize, np.int64),
            digests=[content_digest(vector.tobytes()) for vector in self.vectors],
        )


@dataclass(frozen=True)
class _AsTrained:
    """The encoder `none` of words, with how they were trained; space.json keeps that.

    Args:
        dim: Numbers per word.
        trained: Plain data.
    """

    dim: int
    trained: dict[str, object]

    @property
    def spec(self) -> LatentSpec:
        return replace(AsTheyCome(self.dim, "word").spec, preprocessing={"trained": self.trained})

    def encode(self, items: Vectors) -> Vectors:
        return AsTheyCome(self.dim, "word").encode(items)

    def save(self, path: Path) -> AsTheyCome:
        return AsTheyCome(self.dim, "word").save(path)


@dataclass(frozen=True)
class _Unfinished:
    """The folder of a run that is not finished.

    Args:
        folder: Where it is.
    """

    folder: Path

    @classmethod
    def beside(cls, out: Path) -> _Unfinished:
        whole = out.resolve()
        return cls(whole.with_name(f".{whole.name}.training"))

    @property
    def state(self) -> Path:
        """The checkpoint."""
        return self.folder / "state.safetensors"

    def require_free(self, out: Path, resume: bool, force: bool) -> bool:
        """Raise InputError if the space can't be written to its place; say whether one will be replaced."""
        if resume and force:
            raise InputError("--resume goes on with a training, --force starts anew; give one of them.")
        if out.exists() and not out.is_dir():
            raise InputError(f"{out} is a file; a space is a folder. Choose another name.")
        occupied = out.is_dir() and any(out.iterdir())
        if occupied and not (out / FILE).is_file():
            raise InputError(f"{out} exists and is not a space; give another name with -o.")
        begun = self.folder.is_dir()
        if resume and not begun:
            raise InputError(f"There is nothing to resume: no training of {out} is unfinished.")
        if begun and not (resume or force):
            raise InputError(f"A training of {out} is unfinished. Go on with --resume, or start anew with --force.")
        replaces = force or (resume and self._may_replace())
        if occupied and not replaces:
            raise InputError(f"{out} exists already. Replace it with --force, or choose another name.")
        return replaces

    @contextmanager
    def begun(self, resume: bool, replaces: bool) -> Iterator[None]:
        """Make the folder and be the only run in it; what an earlier run left there goes, unless it is resumed.

        Raises:
            SpaceError: While another run trains the same space.
            StorageError: If it can't be made.
        """
        lock = Ledger(self.folder / "ledger")
        try:
            lock.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"Making {self.folder} failed: {error.strerror or error}.") from error
        with lock.lock():
            if not resume:
                self._clear(lock.folder)
            if replaces or not resume:
                self._write(replaces)
            yield

    def _clear(self, but: Path) -> None:
        for left in self.folder.iterdir():
            if left.is_dir() and left != but:
                shutil.rmtree(left, ignore_errors=True)
            elif left != but:
                left.unlink(missing_ok=True)

    def claim(self) -> None:
        """Note that what is at the space's place from now on is ours to replace: it may be half built."""
        self._write(True)

    def tokens(self, corpus: Corpus, config: Word2VecConfig, resume: bool, on_read: OnRead | None) -> Tokens:
        """The corpus as numbers: from an earlier run if it has them, else read."""
        cut = {name: getattr(config, name) for name in ("keep_case", "sentences", "phrases", "min_count")}
        state, place = {"corpus": corpus.state, **cut}, self.folder / "tokens"
        kept = Tokens.load(place, state) if resume else None
        if kept is not None:
            return kept
        try:
            tokens = self._read(corpus, config, place, on_read)
            tokens.save(state)
        except BaseException as error:
            if not resume:
                shutil.rmtree(self.folder, ignore_errors=True)
            if isinstance(error, KeyboardInterrupt):
                left = "what was trained before is kept" if resume else "nothing is kept"
                raise InterruptedWorkError(
                    f"Stopped while the corpus was read, before training; {left}. Run the same command again."
                ) from None
            raise
        return tokens

    def _read(self, corpus: Corpus, config: Word2VecConfig, place: Path, on_read: OnRead | None) -> Tokens:
        raw = self.folder / "raw"
        shutil.rmtree(raw, ignore_errors=True)
        reading = corpus.read(on_read)
        with TokenWriter(raw / "0") as writer:
            for sentences in reading:
                writer.write(sentences)
            read = writer.finish()
        tokens = read
        for turn in range(1, config.phrases + 1):
            tokens = join_phrases(tokens, raw / str(turn))
        tokens = with_vectors(tokens, place, config.min_count)
        shutil.rmtree(raw)
        return replace(tokens, notes=reading.notes)

    def _write(self, replaces: bool) -> None:
        write_json(self.folder / "run.json", {"replaces": replaces})

    def _may_replace(self) -> bool:
        path = self.folder / "run.json"
        return path.is_file() and read_json(path).get("replaces") is True


def _provenance(
    corpus: Corpus, tokens: Tokens, trained: Trained, config: Word2VecConfig, seed: int, workers: int
) -> dict[str, object]:
    """How the vectors were made, as plain data."""
    return {
        "model": "word2vec",
        **config.to_dict(),
        "seed": seed,
        "workers": workers,
        "corpus": corpus.path.name,
        "tokens": tokens.total,
        "coverage": round(tokens.kept / tokens.total, 4),
        "tokens_sha256": tokens.digest,
        "gensim": trained.gensim,
    }


def _require_gensim() -> None:
    try:
        import gensim  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("Training word vectors", "words") from error
