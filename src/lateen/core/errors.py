"""The errors lateen raises on purpose. Each message restates the call: what was given, what was expected, what to do.

The command line prints the message of any `LateenError` without a traceback and exits with its `exit_code`.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_SHOWN = 200  # letters of a text that are restated


class LateenError(Exception):
    """Base of every error that has a cause outside lateen: input, files, environment."""

    exit_code = 2


class InputError(LateenError, ValueError):
    """What was given can't be used; the message says what was expected."""


class UnknownNameError(InputError, KeyError):
    """A name (an id, a field, a direction, an encoder) that doesn't exist; the message names its nearest spellings.

    Args:
        kind: What the name should have been, in the user's words ("id", "field", "direction").
        name: What was given.
        known: The names that exist.
        where: What was looked in, in the user's words ("space faces.space").
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str) -> None:
        names = [str(k) for k in known]
        self.kind, self.name, self.near = kind, name, nearest_spellings(name, names)
        if self.near:
            hint = f"Did you mean {_either(self.near)}?"
        elif names:
            some = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
            hint = f"Known: {some}."
        else:
            hint = "It has none."
        super().__init__(f"There is no {kind} {shown(name)} in {where}. {hint}")

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would print the repr


class SpaceError(LateenError):
    """A space or a model on disk that can't be opened or doesn't fit: version, missing codec, other fingerprint."""


class StorageError(LateenError, OSError):
    """Writing failed (a full disk, no permission); what was finished before is kept and can be resumed."""


class EncoderError(LateenError):
    """An encoder failed on items, or gave what are no vectors of theirs; the message names it and what it said."""


class TrainingError(LateenError):
    """Training can't go on, such as a loss that is not a number; the last good state is kept."""


class MissingExtraError(LateenError, ImportError):
    """An optional part of lateen is not installed; the message names the command that installs it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the optional packages of lateen[{extra}]: pip install 'lateen[{extra}]'")


class InterruptedWorkError(LateenError):
    """Work stopped by ^C; the message says how to resume it."""

    exit_code = 130


def nearest_spellings(name: str, known: Iterable[str], n: int = 3) -> list[str]:
    """Return up to n of the known names that are spelled most like `name`, letter case apart.

    Names that contain what was typed come first: a file's stem finds its path.
    """
    by_fold: dict[str, str] = {}
    for k in known:
        by_fold.setdefault(k.casefold(), k)
    folded = name.casefold()
    containing = sorted((k for k in by_fold if folded and folded in k), key=len)[:n]
    close = get_close_matches(folded, by_fold.keys(), n=n, cutoff=0.6) if len(by_fold) <= 200_000 else []
    return [by_fold[k] for k in dict.fromkeys([*containing, *close])][:n]


def shown(text: str) -> str:
    """What was given, in quotes; only how a long text begins."""
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}... ({len(text):,} letters)"


def first_line(error: BaseException) -> str:
    """The first line of what an error says, without its full stop; its kind if it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _either(names: list[str]) -> str:
    quoted = [repr(n) for n in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
