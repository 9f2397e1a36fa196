"""Results in notebooks: pictures that fit the page, and lines that are shown as they are, never read as HTML."""

from __future__ import annotations

import html
from pathlib import Path

import numpy as np
import pytest

import lateen as lt
from lateen.building.erased import Erased
from lateen.operations.result import Written


class Odd(Written):
    def __repr__(self) -> str:
        return "<script>alert(1)</script> & 'more'"


class Described(Odd):
    def describe(self) -> str:
        return "two\n  <b>lines</b>"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> lt.Space:
    folder = tmp_path_factory.mktemp("notebook")
    numbers = np.random.default_rng(0).normal(size=(60, 6))
    lines = [f"<w{i}> " + " ".join(f"{value:.4f}" for value in row) for i, row in enumerate(numbers)]
    (folder / "w.txt").write_text("60 6\n" + "\n".join(lines) + "\n")
    lt.build(folder / "w.txt", out=folder / "w.space")
    return lt.open(folder / "w.space")


def test_what_is_written_is_escaped() -> None:
    assert Odd()._repr_html_() == "<pre>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#x27;more&#x27;</pre>"
    assert Described()._repr_html_() == "<pre>two\n  &lt;b&gt;lines&lt;/b&gt;</pre>"


def test_pictures_are_no_wider_than_the_page(space: lt.Space) -> None:
    shown = space.near("<w1>", k=2)._repr_html_()
    assert '<img style="max-width:100%" src="data:image/png;base64,' in shown
    assert "<w" not in shown


def test_results_without_pictures_show_their_lines(space: lt.Space, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    rows = np.random.default_rng(1).integers(60, size=(30, 2)).tolist()
    pairs.write_text("word1,word2,score\n" + "\n".join(f"<w{a}>,<w{b}>,{a + b}" for a, b in rows) + "\n")
    assert space.info()._repr_html_() == f"<pre>{html.escape(space.info().describe())}</pre>"
    assert space._repr_html_() == space.info()._repr_html_()
    measured = space.similarity(pairs)
    assert measured._repr_html_() == f"<pre>{html.escape(repr(measured))}</pre>"
    fitted = space.direction("low", pairs=[["<w1>", "<w2>"], ["<w3>", "<w4>"]])
    assert fitted._repr_html_().startswith(f"<p>{html.escape(repr(fitted))}</p><img")
    assert issubclass(Erased, Written)
