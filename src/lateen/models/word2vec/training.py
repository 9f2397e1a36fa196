"""The training loop around gensim's word2vec: jobs of 10,000 words, each with random numbers of its own.

One idea: what a job does follows from the vectors, the seed and the job's number alone; so a run that was stopped and
resumed ends with the same bytes as one that was not.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from lateen.core.errors import InterruptedWorkError, MissingExtraError
from lateen.core.interrupt import deferred_interrupt
from lateen.models.word2vec.checkpoint import State
from lateen.models.word2vec.config import Word2VecConfig
from lateen.models.word2vec.tokens import Tokens

JOB = 10_000  # words; gensim's own
CHECKPOINT_SECONDS = 60.0
_REPORT_SECONDS = 0.1


@dataclass(frozen=True)
class WordProgress:
    """Where a run stands, for whoever shows it.

    Args:
        done: Words trained on, those of an earlier run included.
        total: Words of all epochs.
        epoch: The epoch, from 1.
        epochs: How many there are.
        words_per_second: In this run.
    """

    done: int
    total: int
    epoch: int
    epochs: int
    words_per_second: float


@runtime_checkable
class Progress(Protocol):
    """Whoever wants to follow a run."""

    def on_words(self, state: WordProgress) -> None:
        """Called several times a second, in the thread that trains."""
        ...


@dataclass(frozen=True, eq=False)
class Trained:
    """The end of a run.

    Args:
        vectors: (n, dim) of the vocabulary.
        seconds: Spent, interruptions left out.
        words_per_second: In this run; 0 if nothing was left to do.
        gensim: Version that trained them.
    """

    vectors: Float32[np.ndarray, "n dim"]
    seconds: float
    words_per_second: float
    gensim: str


@dataclass(frozen=True)
class Job:
    """Sentences that are trained on together.

    Args:
        sentences: As numbers of words.
        words: How many.
        sentence: Sentences of the epoch before and with this job.
        token: Words of the epoch before and with this job.
    """

    sentences: Sequence[Sequence[int]]
    words: int
    sentence: int
    token: int


def train_word2vec(
    tokens: Tokens,
    checkpoint: Path,
    config: Word2VecConfig,
    *,
    seed: int = 0,
    workers: int = 1,
    resume: bool = False,
    progress: Progress | None = None,
) -> Trained:
    """Train vectors of words with gensim; with one worker the same seed gives the same bytes on
    the same machine, resumed or not.

    Args:
        tokens: The corpus.
        checkpoint: File that the state goes to, about once a minute and at ^C.
        config: Hyper-parameters.
        seed: Of the first vectors, and of what is drawn.
        workers: Threads; with more than one, which of them comes first decides the last digits.
        resume: Go on from the checkpoint if there is one.
        progress: Told how far it is.

    Raises:
        MissingExtraError: If gensim isn't installed.
        SpaceError: If the checkpoint is of another run.
        InterruptedWorkError: At ^C, after the state is written.
        StorageError: If a checkpoint can't be written.
    """
    try:
        import gensim
    except ImportError as error:
        raise MissingExtraError("Training word vectors", "words") from error
    model = _model(tokens, config, seed)
    identity = {**config.to_dict(), "seed": seed, "corpus": tokens.digest, "gensim": gensim.__version__}
    del identity["epochs"]  # the budget
    state = State(model.wv.vectors, model.syn1neg)
    if resume and checkpoint.exists():
        state.restore(checkpoint, identity)
    run = _Run(model, tokens, config, state, seed)
    before, saved, told = state.seconds, state.seconds, 0.0
    done_before, started = run.done, time.monotonic()
    with deferred_interrupt() as interrupted, _Workers(run, workers) as trainers:
        for _ in trainers.finished():
            state.seconds = before + time.monotonic() - started
            if interrupted():
                trainers.settle()
                state.save(checkpoint, identity)
                raise InterruptedWorkError(
                    f"Stopped in epoch {state.epoch + 1:,} of {config.epochs:,}; what was trained is kept. Run the "
                    "same command with --resume to go on."
                )
            if state.seconds - saved > CHECKPOINT_SECONDS:
                trainers.settle()
                begun = time.monotonic()
                state.save(checkpoint, identity)
                saved = state.seconds + 20 * (time.monotonic() - begun)  # large vectors are written less often
            if progress is not None and state.seconds - told > _REPORT_SECONDS:
                told = state.seconds
                progress.on_words(run.progress(done_before, before))
    state.seconds = before + time.monotonic() - started
    state.save(checkpoint, identity)
    if progress is not None:
        progress.on_words(run.progress(done_before, before))
    spent = state.seconds - before
    rate = (run.done - done_before) / spent if run.done > done_before else 0.0
    return Trained(state.vectors, state.seconds, rate, gensim.__version__)


def _model(tokens: Tokens, config: Word2VecConfig, seed: int) -> Any:
    """gensim's model before its first step. Its words are the numbers from 0 on: quick to look up, and in our order."""
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=config.dim,
        window=config.window,
        min_count=1,  # rare words have been left out
        negative=config.negative,
        sample=config.sample,
        sg=int(config.algorithm == "skipgram"),
        seed=seed,
        workers=1,
        sorted_vocab=0,
    )
    counts = dict(enumerate(tokens.counts.tolist()))
    model.build_vocab_from_freq(counts, corpus_count=tokens.sentences)
    return model


class _Run:
    """A run over all epochs: its jobs in order, and what one of them does."""

    def __init__(self, model: Any, tokens: Tokens, config: Word2VecConfig, state: State, seed: int) -> None:
        from gensim.models.word2vec import train_batch_cbow, train_batch_sg

        self.model, self.tokens, self.config, self.state, self.seed = model, tokens, config, state, seed
        self._sg, self._cbow = train_batch_sg, train_batch_cbow
        self.total = tokens.kept * config.epochs

    @property
    def done(self) -> int:
        """Words trained on."""
        return self.state.epoch * self.tokens.kept + self.state.token

    def progress(self, done_before: int, seconds_before: float) -> WordProgress:
        """How far it is."""
        seconds, epochs = self.state.seconds - seconds_before, self.config.epochs
        rate = (self.done - done_before) / seconds if seconds > 0 else 0.0
        return WordProgress(self.done, self.total, min(self.state.epoch + 1, epochs), epochs, rate)

    def jobs(self) -> Iterator[tuple[int, Job]]:
        """What is left to do: the epoch and the job."""
        sentence, token = self.state.sentence, self.state.token
        for epoch in range(self.state.epoch, self.config.epochs):
            for job in jobs(self.tokens, sentence, token):
                yield epoch, job
            sentence = token = 0

    def train(self, model: Any, memory: tuple[np.ndarray, np.ndarray], epoch: int, job: Job) -> None:
        """Do a job; the vectors change in place."""
        before = job.token - job.words
        share = (epoch * self.tokens.kept + before) / self.total
        config = self.config
        rate = max(
            config.end_learning_rate,
            config.learning_rate - (config.learning_rate - config.end_learning_rate) * share,
        )
        model.random = np.random.RandomState((self.seed, epoch, before & 0xFFFFFFFF, before >> 32))
        if config.algorithm == "skipgram":
            self._sg(model, job.sentences, rate, memory[0], False)
        else:
            self._cbow(model, job.sentences, rate, memory[0], memory[1], False)

    def finish(self, epoch: int, job: Job) -> None:
        """Note that all up to a job is done."""
        last = job.token == self.tokens.kept
        self.state.epoch, self.state.sentence, self.state.token = (
            (epoch + 1, 0, 0) if last else (epoch, job.sentence, job.token)
        )


def jobs(tokens: Tokens, sentence: int = 0, token: int = 0) -> Iterator[Job]:
    """The corpus in jobs, cut as gensim cuts them: sentences until the next one would be too many words.

    Args:
        tokens: The corpus.
        sentence: Sentences that are passed over; a job must have ended there.
        token: Their words.
    """
    batch: list[list[int]] = []
    words = 0
    for block in tokens.blocks(sentence, token):
        for some in block:
            if words + len(some) > JOB and batch:
                sentence, token = sentence + len(batch), token + words
                yield Job(batch, words, sentence, token)
                batch, words = [], 0
            batch.append(some)
            words += len(some)
    if batch:
        yield Job(batch, words, sentence + len(batch), token + words)


class _Workers:
    """Threads that do jobs; with one, the calling thread does them itself, one after the other."""

    def __init__(self, run: _Run, workers: int) -> None:
        self._run = run
        self._pool = ThreadPoolExecutor(workers) if workers > 1 else None
        self._idle: SimpleQueue[tuple[Any, tuple[np.ndarray, np.ndarray]]] = SimpleQueue()
        self._ahead: dict[Future[None], tuple[int, Job]] = {}
        self._most = 2 * workers
        for _ in range(workers):  # copies share the vectors, and have random numbers of their own
            dim = run.config.dim
            memory = np.zeros(dim, np.float32), np.zeros(dim, np.float32)
            self._idle.put((copy.copy(run.model), memory))

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def finished(self) -> Iterator[None]:
        """Do all jobs, and come back after each."""
        for epoch, job in self._run.jobs():
            if self._pool is None:
                self._do(epoch, job)
                self._run.finish(epoch, job)
                yield
                continue
            self._ahead[self._pool.submit(self._do, epoch, job)] = (epoch, job)
            if len(self._ahead) >= self._most:
                self._collect(next(iter(self._ahead)))
                yield
        self.settle()
        if self._pool is not None:
            yield

    def settle(self) -> None:
        """Wait for what was begun."""
        for future in list(self._ahead):
            self._collect(future)

    def _collect(self, future: Future[None]) -> None:
        future.result()
        self._run.finish(*self._ahead.pop(future))

    def _do(self, epoch: int, job: Job) -> None:
        model, memory = self._idle.get()
        try:
            self._run.train(model, memory, epoch, job)
        finally:
            self._idle.put((model, memory))
