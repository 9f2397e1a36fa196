"""word2vec: vectors of words from the words around them, trained by gensim."""

from __future__ import annotations

from lateen.models.word2vec.config import Word2VecConfig
from lateen.models.word2vec.phrases import join_phrases
from lateen.models.word2vec.tokens import Tokens, TokenWriter, with_vectors
from lateen.models.word2vec.training import Progress, Trained, WordProgress, train_word2vec

__all__ = [
    "Progress",
    "TokenWriter",
    "Tokens",
    "Trained",
    "Word2VecConfig",
    "WordProgress",
    "join_phrases",
    "train_word2vec",
    "with_vectors",
]
