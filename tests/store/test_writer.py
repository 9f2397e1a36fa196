"""The writer's promise: whatever a kill leaves behind, a restart gives the same rows, once each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from spaces import FIELDS, make_space, meta, shard

from lateen.core.errors import SpaceError
from lateen.store import lance_tables as tables
from lateen.store.folder import POINTS, THUMBS, SpaceFolder
from lateen.store.ledger import Ledger
from lateen.store.writer import SpaceWriter

SIZES = (3, 4, 5)


def begun(path: Path) -> SpaceFolder:
    return SpaceFolder.create(path, meta(sum(SIZES) + len(SIZES)), FIELDS)


def finished_from_here(path: Path) -> SpaceFolder:
    """What a restart does: reconcile, write what the ledger lacks, finish."""
    with SpaceWriter.on(begun(path)) as writer:
        for number in range(len(writer.entries), len(SIZES)):
            writer.write(number, f"key-{number}", shard(number, SIZES[number]))
        return writer.finish()


def assert_whole(space: SpaceFolder) -> None:
    expected = [id for number, rows in enumerate(SIZES) for id in shard(number, rows).ids]
    assert space.ids() == expected
    thumbs = [id for batch in tables.scan(space.path / THUMBS, ["id"]) for id in batch.column(0).to_pylist()]
    assert thumbs == expected
    for name in (POINTS, THUMBS):
        files = list((space.path / name / "data").glob("*.lance"))
        assert len(files) == len(SIZES), "a killed shard's files are removed, the others are not"
    assert not list(space.path.rglob(".tmp-*"))


def write(writer: SpaceWriter, *numbers: int) -> None:
    for number in numbers:
        writer.write(number, f"key-{number}", shard(number, SIZES[number]))


def test_uncommitted_shards_are_committed(tmp_path: Path) -> None:
    with SpaceWriter.on(begun(tmp_path / "a")) as writer:
        write(writer, 0, 1)
    assert tables.open_table(tmp_path / "a" / POINTS).count_rows() == 0
    assert_whole(finished_from_here(tmp_path / "a"))


def test_a_crash_between_the_commits_of_the_two_tables(tmp_path: Path) -> None:
    with SpaceWriter.on(begun(tmp_path / "a")) as writer:
        write(writer, 0, 1)
        tables.append(tmp_path / "a" / POINTS, [f for e in writer.entries.values() for f in e.points])
    assert_whole(finished_from_here(tmp_path / "a"))


def test_a_crash_between_the_commit_and_its_bookkeeping(tmp_path: Path) -> None:
    with SpaceWriter.on(begun(tmp_path / "a")) as writer:
        write(writer, 0, 1)
        entries = list(writer.entries.values())
        for name, kind in ((POINTS, "points"), (THUMBS, "thumbs")):
            tables.append(tmp_path / "a" / name, [f for e in entries for f in getattr(e, kind)])
        # The process dies here: nothing says that the two shards are in the tables
    assert_whole(finished_from_here(tmp_path / "a"))


def test_a_crash_before_the_ledger_entry_leaves_orphans_that_are_removed(tmp_path: Path) -> None:
    with SpaceWriter.on(begun(tmp_path / "a")) as writer:
        write(writer, 0)
        points, thumbs = writer._tables(1, shard(1, SIZES[1]))
        tables.write_fragments(tmp_path / "a" / POINTS, points)
        tables.write_fragments(tmp_path / "a" / THUMBS, thumbs)
    (tmp_path / "a" / "ledger" / ".tmp-half").write_text("{")
    assert_whole(finished_from_here(tmp_path / "a"))


def test_a_crash_after_the_last_commit_before_space_json(tmp_path: Path) -> None:
    with SpaceWriter.on(begun(tmp_path / "a")) as writer:
        write(writer, 0, 1, 2)
        writer.commit()
        tables.forget_old_versions(tmp_path / "a" / POINTS)
    with pytest.raises(SpaceError, match="unfinished: 15 of 15"):
        SpaceFolder.open(tmp_path / "a")
    assert_whole(finished_from_here(tmp_path / "a"))


def test_a_crash_while_the_folder_was_made(tmp_path: Path) -> None:
    begun(tmp_path / "a")
    shutil.rmtree(tmp_path / "a" / THUMBS)
    shutil.rmtree(tmp_path / "a" / "ledger")
    assert_whole(finished_from_here(tmp_path / "a"))


def test_many_restarts(tmp_path: Path) -> None:
    for number in range(len(SIZES)):
        with SpaceWriter.on(begun(tmp_path / "a")) as writer:
            assert writer.items_done == sum(SIZES[:number]) + number
            write(writer, number)
    assert_whole(finished_from_here(tmp_path / "a"))


def test_a_shard_of_rejected_items_only(tmp_path: Path) -> None:
    space = make_space(tmp_path / "a", (2, 0, 3))
    assert len(space.ids()) == 5
    assert space.meta.compression.rejected == 3
    assert_same = SpaceFolder.open(space.path)
    assert assert_same.ids() == space.ids()


def test_only_one_build_writes_at_a_time(tmp_path: Path) -> None:
    folder = begun(tmp_path / "a")
    with SpaceWriter.on(folder), pytest.raises(SpaceError, match="Another build is writing"):
        SpaceWriter.on(folder).__enter__()


def test_a_ledger_that_lost_an_entry_is_noticed(tmp_path: Path) -> None:
    with SpaceWriter.on(begun(tmp_path / "a")) as writer:
        write(writer, 0, 1)
        writer.commit()
    (tmp_path / "a" / "ledger" / "000000001.json").unlink()
    with pytest.raises(SpaceError, match="holds shards that its ledger lacks"):
        finished_from_here(tmp_path / "a")
    (tmp_path / "a" / "ledger" / "000000000.json").write_text("{")
    with pytest.raises(SpaceError, match="can't be read"):
        finished_from_here(tmp_path / "a")


def test_a_shard_is_recorded_once(tmp_path: Path) -> None:
    with SpaceWriter.on(begun(tmp_path / "a")) as writer:
        write(writer, 0)
        with pytest.raises(SpaceError, match=r"Shard 0 is in the ledger .* already"):
            Ledger(tmp_path / "a" / "ledger").put(writer.entries[0])


def test_a_gap_in_the_ledger_is_noticed(tmp_path: Path) -> None:
    with SpaceWriter.on(begun(tmp_path / "a")) as writer:
        write(writer, 0, 1)
    (tmp_path / "a" / "ledger" / "000000000.json").unlink()
    with pytest.raises(SpaceError, match="lacks an entry; build the space again with --force"):
        finished_from_here(tmp_path / "a")
