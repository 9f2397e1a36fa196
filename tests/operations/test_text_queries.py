"""What an ITEM is where texts are understood, and where they are not; vectors as queries; options of the loader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

import lateen.operations.opened
from lateen.arithmetic import parse
from lateen.core.codec import LatentSpec
from lateen.core.errors import InputError, SpaceError, UnknownNameError
from lateen.operations.near import near
from lateen.operations.opened import Opened
from lateen.operations.solve import solve
from lateen.plot.canvas import Page
from lateen.store.folder import SpaceFolder
from lateen.store.meta import SpaceMeta
from lateen.store.writer import Shard, SpaceWriter

WORDS = ("red", "green", "blue", "shoe", "boat", "dog", "cat", "house")
FIELDS = pa.schema([("text", pa.string())])
ITEMS = {"a": "red shoe", "b": "blue boat", "c-1": "green dog", "d": "red house", "e x": "blue cat"}


@dataclass
class Bag:
    """Texts to counts of words; queries count twice, so that one can tell them."""

    spec: LatentSpec
    options: Mapping[str, object] = field(default_factory=dict)

    def encode(self, items: list[str] | np.ndarray) -> np.ndarray:
        if isinstance(items, np.ndarray):
            return np.ones((len(items), len(WORDS)), np.float32)
        return np.array([[text.split().count(word) for word in WORDS] for text in items], np.float32)


@dataclass
class QueryBag(Bag):
    """One that encodes queries apart."""

    def encode_query(self, texts: list[str]) -> np.ndarray:
        return 2 * self.encode(list(texts))


class NotFitted:
    """What becomes an encoder when it sees items."""

    size = 8

    def fit(self, items: object, modality: str, seed: int) -> Bag:
        raise AssertionError("must not be fitted to a query")


Open = Callable[..., Opened]


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a space of the ITEMS, with an encoder of some kind."""

    def opened(modality: str = "text", kind: object = Bag, encoder: str = "bag:words", **options: object) -> Opened:
        preprocessing = {"options": options} | ({"size": 8} if modality == "image" else {})
        spec = LatentSpec(encoder, len(WORDS), modality, "euclidean", fingerprint="f00d", preprocessing=preprocessing)
        n = len(ITEMS)
        meta = SpaceMeta(spec, "texts", n, given_fingerprint="f00d", created="2026-01-01T00:00:00+00:00")
        folder = SpaceFolder.create(tmp_path / f"{modality}.space", meta, FIELDS)
        with SpaceWriter.on(folder) as writer:
            shard = Shard(
                ids=list(ITEMS),
                uris=[""] * n,
                vectors=Bag(spec).encode(list(ITEMS.values())),
                fields=pa.table({"text": list(ITEMS.values())}, schema=FIELDS),
                digests=[bytes([i] * 16) for i in range(n)],
                thumbnails=[b"jpeg"] * n if modality == "image" else [],
                rejected=[],
                numbers=n,
                bytes=n,
            )
            writer.write(0, "key", shard)
            folder = writer.finish()

        def load(name: str, given: Mapping[str, object] | None = None) -> object:
            if isinstance(kind, Exception):
                raise kind
            return NotFitted() if kind is NotFitted else kind(spec, given or {})  # type: ignore[operator]

        monkeypatch.setattr(lateen.operations.opened, "load_encoder", load)
        return Opened(folder)

    return opened


def located(opened: Opened, item: str) -> list[float]:
    return opened.locate(item).vector.tolist()


def counts(text: str, times: int = 1) -> list[float]:
    return [float(times * text.split().count(word)) for word in WORDS]


@pytest.mark.parametrize("text", ["red boat", "dog", "dog - cat", "it's a red boat, (isn't it", '"red boat"'])
def test_texts_are_encoded(space: Open, text: str) -> None:
    opened = space()
    assert located(opened, text) == counts(text.replace('"', ""))
    assert opened.locate(text).id is None


def test_by_the_query_encoder_where_there_is_one(space: Open) -> None:
    assert located(space(kind=QueryBag), "red boat") == counts("red boat", 2)


def test_ids_and_expressions_come_first(space: Open) -> None:
    opened = space(kind=ValueError("the encoder must not be loaded"))
    assert opened.locate("a").id == "a"
    assert opened.locate('"e x"').id == "e x"
    assert opened.locate("c-1").id == "c-1"
    expected = np.array(counts("red shoe")) - counts("blue boat")
    assert located(opened, "a - b") == expected.tolist()


def test_the_texts_of_an_expression_are_encoded_once(space: Open) -> None:
    encoded: list[str] = []

    class Counting(Bag):
        def encode(self, items: list[str] | np.ndarray) -> np.ndarray:
            encoded.extend(items)
            return super().encode(items)

    opened, expression = space(kind=Counting), parse('"blue" + 2*("blue" - "red") + a')
    terms = opened.terms(expression)
    point = opened.combine(expression, terms)
    assert encoded == ["blue", "red"]
    np.testing.assert_array_equal(point.vector, opened.combine(expression).vector)
    assert encoded == ["blue", "red"] * 2



def test_quoted_texts_are_terms(space: Open) -> None:
    opened = space(kind=QueryBag)
    expected = np.array(counts("red shoe")) + 0.5 * np.array(counts("blue dog", 2))
    assert located(opened, 'a + 0.5*"blue dog"') == expected.tolist()
    assert located(opened, "a - blue") == counts("a - blue", 2)  # not quoted: the whole is a text
    answer = solve(opened, 'a + "blue" - "red"', k=1)
    assert answer.matches[0].id in {"b", "e x"}


def test_near_finds_texts(space: Open) -> None:
    result = near(space(), "a blue boat", k=2)
    assert result.matches[0].id == "b"
    assert result.matches[0].fields == {"text": "blue boat"}
    assert result.to_dict()["search"] == "exact"
    assert result.notes == ()


@pytest.mark.parametrize("item", ["shoe.png", "no/such", "vector.npy", "red.JPG", "  "])
def test_what_looks_like_a_path_is_no_text(space: Open, item: str) -> None:
    with pytest.raises(InputError):
        space().locate(item)


def test_pictures_are_found_by_texts(space: Open) -> None:
    opened = space("image", QueryBag, "hf:clip")
    assert located(opened, "red boat") == counts("red boat", 2)
    assert opened.locate("a").id == "a"


@pytest.mark.parametrize(
    ("modality", "kind", "encoder"),
    [
        ("image", Bag, "hf:dino"),
        ("image", ValueError("must not be loaded"), "vae:faces"),
        ("image", SpaceError("missing"), "hf:clip"),
        ("vector", ValueError("must not be loaded"), "none"),
        ("word", ValueError("must not be loaded"), "none"),
    ],
)
def test_elsewhere_unknown_names_stay_unknown(space: Open, modality: str, kind: object, encoder: str) -> None:
    opened = space(modality, kind, encoder)
    with pytest.raises(UnknownNameError, match=r"no id 'shoe'.*nor a file of that name"):
        opened.locate("shoe")
    with pytest.raises(UnknownNameError, match=r"no id 'nobody'.*the expression is 'a - nobody'"):
        opened.locate("a - nobody")
    with pytest.raises(InputError, match=r"no id 'a red shoe'.*nor a file of that name") as refused:
        opened.locate("a red shoe")
    takes_none = not isinstance(kind, SpaceError) and modality != "word"
    assert (f"{encoder} takes none" in str(refused.value)) == takes_none


def test_options_of_the_build_are_handed_on(space: Open) -> None:
    encoder = space(kind=Bag, query_prompt="query: ", truncate_dim=8).encoder
    assert isinstance(encoder, Bag)
    assert encoder.options == {"query_prompt": "query: ", "truncate_dim": 8}


def test_an_encoder_that_was_not_kept(space: Open) -> None:
    with pytest.raises(SpaceError, match="was fitted to its items and not kept"):
        space(kind=NotFitted).locate("red")


def test_a_missing_encoder_says_so(space: Open) -> None:
    with pytest.raises(SpaceError, match=r"No text can be encoded: bag:words.*is missing here"):
        space(kind=InputError("There is no model.")).locate("red")


def test_vectors_from_files(space: Open, tmp_path: Path) -> None:
    opened = space("vector", ValueError("must not be loaded"), "none")
    for name, vector in {"row.npy": np.arange(8.0), "table.npy": np.arange(8, dtype=np.int64)[None]}.items():
        np.save(tmp_path / name, vector)
        found = opened.locate(str(tmp_path / name))
        assert found.vector.tolist() == list(range(8))
        assert found.vector.dtype == np.float32
        assert found.label == name
    assert near(opened, str(tmp_path / "row.npy"), k=1).matches[0].id in ITEMS


@pytest.mark.parametrize(
    ("vector", "reason"),
    [
        (np.zeros(7), "has 7 numbers; those of space vector.space have 8"),
        (np.zeros((2, 8)), "no vector"),
        (np.array(3.0), "no vector"),
        (np.array(["a"] * 8), "no vector"),
        (np.full(8, np.nan), "NaN or infinity"),
        (np.array([{}] * 8, object), "can't be read"),
        (None, "can't be read"),
    ],
)
def test_files_that_hold_no_such_vector(space: Open, tmp_path: Path, vector: np.ndarray | None, reason: str) -> None:
    path = tmp_path / "v.npy"
    if vector is None:
        path.write_bytes(b"")
    else:
        np.save(path, vector, allow_pickle=True)
    with pytest.raises(InputError, match=reason):
        space("vector", Bag, "none").locate(str(path))


def test_a_picture_in_a_space_of_texts(space: Open, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "p.png")
    with pytest.raises(SpaceError, match="was not built from pictures"):
        space().locate(str(tmp_path / "p.png"))
    assert located(space("image", Bag, "hf:dino"), str(tmp_path / "p.png")) == [1.0] * len(WORDS)


def test_a_question_is_not_drawn_as_its_own_answer(space: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    put = Page.text

    def kept(page: Page, x: float, y: float, text: str, **how: object) -> None:
        written.append(text)
        put(page, x, y, text, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(Page, "text", kept)
    opened = space()
    answer = solve(opened, "a + 0.1*b", k=2)
    assert answer.result.nearest == "a"
    answer.picture()
    assert "best answer" in written
    assert "result" not in written
    assert " ".join(written).count("Nearest of all to the sum is 'a', which the question names; it is left out.") == 1
    written.clear()
    solve(opened, "a + 0.1*b", k=2, include_inputs=True).picture()
    assert "nearest of all" in written
    assert not any("left out" in text for text in written)
