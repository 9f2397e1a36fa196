"""The attribute's own reader: against scikit-learn, calibrated, finite, its penalty found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score

from lateen.directions import contrast, fit_direction
from lateen.directions.labelled import Labelled
from lateen.directions.probing import PENALTIES, calibrated, penalty, probability, r_squared, reader
from lateen.directions.ridge import RIDGE

SEEDS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("share", [0.5, 0.03])
@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1e-4, 50.0), (1e5, -3e5)])
def test_calibration_is_scikit_learns_logistic_regression(share: float, scale: float, offset: float) -> None:
    rng = np.random.default_rng(0)
    y = rng.random(40_000) < share
    scores = (rng.normal(size=40_000) + 1.5 * y) * scale + offset
    slope, bias = calibrated(scores, y)
    model = LogisticRegression(C=1e9, tol=1e-10).fit(((scores - offset) / scale)[:, None], y)
    assert slope * scale == pytest.approx(float(model.coef_[0, 0]), rel=0.01)
    assert bias + slope * offset == pytest.approx(float(model.intercept_[0]), abs=0.02)


@settings(deadline=None, max_examples=60)
@given(SEEDS, st.integers(1, 60), st.integers(1, 60), st.floats(-30, 30), st.sampled_from([1e-8, 1.0, 1e8]))
def test_calibration_ends_at_the_likeliest_whatever_the_scores(
    seed: int, p: int, q: int, apart: float, scale: float
) -> None:
    """Finite for separable, turned and heavy-tailed scores; the gradient of Platt's likelihood is zero there."""
    rng = np.random.default_rng(seed)
    y = np.arange(p + q) < p
    scores = (rng.standard_t(1.5, p + q) + apart * y) * scale
    slope, bias = calibrated(scores, y)
    assert np.isfinite([slope, bias]).all()
    likely = 0.5 * (1 + np.tanh((slope * scores + bias) / 2))
    target = np.where(y, (p + 1) / (p + 2), 1 / (q + 2))
    spread = float(scores.std())
    assert abs(float((target - likely).mean())) < 1e-4
    assert abs(float(((target - likely) * (scores - scores.mean())).mean())) < 1e-4 * spread


def test_scores_that_are_all_the_same_give_the_share() -> None:
    slope, offset = calibrated(np.full(40, 3.0), np.arange(40) < 10)
    assert slope == 0
    assert 1 / (1 + np.exp(-offset)) == pytest.approx(0.25)


@pytest.mark.parametrize("share", [0.5, 0.15])
def test_a_probability_of_nine_tenths_is_right_nine_times_in_ten(share: float) -> None:
    """On items that neither the reader nor its calibration has seen."""
    rng = np.random.default_rng(0)
    y = rng.random(24_000) < share
    x = rng.normal(size=(24_000, 20)) * np.geomspace(0.2, 2, 20)
    x[:, 5] += 0.6 * y
    x = x.astype(np.float32)
    probe = fit_direction(x[:12_000], "a", contrast(y[:12_000], "a")).probe
    assert probe is not None
    assert probe.reads == "probability"
    read = probe(x[12_000:])
    assert ((read > 0) & (read < 1)).all()
    for low in np.arange(0, 1, 0.1):
        there = (read >= low) & (read < low + 0.1)
        if there.sum() > 300:
            assert float(y[12_000:][there].mean()) == pytest.approx(float(read[there].mean()), abs=0.05)
    assert float(read.mean()) == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("n", [4, 12, 40, 400])
def test_separable_points_stay_finite(n: int) -> None:
    y = np.arange(n) % 2 == 0
    x = np.random.default_rng(0).normal(size=(n, 6)).astype(np.float32)
    x[:, 2] += 1000 * y
    probe = fit_direction(x, "a", contrast(y, "a")).probe
    assert probe is not None
    read = probe(x)
    assert read[y].min() > 0.7
    assert read[~y].max() < 0.3
    assert ((read > 0) & (read < 1)).all()


def test_a_probe_rises_along_its_own_direction() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 8)).astype(np.float32)
    probes = []
    for method in ("mean_difference", "lda"):
        direction = fit_direction(x, "a", contrast(x[:, 0] + 0.5 * rng.normal(size=900) > 0.4, "a"), method=method)
        assert direction.probe is not None
        steps = np.linspace(-4, 4, 41)
        read = np.array([float(direction.probe(direction.apply(x[:1], float(k)))[0]) for k in steps])
        assert (np.diff(read) > 0).all()
        scores = [float(direction.probe.score(direction.apply(x[:1], float(k)))[0]) for k in steps]
        np.testing.assert_allclose([direction.probe.score_of(p) for p in read], scores, atol=1e-6)
        probes.append(direction.probe)
    assert np.argmax(probes[0].weights) == 0


def test_a_value_is_read_by_ridge_regression() -> None:
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(3000, 12)) * np.geomspace(0.3, 3, 12) + 2).astype(np.float32)
    age = 40 + 5 * x[:, 3] - 2 * x[:, 8] + 3 * rng.normal(size=3000)
    age[:100] = np.nan
    direction = fit_direction(x, "age", contrast(age, "age"))
    probe, known = direction.probe, ~np.isnan(age)
    assert probe is not None
    assert probe.reads == "value"
    alpha = RIDGE * float(x[known].var(axis=0).mean()) * known.sum()
    model = Ridge(alpha=alpha).fit(x[known].astype(np.float64), age[known])
    np.testing.assert_allclose(probe(x), model.predict(x), atol=1e-3)
    truth = 1 - 9 / float(np.var(age[known]))
    assert direction.r2 == pytest.approx(truth, abs=0.05)
    assert direction.auc > 0.9


def test_r_squared_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    values, read = rng.normal(size=300), rng.normal(size=300)
    for other in (read, values + 0.1 * read, np.full(300, values.mean())):
        assert r_squared(other, values) == pytest.approx(r2_score(values, other))
    assert r_squared(read, read) == 1
    assert np.isnan(r_squared(read, np.ones(300)))


def test_a_readers_bias_makes_the_mean_right() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 5)).astype(np.float32) + 7, rng.normal(size=200) + 3
    assert float(reader(Labelled(x, y))(x).mean()) == pytest.approx(float(y.mean()), abs=1e-5)
    probe = probability(reader(Labelled(x, y)), 2.0, -1.0)
    np.testing.assert_allclose(probe.score(x), 2 * reader(Labelled(x, y)).score(x) - 1, atol=1e-5)


def test_points_of_few_groups_want_a_stronger_penalty_than_points_one_by_one() -> None:
    """Twenty people of a hundred pictures each, what is theirs besides the attribute's own number."""
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(20), 100)
    of_person = rng.normal(size=(20, 60))
    y = rng.random(2000) < np.where(np.arange(20) % 2 == 0, 0.7, 0.3)[person]
    x = of_person[person] + 0.05 * rng.normal(size=(2000, 60))
    x[:, 0] += 0.6 * y
    sample = Labelled(x.astype(np.float32), y.astype(np.float64))
    alone, together = penalty(sample, None), penalty(sample, person)
    assert alone < together
    assert {alone, together} <= set(PENALTIES)
    assert penalty(Labelled(x[:, :4].astype(np.float32), y.astype(np.float64)), None) == PENALTIES[0]
    few = Labelled(x[:5].astype(np.float32), np.arange(5) % 2 + 0.0)
    assert penalty(few, None) == PENALTIES[0]
