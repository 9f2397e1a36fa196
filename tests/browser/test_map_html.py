"""The map page in a real browser: what is drawn, hovered, searched, zoomed and coloured, and that nothing leaks."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lateen.plot.map_html import map_html

HOSTILE = "<img src=x onerror='window.broken=1'><script>window.broken=1</script>"
COLORS = [(220, 40, 40), (40, 170, 60), (40, 60, 220)]


def encoded(color: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def write_map(folder: Path, n: int = 300) -> Path:
    """Three columns of items whose pictures are red, green and blue; item 7 has hostile texts."""
    rng = np.random.default_rng(0)
    group = np.arange(n) % 3
    positions = np.stack([group - 1 + rng.uniform(-0.2, 0.2, n), rng.uniform(-1, 1, n)], axis=1).astype(np.float32)
    ids = [f"item-{i:04d}" for i in range(n)]
    ids[7] = HOSTILE
    fields = {
        "group": np.array(["red", "green", "blue"])[group],
        "height": positions[:, 1],
        HOSTILE: np.array([HOSTILE if i % 2 else "plain" for i in range(n)]),
    }
    pictures = [encoded(c) for c in COLORS]
    page = map_html(
        positions, ids, fields, [pictures[g] for g in group], title=HOSTILE, subtitle="A test", color_by="group"
    )
    path = folder / "map.html"
    path.write_text(page, encoding="utf-8")
    return path


@pytest.fixture
def map_page(tmp_path: Path, open_page: Callable[..., Any]) -> tuple[Any, Any, str]:
    url = write_map(tmp_path).as_uri()
    page, watch = open_page(url)
    page.wait_for_selector("html[data-ready]")
    page.wait_for_function("lateenMap.pictured().length > 0")
    return page, watch, url


def pixels(page: Any) -> np.ndarray:
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)


def near(image: np.ndarray, color: tuple[int, int, int], reach: int = 12) -> np.ndarray:
    return (np.abs(image - np.array(color)) <= reach).all(axis=2)


def test_pictures_are_drawn_at_their_places(map_page: tuple[Any, Any, str]) -> None:
    page, watch, url = map_page
    image = pixels(page)
    middles = [np.nonzero(near(image, color).any(axis=0))[0].mean() for color in COLORS]
    assert middles == sorted(middles)
    shown = page.evaluate("lateenMap.pictured()")
    assert 10 < len(shown) < 300
    x, y = page.evaluate("id => lateenMap.screenOf(id)", shown[0])
    number = 7 if shown[0] == HOSTILE else int(shown[0][-4:])
    assert near(image, COLORS[number % 3])[round(y), round(x)]
    assert watch.errors == []
    assert [r for r in watch.requests if not r.startswith("data:")] == [url]


def test_hover_shows_the_item_and_its_picture(map_page: tuple[Any, Any, str]) -> None:
    page, _, _ = map_page
    wanted = next(i for i in page.evaluate("lateenMap.pictured()") if i != HOSTILE)
    page.mouse.move(*page.evaluate("id => lateenMap.screenOf(id)", wanted))
    assert page.inner_text("#name") == wanted
    group = int(wanted[-4:]) % 3
    assert ["red", "green", "blue"][group] in page.inner_text("#facts")
    box = page.locator("#portrait").bounding_box()
    image = pixels(page)
    middle = image[round(box["y"] + box["height"] / 2), round(box["x"] + box["width"] / 2)]
    assert np.abs(middle - COLORS[group]).max() <= 12
    page.mouse.move(640, 715)
    assert page.locator("#card").is_hidden()


def test_search_finds_dims_the_rest_and_goes_there(map_page: tuple[Any, Any, str]) -> None:
    page, _, _ = map_page
    page.keyboard.press("/")
    page.keyboard.type("ITEM-0042")
    assert "1 of 300" in page.inner_text("#found")
    assert near(pixels(page), COLORS[1]).sum() == 0
    assert page.evaluate("lateenMap.pictured()") == ["item-0042"]
    page.keyboard.press("Enter")
    assert page.inner_text("#name") == "item-0042"
    assert page.evaluate("lateenMap.zoom()") > 2
    x, y = page.evaluate("lateenMap.screenOf('item-0042')")
    assert abs(x - 640) < 2
    assert abs(y - 360) < 2
    page.fill("#search", "group: green")
    assert "100 of 300" in page.inner_text("#found")
    page.keyboard.press("0")
    page.fill("#search", "no such thing")
    assert "Nothing in 300" in page.inner_text("#found")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.inner_text("#found") == ""
    assert page.input_value("#search") == ""


def test_zoom_drag_and_keys_move_the_view(map_page: tuple[Any, Any, str]) -> None:
    page, _, _ = map_page
    before = page.evaluate("lateenMap.screenOf('item-0000')")
    page.mouse.move(*before)
    page.mouse.wheel(0, -240)
    assert page.evaluate("lateenMap.zoom()") > 1.5
    np.testing.assert_allclose(page.evaluate("lateenMap.screenOf('item-0000')"), before, atol=1)
    page.mouse.move(640, 400)
    page.mouse.down()
    page.mouse.move(700, 430, steps=3)
    page.mouse.up()
    dragged = page.evaluate("lateenMap.screenOf('item-0000')")
    np.testing.assert_allclose(np.subtract(dragged, before), [60, 30], atol=1)
    page.keyboard.press("ArrowRight")
    np.testing.assert_allclose(page.evaluate("lateenMap.screenOf('item-0000')")[0], dragged[0] - 80, atol=1)
    few = len(page.evaluate("lateenMap.pictured()"))
    page.keyboard.press("0")
    assert page.evaluate("lateenMap.zoom()") == 1
    page.keyboard.press("+")
    assert page.evaluate("lateenMap.zoom()") == pytest.approx(1.4)
    assert few > 0


def test_coming_nearer_keeps_pictures_and_shows_more(map_page: tuple[Any, Any, str]) -> None:
    page, _, _ = map_page
    first = set(page.evaluate("lateenMap.pictured()"))
    page.click("#closer")
    pixels(page)
    inside = {i for i in first if 0 < page.evaluate("id => lateenMap.screenOf(id)[1]", i) < 720}
    inside = {i for i in inside if 0 < page.evaluate("id => lateenMap.screenOf(id)[0]", i) < 1280}
    assert inside <= set(page.evaluate("lateenMap.pictured()"))


def test_legend_isolates_and_colours_change(map_page: tuple[Any, Any, str]) -> None:
    page, _, _ = map_page
    assert near(pixels(page), COLORS[1]).sum() > 500
    page.get_by_role("button", name="red").click()
    image = pixels(page)
    assert near(image, COLORS[1]).sum() == 0
    assert near(image, COLORS[0]).sum() > 500
    page.get_by_role("button", name="red").click()
    page.select_option("#field", label="height")
    assert page.locator("#legend canvas").count() == 1
    page.click("#pictures")
    image = pixels(page)[:, 300:1000]
    assert near(image[:200], (205, 225, 40), 45).sum() > near(image[520:], (205, 225, 40), 45).sum()


def test_hostile_texts_are_only_text(map_page: tuple[Any, Any, str]) -> None:
    page, watch, _ = map_page
    page.fill("#search", "onerror")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Close").click()
    page.select_option("#field", label=HOSTILE)
    assert page.inner_text("#title") == HOSTILE
    assert HOSTILE in page.inner_text("#legend")
    assert page.evaluate("window.broken") is None
    assert page.evaluate("document.querySelectorAll('img, script:not([id])').length") == 1
    assert watch.errors == []


def test_dark_follows_the_system_and_the_button(tmp_path: Path, open_page: Callable[..., Any]) -> None:
    page, _ = open_page(write_map(tmp_path, 30).as_uri(), color_scheme="dark")
    page.wait_for_selector("html[data-ready]")
    assert pixels(page)[700, 640].max() < 40
    page.click("#theme")
    assert pixels(page)[700, 640].min() > 230


def test_policy_forbids_requests_and_foreign_scripts(map_page: tuple[Any, Any, str]) -> None:
    page, watch, url = map_page
    refused = page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'refused')")
    assert refused == "refused"
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=data:x onerror=\"window.broken=1\">')")
    pixels(page)
    assert page.evaluate("window.broken") is None
    assert [r for r in watch.requests if not r.startswith("data:")] == [url]


def test_empty_map_opens(tmp_path: Path, open_page: Callable[..., Any]) -> None:
    path = tmp_path / "empty.html"
    path.write_text(map_html(np.zeros((0, 2), np.float32), [], {}, None, title="Empty"), encoding="utf-8")
    page, watch = open_page(path.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("Enter")
    page.fill("#search", "a")
    assert watch.errors == []


def test_ten_thousand_items_open_fast(tmp_path: Path, open_page: Callable[..., Any]) -> None:
    path = write_map(tmp_path, 10_000)
    start = time.perf_counter()
    page, _ = open_page(path.as_uri())
    page.wait_for_function("window.lateenMap && lateenMap.pictured().length > 0")
    assert time.perf_counter() - start < 10  # a guard against accidents; the figure is measured in benchmarks
