"""`lateen.train`: pictures become a model on disk, texts a space of words.

One idea: one front for all kinds; each kind's own part is a module beside this one, and what is not for it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lateen.core.codec import Encoder
from lateen.core.errors import InputError
from lateen.core.seed import require_seed
from lateen.models.run import TrainResult
from lateen.models.training import Progress
from lateen.models.vae import VAEConfig
from lateen.models.word2vec import Progress as WordsProgress
from lateen.models.word2vec import Word2VecConfig
from lateen.sources.source import Source
from lateen.training.pictures import train_pictures
from lateen.training.words import WordsTrained, train_words

__all__ = ["KINDS", "WordsTrained", "train"]

KINDS = ("vae", "decoder", "word2vec")


def train(
    source: str | Path | Source,
    out: str | Path,
    *,
    model: str = "vae",
    size: int | None = None,
    latent_dim: int | None = None,
    steps: int | None = None,
    minutes: float | int | None = None,
    seed: int = 0,
    resume: bool = False,
    force: bool = False,
    fit: str | None = None,
    limit: int | None = None,
    config: VAEConfig | Word2VecConfig | None = None,
    dtype: str = "float32",
    encoder: str | Encoder | None = None,
    attach: str | Path | None = None,
    workers: int | None = None,
    progress: Progress | WordsProgress | None = None,
    on_read: Callable[[int, int], None] | None = None,
) -> TrainResult | WordsTrained:
    """Train a model on the pictures of a source, or a space of words on texts.

    Args:
        source: Pictures: a folder, `portraits:N[:SEED]`, a table with a column of them. For "word2vec" texts: a file,
            also packed, a folder or an archive of them.
        out: The model folder to make; for "word2vec" the space.
        model: Kind of model: "vae"; "decoder", which makes pictures of an encoder's codes; or "word2vec".
        size: Side of the pictures that the model makes, in pixels; 64 by default.
        latent_dim: Numbers per picture in the latent space of a VAE, 64 by default; numbers per word, 100.
        steps: Steps to train on pictures; the same steps and seed give the same bytes on the same machine.
        minutes: Minutes to train on pictures instead; 10 if neither is given.
        seed: Of weights, order and noise.
        resume: Go on where a killed run stopped, with the same source, seed and hyper-parameters. Another budget is
            taken as it is said: the learning rate then follows the new one.
        force: Replace a space of words that is there; it stays until the new one is finished.
        fit: How pictures become square: "crop", "pad" or "stretch". By default "crop" for a VAE; for a decoder as
            the space that it is for was built, else as its encoder wants it.
        limit: Use the first pictures only.
        config: All hyper-parameters of a VAE, which replace `size`, `latent_dim` and `fit`; or all of word2vec, which
            replace `latent_dim`.
        dtype: Type of the stored weights or vectors, "float32" or "float16".
        encoder: What a decoder undoes: `scheme:id[@revision]`, or an open encoder; the encoder of `attach` by default.
        attach: A space of that encoder; the decoder is put there when it is trained.
        workers: Threads that train words, 1 by default: with more, no two runs give the same bytes.
        progress: Told after every step.
        on_read: Told (pictures or bytes read, all of them) while the source is read.

    Raises:
        InputError: If the source holds no readable picture or no words, or an argument is out of its range or not for
            this kind of model.
        SpaceError: If the space to attach to is of another encoder, or can't be opened; or if what is resumed was
            begun with other settings.
        StorageError: If the disk is full; the last checkpoint is kept.
        MissingExtraError: If words are to be trained and gensim isn't installed.
        InterruptedWorkError: At ^C; what was trained is kept.
    """
    if model not in KINDS:
        raise InputError(f"There is no model kind {model!r}; this version trains {', '.join(KINDS)}.")
    require_seed(seed)
    pictures: dict[str, object] = {
        "size": size,
        "steps": steps,
        "minutes": minutes,
        "fit": fit,
        "limit": limit,
        "encoder": encoder,
        "attach": attach,
    }
    if model == "word2vec":
        _require_unsaid(model, pictures, "it is for models of pictures; the budget of word2vec is epochs")
        return train_words(
            _as_path(source),
            out,
            config=_words_config(config, latent_dim),
            seed=seed,
            workers=1 if workers is None else workers,
            resume=resume,
            force=force,
            dtype=dtype,
            progress=progress if isinstance(progress, WordsProgress) else None,
            on_read=on_read,
        )
    _require_unsaid(model, {"workers": workers, "force": force or None}, "it is for word2vec")
    if isinstance(config, Word2VecConfig):
        raise InputError(f"A {model} got a Word2VecConfig; that is for model 'word2vec'.")
    return train_pictures(
        source,
        out,
        model=model,
        size=64 if size is None else size,
        latent_dim=64 if latent_dim is None else latent_dim,
        steps=steps,
        minutes=minutes,
        seed=seed,
        resume=resume,
        fit=fit,
        limit=limit,
        config=config,
        dtype=dtype,
        encoder=encoder,
        attach=attach,
        progress=progress if isinstance(progress, Progress) else None,
        on_read=on_read,
    )


def _require_unsaid(model: str, options: dict[str, object], why: str) -> None:
    said = next((name for name, value in options.items() if value is not None), None)
    if said is not None:
        raise InputError(f"A {model} takes no {said} ({options[said]!r} was given): {why}.")


def _words_config(config: VAEConfig | Word2VecConfig | None, dim: int | None) -> Word2VecConfig:
    if isinstance(config, VAEConfig):
        raise InputError("Model 'word2vec' got a VAEConfig; give a Word2VecConfig.")
    if config is not None:
        return config
    return Word2VecConfig() if dim is None else Word2VecConfig(dim=dim)


def _as_path(source: str | Path | Source) -> str | Path:
    if isinstance(source, str | Path):
        return source
    raise InputError(f"Words are trained on text; the source {source.name} is none. Give the path of a corpus.")
