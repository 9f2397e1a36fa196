"""Which search answers, and that all of them find the same: through a copy, block by block, through the index."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import lateen as lt
from lateen.cli.main import app
from lateen.core.errors import UnknownNameError
from lateen.manifold import Support
from lateen.operations import searching
from lateen.operations.searching import Search
from lateen.space import Space
from lateen.store import SpaceFolder

N, DIM = 24_000, 16
FIELD = "label = 3"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("searching")
    random = np.random.default_rng(0)
    centres = random.normal(size=(80, DIM))
    label = random.integers(0, 80, N)
    vectors = (centres[label] + 0.4 * random.normal(size=(N, DIM))).astype(np.float32)
    np.savez(folder / "v.npz", vectors=vectors, label=label)
    lt.build(folder / "v.npz", encoder="none", out=folder / "v.space")
    return folder / "v.space"


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(built, tmp_path / "v.space"))


def found(space: Space, where: str | None = None) -> list[list[str]]:
    items = ["5", "777", "5 - 6 + 7", "0.5*100 + 0.5*200"]
    return [[m.id for m in space.near(item, k=10, where=where).matches] for item in items]


@pytest.mark.parametrize("where", [None, FIELD, "label < 40"])
def test_block_by_block_finds_what_the_copy_finds(
    copy: Path, where: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = found(lt.open(copy), where)
    assert (copy / "derived").is_dir()
    for vectors in (copy / "derived").glob("vectors-*"):
        vectors.unlink()
    monkeypatch.setattr(searching, "EXACT_ROWS", 1_000)
    monkeypatch.setattr(searching, "PREPARED_NUMBERS", 1_000)
    space = lt.open(copy)
    assert found(space, where) == expected
    assert not list((copy / "derived").glob("vectors-*"))
    notes = space.near("5").notes
    assert len(notes) == 1
    assert "lateen index" in notes[0]


@pytest.mark.parametrize("where", [None, FIELD, "label < 40"])
def test_the_index_finds_nearly_the_same(copy: Path, where: str | None) -> None:
    space = lt.open(copy)
    expected = found(space, where)
    assert space.near("5").to_dict()["search"] == "exact"
    before = [m.distance for m in space.near("5").matches]
    made = space.index()
    assert made.settings is not None
    same = sum(len(set(a) & set(b)) for a, b in zip(found(space, where), expected, strict=True))
    assert same >= 37
    answer = space.near("5")
    assert answer.notes == ()
    assert str(answer.to_dict()["search"]).startswith("index (finds 99") or made.settings.recall == 1
    np.testing.assert_allclose([m.distance for m in answer.matches][:3], before[:3], rtol=1e-5)
    assert "5" not in {m.id for m in answer.matches}
    assert len(space.near("5", k=3_000).matches) == 3_000
    assert len(space.near("5", k=2 * N).matches) == N - 1
    assert "true neighbours" in space.info().describe()
    space.drop_index()
    assert found(space, where) == expected


def test_support_is_fitted_once_and_kept(copy: Path) -> None:
    folder = SpaceFolder.open(copy)
    search = Search(folder)
    points = np.asarray(folder.vectors()[:50]) + 0.3
    first = search.support(points)
    assert first.tolist() == Support.fit(folder.vectors(), search.geometry)(points).tolist()
    kept = list((copy / "derived").glob("support-*"))
    assert len(kept) == 1
    assert Search(folder).support(points).tolist() == first.tolist()
    kept[0].write_bytes(kept[0].read_bytes()[:1000])
    assert Search(folder).support(points).tolist() == first.tolist()
    assert len(kept[0].read_bytes()) > 1000


def test_the_length_needs_no_ids(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SpaceFolder, "_id_column", lambda self: pytest.fail("the ids were read"))
    assert len(lt.open(copy)) == N
    assert lt.open(copy).info().facts["n"] == N


def test_ids_look_like_a_list(copy: Path) -> None:
    ids = lt.open(copy).ids
    assert ids[3] == "3"
    assert ids[-2:] == [str(N - 2), str(N - 1)]
    assert "12" in ids
    with pytest.raises(UnknownNameError):
        lt.open(copy).near("nobody")


def test_the_command(copy: Path) -> None:
    run = CliRunner().invoke
    result = run(app, ["index", str(copy), "--json"])
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    assert printed["n"] == printed["index"]["rows"] == N
    assert printed["index"]["recall"] >= 0.99
    assert "recall@10" in run(app, ["index", str(copy)]).stdout  # made anew
    assert json.loads(run(app, ["near", str(copy), "5", "--json"]).stdout)["search"].startswith("index")
    dropped = json.loads(run(app, ["index", str(copy), "--drop", "--json"]).stdout)
    assert dropped["index"] is None
    assert json.loads(run(app, ["near", str(copy), "5", "--json"]).stdout)["search"] == "exact"
    again = run(app, ["index", str(copy), "--drop"])
    assert again.exit_code == 2
