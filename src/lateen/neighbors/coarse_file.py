"""A coarse copy as a file that is mapped into memory: .npy arrays one after the other, the codes first."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np

from lateen.core.geometry import Euclidean, Geometry, Sphere
from lateen.neighbors.coarse import Coarse, Sizes, round_to_bytes
from lateen.neighbors.exact import Vectors

FORMAT = 1


def write_coarse(file: BinaryIO, vectors: Vectors, geometry: Geometry) -> None:
    """Write a coarse copy of vectors, block by block: memory stays flat.

    Raises:
        InputError: If the geometry is neither a sphere nor Euclidean.
    """
    described = {"descr": "|i1", "fortran_order": False, "shape": vectors.shape}
    np.lib.format.write_array_header_1_0(file, described)
    sizes = round_to_bytes(vectors, geometry, lambda codes: file.write(codes.data))
    for array in (sizes.origin, sizes.weights, sizes.scales, sizes.residuals, sizes.squares):
        np.save(file, array, allow_pickle=False)


def read_coarse(path: Path, shape: tuple[int, int], geometry: Sphere | Euclidean) -> Coarse:
    """Map a coarse copy.

    Args:
        path: What `write_coarse` wrote.
        shape: Of the vectors.
        geometry: Theirs.

    Raises:
        ValueError, OSError or EOFError: If the file is damaged, or of other vectors.
    """
    codes = np.load(path, mmap_mode="r", allow_pickle=False)
    if codes.shape != shape or codes.dtype != np.int8:
        raise ValueError(f"{path} is of other vectors: its shape is {codes.shape}")
    with path.open("rb") as file:
        file.seek(codes.offset + codes.nbytes)
        arrays = [np.load(file, allow_pickle=False) for _ in range(5)]
    expected = [*2 * [shape[1:]], *3 * [shape[:1]]]
    if [array.shape for array in arrays] != expected or any(array.dtype != np.float32 for array in arrays):
        raise ValueError(f"{path} is of other vectors")
    return Coarse(codes, Sizes(*arrays), geometry)
