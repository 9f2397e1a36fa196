"""Fit a direction on a field and judge it on items that it was not fitted on.

One idea: every method makes its direction of the difference of the two sides' means, so that is summed up in one pass
over the points, with its repeats; what a method does with it is in the method's own file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int, Shaped

from lateen.core.direction import Direction
from lateen.core.errors import InputError
from lateen.core.probe import Probe
from lateen.core.response import Response
from lateen.core.threads import one_thread
from lateen.directions.areas import auc_of, matched_auc, random_reach
from lateen.directions.contrast import Contrast
from lateen.directions.erased_difference import erased_difference
from lateen.directions.held_equal import HeldEqual, left_of
from lateen.directions.labelled import Labelled
from lateen.directions.lda import lda
from lateen.directions.logistic import MOST as MOST_LOGISTIC
from lateen.directions.logistic import logistic
from lateen.directions.mean_difference import ROUNDING
from lateen.directions.probing import FEWEST, calibrated, penalty, probability, r_squared, reader
from lateen.directions.resampled import differences, mean_cosine
from lateen.directions.ridge import ridge

METHODS = ("mean_difference", "logistic", "lda", "leace", "ridge")
HELD_OUT = 0.25
MOST_SAMPLED = 50_000  # labelled points whose second moments are taken
RARE = 500  # items of a side that are never left out of a sample
MOST_RANDOM = 10_000  # held-out points that random directions are tried on
LIKE = 0.25  # an item reads like those with the attribute if this share of them read lower
ENOUGH = 0.95  # share of the items without it that the suggested dose makes read so
RESPONSE = (-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)  # doses, of the suggested one
MOST_MOVED = 2_000
TRIES = 50  # draws of the groups that are held out, until both sides are there


def fit_direction(
    vectors: Float[np.ndarray, "n dim"],
    name: str,
    split: Contrast,
    *,
    method: str = "mean_difference",
    held: HeldEqual | None = None,
    group: Shaped[np.ndarray, " n"] | None = None,
    fingerprint: str = "",
    seed: int = 0,
) -> Direction:
    """A direction between the two sides of a contrast, with its held-out figures.

    A quarter of each side is held out (whole groups where `group` is given, so that a person seen in the fit can't
    help in the test). The figures are those of a direction fitted to the rest; the one that is returned is fitted to
    all items.

    Args:
        vectors: (n, dim) points.
        name: What to call the direction.
        split: Which rows have the attribute and which don't.
        method: "mean_difference", the one to steer along; "lda", "logistic" or "ridge", which read better; or "leace",
            the difference after `held` is erased.
        held: Fields that are held equal: what goes along with them doesn't go into the direction.
        group: (n,) identity of each row; rows of one group are never on both sides of the split.
        fingerprint: Of the latent space.
        seed: Of the split and of the bootstrap.

    Returns:
        The direction. Its `probe` is a ridge regression on the attribute whatever the method, and `auc` (for numbers
        also `r2`) is the probe's; `along` is the AUC of projections on the vector, `matched` that of the probe among
        items of one group that are alike in `held`, and `random_auc` what 95 % of 200 random directions stay below.
        `stability` is the mean cosine to 50 bootstrap repeats. `dose` is how many steps
        let 95 % of held-out items without the attribute read like at least the lower quarter of those with it, and
        `response` their readings on the way.

    Raises:
        InputError: If the sides' means coincide, or too few items have values in all fields held equal.
    """
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}; choose {', '.join(METHODS)}.")
    x = np.asarray(vectors, np.float32)
    data = _data(split, held, group, method == "leace", seed)
    sums, repeats = differences(x, data.rows, data.labels(method), together=data.together, seed=seed)
    means = float(np.linalg.norm(x[data.rows[:MOST_RANDOM]].mean(axis=0, dtype=np.float64)))
    length = float(np.linalg.norm(sums[:, 0])) / float(np.square(data.labels(method)[:, 0]).sum())
    if not length > ROUNDING * means:
        raise InputError("Points with and without the attribute have the same mean, so there is no direction.")
    part = ~data.test if data.is_tested else data.everything
    groups = None if data.together is None else data.together[part & data.sampled]
    share = penalty(data.sample(x, part), groups, seed)
    turn = _Method(method, x, data, share)
    vector, again = turn(sums[:, 0], repeats, data.everything)
    with one_thread():
        projections = x @ vector
    scale = float(projections.std()) or 1.0
    positive = data.rows[data.positive]
    gap = float(projections[positive].mean() - projections[data.rows[~data.positive]].mean()) / scale
    fewest = min(len(positive), len(data.rows) - len(positive))
    direction = Direction(
        name=name,
        vector=vector,
        scale=scale,
        method=method,
        field=split.field,
        positive=split.rule,
        n_positive=len(positive),
        n_negative=len(data.rows) - len(positive),
        stability=mean_cosine(vector, again) if fewest > 1 else float("nan"),
        gap=gap,
        fingerprint=fingerprint,
        without=() if held is None else held.names,
    )
    tested = turn(sums[:, 1], None, ~data.test)[0] if data.is_tested else None
    return _judged(direction, x, data, tested, share, seed)


@dataclass(frozen=True, eq=False)
class _Data:
    """Labelled rows: those of both sides that have values in all fields held equal.

    Args:
        rows: (m,) which rows of the points.
        positive: (m,) which have the attribute.
        test: (m,) which are held out.
        held: (m, c) columns held equal, or None.
        together: (m,) number of each row's group, or None.
        held_out: (n,) the same of all rows, those of neither side too.
        values: (n,) the field's values where it is a number, or None.
        sampled: (m,) the rows whose second moments are taken.
        alike: (m,) number of the items that are alike in the group and the fields held equal; None without such.
    """

    rows: Int[np.ndarray, " m"]
    positive: Bool[np.ndarray, " m"]
    test: Bool[np.ndarray, " m"]
    held: Float64[np.ndarray, "m c"] | None
    together: Int[np.ndarray, " m"] | None
    held_out: Bool[np.ndarray, " n"]
    values: Float64[np.ndarray, " n"] | None
    sampled: Bool[np.ndarray, " m"]
    alike: Int[np.ndarray, " m"] | None

    @property
    def everything(self) -> Bool[np.ndarray, " m"]:
        """(m,) all of them."""
        return np.ones(len(self.rows), bool)

    @property
    def is_tested(self) -> bool:
        """Whether both sides are there among the held-out rows and among the others."""
        return all(_both(self.positive[part]) for part in (self.test, ~self.test))

    def labels(self, method: str) -> Float64[np.ndarray, "m 2"]:
        """Labels less what is held equal, of all rows, and of those that are not held out (0 in the others)."""
        held = None if method == "leace" else self.held  # which is erased from the points instead
        y, fitted = self.positive.astype(np.float64), ~self.test
        of_fit = np.zeros(len(y))
        if self.is_tested:
            of_fit[fitted] = left_of(y[fitted], None if held is None else held[fitted])
        return np.stack([left_of(y, held), of_fit], axis=1)

    def sample(self, x: Float32[np.ndarray, "n dim"], part: Bool[np.ndarray, " m"]) -> Labelled:
        """The points of a part of the rows, at most 50,000 of them all."""
        part = part & self.sampled
        held = None if self.held is None else self.held[part]
        return Labelled(x[self.rows[part]], self.positive[part].astype(np.float64), held)


class _Method:
    """A method, ready to make directions of differences of means."""

    def __init__(self, name: str, x: Float32[np.ndarray, "n dim"], data: _Data, share: float) -> None:
        self.name, self.x, self.data, self.share = name, x, data, share

    def __call__(
        self,
        difference: Float64[np.ndarray, " dim"],
        repeats: Float64[np.ndarray, "dim b"] | None,
        part: Bool[np.ndarray, " m"],
    ) -> tuple[Float32[np.ndarray, " dim"], Float64[np.ndarray, "dim b"]]:
        """The unit vector, and its repeats, of the rows of a part."""
        again = np.zeros((len(difference), 0)) if repeats is None else repeats
        if self.name == "mean_difference":
            return _unit(difference), again
        sample = self.data.sample(self.x, part)
        if self.name == "logistic":
            some = _part_of(sample.labels > 0.5, np.random.default_rng(0), MOST_LOGISTIC)
            held = None if sample.held is None else sample.held[some]
            n, count = len(some), again.shape[1]
            whole = np.arange(n)  # what is resampled as a whole: items, or groups of them
            if self.data.together is not None:
                whole = self.data.together[part & self.data.sampled][some]
            weights = np.random.default_rng([n, count]).standard_exponential((int(whole.max()) + 1, count))[whole]
            vector, others = logistic(Labelled(sample.points[some], sample.labels[some], held), weights)
            return _unit(vector), others
        of: Callable[[Labelled, Float64[np.ndarray, "dim k"]], Float64[np.ndarray, "dim k"]]
        of = {"lda": self._lda, "ridge": self._ridge, "leace": erased_difference}[self.name]
        both = of(sample, np.concatenate([difference[:, None], again], axis=1))
        return _unit(both[:, 0]), both[:, 1:]

    def _lda(self, sample: Labelled, differences: Float64[np.ndarray, "dim k"]) -> Float64[np.ndarray, "dim k"]:
        return lda(sample, differences, self.share)

    def _ridge(self, sample: Labelled, covariances: Float64[np.ndarray, "dim k"]) -> Float64[np.ndarray, "dim k"]:
        vector, repeats = ridge(sample, covariances[:, :1], self.share), covariances[:, 1:]
        return np.concatenate([vector, lda(sample, repeats, self.share)], axis=1)  # S is resampled with the labels


def _unit(vector: Float64[np.ndarray, " dim"]) -> Float32[np.ndarray, " dim"]:
    norm = float(np.linalg.norm(vector))
    if not norm > 0:
        raise InputError("Nothing is left of the direction when the fields are held equal; leave one out of --without.")
    return np.asarray(vector / norm, np.float32)


def _both(positive: Bool[np.ndarray, " m"]) -> bool:
    return bool(positive.any() and not positive.all())


def _data(
    split: Contrast,
    held: HeldEqual | None,
    group: Shaped[np.ndarray, " n"] | None,
    linear: bool,
    seed: int,
) -> _Data:
    labelled = split.positive | split.negative
    if held is not None:
        labelled = labelled & held.known
        if not _both(split.positive[labelled]):
            raise InputError(
                f"No items of both sides of {split.rule} have values in all of {', '.join(held.names)}; leave out of "
                "--without what is mostly missing."
            )
    rows = np.flatnonzero(labelled)
    rng = np.random.default_rng(seed)
    held_out = _test_rows(split, group, rng)
    together = None if group is None else np.unique(group[rows].astype(str), return_inverse=True)[1]
    sampled = np.zeros(len(rows), bool)
    sampled[_part_of(split.positive[rows], rng, MOST_SAMPLED)] = True
    columns = None if held is None else (held.plain if linear else held.columns)[rows]
    named = ([] if together is None else [together[:, None]]) + ([] if held is None else [held.parts[rows]])
    alike = np.unique(np.concatenate(named, axis=1), axis=0, return_inverse=True)[1] if named else None
    positive = split.positive[rows]
    return _Data(rows, positive, held_out[rows], columns, together, held_out, split.values, sampled, alike)


def _judged(
    direction: Direction,
    x: Float32[np.ndarray, "n dim"],
    data: _Data,
    tested: Float32[np.ndarray, " dim"] | None,
    share: float,
    seed: int,
) -> Direction:
    """The direction with its held-out figures, its probe, its dose and its response."""
    everything = reader(_of_values(x, data, data.everything), share)
    if tested is None:  # too few items to hold any out
        return replace(direction, probe=_without_test(everything, x, data), dose=direction.gap)
    fitted = reader(_of_values(x, data, ~data.test), share)
    rows, positive = data.rows[data.test], data.positive[data.test]
    scores = fitted.score(x[rows])
    some = _part_of(positive, np.random.default_rng(seed), MOST_RANDOM)
    with one_thread():
        along = float(auc_of(x[rows] @ tested, positive))
    reach = random_reach(x[rows[some]], positive[some], np.random.default_rng(seed))
    step = tested * np.float32(direction.scale)
    dose = _dose(scores, positive, float(fitted.score(step) - fitted.bias))
    r2 = float("nan")
    if data.values is None:
        few = min(int(positive.sum()), int((~positive).sum())) < FEWEST
        slope, offset = calibrated(fitted.score(x[data.rows]), data.positive) if few else calibrated(scores, positive)
        fitted, probe = (probability(p, slope, offset) for p in (fitted, everything))
    else:
        probe = everything
        asked = np.flatnonzero(data.held_out & ~np.isnan(data.values))
        r2 = r_squared(fitted.score(x[asked]), data.values[asked])
    dose = dose if np.isfinite(dose) else direction.gap
    return replace(
        direction,
        auc=float(auc_of(scores, positive)),
        along=along,
        matched=float("nan") if data.alike is None else matched_auc(scores, positive, data.alike[data.test]),
        random_auc=reach,
        r2=r2,
        dose=dose,
        probe=probe,
        response=_response(fitted, x[_some(rows[~positive], MOST_MOVED)], step, dose),
    )


def _of_values(x: Float32[np.ndarray, "n dim"], data: _Data, part: Bool[np.ndarray, " m"]) -> Labelled:
    """What the probe is fitted to: labels, or values where the field is a number, of the items between too."""
    if data.values is None:
        return data.sample(x, part)
    there = ~np.isnan(data.values)
    rows = _some(np.flatnonzero(there if part.all() else there & ~data.held_out), MOST_SAMPLED)
    return Labelled(x[rows], data.values[rows])


def _without_test(fitted: Probe, x: Float32[np.ndarray, "n dim"], data: _Data) -> Probe:
    """The probe of too few items to hold any out, calibrated on the items themselves."""
    return fitted if data.values is not None else probability(
        fitted, *calibrated(fitted.score(x[data.rows]), data.positive)
    )


def _part_of(positive: Bool[np.ndarray, " t"], rng: np.random.Generator, most: int) -> Int[np.ndarray, " p"]:
    """About so many rows at most, each side in its share, or all of it where it is rare."""
    sides = [np.flatnonzero(positive), np.flatnonzero(~positive)]
    share = min(1.0, most / len(positive))
    taken = [rng.permutation(side)[: max(RARE, round(share * len(side)))] for side in sides]
    return np.asarray(np.sort(np.concatenate(taken)))


def _some(rows: Int[np.ndarray, " r"], most: int) -> Int[np.ndarray, " s"]:
    """At most so many rows, of everywhere: items often come sorted."""
    return np.asarray(np.sort(np.random.default_rng(0).permutation(rows)[:most]))


def _dose(scores: Float64[np.ndarray, " t"], positive: Bool[np.ndarray, " t"], per_step: float) -> float:
    """Steps after which most items without the attribute read like those with it; NaN if steps don't lead there."""
    if not per_step > 0:
        return float("nan")
    alike = float(np.quantile(scores[positive], LIKE))
    return max(0.0, float(np.quantile((alike - scores[~positive]) / per_step, ENOUGH)))


def _response(
    probe: Probe, without: Float32[np.ndarray, "t dim"], step: Float32[np.ndarray, " dim"], dose: float
) -> Response | None:
    """Readings of items without the attribute on the way; None where there is no way to go."""
    if not dose > 0:
        return None
    steps = tuple(share * dose for share in RESPONSE)
    readings = [probe(without + np.float32(k) * step) for k in steps]
    low, high = (tuple(float(np.quantile(r, q)) for r in readings) for q in (0.1, 0.9))
    return Response(steps, tuple(float(r.mean()) for r in readings), low, high)


def _test_rows(split: Contrast, group: np.ndarray | None, rng: np.random.Generator) -> Bool[np.ndarray, " n"]:
    test: Bool[np.ndarray, " n"] = np.zeros(len(split.positive), bool)
    if group is not None:
        names, number = np.unique(group.astype(str), return_inverse=True)
        labelled = split.positive | split.negative
        for _ in range(TRIES):
            of = np.isin(number, rng.permutation(len(names))[: max(1, round(HELD_OUT * len(names)))])
            if all(_both(split.positive[part & labelled]) for part in (of, ~of)):
                return np.asarray(of)
        return np.asarray(of)
    between = ~(split.positive | split.negative)
    for rows in (np.flatnonzero(split.positive), np.flatnonzero(split.negative), np.flatnonzero(between)):
        test[rng.permutation(rows)[: round(HELD_OUT * len(rows))]] = True
    return test
