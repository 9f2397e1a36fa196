"""How commands end: errors become one message and an exit code; ^C and a reader that went away end quietly."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from lateen.core.errors import LateenError

Command = TypeVar("Command", bound=Callable[..., None])


def ends_well(command: Command) -> Command:
    """The command with its ways to end: 2 for bad input, 130 for ^C, 0 for a closed pipe, a traceback for a defect."""

    @wraps(command)
    def ended(*args: object, **options: object) -> None:
        try:
            command(*args, **options)
            if sys.stdout is not None:  # as it is after `>&-`
                sys.stdout.flush()
        except LateenError as error:
            _leave(str(error), error.exit_code)
        except MemoryError as error:
            _leave(f"There is not enough memory for this: {error}. Ask for less at a time.", 2)
        except KeyboardInterrupt:
            _leave("Interrupted. Nothing half done was left under its final name; run the command again.", 130)
        except BrokenPipeError:  # as in `lateen near ... | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except OSError as error:
            if error.filename is not None:
                _leave(f"{os.fsdecode(error.filename)} can't be used: {error.strerror}.", 2)
            if error.errno == errno.ENOSPC:  # as in `lateen near ... > /dev/full`
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                _leave("What was printed could not be written: the disk is full.", 2)
            raise

    return ended  # type: ignore[return-value]  # wraps keeps the signature, which typer reads


def _leave(message: str, code: int) -> None:
    print(f"lateen: {message}", file=sys.stderr)
    sys.exit(code)
