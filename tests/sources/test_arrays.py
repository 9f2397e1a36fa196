"""npy and npz: what a row is, which array holds the items, and what is refused."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lateen.core.errors import InputError
from lateen.sources.columns import Columns
from lateen.sources.opening import open_source
from lateen.sources.picture import View, content_digest
from lateen.sources.source import Batch, Source, repeated_ids

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (5, 6, 8, 3), np.uint8)


def read(source: Source, view: View | None = None) -> Batch:
    """All of it, through a pickle as to a worker."""
    return pickle.loads(pickle.dumps(source.take(np.arange(len(source))))).read(view)


def npy(tmp_path: Path, values: Any) -> Source:
    np.save(tmp_path / "a.npy", values, allow_pickle=True)
    return open_source(tmp_path / "a.npy")


def npz(tmp_path: Path, **arrays: Any) -> Source:
    np.savez(tmp_path / "a.npz", **arrays)
    return open_source(tmp_path / "a.npz")


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", "i1", ">i4", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_vectors_of_any_numbers_and_order(tmp_path: Path, dtype: str, order: Any) -> None:
    values = np.asarray(RNG.integers(0, 2, (7, 3)), dtype, order=order)
    source = npy(tmp_path, values)
    assert isinstance(source, Source)
    assert (source.modality, len(source), source.ids[6]) == ("vector", 7, "6")
    batch = read(source)
    assert np.array_equal(batch.items, values.astype(np.float32))
    assert np.asarray(batch.items).dtype == np.float32
    assert batch.digests[1] == content_digest(values[1].astype("<f4").tobytes())
    assert (batch.numbers[0], batch.bytes[0]) == (3, 3 * values.dtype.itemsize)
    assert batch.uris[6] == (tmp_path / "a.npy").as_uri() + "#6"
    assert batch.fields.num_rows == 7
    some = source.take(np.array([0, 2, 3, 6])).read(None)
    assert np.array_equal(some.items, values[[0, 2, 3, 6]].astype(np.float32))
    assert some.rows.tolist() == [0, 2, 3, 6]


def test_vectors_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    source = npy(tmp_path, np.array([[1.0, 2], [np.nan, 0], [np.inf, 0], [1e300, 0]]))
    batch = read(source)
    assert batch.ids == ["0"]
    assert [(r.id, r.reason) for r in batch.rejected] == [
        ("1", "its vector holds NaN or null"),
        ("2", "its vector holds infinity"),
        ("3", "its vector holds numbers too large for float32"),
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (PIXELS, PIXELS),
        (PIXELS[..., 0], PIXELS[..., [0, 0, 0]]),
        (PIXELS[..., :1], PIXELS[..., [0, 0, 0]]),
        (np.moveaxis(PIXELS, 3, 1), PIXELS),
        (np.concatenate([PIXELS, np.full_like(PIXELS[..., :1], 255)], 3), PIXELS),
        (np.concatenate([PIXELS, np.zeros_like(PIXELS[..., :1])], 3), np.full_like(PIXELS, 255)),
        ((PIXELS / 255).astype(np.float32), PIXELS),
        (PIXELS[..., 0] > 99, np.repeat(PIXELS[..., :1] > 99, 3, 3) * np.uint8(255)),
    ],
)
def test_pictures_of_every_layout(tmp_path: Path, values: np.ndarray, expected: np.ndarray) -> None:
    source = npy(tmp_path, values)
    assert source.modality == "image"
    batch = read(source, View(6))
    assert np.array_equal(batch.items, expected[:, :, 1:7])
    assert batch.numbers[0] in (48, 144)
    assert len(set(batch.digests)) == (1 if (expected == 255).all() else 5)


def test_pictures_of_floats_are_said_and_bad_ones_refused(tmp_path: Path) -> None:
    values = np.full((40, 4, 4), 0.5)
    values[7, 0, 0], values[9, 0, 0] = 1.5, np.nan
    with pytest.raises(InputError, match=r"floats run from 0\.5 to 1\.5; give 0 to 1, or uint8"):
        npy(tmp_path, values[7:9])
    values = np.full((4000, 4, 4), 0.5)
    values[7, 0, 0], values[9, 0, 0] = 1.5, np.nan
    source = npy(tmp_path, values)
    assert source.notes == ("The float64 pixels, from 0 to 1, are rounded to 256 levels.",)
    batch = source.take(np.arange(20)).read(View(4))
    assert len(batch) == 18
    assert np.unique(batch.items).tolist() == [128]
    assert [(r.id, r.reason) for r in batch.rejected] == [
        ("7", "its pixels run from 0.5 to 1.5, not 0 to 1"),
        ("9", "its pixels hold NaN"),
    ]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.arange(5), r"has the shape \(5,\); give \(n, width\) for vectors"),
        (np.float32(1), r"has the shape \(\); give"),
        (np.zeros((2, 5, 5, 5), np.uint8), r"has the shape \(2, 5, 5, 5\); give"),
        (np.zeros((2, 5, 5), np.int32), "of pictures, but holds int32; give uint8"),
        (np.zeros((0, 5)), r"is empty: its shape is \(0, 5\)"),
        (np.zeros((5, 0)), "is empty"),
        (np.zeros((2, 2), complex), "holds complex128, not numbers"),
        (np.array([["a", "b"]]), "holds <U1, not numbers"),
        (np.array([{"a": 1}, [1]], object), "holds Python objects, which are never unpickled. Save numbers"),
    ],
)
def test_arrays_that_are_no_items(tmp_path: Path, values: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        npy(tmp_path, values)


def test_damaged_files(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((100, 8), np.float32))
    whole = path.read_bytes()
    cut = r"cut short: \(100, 8\) float32 takes 3,328 bytes, it has 3,323"
    below = whole.replace(b"(100, 8), }", b"(-1, 8), } ")
    for data, message in ((whole[:-5], cut), (b"x", "can't be read as npy"), (below, r"the shape \(-1, 8\)")):
        path.write_bytes(data)
        with pytest.raises(InputError, match=message):
            open_source(path)
    (tmp_path / "a.npz").write_bytes(b"PK no")
    with pytest.raises(InputError, match="can't be read as npz"):
        open_source(tmp_path / "a.npz")


def test_a_file_that_changes_is_noticed(tmp_path: Path) -> None:
    source = npy(tmp_path, np.zeros((9, 3)))
    assert len(set(source.keys(np.arange(9)))) == 9
    os.utime(tmp_path / "a.npy", ns=(1, 1))
    with pytest.raises(InputError, match="has changed since it was opened"):
        source.take(np.arange(3))


@pytest.mark.parametrize("name", ["vectors", "embeddings", "x", "X", "data", "anything"])
def test_the_items_of_an_npz(tmp_path: Path, name: str) -> None:
    values = RNG.normal(size=(4, 3))
    source = npz(tmp_path, **{name: values}, y=np.array([0, 1, 1, 0]), ids=np.array(["a", "b", "c", "ä"]))
    assert (source.modality, list(source.ids)) == ("vector", ["a", "b", "c", "ä"])
    batch = source.take(np.array([1, 3])).read(None)
    assert np.array_equal(batch.items, values[[1, 3]].astype(np.float32))
    assert batch.fields.to_pydict() == {"label": [1, 0]}
    assert batch.fields.schema.equals(source.field_schema)


def test_further_arrays_become_fields(tmp_path: Path) -> None:
    source = npz(
        tmp_path,
        images=PIXELS,
        names=np.array([b"p0", b"p1", b"p2", b"p3", b"p4"]),
        label=np.array(list("abcde")),
        y=np.arange(5.0),
        vector=np.arange(5),
        mean=np.zeros(3),
        objects=np.array([1, "a", None, 2, 3], object),
    )
    assert (source.modality, source.ids[4]) == ("image", "p4")
    assert source.notes == (
        "The array 'mean' is left out: it has the shape (3,), not a value for each of the 5 items.",
        "The array 'objects' is left out: it has Python objects, not a value for each of the 5 items.",
        "The field 'vector' is called 'vector_' in the space.",
    )
    batch = read(source, View(6))
    assert batch.fields.to_pydict() == {"label": list("abcde"), "y": [0, 1, 2, 3, 4], "vector_": [0, 1, 2, 3, 4]}


def test_compressed_and_several_candidates(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "c.npz", np.eye(3))
    assert np.array_equal(read(open_source(tmp_path / "c.npz")).items, np.eye(3))
    with pytest.raises(InputError, match=r"Which array of .* Call it 'vectors' .* It holds: a \(2, 2\), b \(2, 2\)"):
        npz(tmp_path, a=np.eye(2), b=np.eye(2))
    with pytest.raises(InputError, match=r"'ids' in .* holds the shape \(3,\); the 2 items need"):
        npz(tmp_path, x=np.eye(2), ids=np.arange(3))
    with pytest.raises(InputError, match="It holds: nothing"):
        npz(tmp_path)


def test_words_and_their_vectors(tmp_path: Path) -> None:
    source = npz(tmp_path, words=np.array(["sea", "sail"]), vectors=np.eye(2))
    assert (source.modality, list(source.ids)) == ("word", ["sea", "sail"])


def test_repeated_ids_are_found_in_arrow(tmp_path: Path) -> None:
    source = npz(tmp_path, x=np.eye(6), ids=np.array(list("abacab")))
    assert repeated_ids(source.ids) == {2: 0, 4: 0, 5: 1}
    assert source.ids[1:3] == ["b", "a"]
    assert source.ids[-1] == "b"
    assert list(open_source(source, limit=2).ids) == ["a", "b"]
    assert repeated_ids(open_source(source, limit=2).ids) == {}


def test_arrays_have_no_columns(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.eye(2))
    with pytest.raises(InputError, match=r"--vector x was given for .*a\.npy, which has no columns"):
        open_source(tmp_path / "a.npy", columns=Columns(vector="x"))
