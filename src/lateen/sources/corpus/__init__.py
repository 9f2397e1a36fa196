"""Text to learn words from: a file, a folder or an archive of texts, read as sentences.

One idea: everything is a stream of blocks, so that ten gigabytes, or a line of one, take no more memory than a page.
"""

from __future__ import annotations

from lateen.sources.corpus.corpus import LAYOUTS, Corpus, Reading, open_corpus
from lateen.sources.corpus.sentences import Splitter

__all__ = ["LAYOUTS", "Corpus", "Reading", "Splitter", "open_corpus"]
