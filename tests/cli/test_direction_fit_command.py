"""`lateen direction fit --field`: what it prints, and one clear message for whatever is wrong."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from running import Run

import lateen as lt
from lateen.space import Space

N = 400


def built(folder: Path, x: np.ndarray, **fields: np.ndarray) -> Path:
    np.savez(folder / "x.npz", vectors=x.astype(np.float32), ids=np.array([f"i{i}" for i in range(len(x))]), **fields)
    lt.build(folder / "x.npz", out=folder / "x.space")
    return folder / "x.space"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A space of 400 points without a decoder, with fields of all sorts; tests keep nothing in it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N, 10))
    hat = x[:, 0] > 0
    amount = x[:, 1].copy()
    amount[[0, 1, 2]] = np.nan, np.inf, -np.inf
    return built(
        tmp_path_factory.mktemp("fields"),
        x,
        hat=hat,
        hat_word=np.where(hat, "hat", "bare"),
        constant=np.ones(N),
        word=np.full(N, "same"),
        amount=amount,
        three=np.arange(N) < 3,
        nearly=hat ^ (rng.random(N) < 0.02),
        day=np.array([f"2024-01-{1 + i % 4:02}" for i in range(N)], "datetime64[D]").astype(str),
        person=np.array([f"p{i}" for i in rng.integers(0, 20, N)]),
        name=np.array([f"n{i}" for i in range(N)]),
        odd=np.array(["a=b", "c/d", "e"])[rng.integers(0, 3, N)],
    )


def assert_refused(lateen: Run, folder: Path, options: tuple[str, ...], says: str) -> None:
    code, out, err = lateen("direction", "fit", folder, "d", *options)
    assert (code, out) == (2, ""), err
    assert says in " ".join(err.split())
    assert "Traceback" not in err
    assert len(err.strip()) < 800
    assert lt.open(folder).directions() == {}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--field constant", "needs two sides, but 'constant' has one value at most (1)"),
        ("--field word", "needs two sides, but 'word' has one value at most (same)"),
        ("--field hat --positive 7", "no item has it"),
        ("--field person --group person", "--group person keeps the items of one person together"),
        ("--field name", "'name' has 400 values; a direction for each is fitted for 2 to 50 of them"),
        ("--field hats", "hats"),
        ("--field hat --without persona", "persona"),
        ("--field hat --group persona", "persona"),
        ("--field hat --method svm", "There is no method 'svm'"),
        ("--field hat --without hat", "--without hat holds equal what the direction is fitted on"),
        ("--field hat --without person,person", "names a field twice"),
        ("--field hat --without person --without person", "names a field twice"),
        ("--field hat --without constant", "constant can't be held equal: it has one value only"),
        ("--field hat --without name", "name has 400 values; at most 200 can be held equal"),
        ("--field hat --without hat_word", "can't separate hat = 1 from hat_word"),
        ("--field hat --without person,hat_word", "can't separate hat = 1 from hat_word"),
        ("--field hat --group hat_word", "can't be told from being"),
        ("--field hat --seed -1", "seed"),
        ("--field odd", "A direction can't be called 'd:a=b'"),
        ("--field hat --without person --method leace", "Nothing is left of the direction"),
        ("--without person", "give one of --field"),
        ("--pairs i1:i2 --without person", "are about a field"),
        ("--field amount --positive >x", "'x', which is not a number"),
    ],
)
def test_bad_input_is_one_message_and_keeps_nothing(lateen: Run, folder: Path, options: str, says: str) -> None:
    assert_refused(lateen, folder, tuple(options.split()), says)


def test_a_name_that_none_can_have(lateen: Run, folder: Path) -> None:
    for name in ("a=b", "a/b", ".a", ""):
        code, out, err = lateen("direction", "fit", folder, name, "--field", "hat")
        assert (code, out) == (2, "")
        assert "A direction can't be called" in err


def test_nothing_is_written_over_and_that_is_found_before_any_work(lateen: Run, folder: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.png"
    page.write_text("mine")
    assert_refused(lateen, folder, ("--field", "hat", "-o", str(page)), "--force")
    assert page.read_text() == "mine"
    new = str(tmp_path / "new.png")
    assert_refused(lateen, folder, ("--field", "person", "-o", new), "'person' has several values")


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may keep directions in."""
    import shutil

    shutil.copytree(folder, tmp_path / "own.space")
    return tmp_path / "own.space"


def fitted(lateen: Run, folder: Path, name: str, *options: str) -> dict[str, object]:
    code, out, err = lateen("direction", "fit", folder, name, *options, "--json")
    assert code == 0, err
    return dict(json.loads(out))


def test_json_holds_every_figure(lateen: Run, own: Path) -> None:
    fitted(lateen, own, "tall", "--field", "amount")
    found = fitted(lateen, own, "hat", "--field", "hat", "--without", "amount,three", "--group", "person")
    assert (found["name"], found["field"], found["positive"]) == ("hat", "hat", "hat = 1")
    assert (found["without"], found["group"]) == (["amount", "three"], "person")
    assert found["n_positive"] + found["n_negative"] == N - 3
    for figure in ("auc", "along", "stability"):
        assert 0.8 < found[figure] <= 1
    assert found["dose"] > 0
    assert found["r2"] is None
    assert set(found["cosine_with"]) == {"tall"}
    assert found["goes_along"]["hat_word"] == 1
    assert any("3 items have no value in amount or three and were left out" in note for note in found["notes"])
    assert "hat_word can't be told from hat = 1 in this data" in found["notes"]
    assert any("goes along with nearly (+0.9" in note for note in found["notes"])
    assert found["warning"] is None
    assert set(found["response"]) == {"steps", "reading", "low", "high"}
    code, out, _ = lateen("direction", "show", own, "hat", "--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["dose"] == found["dose"]
    code, out, _ = lateen("direction", "list", own, "--json")
    assert code == 0
    assert [d["name"] for d in json.loads(out)["directions"]] == ["hat", "tall"]


def test_three_items_are_warned_of(lateen: Run, own: Path) -> None:
    found = fitted(lateen, own, "three", "--field", "three")
    assert (found["n_positive"], found["n_negative"]) == (3, N - 3)
    assert found["warning"] is not None
    assert "3 with and 397 without are too few items" in str(found["warning"])


def test_missing_and_infinite_values_are_on_neither_side(lateen: Run, own: Path) -> None:
    above = fitted(lateen, own, "above", "--field", "amount", "--positive", "> 0")
    assert above["n_positive"] + above["n_negative"] == N - 3
    thirds = fitted(lateen, own, "amount", "--field", "amount")
    assert thirds["r2"] > 0.9


def test_what_is_hardly_separable_says_so(lateen: Run, own: Path) -> None:
    found = fitted(lateen, own, "hat", "--field", "hat", "--without", "nearly")
    assert any("nearly already tells 9" in note and "may still carry it along" in note for note in found["notes"])


def test_days_and_people_have_a_direction_each(lateen: Run, own: Path) -> None:
    found = fitted(lateen, own, "day", "--field", "day")
    assert [d["name"] for d in found["directions"]] == [f"day:2024-01-0{k}" for k in range(1, 5)]
    found = fitted(lateen, own, "who", "--field", "person")
    assert len(found["directions"]) == 20
    one = fitted(lateen, own, "odd", "--field", "odd", "--positive", "a=b")
    assert one["positive"] == "odd = a=b"


def test_the_same_direction_twice_is_noted(lateen: Run, own: Path) -> None:
    fitted(lateen, own, "hat", "--field", "hat")
    code, out, _ = lateen("direction", "fit", own, "cap", "--field", "hat_word", "--positive", "hat")
    assert code == 0
    assert "it is the same direction as hat (cosine 1.000)" in out
    assert "hat +1.00" in out
    plain = fitted(lateen, own, "leace", "--field", "hat", "--method", "leace")
    assert any("nothing is held equal (--without), so leace is the difference" in note for note in plain["notes"])


def test_a_space_without_a_decoder_draws_a_page_too(lateen: Run, own: Path, tmp_path: Path) -> None:
    page = tmp_path / "hat.png"
    code, _, err = lateen("direction", "fit", own, "hat", "--field", "hat", "-o", page)
    assert code == 0, err
    assert page.stat().st_size > 5_000


def test_spaces_of_three_items_and_of_one_point(lateen: Run, tmp_path: Path) -> None:
    small, still = tmp_path / "small", tmp_path / "still"
    small.mkdir()
    still.mkdir()
    three = built(small, np.eye(3, 4), hat=np.array([True, False, False]))
    found = fitted(lateen, three, "hat", "--field", "hat")
    assert found["auc"] is None
    assert "too few" in str(found["warning"])
    assert found["dose"] > 0
    same = built(still, np.ones((40, 4)), hat=np.arange(40) % 2 == 0)
    assert_refused(lateen, same, ("--field", "hat"), "have the same mean, so there is no direction")


def test_erasing_leaves_a_new_probe_nothing(lateen: Run, faces: Space, tmp_path: Path) -> None:
    """The theorem of LEACE on codes of faces: .95 and more before, chance within .02 after."""
    from sklearn.linear_model import LogisticRegression

    assert lateen("direction", "fit", faces.folder, "glasses", "--field", "glasses", "--positive", "> 0")[0] == 0
    code, out, err = lateen("direction", "erase", faces.folder, "glasses", "-o", tmp_path / "e.space", "--json")
    assert code == 0, err
    said = json.loads(out)["probe_auc"]
    assert said["before"] >= 0.95
    assert said["after"] == pytest.approx(0.5, abs=0.02)
    has = np.asarray(faces.points.fields["glasses"], float) > 0
    before, after = (np.asarray(space.vectors, np.float64) for space in (faces, lt.open(tmp_path / "e.space")))
    spread = before.std(axis=0)
    assert LogisticRegression(max_iter=1000).fit(before / spread, has).score(before / spread, has) >= 0.95
    probe = LogisticRegression(max_iter=1000).fit(after / spread, has)
    chance = max(has.mean(), 1 - has.mean())
    assert probe.score(after / spread, has) == pytest.approx(chance, abs=0.02)


def test_dates_without_and_with_gaps(lateen: Run, tmp_path: Path) -> None:
    """Real dates, as a table brings them."""
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    days = [date(2024, 1, 1 + i % 28) for i in range(200)]
    x = rng.normal(size=(200, 5)).astype(np.float32)
    x[:, 0] += np.arange(200) % 28 / 7
    weeks = [date(2024, 1, 1 + i % 28 // 7 * 7) for i in range(200)]
    ids = [f"i{i}" for i in range(200)]
    table = {"id": ids, "day": days, "week": weeks, "gaps": [None, *days[1:]], "vector": list(x)}
    pq.write_table(pa.table(table), tmp_path / "t.parquet")
    code, _, err = lateen("build", tmp_path / "t.parquet", "-o", tmp_path / "t.space")
    assert code == 0, err
    late = fitted(lateen, tmp_path / "t.space", "late", "--field", "day")
    assert late["auc"] > 0.95
    assert late["r2"] > 0.3
    few = fitted(lateen, tmp_path / "t.space", "week", "--field", "week")
    assert [d["name"] for d in few["directions"]] == [f"week:2024-01-{d:02}" for d in (1, 8, 15, 22)]
    gaps = fitted(lateen, tmp_path / "t.space", "gaps", "--field", "gaps", "--positive", "2024-01-03")
    assert gaps["n_positive"] + gaps["n_negative"] == 199
    code, _, err = lateen("direction", "fit", tmp_path / "t.space", "x", "--field", "day", "--positive", ">!")
    assert (code, "which is not a number" in err) == (2, True)
