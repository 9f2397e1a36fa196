"""`build` with `--force`: the old space stays until the new one is finished, and what still fits is carried over."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from standins import DIM, Noise, RandomProjection

import lateen.building.plan
from lateen.building import BuildProgress, build
from lateen.core.direction import Direction
from lateen.core.errors import InputError, InterruptedWorkError
from lateen.store import SpaceFolder, direction_names, save_direction


class Stop(Exception):
    """As if the process ended here."""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lateen.building.plan.SHARD_ROWS, "image", (32, 32))


def fitted(out: Path, *names: str) -> dict[str, bytes]:
    """Directions of a space, which a user would have fitted."""
    vector = np.eye(DIM, dtype=np.float32)[0]
    return {name: save_direction(out, Direction(name, vector, 1.0, "mean_difference")).read_bytes() for name in names}


def test_force_carries_directions_over_while_the_vectors_mean_the_same(tmp_path: Path) -> None:
    out = tmp_path / "a.space"
    build(Noise(40), encoder=RandomProjection(), out=out)
    kept = fitted(out, "glasses", "smile")
    result = build(Noise(50), encoder=RandomProjection(), out=out, force=True)
    assert (result.path, result.n) == (out, 50)
    assert {name: (out / "directions" / f"{name}.json").read_bytes() for name in direction_names(out)} == kept
    assert result.notes == ("The directions of the old space are kept: glasses, smile.",)
    other = build(Noise(50), encoder=RandomProjection(1), out=out, force=True)
    assert direction_names(out) == []
    assert "glasses, smile, are dropped: they were fitted to another encoder" in other.notes[0]
    assert build(Noise(50), encoder=RandomProjection(1), out=out, force=True).notes == ()
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.space"]


def test_force_carries_an_attached_decoder_over_while_it_reads_the_codes(tmp_path: Path) -> None:
    out = tmp_path / "a.space"
    build(Noise(40), encoder=RandomProjection(), out=out)
    (out / "decoder").mkdir()
    (out / "decoder" / "config.json").write_text("{}")
    result = build(Noise(50), encoder=RandomProjection(), out=out, force=True)
    assert result.notes == ("The decoder that was attached to the old space is kept.",)
    assert (out / "decoder" / "config.json").read_text() == "{}"
    (note,) = build(Noise(50), encoder=RandomProjection(1), out=out, force=True).notes
    assert "is dropped: it reads the codes of another encoder" in note
    assert not (out / "decoder").exists()


def test_force_replaces_a_damaged_space(tmp_path: Path) -> None:
    out = tmp_path / "a.space"
    build(Noise(40), encoder=RandomProjection(), out=out)
    fitted(out, "smile")
    (out / "space.json").write_text("{")
    result = build(Noise(40), encoder=RandomProjection(), out=out, force=True)
    assert "smile, are dropped" in result.notes[0]
    assert len(SpaceFolder.open(out)) == 40


def stopped_replacement(out: Path, source: Noise) -> str:
    """^C in the middle of `--force`."""

    def interrupt(progress: BuildProgress) -> None:
        if progress.done >= 96:
            raise KeyboardInterrupt

    with pytest.raises(InterruptedWorkError) as caught:
        build(source, encoder=RandomProjection(), out=out, force=True, progress=interrupt)
    return str(caught.value)


def test_the_old_space_stays_until_the_new_one_is_finished(tmp_path: Path) -> None:
    out, source = tmp_path / "a.space", Noise(200)
    build(Noise(40), encoder=RandomProjection(), out=out)
    kept = fitted(out, "smile")
    message = stopped_replacement(out, source)
    assert "64 of 200 items are finished and kept in" in message
    assert f"{out} is as it was. Run the same command with --resume instead of --force to go on." in message
    assert len(SpaceFolder.open(out)) == 40
    result = build(source, encoder=RandomProjection(), out=out, resume=True)
    assert (result.path, result.resumed, len(SpaceFolder.open(out))) == (out, 64, 200)
    assert (out / "directions" / "smile.json").read_bytes() == kept["smile"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.space"]


def test_force_after_a_stopped_force_begins_anew(tmp_path: Path) -> None:
    out = tmp_path / "a.space"
    build(Noise(40), encoder=RandomProjection(), out=out)
    stopped_replacement(out, Noise(200))
    assert build(Noise(100), encoder=RandomProjection(), out=out, force=True).resumed == 0
    assert len(SpaceFolder.open(out)) == 100


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_a_kill_between_the_renames_loses_neither_space(
    tmp_path: Path, renames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, source, calls = tmp_path / "a.space", Noise(100), 0
    build(Noise(40), encoder=RandomProjection(), out=out)
    fitted(out, "smile")
    rename = Path.rename

    def stopping(path: Path, target: Path) -> Path:
        nonlocal calls
        if path.name in ("a.space", ".a.space.new"):
            calls += 1
            if calls > renames:
                raise Stop
        return rename(path, target)

    remove = shutil.rmtree

    def keeping(path: Path, **options: Any) -> None:
        if Path(path).name == ".a.space.old":
            raise Stop
        remove(path, **options)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", stopping)
        patched.setattr(shutil, "rmtree", keeping)
        with pytest.raises(Stop):
            build(source, encoder=RandomProjection(), out=out, force=True)
    result = build(source, encoder=RandomProjection(), out=out, resume=True)
    assert (result.n, result.resumed) == (100, 100)
    assert direction_names(out) == ["smile"]
    assert len(SpaceFolder.open(out)) == 100
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.space"]


def test_force_does_not_remove_a_neighbour_that_is_not_a_space(tmp_path: Path) -> None:
    out = tmp_path / "a.space"
    build(Noise(40), encoder=RandomProjection(), out=out)
    (tmp_path / ".a.space.new").mkdir()
    (tmp_path / ".a.space.new" / "chapter.tex").touch()
    with pytest.raises(InputError, match="is in the way and is not a space"):
        build(Noise(40), encoder=RandomProjection(), out=out, force=True)
    assert (tmp_path / ".a.space.new" / "chapter.tex").exists()


def test_force_never_removes_what_is_not_a_space(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").touch()
    for options in ({"force": True}, {"resume": True}, {}):
        with pytest.raises(InputError, match="exists and is not a space"):
            build(Noise(9), encoder=RandomProjection(), out=tmp_path / "thesis", **options)
    with pytest.raises(InputError, match="is a file"):
        build(Noise(9), encoder=RandomProjection(), out=tmp_path / "thesis" / "chapter.tex", force=True)
    assert (tmp_path / "thesis" / "chapter.tex").exists()
