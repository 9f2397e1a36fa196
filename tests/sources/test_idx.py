"""idx files as MNIST has them: pictures with labels beside, compressed or not, whole or damaged."""

from __future__ import annotations

import gc
import gzip
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest

from lateen.core.errors import InputError
from lateen.sources.opening import open_source
from lateen.sources.picture import View

DIGITS = np.random.default_rng(0).integers(0, 256, (6, 28, 28), np.uint8)
LABELS = np.array([5, 0, 4, 1, 9, 2], np.uint8)
CODES = {"u1": 0x08, "i2": 0x0B, "f4": 0x0D, "f8": 0x0E}


def idx(path: Path, values: np.ndarray) -> Path:
    kind = values.dtype.str[1:]
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, CODES[kind], values.ndim, *values.shape)
    data = header + values.astype(f">{kind}").tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("labels_suffix", ["", ".gz"])
def test_digits_and_their_labels(tmp_path: Path, suffix: str, labels_suffix: str) -> None:
    path = idx(tmp_path / f"train-images-idx3-ubyte{suffix}", DIGITS)
    idx(tmp_path / f"train-labels-idx1-ubyte{labels_suffix}", LABELS)
    source = open_source(path)
    assert (source.modality, list(source.ids)) == ("image", list("012345"))
    assert source.notes == (f"The field 'label' comes from train-labels-idx1-ubyte{labels_suffix}.",)
    batch = source.take(np.array([1, 2, 5])).read(View(28))
    assert np.array_equal(np.asarray(batch.items)[..., 0], DIGITS[[1, 2, 5]])
    assert batch.fields.to_pydict() == {"label": [0, 4, 2]}
    assert batch.fields.schema.equals(source.field_schema)
    assert batch.numbers.tolist() == [784] * 3


@pytest.mark.parametrize("name", ["digits.idx", "t10k-images.idx3-ubyte", "t10k.idx3-ubyte.gz", "a-idx2-ubyte"])
def test_names_of_idx_files(tmp_path: Path, name: str) -> None:
    source = open_source(idx(tmp_path / name, DIGITS))
    assert (len(source), source.notes, source.field_schema.names) == (6, (), [])


@pytest.mark.parametrize("kind", ["u1", "i2", "f4", "f8"])
def test_vectors(tmp_path: Path, kind: str) -> None:
    values = np.arange(12).reshape(4, 3).astype(kind)
    source = open_source(idx(tmp_path / "v-idx2-ubyte", values))
    assert source.modality == "vector"
    assert np.array_equal(source.take(np.arange(4)).read(None).items, values)


def test_labels_that_do_not_fit_are_left_out_and_said(tmp_path: Path) -> None:
    path = idx(tmp_path / "train-images-idx3-ubyte", DIGITS)
    labels = idx(tmp_path / "train-labels-idx1-ubyte", LABELS[:4])
    assert open_source(path).notes == (f"The labels in {labels.name} are left out: (4,) for 6 items.",)
    labels.write_bytes(b"no")
    source = open_source(path)
    assert source.notes[0].startswith(f"The labels in {labels.name} are left out: {labels} is no idx file")
    assert source.field_schema.names == []


def test_files_that_can_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(room))
    assert len(open_source(idx(tmp_path / "whole-idx3-ubyte.gz", DIGITS))) == 6
    path = idx(tmp_path / "train-images-idx3-ubyte", DIGITS)
    whole = path.read_bytes()
    for data, message in (
        (whole[:-1], r"is cut short: \(6, 28, 28\) uint8 takes 4,720 bytes, it has 4,719"),
        (whole[:6], "it ends within its header"),
        (whole + b"x", "is damaged: .* it has 4,721"),
        (b"\x89PNG" + whole, "is no idx file: it begins with 89 50 4e 47, not 00 00 08 03"),
        (b"", "begins with nothing"),
    ):
        path.write_bytes(data)
        with pytest.raises(InputError, match=message):
            open_source(path)
    packed = tmp_path / "cut-idx3-ubyte.gz"
    for data in (gzip.compress(whole)[:-100], b"not packed"):
        packed.write_bytes(data)
        with pytest.raises(InputError, match="can't be unpacked"):
            open_source(packed)
    gc.collect()
    assert list(room.iterdir()) == []
    with pytest.raises(InputError, match=r"holds a number per item \(labels\?\); give the file with the images"):
        open_source(idx(tmp_path / "train-labels-idx1-ubyte", LABELS))
