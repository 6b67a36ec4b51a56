"""Standard output and error made fit for where they lead: encodings without our characters, readers that go away.

In: the streams of the process. Out: the same, changed. It writes nothing.
"""

import codecs
import io
import os
import signal
import sys
from typing import Final

from rich.console import Console

_ERRORS: Final = "asyncgeo.plain"
_PLAIN: Final = str.maketrans(
    {"…": "...", "·": "-", "–": "-", "━": "=", "█": "#", "▇": "#", "▁": ".", "●": "*", "■": "*", "✓": "+", "✗": "x"}
)


def prepare() -> None:
    """Let both streams take any text: what the encoding lacks is written in ASCII, and never ends a command."""
    codecs.register_error(_ERRORS, _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors=_ERRORS)


def end_with_reader() -> None:
    """End quietly, as other filters do, when the reader of our output goes away: for commands that only look."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


class Patient(Console):
    """A console that falls silent when its reader goes away: what a run does is worth more than what it says."""

    def on_broken_pipe(self) -> None:
        """Write no more, not even at exit."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _replace(error: UnicodeError) -> tuple[str, int]:
    """What stands for the characters that cannot be encoded: a likeness, or the escape that JSON has for them."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(character: str) -> str:
    likeness = character.translate(_PLAIN)
    if likeness.isascii():
        return likeness
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[k]:02x}{units[k + 1]:02x}" for k in range(0, len(units), 2))
