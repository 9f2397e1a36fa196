"""The reader of pixels: it learns what was drawn, says what it can't know, and is the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from lateen.core.errors import InputError
from lateen.measures.edit_score import skill_of
from lateen.models.reader import Reader, fitted, train_reader
from lateen.models.reader.heads import ClassHead, NumberHead, head_of, heads_of, person_head
from lateen.models.reader.train import FEWEST_STEPS, MOST_STEPS, steps_for

SIZE, N, FIT = 32, 900, 700


def drawn(n: int, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Squares and discs of any size, at any place, on any ground."""
    rng = np.random.default_rng(seed)
    disc, left, radius = rng.random(n) < 0.4, rng.uniform(9, 23, n), rng.uniform(3, 8, n)
    ground = rng.integers(0, 3, n)
    pictures = []
    for i in range(n):
        image = Image.new("RGB", (SIZE, SIZE), [(40, 60, 120), (120, 60, 40), (60, 120, 40)][ground[i]])
        box = (left[i] - radius[i], 16 - radius[i], left[i] + radius[i], 16 + radius[i])
        (ImageDraw.Draw(image).ellipse if disc[i] else ImageDraw.Draw(image).rectangle)(box, fill=(230, 230, 220))
        pictures.append(np.asarray(image))
    words = np.array(["blue", "red", "green"], object)[ground]
    words[rng.random(n) < 0.1] = None
    place = np.where(rng.random(n) < 0.1, np.nan, left)
    return np.stack(pictures), {
        "shape": np.where(disc, "disc", "square").astype(object),
        "place": place.astype(np.float32),
        "radius": radius.astype(np.float32),
        "ground": words,
        "noise": rng.normal(size=n),
        "one": np.ones(n),
        "id": np.array([f"{i}" for i in range(n)], object),
    }


@pytest.fixture(scope="module")
def things() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    return drawn(N, 0)


@pytest.fixture(scope="module")
def reader(things: tuple[np.ndarray, dict[str, np.ndarray]]) -> Reader:
    pictures, columns = things
    return train_reader(pictures[:FIT], {name: c[:FIT] for name, c in columns.items()}, steps=90)


def test_it_reads_what_was_drawn(reader: Reader, things: tuple[np.ndarray, dict[str, np.ndarray]]) -> None:
    pictures, columns = things
    assert reader.fields == ("shape", "place", "radius", "ground", "noise")  # "one" says nothing, "id" too much
    blurred = np.stack([np.asarray(Image.fromarray(p).filter(ImageFilter.GaussianBlur(0.8))) for p in pictures[FIT:]])
    for seen in (pictures[FIT:], blurred):
        read = reader.read(seen)
        skills = {
            head.field: skill_of(read.fields[head.field], truth(head, columns[head.field][FIT:]))
            for head in reader.heads
        }
        assert min(skills[name].skill for name in ("shape", "place", "radius", "ground")) > 0.7
        assert not skills["noise"].is_readable
        assert len(read) == N - FIT


def truth(head: NumberHead | ClassHead, column: np.ndarray) -> np.ndarray:
    targets = head.targets(column)
    return targets * head.spread + head.mean if isinstance(head, NumberHead) else targets


def test_the_same_seed_reads_the_same(things: tuple[np.ndarray, dict[str, np.ndarray]]) -> None:
    pictures, columns = things
    few = {name: columns[name][:200] for name in ("shape", "place")}
    first, second, other = (train_reader(pictures[:200], few, steps=4, seed=seed) for seed in (1, 1, 2))
    reads = [r.read(pictures[:9]).fields["place"].values for r in (first, second, other)]
    np.testing.assert_array_equal(reads[0], reads[1])
    assert (reads[0] != reads[2]).all()


def test_it_tells_how_far_it_is(things: tuple[np.ndarray, dict[str, np.ndarray]]) -> None:
    pictures, columns = things
    told: list[tuple[int, int]] = []
    shape = {"shape": columns["shape"][:40]}
    train_reader(pictures[:40], shape, steps=3, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_person_is_read_whatever_the_number_of_people() -> None:
    names = np.array([f"person {i % 30}" for i in range(120)], object)
    assert head_of(names, "who") is None
    person = person_head(names, "who")
    assert person is not None
    assert person.width == 30
    assert [h.field for h in heads_of({"who": names, "x": np.arange(120.0)}, "who")] == ["who", "x"]
    assert person_head(np.array(["a"] * 5, object), "who") is None


def test_what_a_field_is_read_as() -> None:
    assert isinstance(head_of(np.arange(20), "x"), NumberHead)
    assert head_of(np.array([0, 1, 2] * 9), "x") == ClassHead("x", (0.0, 1.0, 2.0))
    assert head_of(np.array([0.0, np.nan] * 9), "x") is None
    assert head_of(np.array([0.0, 1.0, np.nan]), "x") is None  # too few to learn from
    head = head_of(np.array(["a", "b", None] * 9, object), "x")
    assert isinstance(head, ClassHead)
    np.testing.assert_array_equal(head.targets(np.array(["b", None, "z", "a"], object)), [1, -1, -1, 0])
    flags = head_of(np.array([True, False] * 9), "x")
    assert isinstance(flags, ClassHead)
    np.testing.assert_array_equal(flags.targets(np.array([True, False])), [1, 0])


def test_steps_are_bounded() -> None:
    assert steps_for(10) == FEWEST_STEPS
    assert steps_for(1_000_000) == MOST_STEPS
    assert FEWEST_STEPS < steps_for(1_500) < MOST_STEPS


def test_pictures_are_fitted() -> None:
    picture = np.zeros((96, 96, 3), np.uint8)
    assert fitted(picture, 64).shape == (64, 64, 3)
    assert fitted(picture, 96) is picture
    assert fitted(np.full((28, 28, 3), 7, np.uint8), 32).tolist() == np.full((32, 32, 3), 7).tolist()


@pytest.mark.parametrize(
    ("pictures", "columns", "says"),
    [
        (np.zeros((1, 32, 32, 3), np.uint8), {"x": np.zeros(1)}, "2 or more"),
        (np.zeros((20, 48, 48, 3), np.uint8), {"x": np.arange(20)}, "of 32 or 64"),
        (np.zeros((20, 32, 32, 3), np.uint8), {"x": np.zeros(20)}, "None of the fields"),
        (np.zeros((20, 32, 32, 3), np.uint8), {}, "there is none"),
    ],
    ids=["one picture", "odd size", "constant", "no fields"],
)
def test_bad_input(pictures: np.ndarray, columns: dict[str, np.ndarray], says: str) -> None:
    with pytest.raises(InputError, match=says):
        train_reader(pictures, columns, steps=1)
