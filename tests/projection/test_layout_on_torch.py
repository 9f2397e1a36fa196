"""The layout with torch: the forces are the right ones, and the same bytes come whatever the number of threads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from lateen.core.errors import InputError, UnknownNameError
from lateen.core.geometry import Euclidean
from lateen.core.threads import team
from lateen.neighbors import neighbour_table
from lateen.projection import layout, map_quality
from lateen.projection.spectrum import on_torch, spectrum
from lateen.projection.spectrum.all_pairs import UP_TO
from lateen.projection.spectrum.descent import LONGEST, Descent, Edges, edges_of
from lateen.projection.spectrum.on_torch import TorchDescent, found

NO_GPU = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads of several libraries wait for each other on few processors."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["all pairs", "mesh"])
def push(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to push, whatever the number of points."""
    for dims in (2, 3):
        monkeypatch.setitem(UP_TO, dims, 0 if request.param == "mesh" else 10**9)
    return str(request.param)


def blobs(n: int, d: int = 12) -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = rng.normal(scale=5, size=(4, d))
    return (centres[np.arange(n) % 4] + rng.normal(size=(n, d))).astype(np.float32)


def torch_map(x: np.ndarray, dims: int = 2, attraction: float = 2.0) -> np.ndarray:
    table = neighbour_table(x, 15, geometry=Euclidean())
    return spectrum(x, table, attraction=attraction, dims=dims, device="cpu")[0]


def some_edges(x: np.ndarray) -> Edges:
    return edges_of(neighbour_table(x, 15, geometry=Euclidean()))


def some_positions(n: int, dims: int, wide: float) -> np.ndarray:
    return np.random.default_rng(1).normal(scale=wide, size=(n, dims)).astype(np.float32)


def pair_by_pair(positions: np.ndarray, edges: Edges, attraction: float) -> np.ndarray:
    """The forces from all pairs, as t-SNE's papers write them."""
    n = len(positions)
    weights = np.zeros((n, n))
    weights[np.repeat(np.arange(n), np.diff(edges.starts)), edges.ends] = edges.weights
    gaps = positions[None].astype(np.float64) - positions[:, None]
    similar = 1 / (1 + (gaps**2).sum(axis=-1))
    np.fill_diagonal(similar, 0)
    pull = attraction * ((weights * similar / weights.sum())[..., None] * gaps).sum(axis=1)
    push = ((similar**2 / similar.sum())[..., None] * gaps).sum(axis=1)
    return np.asarray(pull - push)


@pytest.mark.parametrize("wide", [0.01, 3.0, 12.0])
@pytest.mark.parametrize("dims", [2, 3])
def test_forces_are_those_of_the_threads(push: str, dims: int, wide: float) -> None:
    edges, positions = some_edges(blobs(400)), some_positions(400, dims, wide)
    with team() as each:
        expected = Descent(positions.copy(), edges, each).forces(2.0).copy()
    forces = TorchDescent(positions, edges, "cpu").forces(2.0).numpy()
    np.testing.assert_allclose(forces, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("dims", [2, 3])
def test_forces_are_those_that_papers_write(push: str, dims: int) -> None:
    within = 1e-5 if push == "all pairs" else 0.01 if dims == 2 else 0.06
    edges, positions = some_edges(blobs(400)), some_positions(400, dims, 3.0)
    expected = pair_by_pair(positions, edges, 4.0)
    forces = TorchDescent(positions, edges, "cpu").forces(4.0).numpy()
    assert np.linalg.norm(forces - expected) < within * np.linalg.norm(expected)


@pytest.mark.parametrize("attraction", [2.0, 0.01], ids=["usual", "so small that steps are cut"])
@pytest.mark.parametrize("dims", [2, 3])
def test_a_step_is_that_of_the_threads(push: str, dims: int, attraction: float) -> None:
    edges, positions = some_edges(blobs(300)), some_positions(300, dims, 3.0)
    ours = TorchDescent(positions, edges, "cpu")
    with team() as each:
        theirs = Descent(positions.copy(), edges, each)
        for momentum in (0.5, 0.9, 0.9):
            theirs.step(attraction, momentum)
            ours.step(attraction, momentum)
    moved = np.abs(theirs.positions - positions).max()
    assert (moved > LONGEST) == (attraction < 1)
    np.testing.assert_allclose(ours.positions.numpy(), theirs.positions, atol=1e-3 * moved)


@pytest.mark.parametrize("attraction", [1.0, pytest.param(4.0, marks=pytest.mark.slow)])
def test_maps_are_as_good_as_those_of_the_threads(push: str, attraction: float) -> None:
    x = blobs(300)
    table = neighbour_table(x, 15, geometry=Euclidean())
    threads = map_quality(x, spectrum(x, table, attraction=attraction)[0])
    with_torch = map_quality(x, torch_map(x, attraction=attraction))
    assert with_torch.trustworthiness == pytest.approx(threads.trustworthiness, abs=0.01)
    assert with_torch.neighbour_recall == pytest.approx(threads.neighbour_recall, abs=0.02)


def test_same_bytes_for_any_number_of_threads(push: str) -> None:
    x, made = blobs(120), []
    for threads in (1, 2, 1):
        torch.set_num_threads(threads)
        made.append(torch_map(x).tobytes())
    assert made[0] == made[1] == made[2]


@pytest.mark.parametrize(("dims", "wide"), [(2, 60.0), (3, 6.0)])
def test_same_forces_on_many_points_for_any_number_of_threads(push: str, dims: int, wide: float) -> None:
    edges, positions, made = some_edges(blobs(3000)), some_positions(3000, dims, wide), []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        made.append(TorchDescent(positions, edges, "cpu").forces(2.0).numpy().tobytes())
    assert made[0] == made[1]


def test_the_order_of_edges_and_pieces_changes_no_byte(push: str, monkeypatch: pytest.MonkeyPatch) -> None:
    edges, positions = some_edges(blobs(200)), some_positions(200, 2, 3.0)
    whole = TorchDescent(positions, edges, "cpu").forces(2.0).numpy()
    monkeypatch.setattr(on_torch, "_AT_ONCE", 97)
    descent = TorchDescent(positions, edges, "cpu")
    assert descent.forces(2.0).numpy().tobytes() == whole.tobytes()
    order = torch.randperm(len(edges.ends), generator=torch.Generator().manual_seed(0))
    for name in ("_own", "_ends", "_weights"):
        setattr(descent, name, getattr(descent, name)[order])
    assert descent.forces(2.0).numpy().tobytes() == whole.tobytes()


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("n", [4, 5, 16])
def test_few_points(n: int, dims: int) -> None:
    positions = layout(blobs(n), dims=dims, device="cpu")
    assert positions.shape == (n, dims)
    assert positions.dtype == np.float32
    assert np.abs(positions).max() == pytest.approx(1, abs=1e-6)


def test_duplicates_by_the_hundred_lie_together() -> None:
    x = np.repeat(blobs(6), 60, axis=0)
    positions = torch_map(x)
    assert np.isfinite(positions).all()
    middles = positions.reshape(6, 60, 2).mean(axis=1)
    inside = np.linalg.norm(positions.reshape(6, 60, 2) - middles[:, None], axis=-1).max()
    assert np.linalg.norm(middles[:, None] - middles + 1e9 * np.eye(6)[..., None], axis=-1).min() > inside


def test_a_cluster_far_away_leaves_the_rest_as_good(push: str) -> None:
    near = blobs(250)
    x = np.vstack([near, near[:50] + np.float32(1e5)])
    positions = torch_map(x)
    assert np.isfinite(positions).all()
    alone = map_quality(near, torch_map(near)).trustworthiness
    assert map_quality(near, positions[:250]).trustworthiness == pytest.approx(alone, abs=0.02)


def test_progress_is_told_to_the_end() -> None:
    x, told = blobs(40), []
    table = neighbour_table(x, 15, geometry=Euclidean())
    spectrum(x, table, attraction=2.0, device="cpu", progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == list(range(1, told[0][1] + 1))


def test_what_torch_makes_by_default_changes_nothing() -> None:
    x = blobs(60)
    made = torch_map(x).tobytes()
    torch.set_default_dtype(torch.float64)
    try:
        assert torch_map(x).tobytes() == made
    finally:
        torch.set_default_dtype(torch.float32)


@NO_GPU
def test_a_gpu_that_is_not_there_is_said() -> None:
    with pytest.raises(InputError, match='device "cuda", but torch finds no such GPU here; give "auto" or "cpu"'):
        layout(blobs(20), device="cuda")


@NO_GPU
def test_auto_without_a_gpu_is_the_default() -> None:
    x = blobs(60)
    assert found("auto") is None
    assert layout(x, device="auto").tobytes() == layout(x).tobytes()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("dims", [2, 3])
def test_on_a_gpu_forces_agree_and_bytes_repeat(push: str, dims: int) -> None:
    x = blobs(2000)
    edges, positions = some_edges(x), some_positions(2000, dims, 3.0)
    expected = TorchDescent(positions, edges, "cpu").forces(2.0).numpy()
    forces = TorchDescent(positions, edges, "cuda").forces(2.0).cpu().numpy()
    np.testing.assert_allclose(forces, expected, atol=1e-4 * np.abs(expected).max())
    table = neighbour_table(x, 15, geometry=Euclidean())
    first, again = (spectrum(x, table, attraction=2.0, dims=dims, device="cuda")[0] for _ in range(2))
    assert first.tobytes() == again.tobytes()


def test_devices_that_make_no_sense_are_named() -> None:
    with pytest.raises(UnknownNameError, match=r"no device 'gpu' in the layout.*cpu"):
        layout(blobs(20), device="gpu")
    with pytest.raises(InputError, match="layout 'pca' got device 'cpu', which is the layout lateen's alone"):
        layout(blobs(20), method="pca", device="cpu")
