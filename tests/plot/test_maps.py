"""Maps: points where they belong, pictures that don't overlap, fields read as what they are, data that round-trips."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from lateen.core.errors import InputError
from lateen.plot.atlas import as_thumbnail, make_atlas
from lateen.plot.canvas import Page
from lateen.plot.coloring import Categories, Numbers, Texts, colors_of, number_text, read_field
from lateen.plot.map_html import MISSING_CODE, map_html, read_map_html
from lateen.plot.map_png import map_png
from lateen.plot.palette import CATEGORIES, MISSING, VALUES
from lateen.plot.placing import crowding, place_apart, place_names

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "a & b \u2028 “漢” 🙂",
    "${title} $data",
]


def encoded(color: tuple[int, int, int], width: int = 64, height: int = 64, kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), color).save(buffer, kind, quality=90)
    return buffer.getvalue()


def scattered(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, size=(n, 2)).astype(np.float32)


@pytest.mark.parametrize(
    ("values", "kind", "names"),
    [
        (np.array(["b", "a", "b", None], object), Categories, ["b", "a"]),
        (np.array([2, 0, 1, 0]), Categories, ["0", "1", "2"]),
        (np.array([1.0, np.nan, 0.0]), Categories, ["0", "1"]),
        (np.array([True, False, True]), Categories, ["False", "True"]),
        (np.linspace(0, 1, 40), Numbers, None),
        (np.arange(40), Numbers, None),
        (np.array([0.5, 0.25]), Numbers, None),
        (np.array([f"item {i}" for i in range(40)]), Texts, None),
        (np.array(["2020-01-01", "NaT"], "datetime64[D]"), Categories, ["2020-01-01"]),
        (np.array([None, None], object), Categories, []),
        (np.full(5, np.nan), Categories, []),
        (np.zeros(0), Categories, []),
    ],
)
def test_fields_are_read_as_what_they_are(values: np.ndarray, kind: type, names: list[str] | None) -> None:
    field = read_field(values)
    assert type(field) is kind
    if isinstance(field, Categories):
        assert field.names == names
        assert sum(field.counts) == (field.codes >= 0).sum()
    assert len(colors_of(field)) == len(values)


def test_colors_follow_the_values() -> None:
    assert colors_of(read_field(np.array(["b", "a", "b", None], object))) == [
        CATEGORIES[0],
        CATEGORIES[1],
        CATEGORIES[0],
        MISSING,
    ]
    numbers = np.linspace(0, 1, 101)
    numbers[50] = np.inf
    colors = colors_of(read_field(numbers))
    assert (colors[0], colors[50], colors[100]) == (VALUES[0], MISSING, VALUES[-1])
    many = read_field(np.array([f"class {i % 300}" for i in range(3000)]))
    assert isinstance(many, Categories)
    assert colors_of(many).count(MISSING) == (300 - len(CATEGORIES)) * 10
    assert [number_text(v) for v in (1234567, 0.01234, -2)] == ["1,234,567", "0.0123", "−2"]


@pytest.mark.parametrize("n", [0, 1, 50, 2000])
def test_chosen_pictures_stand_apart_and_leave_no_region_out(n: int) -> None:
    places = 500 * np.abs(scattered(n)).astype(np.float64) ** 2
    eligible = np.arange(n) % 7 != 0
    chosen = place_apart(places, 40, eligible)
    assert eligible[chosen].all()
    gaps = np.abs(places[chosen][:, None] - places[chosen][None]).max(axis=2)
    assert (gaps[~np.eye(len(chosen), dtype=bool)] >= 40).all()
    nearest = np.abs(places[:, None] - places[chosen][None]).max(axis=2).min(axis=1, initial=np.inf)
    assert (nearest[eligible] < 40).all()
    assert len(crowding(places, 40)) == n


def test_map_draws_points_and_pictures_where_they_are() -> None:
    corners = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], np.float32)
    pictures = [np.full((20, 20, 3), color, np.uint8) for color in CATEGORIES[:4]]
    image = np.asarray(map_png(corners, thumbnails=lambda row: pictures[row], size=600))
    height, width = image.shape[:2]
    for row, (x, y) in enumerate(corners):
        there = np.argwhere((image == CATEGORIES[row]).all(axis=2)).mean(axis=0)
        assert (there[1] > width / 2) == (x > 0)
        assert (there[0] < height / 2) == (y > 0)


def test_map_colors_and_legend() -> None:
    positions = scattered(200)
    values = np.array(["left", "right"])[(positions[:, 0] > 0).astype(int)]
    image = np.asarray(map_png(positions, colors=values, field="side", size=800))
    more = "left" if (values == "left").sum() >= 100 else "right"
    inks = {more: CATEGORIES[0], ({"left", "right"} - {more}).pop(): CATEGORIES[1]}
    drawn = image[:, :560].astype(int)
    for side, ink in inks.items():
        columns = np.argwhere((np.abs(drawn - ink) < 30).all(axis=2))[:, 1]
        assert len(columns) > 100
        assert (columns < 310).mean() > 0.9 if side == "left" else (columns > 270).mean() > 0.9
        assert (image[:, 580:] == ink).all(axis=2).any()


def test_categories_without_a_colour_of_their_own_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(Page, "text", lambda *args, **how: written.append(str(args[3])))
    for more, said in ((1, "1 other"), (2, "2 others")):
        values = np.array([f"c{i}" for i in range(len(CATEGORIES) + more)] * 20)
        map_png(scattered(len(values)), colors=values, field="kind", size=1400)
        assert said in written


def test_the_legend_names_as_many_categories_as_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(Page, "text", lambda *args, **how: written.append(str(args[3])))
    names = [f"c{i}" for i in range(20)]
    map_png(scattered(400), colors=np.array(20 * names), field="kind", size=1400)
    assert set(names) <= set(written)
    assert not any("other" in text for text in written)


@pytest.mark.parametrize(
    "positions",
    [scattered(0), scattered(1), np.zeros((5, 2), np.float32), np.array([[0, 0], [5, 0], [np.nan, 1]], np.float32)],
)
def test_few_equal_flat_and_lost_points_are_drawn(positions: np.ndarray) -> None:
    n = len(positions)
    for colors in (None, np.arange(n) / 3, np.array([None] * n, object), np.array(["漢" * 300] * n, object)):
        picture = map_png(positions, colors=colors, thumbnails=lambda row: None, size=500, title="x" * 900, note="n")
        assert picture.width == 500
        assert 200 < picture.height < 700
    page = map_html(positions, [str(i) for i in range(n)], {}, None, title="t")
    assert read_map_html(page)["ids"] == [str(i) for i in range(n)]


def test_map_is_deterministic_and_checks_its_input() -> None:
    positions = scattered(300)
    assert map_png(positions, size=500).tobytes() == map_png(positions, size=500).tobytes()
    with pytest.raises(InputError, match="2 colors for 300 positions"):
        map_png(positions, colors=np.arange(2))
    with pytest.raises(InputError, match="size=10"):
        map_png(positions, size=10)
    with pytest.raises(InputError, match="no readable JPEG"):
        map_png(positions, thumbnails=lambda row: b"nothing", size=500)


def test_atlas_keeps_every_picture_in_its_tile() -> None:
    colors = [CATEGORIES[i % 12] for i in range(1100)]
    thumbs: list[bytes | None] = [encoded(c, 64, 32 if i % 2 else 64) for i, c in enumerate(colors)]
    thumbs[5] = None
    atlas = make_atlas(thumbs, 16)
    assert len(atlas.sheets) == 2
    assert atlas.sizes[4].tolist() == [16, 16]
    assert atlas.sizes[5].tolist() == [0, 0]
    assert atlas.sizes[7].tolist() == [16, 8]
    sheets = [np.asarray(Image.open(io.BytesIO(base64.b64decode(s)))) for s in atlas.sheets]
    for item in (0, 31, 32, 1023, 1024, 1099):
        place = item % 1024
        x, y = place % 32 * 16, place // 32 * 16
        assert np.abs(sheets[item // 1024][y + 3, x + 8].astype(int) - colors[item]).max() < 40
    with pytest.raises(InputError, match="at place 1: 3 bytes"):
        make_atlas([None, b"abc"])
    small = as_thumbnail(encoded((1, 2, 3), 10, 5, "PNG"), 48)
    assert small is not None
    assert small.size == (48, 24)


def test_page_carries_the_data_unchanged() -> None:
    positions = scattered(60)
    positions[3] = np.nan
    fields = {
        "kind": np.array(["x", None, "y"] * 20, object),
        "size": np.where(np.arange(60) == 7, np.nan, np.linspace(0, 9, 60)).astype(np.float32),
        "note": np.array([f"note {i}" for i in range(60)]),
    }
    page = map_html(
        positions, [f"id{i}" for i in range(60)], fields, [encoded((9, 9, 9))] * 60, title="T", subtitle="S",
        quality={"trustworthiness": 0.98765, "continuity": 0.9, "k": 15}, color_by="size",
    )  # fmt: skip
    data = read_map_html(page)
    read = np.frombuffer(base64.b64decode(str(data["positions"])), "<f4").reshape(-1, 2)
    np.testing.assert_array_equal(read, positions)
    kind, size, note = data["fields"]  # type: ignore[misc]
    codes = np.frombuffer(base64.b64decode(kind["codes"]), "<u2")
    assert kind["names"] == ["x", "y"]
    assert codes[:3].tolist() == [0, MISSING_CODE, 1]
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(size["values"]), "<f4"), fields["size"])
    assert note == {"name": "note", "kind": "texts", "values": fields["note"].tolist()}
    assert data["start"] == 1
    assert data["quality"] == "trustworthiness 0.988 · continuity 0.900 (k = 15, 1 is perfect) · 1 item has no place"


def test_hostile_text_stays_data() -> None:
    fields = {name: np.array(HOSTILE, object) for name in HOSTILE}
    page = map_html(scattered(4), HOSTILE, fields, None, title=HOSTILE[0], subtitle=HOSTILE[1])
    assert read_map_html(page)["ids"] == HOSTILE
    assert page.count("<script") == 2
    assert "<img" not in page
    assert "alert(1)</script>" not in page


def test_page_names_no_other_place() -> None:
    page = map_html(scattered(9), [str(i) for i in range(9)], {}, [encoded((5, 6, 7))] * 9, title="t")
    assert not re.findall(r"(?:https?:)?//[a-z]+\.", page)
    assert "default-src 'none'" in page
    assert map_html(scattered(9), list("abcdefghi"), {}, title="t") == map_html(
        scattered(9), list("abcdefghi"), {}, title="t"
    )


def test_page_checks_its_input() -> None:
    with pytest.raises(InputError, match="1 ids for 2 positions"):
        map_html(scattered(2), ["a"], {}, title="t")
    with pytest.raises(InputError, match="field 'f' of length 3 for 2"):
        map_html(scattered(2), ["a", "b"], {"f": np.arange(3)}, title="t")
    with pytest.raises(InputError, match="1 thumbnails for 2"):
        map_html(scattered(2), ["a", "b"], {}, [None], title="t")
    with pytest.raises(InputError, match=r"can't colour by 'g'.*: f"):
        map_html(scattered(2), ["a", "b"], {"f": np.arange(2)}, title="t", color_by="g")


def test_names_choose_in_order_and_never_overlap() -> None:
    places = np.random.default_rng(2).uniform(0, 300, size=(2_000, 2))
    size = (40, 15)
    placed = place_names(places, lambda row: size, (300, 300), radius=3, apart=(10, 6))
    assert 0 in placed
    assert 10 < len(placed) < 60
    boxes = [(x, y, x + size[0], y + size[1]) for x, y in placed.values()]
    assert all(box[0] >= 0 and box[1] >= 0 and box[2] <= 300 and box[3] <= 300 for box in boxes)
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            assert max(a[0] - b[2], b[0] - a[2]) >= 9 or max(a[1] - b[3], b[1] - a[3]) >= 5
    for row, (x, y) in placed.items():
        nearest = np.clip(places[row], (x, y), (x + size[0], y + size[1]))
        assert 2 < np.abs(nearest - places[row]).max() < 8
    first = place_names(places[:50], lambda row: size, (300, 300), radius=3, apart=(10, 6))
    assert {row for row in placed if row < 50} == set(first)


def test_no_names_without_room() -> None:
    assert place_names(np.array([[5.0, 5.0]]), lambda row: (400, 15), (300, 300), radius=3, apart=(0, 0)) == {}
    assert place_names(np.zeros((0, 2)), lambda row: (4, 4), (300, 300), radius=3, apart=(0, 0)) == {}
    outside = np.array([[-40.0, 5.0], [5.0, 400.0]])
    assert place_names(outside, lambda row: (4, 4), (300, 300), radius=3, apart=(0, 0)) == {}


def test_names_are_written_without_boxes_over_all_the_dots(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    put = Page.text

    def kept(page: Page, x: float, y: float, text: str, **how: object) -> None:
        written.append(text)
        put(page, x, y, text, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Page, "text", kept)
    positions = scattered(3_000)
    names = ["name " + "x" * 500, "漢字 <b>", "", *(f"w{i}" for i in range(2_997))]
    named = np.asarray(map_png(positions, names=names.__getitem__, size=900))
    plain = np.asarray(map_png(positions, size=900))
    assert written[0].startswith("name x")
    assert written[0].endswith("…")
    assert "漢字 <b>" in written
    assert 60 < len(written) < 600
    changed = (named != plain).any(axis=2).mean()
    assert 0.005 < changed < 0.2
    positions[0] = np.nan
    colored = map_png(positions, names=names.__getitem__, colors=np.arange(3_000), size=900)
    assert colored.size[0] == 900
    assert map_png(positions[:0], names=names.__getitem__, size=500).width == 500
