"""The page of clusters and of many points, in a real browser: names, colours by cluster, budgets, three dimensions."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lateen.plot.map_html import map_html
from lateen.plot.regions import Regions

NAMES = ["sandals or sneakers", "trousers", "bags with a very long name, which takes two lines"]
HOSTILE = "<img src=x onerror='window.broken=1'>"


def encoded(gray: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (28, 28), (gray, gray, gray)).save(buffer, "JPEG")
    return buffer.getvalue()


def write_map(folder: Path, n: int = 600, *, axes: int = 2, names: list[str] = NAMES, **options: Any) -> Path:
    """Three blobs with pictures that are darker in each; their middles are at x = -2, 0, 2."""
    rng = np.random.default_rng(0)
    group = np.arange(n) % 3
    positions = (0.3 * rng.normal(size=(n, axes))).astype(np.float32)
    positions[:, 0] += 2 * (group - 1)
    pictures = [encoded(g) for g in (60, 120, 180)]
    regions = Regions(group.astype(np.int64), names, [np.flatnonzero(group == g)[:8] for g in range(3)])
    page = map_html(
        positions,
        [f"a-folder-with-a-very-long-name/and-another-with-a-long-name-too/item-{i:06d}.png" for i in range(n)],
        {"cluster": np.array(names, object)[group], "density": rng.random(n).astype(np.float32)},
        lambda rows: [pictures[group[row]] for row in rows],
        title="Regions", subtitle=f"{n:,} items", color_by="cluster", regions=regions, **options,
    )  # fmt: skip
    path = folder / "map.html"
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture
def opened(tmp_path: Path, open_page: Callable[..., Any]) -> Callable[..., Any]:
    def open_map(n: int = 600, **options: Any) -> Any:
        page, watch = open_page(write_map(tmp_path, n, **options).as_uri())
        page.wait_for_selector("html[data-ready]")
        page.wait_for_function("() => lateenMap.pictured().length > 0")
        return page, watch

    return open_map


def pixels(page: Any) -> np.ndarray:
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)


def overlap(a: dict[str, float], b: dict[str, float]) -> bool:
    return a["left"] < b["right"] and b["left"] < a["right"] and a["top"] < b["bottom"] and b["top"] < a["bottom"]


def test_names_stand_on_their_regions_and_not_on_each_other(opened: Callable[..., Any]) -> None:
    page, watch = opened()
    labels = page.evaluate("lateenMap.labels()")
    assert {label["name"] for label in labels} == set(NAMES)
    middles = {label["name"]: (label["left"] + label["right"]) / 2 for label in labels}
    assert middles[NAMES[0]] < middles[NAMES[1]] < middles[NAMES[2]]
    boxes = page.evaluate("['head', 'side', 'tools'].map((id) => document.getElementById(id).getBoundingClientRect())")
    for i, label in enumerate(labels):
        assert not any(overlap(label, other) for other in labels[:i] + boxes)
    box = next(label for label in labels if label["name"] == NAMES[1])
    inside = pixels(page)[round(box["top"]) : round(box["bottom"]), round(box["left"]) : round(box["right"])]
    assert (inside.max(axis=2) < 70).sum() > 40  # ink
    page.keyboard.press("n")
    pixels(page)
    assert page.evaluate("lateenMap.labels().length") == 0
    assert page.get_attribute("#names", "aria-pressed") == "false"
    assert watch.errors == []


def test_many_names_never_overlap_at_any_zoom(opened: Callable[..., Any]) -> None:
    page, _ = opened(names=["left", "middle " * 9, HOSTILE])
    for _ in range(6):
        labels = page.evaluate("lateenMap.labels()")
        assert not any(overlap(a, b) for i, a in enumerate(labels) for b in labels[:i])
        page.click("#farther")
        pixels(page)
    assert page.evaluate("window.broken") is None


def test_colours_follow_clusters_and_one_can_be_isolated(opened: Callable[..., Any]) -> None:
    page, _ = opened()
    page.keyboard.press("p")
    image = pixels(page)
    inks = [(66, 105, 208), (239, 177, 24), (255, 114, 92)]
    found = [np.nonzero((np.abs(image[:, 300:1000] - ink) < 40).all(axis=2))[1] for ink in inks]
    assert all(len(columns) > 100 for columns in found)
    page.get_by_role("button", name="trousers").click()
    dimmed = pixels(page)[:, 300:1000]
    counts = [(np.abs(dimmed - ink) < 40).all(axis=2).sum() for ink in inks]
    assert sum(count > 100 for count in counts) == 1


def test_search_by_cluster_and_long_ids_keep_their_ends(opened: Callable[..., Any]) -> None:
    page, _ = opened()
    page.fill("#search", "cluster: trousers")
    assert "200 of 600" in page.inner_text("#found")
    page.fill("#search", "item-000123")
    page.keyboard.press("Enter")
    shown = page.inner_text("#name")
    assert len(shown) == 72
    assert shown.startswith("a-folder")
    assert shown.endswith("item-000123.png")
    assert page.get_attribute("#name", "title").endswith("long-name-too/item-000123.png")


def test_items_beyond_the_budget_hover_without_picture(opened: Callable[..., Any]) -> None:
    page, watch = opened(3_000, tile=16, budget=1)
    page.keyboard.press("p")
    bare = page.evaluate("() => [...Array(3000).keys()].map((i) => `item-${String(i).padStart(6, '0')}`)")
    page.fill("#search", bare[-1])
    page.keyboard.press("Enter")
    assert page.inner_text("#facts")
    seen = set()
    for item in bare[-40:]:
        page.fill("#search", item)
        page.keyboard.press("Enter")
        assert page.inner_text("#name").endswith(f"{item}.png")
        seen.add(page.locator("#portrait").is_visible())
    assert seen == {True, False}
    assert watch.errors == []


def test_a_part_is_shown_of_very_many_and_says_so(opened: Callable[..., Any]) -> None:
    page, watch = opened(3_000, most=500)
    assert "shows 500 of 3,000 items" in page.inner_text("#subtitle")
    page.fill("#search", "cluster:")
    assert "500 of 500" in page.inner_text("#found")
    assert len(page.evaluate("lateenMap.labels()")) == 3
    assert watch.errors == []


def test_seventy_thousand_dots_pan_smoothly(opened: Callable[..., Any]) -> None:
    page, watch = opened(70_000, tile=8, budget=1)
    page.mouse.move(640, 360)
    page.mouse.down()
    page.mouse.move(700, 400, steps=8)
    page.mouse.up()
    pixels(page)
    assert page.evaluate("lateenMap.painted()") < 1_000  # a guard against accidents; about 30 ms
    page.mouse.move(640, 200)
    page.fill("#search", "trousers")
    assert "23,333 of 70,000" in page.inner_text("#found")
    assert watch.errors == []


def test_three_dimensions_turn_under_the_hand(opened: Callable[..., Any]) -> None:
    page, watch = opened(axes=3)
    first = page.evaluate("lateenMap.pictured()")[0]
    before = page.evaluate("id => lateenMap.screenOf(id)", first)
    page.mouse.move(640, 600)
    page.mouse.down()
    page.mouse.move(740, 600, steps=4)
    page.mouse.up()
    pixels(page)
    after = page.evaluate("id => lateenMap.screenOf(id)", first)
    assert np.hypot(*np.subtract(after, before)) > 8
    page.keyboard.press("0")
    np.testing.assert_allclose(page.evaluate("id => lateenMap.screenOf(id)", first), before, atol=1e-6)
    page.keyboard.down("Shift")
    page.mouse.move(640, 600)
    page.mouse.down()
    page.mouse.move(700, 620, steps=4)
    page.mouse.up()
    moved = page.evaluate("id => lateenMap.screenOf(id)", first)
    np.testing.assert_allclose(np.subtract(moved, before), [60, 20], atol=1)
    assert "drag to turn" in page.inner_text("#subtitle")
    assert watch.errors == []


def test_words_are_written_beside_their_dots(tmp_path: Path, open_page: Callable[..., Any]) -> None:
    positions = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    path = tmp_path / "words.html"
    ids = [HOSTILE, *(f"word{i}" for i in range(499))]
    path.write_text(map_html(positions, ids, {}, title="Words", named=True), encoding="utf-8")
    page, watch = open_page(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    pixels(page)
    assert 20 < page.evaluate("lateenMap.words()") <= 140
    page.keyboard.press("p")
    pixels(page)
    assert page.evaluate("lateenMap.words()") == 0
    assert page.evaluate("window.broken") is None
    assert watch.errors == []


def test_the_word_itself_is_found_first_and_its_ring_leaves_it_readable(
    tmp_path: Path, open_page: Callable[..., Any]
) -> None:
    positions = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    ids = ["looking", "kingdom", "asking", "king", *(f"w{i}" for i in range(296))]
    path = tmp_path / "words.html"
    path.write_text(map_html(positions, ids, {}, title="Words", named=True), encoding="utf-8")
    page, watch = open_page(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.fill("#search", "king")
    seen = []
    for _ in range(4):
        page.keyboard.press("Enter")
        seen.append(page.inner_text("#name"))
        pixels(page)
        x, _ = page.evaluate("id => lateenMap.screenOf(id)", seen[-1])
        word = next(word for word in page.evaluate("lateenMap.written()") if word["id"] == seen[-1])
        ring = max(ring["radius"] for ring in page.evaluate("lateenMap.ringed()") if ring["id"] == seen[-1])
        assert word["x"] > x + ring
    assert seen == ["king", "kingdom", "looking", "asking"]
    assert watch.errors == []


def test_new_items_are_over_grey_old_ones_all_with_pictures(tmp_path: Path, open_page: Callable[..., Any]) -> None:
    n, m = 3_000, 12
    rng = np.random.default_rng(0)
    places = rng.uniform(-1, 1, (n + m, 2)).astype(np.float32)
    places[n:] = 0.9 * places[n:]
    kinds = np.array(["old"] * n + ["new"] * m, object)
    path = tmp_path / "new.html"
    page_of = map_html(
        places, [f"i{i}" for i in range(n + m)], {"new": kinds}, lambda rows: [encoded(90)] * len(rows), title="New",
        front=np.arange(n, n + m), inks={"new": {"old": None, "new": (66, 105, 208)}}, color_by="new",
        regions=Regions(np.zeros(n + m, np.int64), ["everything"], [np.arange(3)]),
    )  # fmt: skip
    path.write_text(page_of, encoding="utf-8")
    page, watch = open_page(path.as_uri())
    page.wait_for_function("window.lateenMap && lateenMap.pictured().length > 0")
    assert {f"i{i}" for i in range(n, n + m)} <= set(page.evaluate("lateenMap.pictured()"))
    page.keyboard.press("p")
    image = pixels(page)[:, 300:1000]
    new, grey = ((np.abs(image - ink) < 25).all(axis=2) for ink in ((66, 105, 208), (176, 180, 186)))
    assert 12 * 30 < new.sum() < 12 * 120
    assert grey.sum() > 5_000
    assert watch.errors == []


def test_many_fields_take_a_part_of_the_card(tmp_path: Path, open_page: Callable[..., Any]) -> None:
    fields = {f"field {i}": np.random.default_rng(i).random(40) for i in range(60)}
    path = tmp_path / "fields.html"
    positions = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    ids = [f"i{i}" for i in range(40)]
    told = {"field 0": "what it means"}
    path.write_text(map_html(positions, ids, fields, title="F", color_by="field 0", told=told), encoding="utf-8")
    page, watch = open_page(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    assert "what it means" in page.inner_text("#legend")
    page.fill("#search", "i7")
    page.keyboard.press("Enter")
    assert page.locator("#facts dt").count() == 12
    assert page.locator("#card").bounding_box()["height"] < 400
    page.get_by_role("button", name="48 more").click()
    assert page.locator("#facts dt").count() == 60
    box = page.locator("#card").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 720
    assert box["height"] <= 560
    assert page.locator("#more").is_hidden()
    assert watch.errors == []
