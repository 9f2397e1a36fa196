"""What a space holds, where it came from, and how far the data is compressed."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from lateen.operations.attach import said_of
from lateen.operations.opened import Opened
from lateen.operations.result import Written, rounded
from lateen.store import Compression
from lateen.store.attached import attached_config


@dataclass(frozen=True, eq=False)
class Info(Written):
    """Facts of a space, as plain data.

    Args:
        facts: The keys of `lateen info --json`.
        compression: What encoding did to the size of items, and what the round trip costs.
    """

    facts: dict[str, object]
    compression: Compression

    def __repr__(self) -> str:
        return f"{self.facts['name']}: {self.facts['n']} items, {self.facts['dim']} dimensions, {self.facts['encoder']}"

    def describe(self) -> str:
        """A few lines for people."""
        f, c = self.facts, self.compression
        lines = [
            f"{f['name']}: {f['n']:,} items, {f['dim']} dimensions ({f['dtype']}, {f['geometry']})",
            f"source    {f['source']}" + (f", {f['rejected']} rejected" if f["rejected"] else ""),
            f"encoder   {f['encoder']}, {self._decodes()}",
            *self._trained(),
            f"size      {c.describe(str(f['modality']))}",
            f"bytes     {c.describe_bytes()}",
        ]
        if (r := c.round_trip) is not None:
            with_pca = f"PCA with {r.pca_dim} numbers {r.psnr_pca:.2f} dB"
            lines.append(f"roundtrip {r.psnr:.2f} dB PSNR{self._seen_at()}, {with_pca} ({r.n} items)")
            if r.psnr < r.psnr_pca:
                lines.append("          worse than PCA: train longer, or use a model that was trained on such data")
        if isinstance(index := f["index"], dict):
            lines.append(
                f"search    index of {index['rows']:,} items, finds {index['recall']:.1%} of the true neighbours"
            )
        fields, directions = f["fields"], f["directions"]
        if isinstance(fields, dict) and fields:
            lines.append(f"fields    {', '.join(fields)}")
        if isinstance(directions, dict) and directions:
            lines.append(f"directions {', '.join(f'{n} (AUC {figure})' for n, figure in directions.items())}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Plain data, as `--json` prints it."""
        return self.facts

    def _seen_at(self) -> str:
        """The size at which the encoder sees pictures: what is lost by making them that small is not in its PSNR."""
        size = self._preprocessing.get("size")
        return f" at {size} x {size} pixels" if size is not None else ""

    def _trained(self) -> list[str]:
        """How the vectors of words were trained, where lateen did it."""
        trained = self._preprocessing.get("trained")
        if not isinstance(trained, dict):
            return []
        how = f"{trained.get('model')} {trained.get('algorithm')}, window {trained.get('window')}"
        read = f"{trained.get('epochs')} epochs of {trained.get('corpus')}"
        tokens = trained.get("tokens")
        words = f"{tokens:,} words" if isinstance(tokens, int) else "words not counted"
        return [f"trained   {how}, {read} ({words}), seed {trained.get('seed')}"]

    @property
    def _preprocessing(self) -> dict[str, object]:
        provenance = self.facts["provenance"]
        found = provenance["preprocessing"] if isinstance(provenance, dict) else {}
        return found if isinstance(found, dict) else {}

    def _decodes(self) -> str:
        decoder = self.facts["decoder"]
        if isinstance(decoder, dict):
            return f"decodes: by an attached decoder{said_of(decoder)}"
        return "decodes" if self.facts["decodes"] else "does not decode"


def info(opened: Opened) -> Info:
    """Gather the facts; nothing is measured anew: the compression was measured when the space was built."""
    meta, spec = opened.folder.meta, opened.spec
    directions, decoder = opened.directions, _attached(opened)
    return Info(
        {
            "name": opened.path.name,
            "n": len(opened),
            "dim": spec.dim,
            "encoder": spec.encoder,
            "geometry": spec.geometry,
            "modality": spec.modality,
            "dtype": spec.dtype,
            "decodes": meta.decodes or decoder is not None,
            "decoder": decoder,
            "source": meta.source,
            "rejected": meta.compression.rejected,
            "fields": {field.name: str(field.type) for field in opened.folder.field_schema()},
            "directions": {name: rounded(d.auc) for name, d in directions.items()},
            "index": None if meta.index is None else asdict(meta.index),
            "compression": meta.compression.to_dict(),
            "provenance": {
                "lateen": meta.lateen,
                "format": meta.format,
                "created": meta.created,
                "seed": meta.seed,
                "fingerprint": spec.fingerprint,
                "preprocessing": spec.preprocessing,
            },
        },
        meta.compression,
    )


def _attached(opened: Opened) -> dict[str, object] | None:
    """The measures of the attached decoder and the size of its pictures; None without one."""
    config = attached_config(opened.path)
    if config is None:
        return None
    validation, view = config.get("validation"), config.get("view")
    figures = validation if isinstance(validation, dict) else {}
    size = view.get("size") if isinstance(view, dict) else None
    return {"size": size, **{n: rounded(float(v)) for n, v in figures.items() if isinstance(v, int | float)}}
