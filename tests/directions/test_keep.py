"""The laws of keeping: what is kept stays, nothing else is asked, and the basis doesn't matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lateen.directions.keep import kept, undoing

DIM = 6


class Case:
    """A move, readers and a covariance."""

    def __init__(self, seed: int, k: int) -> None:
        self.rng = np.random.default_rng(seed)
        root = self.rng.normal(size=(DIM, DIM)) * self.rng.uniform(0.3, 3, DIM)
        self.covariance = root @ root.T / DIM + 0.05 * np.eye(DIM)
        self.readers = self.rng.normal(size=(DIM, k)) * 10.0 ** self.rng.integers(-3, 4, k)
        self.move = self.rng.normal(size=DIM)


cases = st.builds(Case, st.integers(0, 10_000), st.integers(1, 4))
laws = settings(max_examples=60, deadline=None)


@laws
@given(cases)
def test_the_readers_do_not_change(case: Case) -> None:
    change = case.readers.T @ kept(case.move, case.readers, case.covariance)
    np.testing.assert_allclose(change / np.linalg.norm(case.readers, axis=0), 0, atol=1e-9)


@laws
@given(cases)
def test_keeping_twice_is_keeping_once(case: Case) -> None:
    once = kept(case.move, case.readers, case.covariance)
    np.testing.assert_allclose(kept(once, case.readers, case.covariance), once, atol=1e-9)


@laws
@given(cases)
def test_a_move_that_keeps_them_already_is_left(case: Case) -> None:
    basis, _ = np.linalg.qr(case.readers)
    move = case.move - basis @ (basis.T @ case.move)
    np.testing.assert_allclose(kept(move, case.readers, case.covariance), move, atol=1e-9)


@laws
@given(cases)
def test_the_basis_does_not_matter(case: Case) -> None:
    change = case.rng.normal(size=(DIM, DIM)) + 3 * np.eye(DIM)
    back = np.linalg.inv(change)
    if np.linalg.cond(change) > 50:
        return
    there = kept(change @ case.move, back.T @ case.readers, change @ case.covariance @ change.T)
    np.testing.assert_allclose(back @ there, kept(case.move, case.readers, case.covariance), atol=1e-7)


@laws
@given(cases)
def test_no_other_move_that_keeps_them_is_nearer(case: Case) -> None:
    """Nearest in the data's own metric: the difference is orthogonal, under S^-1, to all that keeps the readers."""
    difference = case.move - kept(case.move, case.readers, case.covariance)
    other = kept(case.rng.normal(size=DIM), case.readers, case.covariance)
    assert other @ np.linalg.solve(case.covariance, difference) == pytest.approx(0, abs=1e-7)


@laws
@given(cases)
def test_readers_that_say_the_same_count_once(case: Case) -> None:
    twice = np.hstack([case.readers, case.readers * 7, case.readers.sum(axis=1, keepdims=True)])
    expected = kept(case.move, case.readers, case.covariance)
    np.testing.assert_allclose(kept(case.move, twice, case.covariance), expected, atol=1e-6)


def test_one_reader_in_round_data_is_the_orthogonal_projection() -> None:
    """As in InterFaceGAN's conditional manipulation: n1 - (n1'n2) n2."""
    case = Case(0, 1)
    reader = case.readers / np.linalg.norm(case.readers)
    expected = case.move - reader[:, 0] * (reader[:, 0] @ case.move)
    np.testing.assert_allclose(kept(case.move, reader, np.eye(DIM)), expected, atol=1e-12)


def test_it_is_the_map_of_leace_on_a_move() -> None:
    """LEACE of a class label takes the same away, where the reader is the regression on that label."""
    from lateen.directions.leace import Leace
    from lateen.directions.moments import Moments

    rng = np.random.default_rng(1)
    x = rng.normal(size=(500, DIM)) @ rng.normal(size=(DIM, DIM))
    label = x[:, 0] + rng.normal(size=500) > 0
    moments = Moments(DIM).update(x)
    difference = x[label].mean(axis=0) - x[~label].mean(axis=0)
    eraser = Leace.fit(moments, difference)
    reader = np.linalg.solve(moments.covariance, difference)[:, None]
    move = rng.normal(size=DIM)
    expected = eraser(x[0] + move) - eraser(x[0])
    np.testing.assert_allclose(kept(move, reader, moments.covariance), expected, atol=1e-5)


def test_undoing_changes_one_reading_and_no_other() -> None:
    case = Case(3, 3)
    np.testing.assert_allclose(case.readers.T @ undoing(case.readers, case.covariance), np.eye(3), atol=1e-9)
