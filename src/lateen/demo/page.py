"""The page of the demo: the template's prose, filled with the figures of this run; everything filled in is escaped.

One idea: prose and layout are in templates/index.html, so whoever edits the text needs no Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from importlib.resources import files
from string import Template

import lateen
from lateen.demo.tour import PREAMBLE, Facts, Figure
from lateen.sources.portraits import FACTORS

NEXT = (
    "lateen train photos/ -o mine.model --minutes 10",
    "lateen build photos/ --encoder vae:mine.model -o mine.space",
    "lateen map mine.space -o mine.html",
    "lateen near mine.space anna.jpg -k 8 -o near.png",
    "lateen path mine.space anna.jpg ben.jpg -o path.png",
)
"""What to type for a folder of one's own."""

FORMS = {name: ".3f" for name in ("auc", "chance", "trustworthiness", "continuity")}
FORMS |= {"psnr": ".1f", "pca": ".1f", "gap": ".1f", "seconds": ".0f", "steps": "+g", "effect": "+.2f"}
"""How a figure is written, by the last word of its name; else with two decimals."""

LONG = 62  # letters of code that fit into half the page


def render(figures: Sequence[Figure], facts: Facts, run: Facts, place: Callable[[Figure], str]) -> str:
    """Fill the template.

    Args:
        figures: The figures; `$figure_path_png` becomes path.png with its listings, `$image_path_png` the
            picture alone, `$code_path_png` the listings alone.
        facts: Figures of the tour by name.
        run: `n`, `encoder` and `seconds`.
        place: Where a figure's file is, from the page.

    Raises:
        KeyError: If the template names something that there is not.
    """
    filled = {name: escape(shown(name, value)) for name, value in {**facts, **run}.items()}
    for figure in figures:
        name = figure.name.replace(".", "_")
        filled[f"figure_{name}"] = _figure(figure, place(figure))
        filled[f"image_{name}"] = _image(figure, place(figure))
        filled[f"code_{name}"] = _code(figure)
    filled["preamble"] = _listing("Python, once", PREAMBLE)
    filled["next"] = _listing("Terminal", NEXT)
    filled["factors"] = str(len(FACTORS))
    filled["n_plain"] = str(run["n"])
    filled["version"] = escape(lateen.__version__)
    return Template(_text("index.html")).substitute(filled, style=_text("page.css"), script=_text("page.js"))


def shown(name: str, value: float | int | str | None) -> str:
    """A figure for people: thousands with commas, as many decimals as its kind deserves, a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, float):
        form = FORMS.get(name.rpartition("_")[2], ".2f")
        if form == ".3f" and 0.9995 <= value < 1:
            return "more than 0.999"
        return format(value, form).replace("-", "−")
    return f"{value:,}" if isinstance(value, int) else value


def _figure(figure: Figure, source: str) -> str:
    picture = f'<a class="print" href="{escape(source)}">{_image(figure, source)}</a>'
    return f"<figure>{picture}{_code(figure)}</figure>"


def _image(figure: Figure, source: str) -> str:
    return f'<img src="{escape(source)}" alt="{escape(figure.alt)}">'


def _code(figure: Figure) -> str:
    long = max(map(len, figure.commands + figure.python)) > LONG
    both = _listing("Terminal", figure.commands) + _listing("Python", figure.python)
    return f'<div class="code{" long" if long else ""}">{both}</div>'


def _listing(label: str, lines: Sequence[str]) -> str:
    code = "".join(f"<span>{_unbroken(line)}\n</span>" for line in lines)
    return f'<div class="listing"><small>{escape(label)}</small><pre tabindex="0"><code>{code}</code></pre></div>'


def _unbroken(line: str) -> str:
    """Code that may be wrapped at its spaces, but not at the hyphens of an option."""
    return " ".join(f"<i>{escape(word)}</i>" if word else "" for word in line.split(" "))


def _text(name: str) -> str:
    return (files("lateen.demo") / "templates" / name).read_text(encoding="utf-8")
