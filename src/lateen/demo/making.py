"""`make_demo`: draw and encode the portraits, walk through the stations, write the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lateen.building import build
from lateen.building.result import Progress
from lateen.core.errors import InputError, InterruptedWorkError, StorageError
from lateen.demo.choosing import choose
from lateen.demo.page import NEXT, render, shown
from lateen.demo.tour import SPACE, STATIONS, Facts, Figure, Stage
from lateen.operations.result import plain
from lateen.plot.save import save_text
from lateen.space import Space

FEWEST = 100
PAGE, PICTURES = "index.html", "pictures"


@dataclass(frozen=True)
class DemoResult:
    """A finished demo.

    Args:
        path: Its folder.
        n: Portraits in the space.
        encoder: By which they were encoded.
        seconds: From the first portrait to the page.
        figures: What was drawn, with the commands that draw it again.
        facts: The figures of this run, by name.
    """

    path: Path
    n: int
    encoder: str
    seconds: float
    figures: tuple[Figure, ...]
    facts: Facts

    @property
    def page(self) -> Path:
        """The page that shows and explains it all."""
        return self.path / PAGE

    @property
    def space(self) -> Path:
        """The space of portraits."""
        return self.path / SPACE

    @property
    def pictures(self) -> tuple[Path, ...]:
        """All pictures, and the map to explore."""
        return tuple(self.path / place(figure) for figure in self.figures)

    def __repr__(self) -> str:
        return f"Demo of {self.n:,} portraits in {self.path} ({self.seconds:.0f} s): open {self.page}"

    def describe(self) -> str:
        """A few lines for people, ending with what to type next."""
        f = {name: shown(name, value) for name, value in self.facts.items()}
        lines = [
            f"{self!r}",
            f"  compression  {f['numbers_before']} -> {f['numbers_after']} numbers per portrait; there and back "
            f"{f['psnr']} dB (PCA: {f['psnr_pca']} dB)",
            f"  path         {f['path_from']} to {f['path_to']}; support halfway {f['midpoint_support']}",
            f"  directions   held-out AUC: hair_colour {f['hair_colour_auc']}, glasses {f['glasses_auc']}",
            f"  arithmetic   {f['solve_terms']}: of {f['solve_k']} nearest {f['solve_glasses']} wear glasses",
            f"  map          trustworthiness {f['map_trustworthiness']}, continuity {f['map_continuity']}: "
            f"{self.path / 'map.html'}",
            "Now with pictures of your own:",
        ]
        return "\n".join([*lines, *(f"  {command}" for command in NEXT)])

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        return {
            "path": str(self.path),
            "page": str(self.page),
            "space": str(self.space),
            "map": str(self.path / "map.html"),
            "pictures": [str(picture) for picture in self.pictures],
            "n": self.n,
            "encoder": self.encoder,
            "seconds": round(self.seconds, 2),
            "facts": {name: plain(value) for name, value in self.facts.items()},
            "next": list(NEXT),
        }


def make_demo(
    output: str | Path = "lateen-demo",
    *,
    n: int = 10_000,
    force: bool = False,
    encoder: str = "vae:portraits",
    progress: Progress | None = None,
    say: Callable[[str], object] | None = None,
) -> DemoResult:
    """Make the whole tour in a folder: the space, the pictures, the map and the page.

    Args:
        output: The folder to make.
        n: Portraits, at least 100.
        force: Write into a folder that holds something: what an earlier demo made is replaced, all else stays.
        encoder: What encodes the portraits; it must decode as well.
        progress: Told while the portraits are encoded.
        say: Told which station is next, in a few words.

    Raises:
        InputError: If the folder is not empty and `force` is not set, or n is too small.
        InterruptedWorkError: At ^C.
        StorageError: If something can't be written.
    """
    start, folder = time.perf_counter(), Path(output)
    tell = say or (lambda text: None)
    _check(folder, n, force)
    with _named_after(folder):
        (folder / PICTURES).mkdir(parents=True, exist_ok=True)
        tell(f"drawing and encoding {n:,} portraits")
        build(f"portraits:{n}", encoder=encoder, out=folder / SPACE, force=force, progress=progress)
        space = Space(folder / SPACE)
        stage = Stage(space, choose(space.points.fields), folder, encoder)
        figures: list[Figure] = []
        facts: Facts = {}
        for name, visit in STATIONS.items():
            tell(f"{name} ...")
            station = visit(stage)
            figures += station.figures
            facts |= station.facts
        result = DemoResult(folder, n, encoder, time.perf_counter() - start, tuple(figures), facts)
        page = render(figures, facts, {"n": n, "encoder": encoder, "seconds": result.seconds}, place)
        save_text(page, result.page, force=True)
    return result


def place(figure: Figure) -> str:
    """Where a figure is, from the demo's folder."""
    return figure.name if figure.name.endswith(".html") else f"{PICTURES}/{figure.name}"


def _check(folder: Path, n: int, force: bool) -> None:
    if n < FEWEST:
        raise InputError(f"The demo got n = {n}; the tour needs at least {FEWEST} portraits to choose from.")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; name a folder for the demo with -o.")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise InputError(
            f"The folder {folder} is not empty; name another with -o, or pass --force to replace what an earlier demo "
            "made there (nothing else is touched)."
        )


@contextmanager
def _named_after(folder: Path) -> Iterator[None]:
    """The demo is made anew, not resumed: errors from within say so."""
    again = f"Run the demo again with --force to make {folder} anew."
    try:
        yield
    except (KeyboardInterrupt, InterruptedWorkError):
        raise InterruptedWorkError(f"Stopped. {again}") from None
    except StorageError as error:
        raise StorageError(f"{error.__cause__ or error} {again}") from error
