"""A space on disk: what was written comes back in one order, and every way it can be broken is said."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from spaces import DIM, make_space, meta, shard

from lateen.core.errors import InputError, SpaceError, UnknownNameError
from lateen.store.folder import SpaceFolder
from lateen.store.lance_tables import UnsupportedProcessorError, require_avx2
from lateen.store.meta import Compression


@pytest.fixture
def space(tmp_path: Path) -> SpaceFolder:
    make_space(tmp_path / "a.space")
    return SpaceFolder.open(tmp_path / "a.space")


def test_everything_comes_back_in_one_order(space: SpaceFolder) -> None:
    shards = [shard(0, 5), shard(1, 7)]
    assert len(space) == 12
    assert space.ids() == [id for s in shards for id in s.ids]
    assert (space.vectors() == np.concatenate([s.vectors for s in shards])).all()
    assert space.fields().column("glasses").to_pylist() == [0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0]
    assert space.fields(["label"]).column_names == ["label"]
    assert space.field_schema().names == ["glasses", "label", "hair colour"]
    assert space.uri("1/6.png") == "file:///1/6.png"
    assert space.row("1/6.png") == 11
    thumbnails = space.thumbnails(["1/6.png", "0/0.png"])
    assert thumbnails == {"1/6.png": shards[1].thumbnails[6], "0/0.png": shards[0].thumbnails[0]}
    assert Image.open(io.BytesIO(thumbnails["0/0.png"])).size == (8, 8)


def test_what_it_says_of_itself(space: SpaceFolder) -> None:
    assert space.meta.compression == Compression(12, 2, 192.0, 100.0, DIM, 4 * DIM)
    assert space.meta.complete
    assert space.codec_path == space.path / "codec"
    plain = json.loads((space.path / "space.json").read_text())
    assert plain["format"] == 1
    assert plain["spec"]["encoder"] == "test:noise"
    rejected = [json.loads(line) for line in (space.path / "rejected.jsonl").read_text().splitlines()]
    assert rejected == [{"id": f"{n}/bad.png", "reason": "an empty file (0 bytes)"} for n in (0, 1)]


def test_half_precision_is_stored_and_read_as_float32(tmp_path: Path) -> None:
    space = make_space(tmp_path / "h.space", dtype="float16")
    expected = np.concatenate([shard(0, 5).vectors, shard(1, 7).vectors]).astype(np.float16)
    assert space.vectors().dtype == np.float32
    assert (space.vectors() == expected).all()
    assert space.meta.compression.bytes_after == 2 * DIM


def test_the_copy_of_the_vectors_is_made_again_when_lost_damaged_or_stale(space: SpaceFolder) -> None:
    expected = space.vectors().copy()
    (copy,) = (space.path / "derived").glob("vectors-*")
    assert isinstance(space.vectors(), np.memmap)
    content = copy.read_bytes()
    copy.write_bytes(content[:-8])
    assert (SpaceFolder.open(space.path).vectors() == expected).all()
    copy.write_bytes(b"nonsense")
    assert (SpaceFolder.open(space.path).vectors() == expected).all()
    shutil.rmtree(space.path / "derived")
    assert (SpaceFolder.open(space.path).vectors() == expected).all()
    stale = space.path / "derived" / "vectors-0123.npy"
    stale.write_bytes(content)
    copy.unlink()
    assert (SpaceFolder.open(space.path).vectors() == expected).all()
    assert copy.exists()
    assert not stale.exists()


@pytest.mark.parametrize(
    ("filter", "rows"),
    [
        ("glasses = 1", [1, 3, 6, 8, 10]),
        ("label = 'dog' AND glasses = 0", [0, 5, 11]),
        ("`hair colour` >= 0.8", [4, 11]),
        ("id IN ('0/1.png', '1/0.png')", [1, 5]),
        ("glasses = 7", []),
        ("glasses IS NOT NULL", list(range(12))),
    ],
)
def test_filters_give_row_numbers(space: SpaceFolder, filter: str, rows: list[int]) -> None:
    found = space.rows_where(filter)
    assert found.dtype == np.int64
    assert found.tolist() == rows


@pytest.mark.parametrize("filter", ["glases = 1", "glasses = 1 AND glases = 0"])
def test_unknown_fields_are_named_with_near_spellings(space: SpaceFolder, filter: str) -> None:
    with pytest.raises(UnknownNameError, match=r"no field 'glases' in space a\.space\. Did you mean 'glasses'"):
        space.rows_where(filter)
    with pytest.raises(UnknownNameError, match="Did you mean 'glasses'"):
        space.fields(["glases"])


@pytest.mark.parametrize("filter", ["glasses = = 1", "glasses = 'a", "glasses", "glasses = 'abc'", "", "1"])
def test_filters_that_can_not_be_understood_are_restated(space: SpaceFolder, filter: str) -> None:
    with pytest.raises(InputError) as caught:
        space.rows_where(filter)
    message = str(caught.value)
    assert repr(filter) in message
    assert '"glasses = 1"' in message
    assert "hair colour" in message
    assert ".rs:" not in message


@pytest.mark.parametrize("rest", ["; DROP TABLE points", " ORDER BY glasses", " LIMIT 1"])
def test_what_follows_a_condition_is_refused_not_left_out(space: SpaceFolder, rest: str) -> None:
    with pytest.raises(InputError, match=r"can't be used: .*Write a condition such as"):
        space.rows_where(f"glasses = 1{rest}")
    assert len(space.rows_where("glasses = 1 -- a remark")) == 5


def test_a_field_in_double_quotes_would_find_nothing_so_it_is_refused(space: SpaceFolder) -> None:
    with pytest.raises(InputError, match="Write the field bare or as `hair colour`"):
        space.rows_where('"hair colour" > 0.5')


def test_unknown_ids(space: SpaceFolder) -> None:
    for look_up in (space.row, space.uri, lambda id: space.thumbnails([id])):
        with pytest.raises(UnknownNameError, match=r"no id '0/11\.png' in space a\.space\. Did you mean '0/1\.png'"):
            look_up("0/11.png")


def test_an_encoder_of_another_fingerprint_is_refused(space: SpaceFolder) -> None:
    spec = space.meta.spec
    space.check_encoder(spec)
    with pytest.raises(SpaceError, match=r"encoded by test:noise \(4 numbers, fingerprint f00d\); vae:other .*beef"):
        space.check_encoder(replace(spec, encoder="vae:other", fingerprint="beef"))


def broken(path: Path) -> str:
    with pytest.raises(SpaceError) as caught:
        SpaceFolder.open(path)
    return str(caught.value)


def test_what_is_not_a_space(tmp_path: Path) -> None:
    make_space(tmp_path / "faces.space")
    assert "Did you mean" in broken(tmp_path / "face.space")
    assert "Make one with `lateen build`" in broken(tmp_path / "zzz")
    (tmp_path / "folder").mkdir()
    assert "is not a space: it has no space.json" in broken(tmp_path / "folder")
    (tmp_path / "file").touch()
    assert "is a file, not a space" in broken(tmp_path / "file")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": 2}', "has format version 2; this lateen reads version 1. Install a newer lateen"),
        ('{"format": 0}', "has format version 0; this lateen reads version 1. Build the space again"),
        ("[]", "has format version None"),
        ('{"format": 1', "can't be read"),
        ('{"format": 1}', "doesn't say what it should: missing"),
        ('{"format": 1, "spec": 5, "compression": {}}', "doesn't say what it should"),
        ('{"format": 1, "spec": [1], "compression": {}}', "doesn't say what it should"),
    ],
)
def test_other_versions_and_damage_of_space_json(space: SpaceFolder, text: str, message: str) -> None:
    (space.path / "space.json").write_text(text)
    assert message in broken(space.path)


@pytest.mark.parametrize("wrong", ["x", None, [], -1.5])
@pytest.mark.parametrize("name", ["items", "spec", "compression", "codec_files", "spec.dim", "compression.n"])
def test_a_value_of_another_type_is_named(space: SpaceFolder, name: str, wrong: object) -> None:
    plain = json.loads((space.path / "space.json").read_text())
    outer, _, inner = name.rpartition(".")
    (plain[outer] if outer else plain)[inner] = wrong
    (space.path / "space.json").write_text(json.dumps(plain))
    assert "doesn't say what it should" in broken(space.path)


def test_json_that_is_nested_without_end(space: SpaceFolder) -> None:
    (space.path / "space.json").write_text("[" * 100_000)
    assert "can't be read" in broken(space.path)


def test_vectors_of_another_dimension_than_said(space: SpaceFolder) -> None:
    space.described(replace(space.meta, spec=replace(space.meta.spec, dim=7)))
    assert f"holds vectors of {DIM} numbers, but space.json says 7" in broken(space.path)


@pytest.mark.parametrize("content", [b"", b"nonsense"])
def test_damaged_data_files_are_named_where_they_are_read(space: SpaceFolder, content: bytes) -> None:
    for file in (space.path / "thumbs.lance" / "data").iterdir():
        file.write_bytes(content)
    with pytest.raises(SpaceError, match=r"thumbs\.lance can't be read"):
        space.thumbnails(["0/0.png"])
    for file in (space.path / "points.lance" / "data").iterdir():
        file.write_bytes(content)
    opened = SpaceFolder.open(space.path)
    for read in (opened.ids, opened.vectors, opened.fields):
        with pytest.raises(SpaceError, match=r"points\.lance can't be read: .* Restore it or build the space again"):
            read()


@pytest.mark.parametrize("value", [{"round_trip": 5}, {"round_trip": {"psnr": 30}}])
def test_a_damaged_compression_is_said(space: SpaceFolder, value: object) -> None:
    plain = json.loads((space.path / "space.json").read_text())
    (space.path / "space.json").write_text(json.dumps(plain | {"compression": value}))
    assert "doesn't say what it should" in broken(space.path)


def test_whether_a_space_decodes_is_noted_and_guessed_for_older_ones(space: SpaceFolder) -> None:
    file, plain = space.path / "space.json", json.loads((space.path / "space.json").read_text())
    assert plain["decodes"] is False
    del plain["decodes"]
    file.write_text(json.dumps(plain))
    assert SpaceFolder.open(space.path).meta.decodes, "it keeps a model"
    file.write_text(json.dumps(plain | {"codec_files": {}}))
    assert not SpaceFolder.open(space.path).meta.decodes
    measured = plain["compression"] | {"round_trip": {"psnr": 30.0, "psnr_pca": 20.0, "pca_dim": 4, "n": 2}}
    file.write_text(json.dumps(plain | {"codec_files": {}, "compression": measured}))
    assert SpaceFolder.open(space.path).meta.decodes


def test_an_unfinished_space_says_how_far_it_is(tmp_path: Path) -> None:
    make_space(tmp_path / "a.space")
    folder = SpaceFolder.open(tmp_path / "a.space")
    folder.described(replace(meta(5000), complete=False))
    assert "unfinished: 14 of 5,000 items are done. Run the same `lateen build` again with --resume" in broken(
        folder.path
    )


def test_missing_and_changed_codecs(space: SpaceFolder) -> None:
    config = space.path / "codec" / "config.json"
    config.write_text("{}")
    assert "its fingerprint differs from the one in space.json" in broken(space.path)
    config.unlink()
    assert "config.json is missing" in broken(space.path)
    shutil.rmtree(space.path / "codec")
    assert "has no codec/, the model that made it (test:noise)" in broken(space.path)


def test_missing_and_damaged_tables(space: SpaceFolder) -> None:
    shutil.move(space.path / "thumbs.lance", space.path / "aside")
    assert "thumbs.lance is missing" in broken(space.path)
    shutil.copytree(space.path / "points.lance", space.path / "thumbs.lance")
    (manifest,) = (space.path / "thumbs.lance" / "_versions").glob("*.manifest")
    manifest.write_bytes(b"nonsense")
    assert "can't be opened" in broken(space.path)


def test_a_table_with_other_rows_than_said(space: SpaceFolder) -> None:
    space.described(replace(space.meta, compression=replace(space.meta.compression, n=13)))
    assert "holds 12 rows, but space.json says 13" in broken(space.path)


def test_a_space_of_the_first_format_still_opens(tmp_path: Path) -> None:
    golden = Path(__file__).parent.parent / "golden" / "space-format-1"
    assert sum(f.stat().st_size for f in golden.rglob("*") if f.is_file()) < 30_000
    shutil.copytree(golden, tmp_path / "old.space")
    space = SpaceFolder.open(tmp_path / "old.space")
    expected = shard(0, 5)
    assert space.ids()[:5] == list(expected.ids)
    assert (space.vectors()[:5] == expected.vectors).all()
    assert space.rows_where("label = 'dog'").tolist() == [0, 3, 5]
    assert space.thumbnails(["0/3.png"])["0/3.png"] == expected.thumbnails[3]
    assert space.meta.compression == Compression(8, 2, 192.0, 100.0, DIM, 4 * DIM)


def test_a_processor_without_avx2_is_told_plainly(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("processor : 0\nflags\t\t: fpu sse2 avx\n")
    new.write_text("processor : 0\nflags\t\t: fpu sse2 avx avx2\n")
    require_avx2(new)
    require_avx2(tmp_path / "no such file")
    import platform

    if platform.machine() == "x86_64":
        with pytest.raises(UnsupportedProcessorError, match="needs a processor with AVX2"):
            require_avx2(old)


@pytest.mark.parametrize(
    ("before", "after", "modality", "said"),
    [
        (12_288, 64, "image", "12,288 numbers -> 64 per item (192 : 1)"),
        (256, 256, "vector", "256 numbers -> 256 per item (1.0 : 1)"),
        (40, 384, "text", "40 letters -> 384 numbers per item (1 : 9.6)"),
    ],
)
def test_compression_says_itself_in_a_line(before: int, after: int, modality: str, said: str) -> None:
    assert Compression(n=1, numbers_before=before + 0.0, numbers_after=after).describe(modality) == said
