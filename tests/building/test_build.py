"""`build`: what it makes, what it refuses, and what it says."""

from __future__ import annotations

import json
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from standins import DIM, SIZE, Noise, RandomProjection, Unmade, all_of

import lateen.building.plan
from lateen.building import BuildProgress, build
from lateen.building.sampling import MOST_ITEMS, sample
from lateen.core.codec import Images, Latents, LatentSpec
from lateen.core.errors import EncoderError, InputError, SpaceError, UnknownNameError
from lateen.sources.picture import View
from lateen.sources.source import Rows
from lateen.store import SpaceFolder


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lateen.building.plan.SHARD_ROWS, "image", (32, 32))


def photos(folder: Path, n: int = 5) -> Path:
    for i in range(n):
        path = folder / ("cat" if i % 2 else "dog") / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (10, 12), (i, 2 * i, 3 * i)).save(path)
    return folder


def test_a_folder_becomes_a_space_that_contains_its_codec(tmp_path: Path) -> None:
    source = photos(tmp_path / "photos")
    (source / "cat" / "7.png").write_text("no picture")
    (tmp_path / "f.csv").write_text("id,age\n0,30\n1,31\n")
    codec = RandomProjection(fit="pad")
    result = build(source, encoder=codec, out=tmp_path / "new" / "a.space", fields=tmp_path / "f.csv", seed=3)
    space = SpaceFolder.open(tmp_path / "new" / "a.space")
    assert space.ids() == ["cat/1.png", "cat/3.png", "dog/0.png", "dog/2.png", "dog/4.png"]
    assert space.fields().to_pydict() == {
        "label": ["cat", "cat", "dog", "dog", "dog"],
        "age": [31, None, 30, None, None],
    }
    assert space.uri("cat/1.png") == (source / "cat" / "1.png").as_uri()
    assert (result.n, result.rejected, result.resumed) == (5, 1, 0)
    assert result.notes == ("2 of 6 items have a row in f.csv.",)
    assert space.meta.fit == "pad"
    assert space.meta.seed == 3
    assert space.meta.source == str(source)
    assert space.meta.compression.numbers_before == 360
    assert space.meta.compression.bytes_after == 4 * DIM
    assert space.codec_path is not None
    assert (np.load(space.codec_path / "matrix.npy") == codec.matrix).all()
    (line,) = (space.path / "rejected.jsonl").read_text().splitlines()
    reason = "not a picture, damaged, or of a kind that Pillow can't read"
    assert json.loads(line) == {"id": "cat/7.png", "reason": reason}
    pixels = np.full((1, 8, 8, 3), 255, np.uint8)
    pixels[:, :, :7] = (1, 2, 3)
    assert np.allclose(space.vectors()[0], codec.encode(pixels)[0], atol=60)


def test_vectors_are_the_encoders_row_by_row(tmp_path: Path) -> None:
    codec, source = RandomProjection(), Noise(100, bad=7)
    build(source, encoder=codec, out=tmp_path / "a")
    space, batch = SpaceFolder.open(tmp_path / "a"), all_of(source)
    assert space.ids() == batch.ids
    assert np.allclose(space.vectors(), codec.encode(batch.items), rtol=1e-5)
    assert space.fields().column("even").to_pylist() == batch.fields.column("even").to_pylist()


def test_the_same_build_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        build(Noise(100, bad=7), encoder=RandomProjection(), out=tmp_path / name)
    a, b = (SpaceFolder.open(tmp_path / name) for name in "ab")
    assert a.vectors().tobytes() == b.vectors().tobytes()
    assert a.thumbnails(a.ids()) == b.thumbnails(b.ids())


def test_progress_and_result(tmp_path: Path) -> None:
    seen: list[BuildProgress] = []
    result = build(Noise(70, bad=10), encoder=RandomProjection(), out=tmp_path / "a", progress=seen.append)
    assert [p.done for p in seen] == [32, 64, 70]
    assert {p.total for p in seen} == {70}
    assert [p.rejected for p in seen] == [3, 6, 7]
    assert seen[-1].eta_seconds == 0
    assert all(p.items_per_second > 0 for p in seen)
    stages = result.read_seconds + result.encode_seconds + result.write_seconds
    assert 0 < stages <= result.seconds
    assert 0 < result.model_busy < 1
    plain = json.loads(json.dumps(result.to_dict()))
    assert plain["n"] == 63
    assert plain["compression"]["rejected"] == 7
    assert plain["path"] == str(tmp_path / "a")


def test_limit(tmp_path: Path) -> None:
    assert build(Noise(100), encoder=RandomProjection(), out=tmp_path / "a", limit=40).n == 40


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_any_number_of_workers_gives_the_same_bytes(tmp_path: Path, workers: int) -> None:
    build(Noise(100, bad=7), encoder=RandomProjection(), out=tmp_path / "a")
    build(Noise(100, bad=7), encoder=RandomProjection(), out=tmp_path / "b", workers=workers)
    a, b = (SpaceFolder.open(tmp_path / name) for name in "ab")
    assert a.ids() == b.ids()
    assert a.vectors().tobytes() == b.vectors().tobytes()
    assert a.thumbnails(a.ids()) == b.thumbnails(b.ids())


def test_an_existing_space_needs_resume_or_force(tmp_path: Path) -> None:
    out = tmp_path / "a.space"
    build(Noise(40), encoder=RandomProjection(), out=out)
    with pytest.raises(InputError, match=r"was built from noise:40, not from noise:41. Use --append .* --force"):
        build(Noise(41), encoder=RandomProjection(), out=out)
    with pytest.raises(InputError, match="give one of them"):
        build(Noise(40), encoder=RandomProjection(), out=out, resume=True, force=True)
    again = build(Noise(40), encoder=RandomProjection(), out=out, resume=True)
    assert (again.n, again.resumed) == (40, 40)
    assert build(Noise(50), encoder=RandomProjection(), out=out, force=True).n == 50


def test_a_result_says_itself_in_a_few_lines(tmp_path: Path) -> None:
    result = build(Noise(100, bad=7), encoder=RandomProjection(), out=tmp_path / "a.space")
    first, second, third = str(result).splitlines()
    assert first.startswith(f"{tmp_path}/a.space: 86 items in ")
    assert first.endswith(" items/s)")
    assert second == f"14 could not be used: {tmp_path}/a.space/rejected.jsonl says which and why"
    assert third == "192 numbers -> 6 per item (32 : 1)"
    assert len(str(build(Noise(9), encoder=RandomProjection(), out=tmp_path / "b")).splitlines()) == 2


@pytest.mark.parametrize("total", [1, 2, 15, 16, 17, 18, 31, 100, 105, 2047, 2048, 2049, 2100, 4099])
def test_the_sample_of_the_round_trip_holds_no_item_twice(total: int) -> None:
    read: list[int] = []

    class Watched(Noise):
        def take(self, rows: Rows) -> Unmade:
            read.extend(rows.tolist())
            return super().take(rows[:1])

    sample(Watched(total), View(SIZE), seed=0)
    assert len(set(read)) == len(read) <= MOST_ITEMS
    assert len(read) >= 0.99 * min(total, MOST_ITEMS)
    assert set(read) <= set(range(total))


def test_an_empty_folder_is_free(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ".tmp-left").touch()
    assert build(Noise(9), encoder=RandomProjection(), out=tmp_path / "a").n == 9
    assert not (tmp_path / "a" / ".tmp-left").exists()


def test_bad_input_leaves_an_old_space_alone(tmp_path: Path) -> None:
    out = tmp_path / "a"
    build(Noise(9), encoder=RandomProjection(), out=out)
    for call in (
        lambda: build(tmp_path / "nothing", encoder=RandomProjection(), out=out, force=True),
        lambda: build(Noise(9), encoder="nope:x", out=out, force=True),
    ):
        with pytest.raises(InputError):
            call()
    assert len(SpaceFolder.open(out)) == 9


class Stop(Exception):
    pass


def begin(out: Path, source: Noise, shards: int = 3) -> None:
    """Stop a build after some shards."""

    def stop(progress: BuildProgress) -> None:
        if progress.done >= 32 * (shards + 1):
            raise Stop

    with pytest.raises(Stop):
        build(source, encoder=RandomProjection(), out=out, progress=stop)


def test_resume_goes_on(tmp_path: Path) -> None:
    begin(tmp_path / "a", Noise(200, bad=9))
    with pytest.raises(SpaceError, match="unfinished: 96 of 200 items"):
        SpaceFolder.open(tmp_path / "a")
    seen: list[BuildProgress] = []
    result = build(Noise(200, bad=9), encoder=RandomProjection(), out=tmp_path / "a", resume=True, progress=seen.append)
    assert (result.resumed, result.n, result.rejected) == (96, 178, 22)
    assert seen[0].done == 128
    assert SpaceFolder.open(tmp_path / "a").ids() == all_of(Noise(200, bad=9)).ids


def test_resume_with_nothing_begun_begins(tmp_path: Path) -> None:
    assert build(Noise(9), encoder=RandomProjection(), out=tmp_path / "a", resume=True).resumed == 0


@pytest.mark.parametrize(
    ("source", "encoder", "fit", "message"),
    [
        (
            Noise(201),
            RandomProjection(),
            None,
            "source was noise:200, now it is noise:201; the number of items was 200",
        ),
        (Noise(200), RandomProjection(1), None, "encoder was test:projection-0, now it is test:projection-1"),
        (Noise(200), RandomProjection(), "pad", "fit was crop, now it is pad"),
        (Noise(200, version=1), RandomProjection(), None, "'n0' to 'n31', some items have changed since"),
    ],
)
def test_resume_of_something_else_says_what_differs(
    tmp_path: Path, source: Noise, encoder: RandomProjection, fit: str | None, message: str
) -> None:
    begin(tmp_path / "a", Noise(200))
    with pytest.raises(InputError, match=message) as caught:
        build(source, encoder=encoder, out=tmp_path / "a", resume=True, fit=fit)
    assert "--force to start anew" in str(caught.value)
    assert build(Noise(200), encoder=RandomProjection(), out=tmp_path / "a", resume=True).resumed == 96


def test_strict_stops_at_the_first_bad_item_and_keeps_the_rest(tmp_path: Path) -> None:
    out, source = tmp_path / "a", Noise(100, bad=50)
    with pytest.raises(InputError, match=r"'n49' can't be used: too noisy. --strict stops here"):
        build(source, encoder=RandomProjection(), out=out, strict=True)
    assert build(source, encoder=RandomProjection(), out=out, resume=True).resumed == 32
    begin(tmp_path / "b", source, shards=2)
    with pytest.raises(InputError, match="'n49' can't be used"):
        build(source, encoder=RandomProjection(), out=tmp_path / "b", resume=True, strict=True)


def test_all_rejected_is_an_error_that_leaves_no_space(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"None of the 40 items of noise:40 .*: too noisy \(40 times, such as 'n0'\)"):
        build(Noise(40, bad=1), encoder=RandomProjection(), out=tmp_path / "a")
    assert not (tmp_path / "a").exists()


class Spoiling(RandomProjection):
    """Its vectors of dark pictures are not numbers."""

    def encode(self, images: np.ndarray) -> np.ndarray:
        vectors = super().encode(images)
        vectors[images.reshape(len(images), -1).mean(axis=1) < 125] = np.nan
        return vectors


def test_vectors_that_are_not_numbers_are_rejected(tmp_path: Path) -> None:
    result = build(Noise(100), encoder=Spoiling(), out=tmp_path / "a")
    dark = np.asarray(all_of(Noise(100)).items).reshape(100, -1).mean(axis=1) < 125
    assert result.rejected == dark.sum() > 0
    space = SpaceFolder.open(tmp_path / "a")
    assert space.ids() == [f"n{i}" for i in np.flatnonzero(~dark)]
    assert np.isfinite(space.vectors()).all()
    assert "its vector holds NaN or infinity" in (space.path / "rejected.jsonl").read_text()


def test_vectors_that_are_too_large_are_rejected_as_such(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.array([[1, 2], [1e30, 2]], np.float32))
    build(tmp_path / "v.npy", out=tmp_path / "v.space")
    said = (tmp_path / "v.space" / "rejected.jsonl").read_text().splitlines()
    assert len(said) == 1
    assert "numbers too large to be squared" in said[0]



class Raising(RandomProjection):
    """It fails at some picture."""

    def encode(self, images: np.ndarray) -> np.ndarray:
        raise RuntimeError("out of memory\nand more")


def test_an_encoder_that_fails_says_what_and_where(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"failed on 9 items: RuntimeError: out of memory\. They are 'n0' to 'n8'"):
        build(Noise(9), encoder=Raising(), out=tmp_path / "a")
    assert build(Noise(9), encoder=RandomProjection(), out=tmp_path / "a", resume=True).n == 9


@pytest.mark.parametrize("gives", [None, [["a"] * DIM] * 9, np.zeros((9, DIM), complex), np.zeros((9, DIM, 1))])
def test_what_is_no_vectors_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gives: object) -> None:
    monkeypatch.setattr(RandomProjection, "encode", lambda self, images: gives)
    with pytest.raises(EncoderError, match=r"of shape .* for 9 items; its spec says 6 numbers for each"):
        build(Noise(9), encoder=RandomProjection(), out=tmp_path / "a")


class Short(RandomProjection):
    """It gives fewer rows than it was given."""

    def encode(self, images: np.ndarray) -> np.ndarray:
        return super().encode(images)[1:]


class Other(RandomProjection):
    """Its spec doesn't fit."""

    def __init__(self, **changes: object) -> None:
        super().__init__()
        self.spec = replace(self.spec, **changes)


def test_sources_and_encoders_that_do_not_fit(tmp_path: Path) -> None:
    out = tmp_path / "a"
    with pytest.raises(InputError, match="encodes text items; noise:9 holds image items"):
        build(Noise(9), encoder=Other(modality="text"), out=out)
    with pytest.raises(InputError, match="the preprocessing doesn't say the 'size'"):
        build(Noise(9), encoder=Other(preprocessing={}), out=out)
    with pytest.raises(UnknownNameError, match="no encoder scheme 'nope'"):
        build(Noise(9), encoder="nope:x", out=out)
    with pytest.raises(InputError, match="no fit 'cover'; choose crop, pad or stretch"):
        build(Noise(9), encoder=RandomProjection(fit="cover"), out=out)
    assert not out.exists()
    with pytest.raises(EncoderError, match=r"of shape \(8, 6\) for 9 items; its spec says 6 numbers"):
        build(Noise(9), encoder=Short(), out=out)


def test_large_pictures_are_read_in_small_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lateen.building.plan, "CHUNK_BYTES", 5 * 3 * 8 * 8)
    read: list[int] = []

    class Watched(Noise):
        def take(self, rows: Rows) -> Unmade:
            read.append(len(rows))
            return super().take(rows)

    build(Watched(34), encoder=RandomProjection(), out=tmp_path / "a")
    probe, *read = read
    assert probe == 34, "unread: it tells how heavy items are"
    assert read[:8] == [5, 5, 5, 5, 5, 5, 2, 2]
    assert max(read) == 5  # the sample of the round trip too


def test_long_texts_are_read_in_small_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lateen.building.plan, "CHUNK_BYTES", 10_000)
    (tmp_path / "t.csv").write_text("text\n" + "".join(f"{i} {'x' * 2_000}\n" for i in range(30)))
    lengths: list[int] = []

    class Letters:
        spec = LatentSpec("test:letters", 1, "text", "euclidean")

        def encode(self, texts: list[str]) -> Latents:
            lengths.append(len(texts))
            return np.array([[len(text)] for text in texts], np.float32)

    build(tmp_path / "t.csv", encoder=Letters(), out=tmp_path / "a")
    assert max(lengths) in (1, 2, 3, 4)
    assert sum(lengths) == 30


def test_pixels_are_gone_once_they_are_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lateen.building.plan, "CHUNK_BYTES", 3 * 8 * 8)
    alive: list[weakref.ref[np.ndarray]] = []
    most = 0

    class Watching(RandomProjection):
        def encode(self, images: Images) -> Latents:
            nonlocal most
            most = max(most, sum(one() is not None for one in alive))
            alive.append(weakref.ref(images))
            return super().encode(images)

    build(Noise(32), encoder=Watching(), out=tmp_path / "a", workers=0)
    assert len(alive) > 32
    assert most <= 2, "a shard in the making holds vectors and thumbnails only"


@pytest.mark.parametrize(("dtype", "lost"), [("float32", 1), ("float16", 2)])
def test_what_is_stored_as_zero_is_no_point_of_a_sphere(dtype: str, lost: int, tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    vectors[3], vectors[7], vectors[9] = 0, 2.0**-25, 2.0**-23
    np.save(tmp_path / "v.npy", vectors)
    result = build(tmp_path / "v.npy", encoder="none", geometry="sphere", dtype=dtype, out=tmp_path / "a")
    assert result.rejected == lost
    assert np.asarray(SpaceFolder.open(tmp_path / "a").vectors()).any(axis=1).all()
