"""`lateen direction` on words: fitted on pairs and poles, read, erased."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from running import Run

import lateen as lt

PAIRS = "he0:she0,he1:she1,he2:she2,he3:she3,he4:she4,he5:she5"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 words with a planted gender along the first axis; the first dozen are pairs."""
    rng = np.random.default_rng(0)
    words = [f"{side}{i}" for i in range(6) for side in ("he", "she")] + [f"word{i:03}" for i in range(588)]
    x = rng.normal(size=(600, 16))
    for i in range(6):
        x[2 * i + 1] = x[2 * i] + 0.3 * rng.normal(size=16)
    x[:12, 0] = np.tile([3, -3], 6)
    lines = [f"{word} {' '.join(f'{v:.5f}' for v in row)}" for word, row in zip(words, x, strict=True)]
    path = tmp_path_factory.mktemp("words")
    (path / "words.vec").write_text("600 16\n" + "\n".join(lines) + "\n")
    lt.build(path / "words.vec", out=path / "words.space")
    return path


@pytest.fixture
def space(folder: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "words.space"
    shutil.copytree(folder / "words.space", copy)
    return copy


def answer(result: tuple[int, str, str]) -> dict[str, object]:
    code, out, err = result
    assert code == 0, err
    plain = json.loads(out)
    assert isinstance(plain, dict)
    return plain


def test_pairs_poles_and_what_is_said_of_them(lateen: Run, space: Path) -> None:
    code, out, _ = lateen("direction", "fit", space, "gender", "--pairs", PAIRS)
    assert code == 0
    assert "Direction gender (he0, he1, he2, ... against she0, she1, she2, ...): held-out AUC 1.000" in out
    assert "6 of 6 held-out pairs in the right order" in out
    assert "more of it: he0, he1, he2, he3, he4, he5; less: she0" in out
    fitted = answer(lateen("direction", "fit", space, "axis", "--words", "he0,he1:she0,she1", "--json"))
    assert (fitted["method"], fitted["more"], fitted["less"]) == ("axis", ["he0", "he1"], ["she0", "she1"])
    assert fitted["cosine_with"]["gender"] > 0.9  # type: ignore[index]
    shown = answer(lateen("direction", "show", space, "gender", "--json"))
    assert (shown["ordered"], shown["method"], shown["field"]) == (1.0, "pairs", None)
    assert lateen("direction", "list", space)[1].startswith("2 directions")
    assert lt.open(space).direction("gender").direction.vector[0] > 0.9


def test_pairs_of_a_file_and_unknown_ones(lateen: Run, space: Path, tmp_path: Path) -> None:
    file = tmp_path / "pairs.txt"
    file.write_text("he0 she0\nhe1:she1\nhim\ther\n")
    code, out, err = lateen("direction", "fit", space, "g", "--pairs", file)
    assert (code, out) == (2, "")
    assert "There is no id 'him' in space words.space" in err
    assert "--skip-unknown" in err
    code, out, _ = lateen("direction", "fit", space, "g", "--pairs", file, "--skip-unknown")
    assert code == 0
    assert "left out, not in the space: him:her" in out
    assert lt.open(space).direction("g").direction.more == ("he0", "he1")


def test_one_pair_is_fitted_with_a_warning(lateen: Run, space: Path) -> None:
    code, out, _ = lateen("direction", "fit", space, "one", "--pairs", "he0:she0")
    assert code == 0
    assert "one pair is too few to hold it out: nobody knows whether one means anything" in out
    assert "held-out AUC not known, 1 pair, gap" in out
    fitted = answer(lateen("direction", "fit", space, "two", "--words", "he0:she0", "--json"))
    assert (fitted["auc"], fitted["stability"]) == (None, None)
    assert "one word a side is too few to hold any out" in str(fitted["warning"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "give one of --field, --pairs and --words"),
        (("--pairs", "he0:she0", "--words", "he0:she0"), "give one of --field, --pairs and --words"),
        (("--pairs", "he0:she0", "--field", "rank"), "give one of --field, --pairs and --words"),
        (("--pairs", "he0"), "'he0', which is no pair"),
        (("--pairs", "he0:"), "one side is empty"),
        (("--pairs", "he0:he0"), "same word on both sides"),
        (("--pairs", "no such file.txt"), "There is no file no such file.txt"),
        (("--words", "he0,he1"), "two sides with one colon"),
        (("--words", "hee0:she0"), "Did you mean 'he0'"),
        (("--pairs", "x1:x2", "--skip-unknown"), "knows no pair of those given (x1:x2)"),
        (("--words", "x1:she0", "--skip-unknown"), "knows no word of the first side of those given (x1)"),
        (("--pairs", "he0:she0", "--positive", "1"), "are about a field"),
        (("--pairs", "he0:1*he0"), "same mean"),
    ],
)
def test_bad_input_to_fit(lateen: Run, space: Path, words: tuple[str, ...], message: str) -> None:
    code, out, err = lateen("direction", "fit", space, "g", *words)
    assert (code, out) == (2, "")
    assert message in err
    assert not lt.open(space).directions()


def test_a_name_that_is_taken(lateen: Run, space: Path) -> None:
    fit = ("direction", "fit", space, "g", "--pairs", PAIRS)
    assert lateen(*fit)[0] == 0
    assert "already has a direction 'g'" in lateen(*fit)[2]
    assert lateen(*fit, "--force")[0] == 0


def test_read_some_words_and_the_ends(lateen: Run, space: Path, tmp_path: Path) -> None:
    lateen("direction", "fit", space, "gender", "--pairs", PAIRS)
    picture = tmp_path / "gender.png"
    read = ("direction", "read", space, "gender")
    some = answer(lateen(*read, "she1", "he1", "he0 - she0", "--json", "-o", picture))
    readings = some["readings"]
    assert isinstance(readings, list)
    assert [r["item"] for r in readings] == ["he0 - she0", "he1", "she1"]
    opened = lt.open(space)
    vector = opened.vectors[opened.ids.index("he1")]
    expected = float(vector @ opened.direction("gender").direction.vector) / float(np.linalg.norm(vector))
    assert readings[1]["value"] == pytest.approx(expected, abs=1e-5)
    assert (some["measure"], some["compared_with"], some["extremes"]) == ("cosine", 600, False)
    assert readings[1]["percentile"] > 90 > 10 > readings[2]["percentile"]
    with Image.open(picture) as drawn:
        assert drawn.width > 500
    code, out, _ = lateen(*read, "-k", 3, "--vocabulary", 12)
    assert code == 0
    assert out.startswith("gender: from she0, she1, she2, ... (-) to he0, he1, he2, ... (+), beside the first 12 of")
    rows = [line.split()[0] for line in out.splitlines()[2:]]
    assert [row.rstrip("012345") for row in rows] == ["he"] * 3 + ["she"] * 3
    every = answer(lateen(*read, "-k", 400, "--vocabulary", 0, "--json"))["readings"]
    assert isinstance(every, list)
    assert len(every) == 600
    assert [r["value"] for r in every] == sorted((r["value"] for r in every), reverse=True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing",), "There is no direction 'nothing'"),
        (("gender", "hee0"), "Did you mean 'he0'"),
        (("gender", "-k", "0"), "ask for at least one item"),
        (("gender", "--vocabulary", "-1"), "Got the vocabulary -1"),
        (("gender", "-k", "300", "-o", "PICTURE"), "room for 60 items, not 600"),
    ],
)
def test_bad_input_to_read(
    lateen: Run, space: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    lateen("direction", "fit", space, "gender", "--pairs", PAIRS)
    given = [tmp_path / "out.png" if word == "PICTURE" else word for word in words]
    code, out, err = lateen("direction", "read", space, *given)
    assert (code, out) == (2, "")
    assert message in err


@pytest.mark.parametrize("method", ["leace", "hard"])
def test_erase(lateen: Run, space: Path, tmp_path: Path, method: str) -> None:
    lateen("direction", "fit", space, "gender", "--pairs", PAIRS)
    out = tmp_path / "neutral.space"
    erase = ("direction", "erase", space, "gender", "-o", out, "--method", method)
    done = answer(lateen(*erase, "--json"))
    assert (done["n"], done["method"], done["concept"]) == (600, method, "gender")
    assert done["reading_auc"]["before"] == 1.0  # type: ignore[index]
    neutral = lt.open(out)
    assert list(neutral.ids) == list(lt.open(space).ids)
    kept = neutral.direction("gender").direction
    assert (kept.erased, kept.auc) == (method, pytest.approx(done["reading_auc"]["after"], abs=1e-4))  # type: ignore[index]
    code, said, err = lateen(*erase)
    assert (code, said) == (2, "")
    assert "exists already; choose another name or replace it with --force" in err
    code, said, err = lateen(*erase, "--force")
    assert code == 0
    assert "600 words of words.space without gender" in said
    assert "held out   AUC of the direction 1.000 -> " in said
    assert "(each pair left out once, as in the fit; chance reaches " in said
    such = "analogies over them, such as he1 - he0 + she0, are right by construction now, which is no finding"
    assert (such in said) == (method == "hard")
    assert "still there? of the 147 words" in said
    assert "cost " in said
    assert "next: lateen near" in err


def test_bad_input_to_erase(lateen: Run, space: Path, tmp_path: Path) -> None:
    lateen("direction", "fit", space, "gender", "--pairs", PAIRS)
    erase = ("direction", "erase", space, "gender", "-o")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("mine")
    for words, message in [
        ((*erase, space), "is the space that is to be erased from"),
        ((*erase, tmp_path / "file"), "is a file"),
        ((*erase, tmp_path / "folder", "--force"), "is not a space"),
        ((*erase, tmp_path / "x.space", "--method", "soft"), "no method 'soft'; choose leace or hard"),
        (("direction", "erase", space, "sex", "-o", tmp_path / "x.space"), "There is no direction 'sex'"),
    ]:
        code, out, err = lateen(*words)
        assert (code, out) == (2, "")
        assert message in err
    assert not (tmp_path / "x.space").exists()
    assert (tmp_path / "folder" / "mine").read_text() == "mine"


@pytest.mark.parametrize(("name", "said"), [("a\nb", "one line"), ("\udcff", "UTF-8"), ("x" * 300, "too long")])
def test_names_that_no_file_can_have(name: str, said: str, lateen: Run, space: Path) -> None:
    code, out, err = lateen("direction", "fit", space, name, "--pairs", PAIRS, "--json")
    assert (code, out) == (2, "")
    assert "A direction can't be called" in err
    assert said in err
    assert len(err) < 500


def test_a_long_name_is_restated_by_its_beginning(lateen: Run, space: Path) -> None:
    for item in ("w" * 20_000, f"he0 - {'w' * 20_000}", "9" * 20_000 + "*he0"):
        code, out, err = lateen("solve", space, item, "--json")
        assert (code, out) == (2, "")
        assert f"({len(item):,} letters)" in err
        assert len(err) < 1000


def test_both_judge_by_one_protocol_and_one_warning(lateen: Run, space: Path, tmp_path: Path) -> None:
    few, one = ("--words", "he0,he1:she0,she1"), ("--pairs", "he0:she0")
    for number, (name, terms) in enumerate([("gender", ("--pairs", PAIRS)), ("few", few), ("one", one)]):
        fitted = answer(lateen("direction", "fit", space, name, *terms, "--json"))
        out = tmp_path / f"{number}.space"
        erase = ("direction", "erase", space, name, "-o", out)
        done = answer(lateen(*erase, "--json"))
        assert done["reading_auc"]["before"] == fitted["auc"]  # type: ignore[index]
        assert (done["chance_auc"], done["warning"]) == (fitted["random_auc"], fitted["warning"])
        said = lateen(*erase, "--force")[1]
        assert ("\nwarning " in said) == (fitted["warning"] is not None)
        if name != "gender":
            assert "           So " not in said
        if name == "one":
            assert "With one pair nobody can know what was erased: one, or what else sets these words apart." in said
        if name == "few":
            assert "These are too few words to tell from them what was erased" in said


def test_a_doubtful_direction_is_marked_and_told_of(lateen: Run, space: Path) -> None:
    lateen("direction", "fit", space, "sure", "--pairs", PAIRS)
    lateen("direction", "fit", space, "few", "--pairs", "he0:she0,he1:she1")
    file = space / "directions" / "sure.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"random_auc": 0.8}))
    said = "2 pairs are too few (give 5 at least, better 10) to tell whether few means anything: chance sorts so few "
    out = lateen("direction", "list", space)[1].splitlines()
    chance = "AUC: of its probe where it has one; along: of the direction alone; by chance: the AUC that 95% of random "
    chance += "directions stay below, either way round"
    assert {line.split("  ")[0] for line in out[2:-2]} == {"few *", "sure", ""}
    assert out[-2:] == [chance, f"* {said}as well"]
    code, out, err = lateen("direction", "read", space, "few", "he3")
    assert code == 0
    assert said in err
    assert "percentile" in out.splitlines()[1]
    assert lateen("direction", "read", space, "sure", "he3")[2] == ""


def test_a_direction_is_read_before_and_after(lateen: Run, space: Path, tmp_path: Path) -> None:
    lateen("direction", "fit", space, "gender", "--pairs", PAIRS)
    out = tmp_path / "hard.space"
    lateen("direction", "erase", space, "gender", "-o", out, "--method", "hard")
    assert "word000" in lateen("direction", "read", space, "gender", "word000")[1]
    code, said, err = lateen("direction", "read", out, "gender", "word000", "--json")
    assert code == 0
    assert "gender was erased from this space (hard)" in err
    (reading,) = json.loads(said)["readings"]
    assert (reading["value"], reading["percentile"]) == (0, pytest.approx(50, abs=2))
    assert "gender *" in lateen("direction", "list", out)[1]
    code, _, err = lateen("direction", "erase", out, "gender", "-o", tmp_path / "again.space")
    assert code == 2
    assert "gender was erased from space hard.space already" in err


def test_remove(lateen: Run, space: Path) -> None:
    lateen("direction", "fit", space, "gender", "--pairs", PAIRS)
    code, _, err = lateen("direction", "remove", space, "gendr")
    assert (code, "Did you mean 'gender'" in err) == (2, True)
    assert answer(lateen("direction", "remove", space, "gender", "--json"))["removed"] == "gender"
    assert lateen("direction", "remove", space, "gender")[0] == 2
    assert not lt.open(space).directions()
