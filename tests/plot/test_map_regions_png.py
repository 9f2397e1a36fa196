"""Regions, spread samples, shades and budgets: names at the densest places, nothing lost, nothing beyond its bounds."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lateen.plot.atlas import make_atlas
from lateen.plot.canvas import Page
from lateen.plot.dots import shades
from lateen.plot.map_html import LEAST_TEXT, map_html, read_map_html
from lateen.plot.map_legend import wrapped
from lateen.plot.map_names import covered, region_names
from lateen.plot.map_png import map_png
from lateen.plot.palette import CATEGORIES, PAPER
from lateen.plot.regions import Regions
from lateen.plot.spread import spread, thinned
from lateen.plot.text import text_width


def noise_picture(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (28, 28, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def three(n: int, axes: int = 2) -> tuple[np.ndarray, Regions]:
    rng = np.random.default_rng(0)
    group = np.arange(n) % 3
    positions = 0.2 * rng.normal(size=(n, axes)).astype(np.float32)
    positions[:, 0] += group - 1
    exemplars = [np.flatnonzero(group == g)[:4] for g in range(3)]
    return positions, Regions(group.astype(np.int64), ["left", "middle", "right"], exemplars)


@pytest.mark.parametrize("axes", [2, 3])
def test_a_name_stands_where_its_region_is_densest(axes: int) -> None:
    rng = np.random.default_rng(0)
    wide, dense = rng.uniform(-1, 1, size=(300, axes)), 0.6 + 0.02 * rng.normal(size=(300, axes))
    lost = np.full((5, axes), np.nan)
    positions = np.concatenate([wide, dense, lost])
    regions = Regions(np.repeat([0, 1], [600, 5]), ["all", "lost"], [np.arange(3), np.arange(600, 603)])
    anchors = regions.anchors(positions)
    assert 300 <= anchors[0] < 600
    assert np.abs(positions[anchors[0]] - 0.6).max() < 0.06
    assert anchors[1] == -1
    part = regions.of(np.array([1, 2, 601]))
    assert part.labels.tolist() == [0, 0, 1]
    assert [rows.tolist() for rows in part.exemplars] == [[0, 1], [2]]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 99))
def test_spread_takes_each_row_once_and_the_first_first(n: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    positions = rng.normal(size=(n, 2)).round(1)
    positions[rng.random(n) < 0.1] = np.nan
    first = rng.permutation(n)[:5]
    rows = spread(positions, count, first)
    assert len(rows) == min(n, count)
    assert len(set(rows.tolist())) == len(rows)
    assert rows[:5].tolist() == first[:count].tolist()


def test_a_spread_part_leaves_no_region_out_and_a_thinned_one_keeps_the_density() -> None:
    rng = np.random.default_rng(0)
    positions = np.concatenate([0.1 * rng.normal(size=(9_990, 2)), [[5.0, 5.0]] * 10])
    assert (spread(positions, 20) >= 9_990).any()
    kept = thinned(positions, 1_000, np.array([77]))
    assert len(kept) == 1_000
    assert (np.diff(kept) > 0).all()
    assert 77 in kept
    assert (kept >= 9_990).any()
    middle = np.abs(positions).max(axis=1) < 0.1
    assert middle[kept].mean() == pytest.approx(middle.mean(), abs=0.15)
    assert thinned(positions, 20_000).tolist() == list(range(10_000))


def test_pictures_end_with_their_budget() -> None:
    asked: list[tuple[int, int]] = []
    picture = noise_picture(0)

    def part(start: int, stop: int) -> list[bytes | None]:
        asked.append((start, stop))
        return [picture] * (stop - start)

    one = len(make_atlas(part, 16, n=1_024).sheets[0])
    asked.clear()
    atlas = make_atlas(part, 16, n=5_000, budget=int(2.5 * one))
    assert asked == [(0, 1_024), (1_024, 2_048)]
    assert len(atlas.sheets) == 2
    assert sum(map(len, atlas.sheets)) <= 2.5 * one
    assert len(atlas.sizes) == 2_048


def test_a_page_has_the_exemplars_pictures_first_and_reads_no_more_than_it_shows() -> None:
    positions, regions = three(6_000)
    asked: list[int] = []
    picture = noise_picture(1)

    def pictures(rows: Sequence[int]) -> list[bytes | None]:
        asked.extend(rows)
        return [picture] * len(rows)

    page = map_html(positions, [f"i{i}" for i in range(6_000)], {}, pictures, title="t", regions=regions, budget=1)
    data = read_map_html(page)
    items = np.frombuffer(base64.b64decode(data["atlas"]["items"]), "<u4")  # type: ignore[index]
    assert items[:6].tolist() == [0, 1, 2, 3, 4, 5]
    assert set(np.concatenate(regions.exemplars).tolist()) <= set(items.tolist())
    assert asked == items.tolist()
    assert len(items) == 1_024
    reaches = [region.pop("reach") for region in data["regions"]]  # type: ignore[attr-defined]
    assert all(0.3 < value < 0.4 for reach in reaches for value in reach)  # 95 % of a deviation of 0.2
    assert data["regions"] == [
        {"name": name, "at": int(at), "size": 2_000}
        for name, at in zip(regions.names, regions.anchors(positions), strict=True)
    ]


def test_a_page_of_a_part_says_so_and_is_bounded() -> None:
    positions, regions = three(5_000, 3)
    notes = np.array([f"{i} " + "x" * 500 for i in range(5_000)], object)
    page = map_html(positions, [str(i) for i in range(5_000)], {"note": notes}, title="t", regions=regions, most=300)
    data = read_map_html(page)
    ids = [int(id) for id in data["ids"]]  # type: ignore[attr-defined]
    read = np.frombuffer(base64.b64decode(str(data["positions"])), "<f4").reshape(-1, 3)
    np.testing.assert_array_equal(read, positions[ids])
    assert "300 of 5,000 items" in str(data["subtitle"])
    assert set(range(12)) <= set(ids)  # the exemplars
    assert [note.split()[0] for note in data["fields"][0]["values"]] == data["ids"]  # type: ignore[index]
    for region in data["regions"]:  # type: ignore[attr-defined]
        assert ids[region["at"]] % 3 == ["left", "middle", "right"].index(region["name"])
    assert LEAST_TEXT < 500


def test_shades_are_fuller_where_there_are_more_points() -> None:
    rng = np.random.default_rng(0)
    places = np.concatenate([rng.normal((60, 60), 12, (20_000, 2)), rng.normal((160, 60), 12, (400, 2))])
    inks = np.repeat(np.array([CATEGORIES[0]], np.uint8), len(places), axis=0)
    image = np.asarray(shades(places, inks, (220, 120), None)).astype(int)
    distance = np.abs(image - np.array(CATEGORIES[0])).sum(axis=2)
    assert distance[50:70, 50:70].mean() < distance[50:70, 150:170].mean() < distance[:8, :8].mean()
    assert (image[:8, 100:110] == PAPER).all()
    assert (np.asarray(shades(places[:0], inks[:0], (30, 20), None)) == PAPER).all()


def test_names_of_regions_never_overlap_nor_leave() -> None:
    places = np.random.default_rng(0).uniform(0, 400, size=(40, 2))
    names = region_names([f"a region, number {i}" for i in range(40)], np.arange(40, 0, -1), places, (400, 400))
    assert 8 < len(names) < 40
    assert "".join(names[0].lines).startswith("a region")
    for i, name in enumerate(names):
        left, top, right, bottom = name.box
        assert left >= 0
        assert top >= 0
        assert right <= 400
        assert bottom <= 400
        for other in names[:i]:
            assert left >= other.box[2] or other.box[0] >= right or top >= other.box[3] or other.box[1] >= bottom
    middle = np.array([[(names[0].box[0] + names[0].box[2]) / 2, (names[0].box[1] + names[0].box[3]) / 2]])
    assert covered(middle, names, 0).tolist() == [True]
    assert region_names(["x" * 5_000], np.array([1]), np.array([[10.0, 10.0]]), (50, 50)) == []


@pytest.mark.parametrize("n", [300, 24_000])
def test_a_picture_writes_the_names_and_shows_exemplars_first(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    put = Page.text

    def kept(page: Page, x: float, y: float, text: str, **how: object) -> None:
        written.append(text)
        put(page, x, y, text, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Page, "text", kept)
    positions, regions = three(n)
    asked: list[int] = []

    def picture(row: int) -> np.ndarray:
        asked.append(row)
        return np.zeros((8, 8, 3), np.uint8)

    image = map_png(positions, thumbnails=picture, regions=regions, size=700)
    assert {"left", "middle", "right"} <= set(written)
    assert asked[0] in {0, 1, 2, 3, 4, 5}
    assert len(asked) < 200
    assert image.tobytes() == map_png(positions, thumbnails=picture, regions=regions, size=700).tobytes()


def test_a_name_stands_beside_a_region_that_it_would_hide() -> None:
    places, sizes = np.array([[200.0, 200.0]]), np.array([50])
    (small,) = region_names(["a small region"], sizes, places, (400, 400), np.array([[12.0, 9.0]]))
    assert small.box[3] < 200 - 9
    (large,) = region_names(["a small region"], sizes, places, (400, 400), np.array([[120.0, 90.0]]))
    assert large.box[1] < 200 < large.box[3]
    (at_the_top,) = region_names(["a region"], sizes, np.array([[200.0, 10.0]]), (400, 400), np.array([[12.0, 9.0]]))
    assert at_the_top.box[1] > 19


def test_a_long_category_takes_two_lines_of_the_legend(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(Page, "text", lambda *args, **how: written.append(str(args[3])))
    positions, _ = three(90)
    map_png(positions, colors=np.array(["head_turn low, hair_length low", "b", "c"] * 30), field="cluster", size=700)
    assert "head_turn low," in written
    assert "hair_length low" in written
    map_png(positions, colors=positions[:, 0], field="density (share of items that lie less densely)", size=700)
    assert "density (share of items" in " ".join(written)
    assert "that lie less densely)" in " ".join(written)
    assert wrapped("unbroken" * 9, 50, 16) == ["unbroken" * 9]
    first, second = wrapped("one two three four five", 90, 16)
    assert f"{first} {second}" == "one two three four five"
    assert text_width(first, 16) <= 90
