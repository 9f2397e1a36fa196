"""From answers to accuracies, by section and in total."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int32, Int64

from lateen.arithmetic.analogies.asking import OF_PAIRS, Answers
from lateen.arithmetic.analogies.interval import Draws, interval
from lateen.arithmetic.analogies.resolved import Resolved
from lateen.arithmetic.analogies.scores import LANDINGS, Measured, Part, Score

Right = Bool[np.ndarray, "3 q"]


def right_answers(answers: Answers, resolved: Resolved) -> Right:
    """(3, q) whether the method, the nearest word to c, and the method without exclusion, are right."""
    each = (answers.found, answers.nearest, answers.everywhere)
    return np.stack([resolved.right_answers(rows, answers.second) for rows in each])


def measure(answers: Answers, resolved: Resolved, count_unknown: bool, seed: int) -> Measured:
    """The accuracies of a method.

    Args:
        answers: What it answered.
        resolved: What was asked.
        count_unknown: Whether questions with unknown words are wrong; else they are left out.
        seed: Of the bootstrap.
    """
    right, landed = right_answers(answers, resolved), _landed(answers, resolved)
    section = resolved.section[answers.second]
    pairs = answers.second[:, None] if answers.method in OF_PAIRS else np.stack([answers.first, answers.second], 1)
    counted = np.ones_like(answers.known) if count_unknown else answers.known
    parts, draws = {}, []
    for i, each in enumerate(resolved.questions.sections):
        chosen = np.flatnonzero((section == i) & counted)
        drawn = [_draw(r[chosen], pairs[chosen].astype(np.int32), seed, i) for r in right]
        unknown = int(((section == i) & ~answers.known).sum())
        parts[each.name] = _part(right[:, chosen], [[d] for d in drawn], landed[chosen], unknown)
        draws.append(drawn)
    by_run = [list(run) for run in zip(*draws, strict=True)]
    total = _part(right[:, counted], by_run, landed[counted], int((~answers.known).sum()))
    return Measured(answers.method, total, parts)


def _draw(right: Bool[np.ndarray, " q"], pairs: Int32[np.ndarray, "q k"], seed: int, section: int) -> Draws:
    return Draws.of(right, pairs, np.random.default_rng([seed, section]))


def _landed(answers: Answers, resolved: Resolved) -> Int64[np.ndarray, " q"]:
    """Which word of its question (a 0, b 1, c 2) the answer without exclusion is spelled like; -1 if like none."""
    landed = np.full(len(answers.second), -1, np.int64)
    words = [resolved.left[answers.second]]
    if answers.method not in OF_PAIRS:
        words = [resolved.left[answers.first], resolved.right[answers.first], *words]
    for place, rows in enumerate(words, 3 - len(words)):
        landed[resolved.same(answers.everywhere, rows) & answers.known] = place
    return landed


def _part(right: Right, draws: list[list[Draws]], landed: Int64[np.ndarray, " q"], unknown: int) -> Part:
    scores = [Score(int(r.sum()), len(r), *interval(d)) for r, d in zip(right, draws, strict=True)]
    names = {name: int((landed == i).sum()) for i, name in enumerate(LANDINGS)}
    return Part(scores[0], scores[1], scores[2], names, unknown)
