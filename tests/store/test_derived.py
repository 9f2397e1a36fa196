"""The cache of what can be computed again."""

from __future__ import annotations

from pathlib import Path

import pytest

from lateen.core.errors import StorageError
from lateen.store.derived import Derived, content_key


def test_keys_tell_parts_apart() -> None:
    assert content_key("a", 1, ["x"]) == content_key("a", 1, ["x"])
    keys = {content_key("ab"), content_key("a", "b"), content_key("a", b"b"), content_key("1"), content_key(1)}
    assert len(keys) == 5


def test_a_file_is_made_once_per_key(tmp_path: Path) -> None:
    derived, calls = Derived(tmp_path / "derived"), []

    def make(text: bytes, key: str) -> bytes:
        return derived.make("map", key, ".bin", lambda f: (calls.append(key), f.write(text))).read_bytes()

    assert [make(b"one", "k1"), make(b"two", "k1"), make(b"two", "k2")] == [b"one", b"one", b"two"]
    assert calls == ["k1", "k2"]
    derived.keep_only("map", "k2")
    assert [p.name for p in (tmp_path / "derived").iterdir()] == ["map-k2.bin"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    derived = Derived(tmp_path / "derived")

    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="failed: No space left on device"):
        derived.make("map", "k", ".bin", full)
    assert list((tmp_path / "derived").iterdir()) == []
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=r"Writing .* failed"):
        Derived(tmp_path / "file" / "derived").make("map", "k", ".bin", full)


def test_a_space_that_is_read_only_keeps_what_it_has_and_borrows_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = Derived(tmp_path).make("map", "a", ".npy", lambda file: file.write(b"old"))
    monkeypatch.setattr("os.access", lambda path, mode: False)  # for root, nothing is read-only
    derived = Derived(tmp_path)
    assert derived.make("map", "a", ".npy", lambda file: file.write(b"never")).read_bytes() == b"old"
    made = derived.make("map", "b", ".npy", lambda file: file.write(b"new"))
    assert made.read_bytes() == b"new"
    assert made == Derived(tmp_path).path("map", "b", ".npy")
    derived.keep_only("map", "b")
    assert list(tmp_path.iterdir()) == [there]
