"""Corpora are read whatever they are packed in, and what is no text is told."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lateen.core.errors import InputError
from lateen.sources.corpus import Corpus, open_corpus

TEXT = "The king is old. The queen is wise.\n\nThey don't speak\nof it. " * 30
SENTENCES = [["the", "king", "is", "old"], ["the", "queen", "is", "wise"], ["they", "don't", "speak", "of", "it"]] * 30


def read(corpus: Corpus) -> list[list[str]]:
    return [sentence for block in corpus.read() for sentence in block]


def tar(path: Path, mode: str, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "a.txt": bytes,
    "a.txt.gz": gzip.compress,
    "a.txt.xz": lzma.compress,
    "a.txt.bz2": bz2.compress,
    "no_suffix": bytes,
    "misnamed.txt": gzip.compress,
}


@pytest.mark.parametrize("name", PACKERS)
def test_a_file_however_packed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(PACKERS[name](TEXT.encode()))
    told: list[tuple[int, int]] = []
    reading = open_corpus(path).read(lambda done, total: told.append((done, total)))
    assert [s for block in reading for s in block] == SENTENCES
    assert reading.notes == (
        "Sentences end at . ! ? and at empty lines: so it looks (--sentences can say otherwise).",
    )
    assert reading.words == sum(map(len, SENTENCES))
    size = path.stat().st_size
    assert told[-1] == (size, size)
    assert all(0 <= done <= size for done, _ in told)


HALVES = {"b/2.txt": b"one two three.", "a/1.txt": b"four five six."}


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tar.xz", "tar.bz2", "zip"])
def test_an_archive_is_read_in_its_order(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"texts.{suffix}"
    files = {**HALVES, "__MACOSX/b/2.txt": b"hidden", ".DS_Store": b"hidden", "../../etc/evil.txt": b"seven eight."}
    if suffix == "zip":
        zipped(path, files)
    else:
        tar(path, {"tar": "w", "tar.gz": "w:gz", "tar.xz": "w:xz", "tar.bz2": "w:bz2"}[suffix], files)
    assert read(open_corpus(path)) == [["one", "two", "three"], ["four", "five", "six"], ["seven", "eight"]]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_folder_is_read_sorted_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    for name, data in HALVES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / "c.txt.gz").write_bytes(gzip.compress(b"seven eight."))
    (folder / ".hidden").write_bytes(b"not this")
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    reading = open_corpus(folder).read()
    sentences = [s for block in reading for s in block]
    assert sentences == [["four", "five", "six"], ["one", "two", "three"], ["seven", "eight"]]
    assert reading.notes[-1] == "Files that are no text were left out: 1 (photo.png)."


def test_texts_are_laid_out_each_in_its_way(tmp_path: Path) -> None:
    (tmp_path / "prose.txt").write_text(TEXT)
    (tmp_path / "tokens.txt").write_text("one two\nthree four\n" * 20)
    reading = open_corpus(tmp_path).read()
    assert sum(len(block) for block in reading) == len(SENTENCES) + 40
    assert "Each line is a sentence in 1 of 2 texts" in " ".join(reading.notes)
    assert len(read(open_corpus(tmp_path, layout="lines"))) == 40 + TEXT.count("\n\n") * 2 + 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_with_a_mark(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_text("Übergrößenträger. Ça va?", encoding=encoding)
    assert read(open_corpus(tmp_path / "a.txt")) == [["übergrößenträger"], ["ça", "va"]]


def test_windows_1252_is_read_and_told(tmp_path: Path) -> None:
    text = "Ça va, don’t you? " * 100_000
    (tmp_path / "a.txt").write_bytes(text.encode("cp1252"))
    reading = open_corpus(tmp_path / "a.txt", layout="prose").read()
    assert {" ".join(s) for block in reading for s in block} == {"ça va don't you"}
    assert reading.notes[-1] == "Bytes that are not UTF-8 were read as Windows-1252: 200,000 in a.txt."


def test_bytes_come_in_any_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Größe “so” schön.\r\n\r\nÜber allem. Ça €5.\r\n" * 40, encoding="utf-8", newline="")
    whole = read(open_corpus(path))
    for block in (1, 2, 3, 7, 64):
        monkeypatch.setattr("lateen.sources.corpus.corpus.BLOCK", block)
        assert read(open_corpus(path, layout="prose")) == whole


def test_state_is_that_of_the_files(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one two")
    before = open_corpus(path).state
    assert open_corpus(path).state == before
    path.write_text("one two three")
    assert open_corpus(path).state != before


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"  \n. . ! 'x"[:9], "has no words: no letters were found"),
        (b"\x7fELF\x01\x02\0\0\0text", "is no text: it holds NUL bytes"),
        (bytes(range(1, 32)) * 100, "is no text"),
        ("no mark".encode("utf-16-le"), "UTF-16 needs its byte order mark"),
        (gzip.compress(TEXT.encode() * 100)[:-400], "is damaged or can't be unpacked"),
        (lzma.compress(bytes(10_000) + TEXT.encode())[:100], "is no text|is damaged"),
        (b"PK\x03\x04 and then nothing", "is damaged or can't be unpacked"),
        (gzip.compress(b""), "has no words"),
    ],
    ids=["empty", "no letters", "binary", "control", "utf-16", "cut gzip", "zeros", "no zip", "empty gzip"],
)
def test_what_can_not_be_read(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        read(open_corpus(path))


def test_a_truncated_archive(tmp_path: Path) -> None:
    whole = tar(tmp_path / "a.tar.xz", "w:xz", {"a.txt": bytes(range(32, 127)) * 5000, "b.txt": b"one two."})
    for size in (40, whole.stat().st_size - 60):
        cut = tmp_path / f"cut{size}.tar.xz"
        cut.write_bytes(whole.read_bytes()[:size])
        with pytest.raises(InputError, match="is damaged or can't be unpacked"):
            read(open_corpus(cut))


def test_an_encrypted_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "one two three. " * 9)
    data = bytearray(path.read_bytes())
    data[6] |= 1  # what says that a member is encrypted, in its own header and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.zip is encrypted; give the texts without a password"):
        read(open_corpus(path))


def test_an_archive_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no words: no letters were found"):
        read(open_corpus(tar(tmp_path / "a.tar", "w", {".hidden": b"not this"})))


def test_names_that_lead_nowhere(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no corpus"):
        open_corpus(tmp_path / "missing.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no files"):
        open_corpus(tmp_path / "empty")
    (tmp_path / "empty" / "a.png").write_bytes(b"\0\1\2")
    with pytest.raises(InputError, match="is no text"):
        read(open_corpus(tmp_path / "empty"))
    with pytest.raises(InputError, match="'words'; choose one of auto, lines, prose"):
        open_corpus(tmp_path / "empty", layout="words")


MEASURE = """
import resource, sys
from lateen.sources.corpus import open_corpus
reading = open_corpus(sys.argv[1]).read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
words = sum(len(sentence) for block in reading for sentence in block)
print(words, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_one_line_of_any_length_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "line.txt.xz"
    with lzma.open(path, "wb", preset=0) as file:
        for _ in range(64):
            file.write(b"all on one line " * 65_536)  # 64 MB
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    words, kilobytes = map(int, done.stdout.split())
    assert words == 64 * 65_536 * 4
    assert kilobytes < 100_000


def test_spaces_beside_the_texts_are_no_texts(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One two three.")
    (tmp_path / "old.space" / "ledger").mkdir(parents=True)
    for name in ("space.json", "ledger/0.json"):
        (tmp_path / "old.space" / name).write_text('{"shard": "done"}')
    assert read(open_corpus(tmp_path)) == read(open_corpus(tmp_path / "a.txt"))
