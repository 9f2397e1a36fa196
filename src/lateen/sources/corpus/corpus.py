"""A corpus as a stream of sentences, with what was noticed on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from os.path import abspath
from pathlib import Path

from lateen.core.errors import InputError
from lateen.sources.corpus.decoding import TextDecoder, is_binary
from lateen.sources.corpus.files import Document, documents, files_of
from lateen.sources.corpus.sentences import Splitter, layout_of

LAYOUTS = ("auto", "lines", "prose")
BLOCK = 1 << 20  # bytes that are read at a time; a text's first ones say what it is
SAMPLE = 1 << 18  # characters of it that say where its sentences end
_DESCRIBED = {
    "prose": "Sentences end at . ! ? and at empty lines",
    "lines": "Each line is a sentence",
}

Sentences = list[list[str]]


@dataclass(frozen=True)
class Corpus:
    """Texts to learn words from; made by `open_corpus`.

    Args:
        path: The file, folder or archive, absolute.
        files: The files it consists of.
        bytes: Their size.
        state: Names, sizes and times of the files as one hash: whether they have changed, without reading them.
        layout: "lines", "prose", or "auto", which looks at the beginning of each text.
        keep_case: Whether capitals stay.
    """

    path: Path
    files: tuple[Path, ...]
    bytes: int
    state: str
    layout: str = "auto"
    keep_case: bool = False

    def read(self, on_read: Callable[[int, int], None] | None = None) -> Reading:
        """Begin to read.

        Args:
            on_read: Told (bytes read, bytes in all) after each block.
        """
        return Reading(self, on_read)


@dataclass(eq=False)
class Reading:
    """One pass over a corpus: iterate over it for lists of sentences; then `notes` says what was noticed.

    Args:
        corpus: What is read.
        on_read: Told how far it is.
    """

    corpus: Corpus
    on_read: Callable[[int, int], None] | None = None
    words: int = 0
    _layouts: Counter[str] = field(default_factory=Counter)
    _binary: list[str] = field(default_factory=list)
    _bad: list[tuple[str, int]] = field(default_factory=list)

    def __iter__(self) -> Iterator[Sentences]:
        for document in documents(self.corpus.path, list(self.corpus.files)):
            begin = document.read(BLOCK)
            if is_binary(begin):
                self._refuse_alone(document)
                self._binary.append(document.name)
                continue
            for sentences in self._sentences(document, begin):
                self.words += sum(map(len, sentences))
                if sentences:
                    yield sentences
        if self.words == 0:
            raise self._no_words()

    @property
    def notes(self) -> tuple[str, ...]:
        """How the texts were understood, and what was left out."""
        notes = []
        n = sum(self._layouts.values())
        told = ": so it looks (--sentences can say otherwise)" if self.corpus.layout == "auto" else ""
        for layout, count in self._layouts.most_common():
            texts = "" if n == count else f" in {count:,} of {n:,} texts"
            notes.append(f"{_DESCRIBED[layout]}{texts}{told}.")
        if self._bad:
            total, where = sum(n for _, n in self._bad), f"{self._bad[0][0]}" + ", ..." * (len(self._bad) > 1)
            notes.append(f"Bytes that are not UTF-8 were read as Windows-1252: {total:,} in {where}.")
        if self._binary:
            named = ", ".join(self._binary[:3]) + (", ..." if len(self._binary) > 3 else "")
            notes.append(f"Files that are no text were left out: {len(self._binary):,} ({named}).")
        return tuple(notes)

    def _sentences(self, document: Document, begin: bytes) -> Iterator[Sentences]:
        decoder = TextDecoder(begin)
        text = decoder.decode(begin)
        layout = layout_of(text[:SAMPLE]) if self.corpus.layout == "auto" else self.corpus.layout
        splitter = Splitter(layout, keep_case=self.corpus.keep_case)
        if text.strip():
            self._layouts[layout] += 1
        yield splitter.feed(text)
        while data := document.read(BLOCK):
            self._tell(document)
            yield splitter.feed(decoder.decode(data))
        yield splitter.feed(decoder.decode(b"", final=True)) + splitter.finish()
        self._tell(document)
        if decoder.bad_bytes:
            self._bad.append((document.name, decoder.bad_bytes))

    def _tell(self, document: Document) -> None:
        if self.on_read is not None:
            self.on_read(min(document.position(), self.corpus.bytes), self.corpus.bytes)

    def _refuse_alone(self, document: Document) -> None:
        """In a folder or an archive a file that is no text is left out; alone it is an error."""
        if [document.name] == [file.name for file in self.corpus.files]:
            raise InputError(
                f"{self.corpus.path} is no text: it holds NUL bytes or control characters. Give plain text; UTF-16 "
                "needs its byte order mark."
            )

    def _no_words(self) -> InputError:
        why = "it is empty" if self.corpus.bytes == 0 else "no letters were found"
        if self._binary:
            why = f"what it holds is no text ({self._binary[0]})"
        return InputError(f"The corpus {self.corpus.path} has no words: {why}. Give plain text.")


def open_corpus(path: str | Path, *, layout: str = "auto", keep_case: bool = False) -> Corpus:
    """Open texts to learn words from.

    Args:
        path: A text file, also as .gz, .xz or .bz2; a folder of them; or an archive of them (.tar, .tar.gz, .tar.xz,
            .tar.bz2, .zip), which is read through and not unpacked to disk. The content counts, not the suffix.
        layout: Where sentences end: "lines", "prose", or "auto", which looks at how each text begins.
        keep_case: Whether capitals stay.

    Raises:
        InputError: If there is no such file, it is empty, or the layout doesn't exist.
    """
    if layout not in LAYOUTS:
        raise InputError(f"Sentences can't be found by {layout!r}; choose one of {', '.join(LAYOUTS)}.")
    given = Path(abspath(Path(path).expanduser()))
    files = files_of(given)
    try:
        stats = [file.stat() for file in files]
    except OSError as error:
        raise InputError(f"{given} can't be read: {error.strerror or error}.") from error
    if sum(stat.st_size for stat in stats) == 0:
        raise InputError(f"The corpus {given} is empty (0 bytes); give plain text.")
    described = [(f.relative_to(given).as_posix(), s.st_size, s.st_mtime_ns) for f, s in zip(files, stats, strict=True)]
    state = sha256(repr(described).encode("utf-8", "surrogatepass")).hexdigest()
    return Corpus(given, tuple(files), sum(stat.st_size for stat in stats), state, layout, keep_case)

