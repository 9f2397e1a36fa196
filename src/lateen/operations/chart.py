"""The chart of a space's map, measured once and kept in `derived/` until the items or the map change."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float32, Int64

from lateen.operations.opened import Opened
from lateen.plot.coloring import Categories, read_field
from lateen.projection.chart import ChartQuality, MapChart
from lateen.projection.honesty import Honesty
from lateen.store.derived import Derived, content_key

VERSION = 1  # of the method and of the file
MOST_CLASSES = 100  # of a field whose classes' means are compared with


def kept_chart(opened: Opened, positions: Float32[np.ndarray, "n axes"], seed: int = 0) -> MapChart:
    """The chart of a map of a space; what was measured is read from `derived/` if it is there, else kept there.

    Args:
        opened: The space.
        positions: (n, 2 or 3) the map.
        seed: Of what is held out.
    """
    derived = Derived(opened.path / "derived")
    points = np.asarray(opened.points)
    items = content_key(opened.folder.content(), opened.geometry.name)
    key = f"{items}-{content_key(positions.shape, np.ascontiguousarray(positions).tobytes(), seed, VERSION)}"
    path = derived.path("chart", key, ".npz")
    kept = _read(path)
    if kept is not None:
        return MapChart.of(points, positions, opened.geometry, *kept)
    chart = MapChart.fit(points, positions, opened.geometry, classes=_classes(opened), seed=seed)
    path.unlink(missing_ok=True)
    derived.make("chart", key, ".npz", lambda file: file.write(_packed(chart)))
    derived.keep_only("chart", items)
    return chart


def _classes(opened: Opened) -> Mapping[str, Int64[np.ndarray, " n"]]:
    """The fields that divide the items into a few classes; items without a value are a class of their own."""
    found = {}
    for name in opened.fields.column_names:
        field = read_field(opened.column(name))
        if isinstance(field, Categories) and 2 <= len(field.names) <= MOST_CLASSES:
            found[name] = field.codes.astype(np.int64) - min(0, int(field.codes.min()))
    return found


def _packed(chart: MapChart) -> bytes:
    file = io.BytesIO()
    quality = json.dumps(asdict(chart.quality))
    np.savez(file, signs=chart.honesty.signs, doubts=chart.honesty.doubts, quality=np.array(quality))
    return file.getvalue()


def _read(path: Path) -> tuple[Honesty, ChartQuality] | None:
    """What was measured and kept; None if it isn't there or is damaged."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            signs, doubts, text = kept["signs"], kept["doubts"], str(kept["quality"])
        known = json.loads(text)
        quality = ChartQuality(**{f.name: known[f.name] for f in fields(ChartQuality)})
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile):
        return None
    numbers = [value for name, value in asdict(quality).items() if name != "class_field"]
    whole = signs.dtype == doubts.dtype == np.float64 and signs.shape == (3, *doubts.shape)
    whole = whole and all(isinstance(number, int | float) for number in numbers)
    return (Honesty(signs, doubts), quality) if whole and isinstance(quality.class_field, str) else None
