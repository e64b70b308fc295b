"""The command line as a process: every way in which it may end, and what is said then."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from carevoice.cli.app import app
from carevoice.cli.session import BAD_INPUT, DONE, OUR_FAULT, Session
from carevoice.errors import CareVoiceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


class _Stopped(BaseException):
    """A signal asks the process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; arguments default to those of the process."""
    before = {number: signal.signal(number, _stop) for number in _stopping_signals()}
    if sys.stdout is None:
        # It was closed before we started; what is written to it is meant for no one.
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    code, session = DONE, Session()
    try:
        app(args=None if arguments is None else list(arguments), prog_name="carevoice", obj=session)
    except SystemExit as exit_:
        # typer exits with 1 for nothing but a closed pipe: every other exception comes through.
        code = _end_quietly() if exit_.code == OUR_FAULT else int(exit_.code or DONE)
    except BrokenPipeError:
        code = _end_quietly()
    except CareVoiceError as error:
        session.trace(error)
        code = _say(f"Error: {error}", BAD_INPUT)
    except OSError as error:
        session.trace(error)
        where = f"{error.filename}: " if error.filename else ""
        code = _say(f"Error: {where}{(error.strerror or 'the system refused').lower()}.", BAD_INPUT)
    except _Stopped as stopped:
        code = _say("Interrupted.", 128 + stopped.signal)
    except Exception as error:  # noqa: BLE001  # the last resort: a fault of ours
        session.trace(error)
        code = _fault(error)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code


def _stopping_signals() -> list[signal.Signals]:
    """Signals to stop at in good order; one that is ignored, as nohup does, stays so."""
    return [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    # Once is enough: a second Ctrl-C must not stop the cleaning up.
    signal.signal(number, signal.SIG_IGN)
    raise _Stopped(number)


def _say(message: str, code: int) -> int:
    with suppress(OSError):
        typer.echo(message, err=True)
    return code


def _end_quietly() -> int:
    """Drop what is left for a reader that has seen enough, so that Python doesn't complain at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    return DONE


def _fault(error: Exception) -> int:
    # Not the text of the exception: a comment may be in it.
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" in {Path(place.tb_frame.f_code.co_filename).name}, line {place.tb_lineno}" if place else ""
    return _say(
        f"Error: a fault of CareVoice, not of your data ({type(error).__name__}{where}). Please report it; "
        "--debug shows details, which may hold comments.",
        OUR_FAULT,
    )
