"""The demo shows what its commands do: every command and every line on the page is run, and draws the same picture."""

from __future__ import annotations

import json
import shlex
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import lateen as lt
from lateen.cli.main import app
from lateen.core.errors import InputError, InterruptedWorkError
from lateen.demo import DemoResult, make_demo, making
from lateen.demo.page import NEXT
from lateen.demo.tour import PREAMBLE, SPACE

# beside these stand commands of other use
ONLY_IN_PYTHON = {"tour.png", "reconstructions.png", "hair_colour.png", "glasses.png"}


class Links(HTMLParser):
    """Where a page points, and pictures without a text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.mute: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.targets += [target for name in ("href", "src") if (target := found.get(name))]
        if found.get("id"):
            self.anchors.add(str(found["id"]))
        if tag == "img" and not found.get("alt"):
            self.mute.append(str(found.get("src")))


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_pictures_are_there_and_show_something(demo: DemoResult) -> None:
    assert len(demo.pictures) >= 12
    for picture in demo.pictures:
        if picture.suffix == ".html":
            assert "<canvas" in picture.read_text("utf-8")
            continue
        shown = pixels(picture)
        assert min(shown.shape[:2]) >= 128
        assert shown.std() > 8
    with Image.open(demo.path / "pictures/film.gif") as film:
        assert getattr(film, "n_frames", 1) > 20


def test_space_holds_all_factors(demo: DemoResult) -> None:
    space = lt.open(demo.space)
    assert len(space) == 300
    assert set(space.points.fields) == set(lt.portraits(1).factors)
    assert set(space.directions()) == {"glasses", "hair_colour"}


def test_page_is_complete_and_asks_nothing_of_the_network(demo: DemoResult) -> None:
    page = demo.page.read_text("utf-8")
    links = Links(page)
    assert links.mute == []
    for target in links.targets:
        if target.startswith("#"):
            assert target[1:] in links.anchors
        elif not target.startswith("data:"):
            assert (demo.path / target).is_file(), target
    assert "$" not in page.replace("${", "")
    for outside in ("http://", "https://", "//cdn", "@import", "url("):
        assert outside not in page.replace("http://www.w3.org", "")


def test_page_says_what_was_measured(demo: DemoResult) -> None:
    page = " ".join(demo.page.read_text("utf-8").split())
    assert f"AUC of {demo.facts['hair_colour_auc']:.3f}" in page
    assert f"{demo.facts['solve_glasses']} wear glasses and" in page
    assert f"has support {demo.facts['midpoint_support']:.2f}" in page


def test_shown_code_is_what_is_copied(demo: DemoResult) -> None:
    class Code(HTMLParser):
        text, inside = "", False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.inside |= tag == "code"

        def handle_endtag(self, tag: str) -> None:
            self.inside &= tag != "code"

        def handle_data(self, data: str) -> None:
            self.text += data if self.inside else ""

    parser = Code()
    parser.feed(demo.page.read_text("utf-8"))
    for lines in [PREAMBLE, NEXT, *(part for f in demo.figures for part in (f.commands, f.python))]:
        assert "\n".join(lines) + "\n" in parser.text


def test_commands_draw_the_same_pictures_in_an_empty_folder(demo: DemoResult, empty_folder: Path) -> None:
    for figure in demo.figures:
        for command in figure.commands:
            words = shlex.split(command)
            assert words[0] == "lateen"
            run = CliRunner().invoke(app, words[1:])
            assert run.exit_code == 0, f"{command}: {run.output} {run.exception!r}"
        assert_same(demo, figure.name, ONLY_IN_PYTHON)


def test_python_lines_draw_the_same_pictures(demo: DemoResult, empty_folder: Path) -> None:
    shutil.copytree(demo.space, empty_folder / SPACE)
    known: dict[str, object] = {}
    exec("\n".join(PREAMBLE), known)
    for figure in demo.figures:
        exec("\n".join(figure.python), known)
        assert_same(demo, figure.name, set())


def assert_same(demo: DemoResult, name: str, without: set[str]) -> None:
    if name.endswith(".html"):
        assert Path(name).read_bytes() == (demo.path / name).read_bytes()
    elif name not in without:
        assert np.array_equal(pixels(Path(name)), pixels(demo.path / "pictures" / name)), name


def test_next_commands_parse() -> None:
    for command in NEXT:
        words = shlex.split(command)
        run = CliRunner().invoke(app, words[1:])
        assert "Usage" not in run.output, f"{command}: {run.output}"
        assert "lateen: " in run.output  # understood; only the user's files are missing here


def test_result_is_plain_data_and_a_few_lines(demo: DemoResult) -> None:
    plain = json.loads(json.dumps(demo.to_dict()))
    assert {"path", "page", "space", "map", "pictures", "n", "encoder", "seconds", "facts", "next"} == set(plain)
    assert all(Path(picture).is_file() for picture in [plain["page"], plain["map"], *plain["pictures"]])
    lines = demo.describe().splitlines()
    assert str(demo.page) in lines[0]
    assert len(lines) < 15
    assert lines[-1].strip() == NEXT[-1]


def test_a_folder_in_use_is_refused_and_named(tmp_path: Path, encoder: str) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match=r"not empty.*--force"):
        make_demo(tmp_path, n=100, encoder=encoder)
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.txt"]
    with pytest.raises(InputError, match="is a file"):
        make_demo(tmp_path / "letter.txt", n=100, encoder=encoder)
    with pytest.raises(InputError, match="at least 100"):
        make_demo(tmp_path / "new", n=99, encoder=encoder)


def test_a_half_made_demo_is_made_again_and_nothing_else_is_touched(
    tmp_path: Path, encoder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    (tmp_path / "pictures").mkdir()
    mine = [tmp_path / "letter.txt", tmp_path / "pictures" / "anna.jpg"]
    for file in mine:
        file.write_text("mine")
    with monkeypatch.context() as patch:
        patch.setattr(making, "STATIONS", dict(list(making.STATIONS.items())[:1]) | {"stop": stop})
        with pytest.raises(InterruptedWorkError, match="--force"):
            make_demo(tmp_path, n=100, encoder=encoder, force=True)
    assert not (tmp_path / "index.html").exists()
    result = make_demo(tmp_path, n=100, encoder=encoder, force=True)
    assert result.page.is_file()
    assert [file.read_text() for file in mine] == ["mine", "mine"]
