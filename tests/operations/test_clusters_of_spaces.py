"""Clusters of spaces: kept, named by what they have, on the map, in its table and in its figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import lateen as lt
from lateen.cli.main import app
from lateen.core.codec import LatentSpec
from lateen.core.errors import UnknownNameError
from lateen.operations.cluster_names import field_names
from lateen.space import Space
from lateen.store.folder import SpaceFolder
from lateen.store.meta import SpaceMeta
from lateen.store.writer import Shard, SpaceWriter

KINDS = ["cat", "dog", "newt"]


@pytest.fixture(scope="module")
def blobs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clusters")
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], [300, 200, 100])
    vectors = (10 * np.eye(3, 8)[group] + rng.normal(size=(600, 8))).astype(np.float32)
    size = np.where(group == 2, 5.0, 1.0) + 0.1 * rng.normal(size=600)
    np.savez(folder / "v.npz", vectors=vectors, kind=np.array(KINDS)[group], size=size, noise=rng.normal(size=600))
    lt.build(folder / "v.npz", encoder="none", out=folder / "v.space")
    return folder / "v.space"


@pytest.fixture
def space(blobs: Path) -> Space:
    return lt.open(blobs)


def test_clusters_are_found_named_and_told_apart(space: Space) -> None:
    found = space.clusters()
    kinds = space.points.column("kind")
    names = [name.text for name in found.names]
    assert len(set(names)) == found.count
    assert {kind for kind in KINDS if any(name.startswith(kind) for name in names)} == set(KINDS)
    for cluster, name in enumerate(found.names):
        here = kinds[found.labels == cluster]
        assert (here == name.text.split()[0].strip(",")).all()
        assert "100 % against" in name.why
        assert name.why.startswith("kind ") == (";" in name.why)
    assert len(set(found.islands.tolist())) == 3
    assert sum(found.sizes) == (found.labels >= 0).sum()
    assert "cat" in found.describe()
    assert found.ids[0][0] == space.ids[int(found.exemplars[0][0])]
    assert found._repr_html_().startswith("<pre>")


def test_clusters_are_kept_until_they_are_damaged(space: Space) -> None:
    first = space.clusters()
    (kept,) = (space.folder / "derived").glob("clusters-*.npz")
    before = kept.read_bytes()
    for damage in (b"", b"PK\x03\x04 not a zip", before[: len(before) // 2]):
        kept.write_bytes(damage)
        again = lt.open(space.folder).clusters()
        assert again.labels.tolist() == first.labels.tolist()
        assert again.to_dict() == first.to_dict()
        assert kept.read_bytes() == before
    stamp = kept.stat().st_mtime_ns
    lt.open(space.folder).clusters()
    assert kept.stat().st_mtime_ns == stamp


def test_a_map_has_them_in_every_format(space: Space, tmp_path: Path) -> None:
    made = space.map(method="pca", color="cluster")
    table = pq.read_table(made.save(tmp_path / "map.parquet"))
    assert table.column_names[:4] == ["id", "x", "y", "cluster"]
    labels = np.array([-1 if label is None else label for label in table["cluster"].to_pylist()])
    assert labels.tolist() == made.clusters.labels.tolist()
    page = made.save(tmp_path / "map.html").read_text("utf-8")
    assert '"regions":[{"name":"cat' in page
    assert '"name":"density"' in page
    assert '"told":"share of items that lie less densely"' in page
    made.save(tmp_path / "map.png")
    said = made.to_dict()["clusters"]
    assert [entry.keys() for entry in said] == [{"cluster", "size", "name", "why", "island", "exemplars"}] * len(said)
    assert space.map(method="pca", color="density").picture().width > 0
    with pytest.raises(UnknownNameError, match="clutser"):
        space.map(method="pca", color="clutser")


def test_the_command_lists_them(space: Space) -> None:
    shown = CliRunner().invoke(app, ["map", str(space.folder), "--method", "pca"])
    assert shown.exit_code == 0
    assert "cat (100 % against 0 %" in shown.stdout
    printed = CliRunner().invoke(app, ["map", str(space.folder), "--method", "pca", "--json"])
    clusters = json.loads(printed.stdout)["clusters"]
    assert sum(entry["size"] for entry in clusters) == 600


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_handful_is_one_cluster(tmp_path: Path, n: int) -> None:
    np.savez(tmp_path / "v.npz", vectors=np.random.default_rng(0).normal(size=(n, 3)).astype(np.float32))
    lt.build(tmp_path / "v.npz", encoder="none", out=tmp_path / "v.space")
    space = lt.open(tmp_path / "v.space")
    found = space.clusters()
    assert (found.count, found.labels.tolist()) == (1, [0] * n)
    assert repr(found) == f"One cluster of {n} items"
    assert json.loads(json.dumps(found.to_dict()))["clusters"][0]["name"] == "cluster 1"
    space.map(method="pca").save(tmp_path / "map.html")


def test_clusters_of_words_are_named_by_words(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    group = np.arange(400) % 2
    words = [f"{'sea' if g == 0 else 'king'}{i}" for i, g in enumerate(group)]
    vectors = 6 * np.eye(2, 10)[group] + rng.normal(size=(400, 10))
    lines = [f"{word} {' '.join(f'{v:.4f}' for v in row)}" for word, row in zip(words, vectors, strict=True)]
    (tmp_path / "w.txt").write_text("400 10\n" + "\n".join(lines) + "\n", encoding="utf-8")
    lt.build(tmp_path / "w.txt", encoder="none", out=tmp_path / "w.space")
    found = lt.open(tmp_path / "w.space").clusters()
    assert found.count >= 2
    for cluster, name in enumerate(found.names):
        members = {words[row] for row in np.flatnonzero(found.labels == cluster)}
        assert set(name.text.split(", ")) <= members


def test_names_say_only_what_is_measured() -> None:
    labels = np.repeat([0, 1, 2], 100)
    rng = np.random.default_rng(0)
    strange = np.array([None, "a"] * 150, object)
    nothing = field_names({"noise": rng.normal(size=300), "strange": strange, "same": np.ones(300)}, labels)
    assert [name.text for name in nothing] == ["", "", ""]
    glasses = (labels == 1).astype(int)
    glasses[:20] = 1
    age = np.where(labels == 2, 60.0, 20.0) + rng.normal(size=300)
    mood = np.array(["glad", "sad", "calm", "cross"])[np.where(labels == 0, rng.integers(0, 2, 300), 2)]
    names = field_names({"glasses": glasses, "age": age, "mood": mood}, np.where(rng.random(300) < 0.05, -1, labels))
    assert names[0].text in ("glad or sad", "sad or glad")
    assert names[1].text.startswith("glasses = 1")
    assert "100 % against" in names[1].why
    assert names[2].text.startswith("age high")
    assert "median age 60 against 20" in names[2].why
    assert field_names({"nan": np.full(300, np.nan)}, labels)[0].text == ""
    assert field_names({}, labels)[0].text == ""
    assert field_names({"a": np.zeros(0)}, np.zeros(0, np.int64)) == []


def test_clusters_of_texts_are_named_by_their_words(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    n, group = 120, np.arange(120) % 2
    said = [("the ship sails", "a sailor on the ship"), ("the king rules", "a queen beside the king")]
    texts = [said[g][i // 2 % 2] for i, g in enumerate(group)]
    schema = pa.schema([("said", pa.string())])
    spec = LatentSpec("bag:words", 6, "text", "euclidean", fingerprint="f00d")
    meta = SpaceMeta(spec, "texts", n, given_fingerprint="f00d", created="2026-01-01T00:00:00+00:00", shown="said")
    folder = SpaceFolder.create(tmp_path / "t.space", meta, schema)
    vectors = (8 * np.eye(2, 6)[group] + rng.normal(size=(n, 6))).astype(np.float32)
    shard = Shard(
        ids=[f"t{i}" for i in range(n)], uris=[""] * n, vectors=vectors,
        fields=pa.table({"said": [None if i == 3 else text for i, text in enumerate(texts)]}, schema=schema),
        digests=[bytes([i] * 16) for i in range(n)], thumbnails=[], rejected=[], numbers=n, bytes=n,
    )  # fmt: skip
    with SpaceWriter.on(folder) as writer:
        writer.write(0, "key", shard)
        writer.finish()
    found = lt.open(tmp_path / "t.space").clusters()
    assert found.count >= 2
    for cluster, name in enumerate(found.names):
        topic = {"ship", "sails", "sailor"} if group[found.labels == cluster][0] == 0 else {"king", "queen", "rules"}
        assert name.text.split(", ")[0] in topic


def test_a_number_of_a_class_is_not_said_beside_its_name() -> None:
    which = np.arange(300) % 3
    columns = {"code": which, "kind": np.array(["hat", "shoe", "coat"], object)[which]}
    assert [name.text for name in field_names(columns, which.astype(np.int64))] == ["hat", "shoe", "coat"]


def test_the_field_of_classes_is_not_named_where_it_is_alone() -> None:
    labels = np.repeat([0, 1, 2], 100)
    alone = field_names({"label": labels + 7}, labels)
    assert [name.text for name in alone] == ["7", "8", "9"]
    assert [name.text for name in field_names({"digit": labels}, labels)] == ["digit = 0", "digit = 1", "digit = 2"]
    sides = np.arange(300) % 2
    assert field_names({"label": labels, "side": sides}, labels)[1].text == "label = 1"
    words = np.array(["boot", "bag", "coat"], object)[labels]
    assert [name.text for name in field_names({"label": words, "side": sides}, labels)] == ["boot", "bag", "coat"]


def test_each_figure_has_its_field() -> None:
    labels = np.repeat([0, 1], 100)
    turn, length = np.where(labels == 0, 9.912, -7.263), np.where(labels == 0, 0.2071, 0.5164)
    noise = np.random.default_rng(0).normal(0, 1e-4, (2, 200))
    name = field_names({"turn": turn + noise[0], "length": length + noise[1]}, labels)[0]
    assert name.text == "turn high, length low"
    assert name.why == "median turn 9.9 against −7.3; length 0.21 against 0.52"
