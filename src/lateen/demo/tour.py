"""The stations of the tour: each runs one operation on the space, saves its picture, and says how to make it again.

One idea: a figure carries the command and the Python lines that draw it; the tests run both and compare the pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL.Image import Image

from lateen.demo.choosing import Cast
from lateen.operations.edit import Edited
from lateen.plot.grid import grid, pairs
from lateen.plot.save import save_picture
from lateen.sources.portraits import portraits
from lateen.space import Space

SPACE = "portraits.space"
PREAMBLE = ("import lateen as lt", f'space = lt.open("{SPACE}")')
HAIR_STEPS = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5)
GLASSES_STEPS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
NEAR, STEPS, FILM, SAMPLES = 7, 7, 25, 32
BEYOND = 1.25  # the edit goes a quarter farther than from the mean of one group to that of the other
WEAK = 0.05  # support below which a point is farther from the data than 95 % of held-out items

Facts = dict[str, float | int | str | None]


@dataclass(frozen=True)
class Figure:
    """A picture of the tour and how it was made.

    Args:
        name: Of the file, without folder.
        alt: What it shows, for those who don't see it.
        commands: Shell commands that make it, beginning in a folder that holds the space.
        python: Lines that make it, after PREAMBLE.
    """

    name: str
    alt: str
    commands: tuple[str, ...]
    python: tuple[str, ...]


@dataclass(frozen=True)
class Station:
    """What one station of the tour made.

    Args:
        figures: Its pictures.
        facts: Its figures, by name.
    """

    figures: tuple[Figure, ...]
    facts: Facts


@dataclass(frozen=True, eq=False)
class Stage:
    """What every station works with.

    Args:
        space: The portraits.
        cast: Which of them are shown.
        folder: Of the demo.
        encoder: By which the space was built, as the user would name it.
    """

    space: Space
    cast: Cast
    folder: Path
    encoder: str

    def picture(self, name: str) -> Path:
        """Where a picture goes."""
        return self.folder / "pictures" / name


def compression(stage: Stage) -> Station:
    """Encode and decode: the first portraits above what 64 numbers keep of them."""
    space, n = stage.space, len(stage.cast.first)
    images = portraits(n, seed=0, size=_size(space)).images
    decoded = np.stack([image for image in space.decode(space.encode(images)) if image is not None])
    save_picture(pairs(images, decoded), stage.picture("reconstructions.png"), force=True)
    held = space.info().compression
    figure = Figure(
        "reconstructions.png",
        f"Two rows of {n} faces: the drawn portraits above, below what was decoded from {space.spec.dim} numbers.",
        (
            f"lateen build portraits:{len(space)} --encoder {stage.encoder} -o {SPACE}",
            f"lateen info {SPACE}",
        ),
        (
            "import numpy as np",
            "from lateen.plot.grid import pairs",
            f"images, factors = lt.portraits({n}, seed=0, size={_size(space)})",
            "decoded = np.stack(space.decode(space.encode(images)))",
            'pairs(images, decoded).save("reconstructions.png")',
        ),
    )
    facts: Facts = {
        "numbers_before": round(held.numbers_before),
        "numbers_after": held.numbers_after,
        "numbers_ratio": round(held.numbers_ratio),
        "bytes_before": round(held.bytes_before),
        "bytes_after": held.bytes_after,
    }
    if held.round_trip is not None:
        trip = held.round_trip
        facts |= {"psnr": trip.psnr, "psnr_pca": trip.psnr_pca, "pca_dim": trip.pca_dim, "psnr_n": trip.n}
    return Station((figure,), facts)


def nearness(stage: Stage) -> Station:
    """One portrait and those nearest to it; then only among those with sunglasses."""
    who, figures = stage.cast.woman, []
    for name, where in (("nearest.png", None), ("nearest_sunglasses.png", "glasses = 2")):
        found = stage.space.near(who, NEAR, where=where)
        found.save(stage.picture(name), force=True)
        option = f' --where "{where}"' if where else ""
        argument = f', where="{where}"' if where else ""
        only = ", all of them with sunglasses" if where else ""
        figures.append(
            Figure(
                name,
                f"Portrait {who} in a frame, and beside it the {NEAR} portraits nearest to it{only}.",
                (f"lateen near {SPACE} {who} -k {NEAR}{option} -o {name}",),
                (f'space.near("{who}", {NEAR}{argument}).save("{name}")',),
            )
        )
    return Station(tuple(figures), {"near_id": who, "near_k": NEAR})


def path(stage: Stage) -> Station:
    """From a man to a woman, and the face halfway, who is nobody."""
    space, man, woman = stage.space, stage.cast.man, stage.cast.woman
    walked = space.path(man, woman, steps=STEPS)
    walked.save(stage.picture("path.png"), force=True)
    space.path(man, woman, steps=FILM).save(stage.picture("film.gif"), force=True)
    half = f"mean({man}, {woman})"
    middle = space.solve(half, 4)
    middle.save(stage.picture("midpoint.png"), force=True)
    figures = (
        Figure(
            "film.gif",
            f"A film of one face turning into another: portrait {man}, a dark-haired man, and {woman}, a blond woman.",
            (f"lateen path {SPACE} {man} {woman} --steps {FILM} -o film.gif",),
            (f'space.path("{man}", "{woman}", steps={FILM}).save("film.gif")',),
        ),
        Figure(
            "path.png",
            f"{STEPS} faces in a row from portrait {man} to portrait {woman}, a bar of support under each.",
            (f"lateen path {SPACE} {man} {woman} --steps {STEPS} -o path.png",),
            (f'space.path("{man}", "{woman}", steps={STEPS}).save("path.png")',),
        ),
        Figure(
            "midpoint.png",
            f"Half of {man} plus half of {woman} is a new face; under it the four real portraits nearest to it.",
            (f'lateen solve {SPACE} "{half}" -k 4 -o midpoint.png',),
            (f'space.solve("{half}", 4).save("midpoint.png")',),
        ),
    )
    facts: Facts = {
        "path_from": man,
        "path_to": woman,
        "midpoint_support": middle.support,
        "midpoint_trust": trust(middle.support),
        "midpoint_nearest": middle.matches[0].id,
        "path_support_least": min(frame.support for frame in walked.frames),
    }
    return Station(figures, facts)


def directions(stage: Stage) -> Station:
    """Hair colour and glasses: two directions, each on several faces, and one edit in detail."""
    space, who = stage.space, stage.cast.without_glasses[0]
    facts: Facts = {}
    figures = [
        _traversal(stage, "hair_colour", None, stage.cast.brown_haired, HAIR_STEPS, facts),
        _traversal(stage, "glasses", "> 0", stage.cast.without_glasses, GLASSES_STEPS, facts),
    ]
    gap = space.direction("glasses").direction.gap
    steps = max(0.5, round(2 * BEYOND * gap) / 2)
    edited = space.edit(who, {"glasses": steps})
    edited.save(stage.picture("edit.png"), force=True)
    figures.append(
        Figure(
            "edit.png",
            f"Portrait {who} before and after, with glasses, a heat map of the difference, and the predicted changes.",
            (f"lateen edit {SPACE} {who} --by glasses=+{steps:g} -o edit.png",),
            (f'space.edit("{who}", {{"glasses": {steps:g}}}).save("edit.png")',),
        )
    )
    return Station(tuple(figures), facts | {"edit_id": who, "edit_steps": steps, "edit_support": edited.support})


def _traversal(
    stage: Stage, name: str, positive: str | None, faces: Sequence[str], steps: Sequence[float], facts: Facts
) -> Figure:
    """Fit a direction and move several faces along it."""
    space = stage.space
    fitted = space.direction(name, field=name, positive=positive, force=True).direction
    moved = [space.edit(face, {name: step}) for face in faces for step in steps]
    save_picture(_rows(moved, name, len(steps)), stage.picture(f"{name}.png"), force=True)
    other, effect = side_effect(moved[-1], name, space)
    facts |= {f"{name}_auc": fitted.auc, f"{name}_chance": fitted.random_auc, f"{name}_gap": fitted.gap}
    facts |= {f"{name}_side": other, f"{name}_side_effect": effect}
    rule = f' --positive "{positive}"' if positive else ""
    argument = f', positive="{positive}"' if positive else ""
    return Figure(
        f"{name}.png",
        f"{len(faces)} faces, one per row, moved along {name} from {steps[0]:+g} to {steps[-1]:+g}.",
        (
            f"lateen direction fit {SPACE} {name} --field {name}{rule} --force",
            f"lateen edit {SPACE} {faces[0]} --by {name}={steps[-1]:+g} -o {name}_last.png",
        ),
        (
            "from lateen.plot.grid import grid",
            f'space.direction("{name}", field="{name}"{argument}, force=True)',
            f"faces, steps = {list(faces)}, {list(steps)}",
            f'moved = [space.edit(face, {{"{name}": step}}) for face in faces for step in steps]',
            f"labels = [f\"{{m.by['{name}']:+g}}   ({{m.support:.2f}})\" for m in moved]",
            f'grid([m.after.image for m in moved], columns={len(steps)}, labels=labels).save("{name}.png")',
        ),
    )


def _rows(moved: Sequence[Edited], name: str, columns: int) -> Image:
    labels = [f"{m.by[name]:+g}   ({m.support:.2f})" for m in moved]
    pictures = [m.after.image for m in moved if m.after.image is not None]
    return grid(pictures, columns=columns, labels=labels)


def side_effect(edited: Edited, own: str, space: Space) -> tuple[str, float]:
    """The other field that an edit is predicted to change most, in that field's standard deviations over the data."""
    fields = space.points.fields
    shares = {name: change / float(fields[name].std()) for name, change in edited.changed.items() if name != own}
    return max(shares.items(), key=lambda pair: abs(pair[1]), default=("none", 0.0))


def arithmetic(stage: Stage) -> Station:
    """A man with glasses - a man + a woman."""
    cast = stage.cast
    terms = f"{cast.man_with_glasses} - {cast.his_double} + {cast.woman}"
    solved = stage.space.solve(terms, 5)
    solved.save(stage.picture("arithmetic.png"), force=True)
    figure = Figure(
        "arithmetic.png",
        "A man with glasses minus a man plus a woman gives a new face; under it the five portraits nearest to it.",
        (f'lateen solve {SPACE} "{terms}" -k 5 -o arithmetic.png',),
        (f'space.solve("{terms}", 5).save("arithmetic.png")',),
    )
    facts: Facts = {
        "solve_terms": terms,
        "solve_glasses": sum(match.fields["glasses"] != 0 for match in solved.matches),
        "solve_women": sum(match.fields["woman"] == 1 for match in solved.matches),
        "solve_k": len(solved.matches),
        "solve_support": solved.support,
        "solve_trust": trust(solved.support),
    }
    return Station((figure,), facts)


def samples(stage: Stage) -> Station:
    """New faces."""
    drawn = stage.space.sample(SAMPLES, seed=0)
    drawn.save(stage.picture("samples.png"), force=True)
    figure = Figure(
        "samples.png",
        f"A grid of {SAMPLES} faces that were sampled from the space.",
        (f"lateen sample {SPACE} -n {SAMPLES} --seed 0 -o samples.png",),
        (f'space.sample({SAMPLES}, seed=0).save("samples.png")',),
    )
    near = sum(item.support >= WEAK for item in drawn.items)
    return Station((figure,), {"samples_n": SAMPLES, "samples_near": near})


def atlas(stage: Stage) -> Station:
    """The map, as a picture and as a page to explore."""
    made = stage.space.map(color="hair_length")
    made.save(stage.picture("map.png"), force=True)
    made.save(stage.folder / "map.html", force=True)
    figures = (
        Figure(
            "map.png",
            "A map of dots, one per portrait, coloured by hair length, with small portraits on it: like beside like.",
            (f"lateen map {SPACE} --color hair_length -o map.png",),
            ('space.map(color="hair_length").save("map.png")',),
        ),
        Figure(
            "map.html",
            "The same map as a page to explore.",
            (f"lateen map {SPACE} --color hair_length -o map.html --force",),
            ('space.map(color="hair_length").save("map.html", force=True)',),
        ),
    )
    facts: Facts = {}
    if made.quality is not None:
        facts["map_trustworthiness"] = made.quality.trustworthiness
        facts["map_continuity"] = made.quality.continuity
        facts["map_k"] = made.quality.k
    return Station(figures, facts)


def overview(stage: Stage) -> Station:
    """The tour in one picture: a path, hair growing lighter, glasses appearing."""
    space, cast, columns = stage.space, stage.cast, 9
    face, bare = cast.brown_haired[0], cast.without_glasses[0]
    rows = (("hair_colour", face, HAIR_STEPS), ("glasses", bare, GLASSES_STEPS))
    made = list(space.path(cast.man, cast.woman, steps=columns).frames)
    for name, who, steps in rows:
        made += [space.edit(who, {name: float(s)}).after for s in np.linspace(steps[0], steps[-1], columns)]
    pictures = [point.image for point in made if point.image is not None]
    save_picture(grid(pictures, columns=columns), stage.picture("tour.png"), force=True)
    ways = ", ".join(f'("{name}", "{who}", {steps[0]}, {steps[-1]})' for name, who, steps in rows)
    figure = Figure(
        "tour.png",
        "Three rows of faces: a man becomes a woman, dark hair becomes blond, glasses appear.",
        (f"lateen path {SPACE} {cast.man} {cast.woman} --steps {columns} -o tour_path.png",),
        (
            "import numpy as np",
            "from lateen.plot.grid import grid",
            f'made = list(space.path("{cast.man}", "{cast.woman}", steps={columns}).frames)',
            f"for name, who, low, high in ({ways}):",
            f"    made += [space.edit(who, {{name: s}}).after for s in np.linspace(low, high, {columns})]",
            f'grid([point.image for point in made], columns={columns}).save("tour.png")',
        ),
    )
    return Station((figure,), {})


STATIONS = {
    "compression": compression,
    "nearness": nearness,
    "a path": path,
    "directions": directions,
    "arithmetic": arithmetic,
    "samples": samples,
    "the map": atlas,
    "at a glance": overview,
}


def trust(support: float) -> str:
    """A support in words."""
    if support >= 0.2:
        return "as near to the data as real portraits are"
    return "at the edge of the data" if support >= WEAK else "outside the data: don't trust it"


def _size(space: Space) -> int:
    size = space.spec.preprocessing["size"]
    assert isinstance(size, int)
    return size
