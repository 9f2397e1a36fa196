"""How commands end: errors become one message and an exit code; ^C and a reader that went away end quietly."""

from __future__ import annotations

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
            if error.filename is None:
                raise
            _leave(f"{os.fsdecode(error.filename)} can't be used: {error.strerror}.", 2)

    return ended  # type: ignore[return-value]  # wraps keeps the signature, which typer reads


def _leave(message: str, code: int) -> None:
    print(f"lateen: {message}", file=sys.stderr)
    sys.exit(code)
