"""Standard output and error made fit for where they lead: encodings without our characters, readers that go away.

In: the streams of the process. Out: the same, changed, and consoles that write to them what is safe to show.
"""

import codecs
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from asyncgeo.errors import AsyncgeoError, printable, shown, shown_json

_ERRORS: Final = "asyncgeo.plain"
_PLAIN: Final = str.maketrans(
    {"…": "...", "·": "-", "–": "-", "━": "=", "█": "#", "▇": "#", "▁": ".", "●": "*", "■": "*", "✓": "+", "✗": "x"}
)

_SHOW_CURSOR: Final = b"\x1b[?25h"
_CLEAR_BELOW: Final = b"\x1b[J"
_HIDE_CURSOR: Final = b"\x1b[?25l"
_without_cursor: "set[SafeConsole]" = set()
"""Those that have hidden it, for a moving picture."""


def prepare() -> None:
    """Let both streams take any text: what the encoding lacks is written in ASCII, and never ends a command.

    And give the terminal its cursor back while the command is suspended.
    """
    codecs.register_error(_ERRORS, _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors=_ERRORS)
    if hasattr(signal, "SIGTSTP") and signal.getsignal(signal.SIGTSTP) == signal.SIG_DFL:
        signal.signal(signal.SIGTSTP, _suspend)


def _suspend(number: int, _: object) -> None:
    """Ctrl-Z: stop, as without us, but with the terminal's cursor shown until we go on in the foreground."""
    hidden = [console.file.fileno() for console in _without_cursor]
    for descriptor in hidden:
        _write(descriptor, _CLEAR_BELOW + _SHOW_CURSOR)  # the cursor is at the start of the moving picture
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)  # returns when somebody lets us go on
    signal.signal(number, _suspend)
    for descriptor in hidden:
        with suppress(OSError):
            if os.tcgetpgrp(descriptor) == os.getpgrp():
                _write(descriptor, _HIDE_CURSOR)


def _write(descriptor: int, content: bytes) -> None:
    with suppress(OSError):  # the terminal may be gone
        os.write(descriptor, content)


def end_with_reader() -> None:
    """End quietly, as other filters do, when the reader of our output goes away: for commands that only look."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


class SafeConsole(Console):
    """A console on which text is only text: what a terminal would obey is escaped, and no secret is shown."""

    def show_cursor(self, show: bool = True) -> bool:  # noqa: FBT001, FBT002  rich's own signature
        """Show or hide it, and know which: a terminal whose program is suspended wants it back."""
        (_without_cursor.discard if show else _without_cursor.add)(self)
        return super().show_cursor(show)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """The segments of anything printed; all of them come from here."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=shown(segment.text))


class Lasting:
    """A stream that falls silent when its reader or its terminal goes away, or its disk is full.

    What a run does is worth more than what it says.
    """

    def __init__(self, stream: TextIO, lost: Callable[[], None]) -> None:
        self._stream = stream
        self._lost = lost

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write the text if that is possible."""
        with self._patience():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what waits, if that is possible."""
        with self._patience():
            self._stream.flush()

    @contextmanager
    def _patience(self) -> Iterator[None]:
        try:
            yield
        except OSError:  # so nothing is tried again, not even at exit
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            self._lost()


class LastingConsole(SafeConsole):
    """A console on such a stream; when it falls silent, so does what else asks whether the console is quiet."""

    def __init__(self, *, quiet: bool = False, stderr: bool = False) -> None:
        stream = cast("TextIO", Lasting(sys.stderr if stderr else sys.stdout, self._fall_silent))
        super().__init__(file=stream, highlight=False, soft_wrap=True, quiet=quiet)

    def _fall_silent(self) -> None:
        self.quiet = True


@contextmanager
def progress_bar(words: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error where somebody watches, gone at the end; its value takes what is done, and all."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn(words), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=SafeConsole(stderr=True, quiet=quiet), transient=True) as bar:
        task = bar.add_task(words, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def writable(text: str) -> str:
    """The text in what standard output's encoding has, for writers that would take another encoding instead."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, _ERRORS).decode(encoding)


def show_error(error: AsyncgeoError) -> None:
    """The message and its remedy, on standard error."""
    console = LastingConsole(stderr=True)  # it knows NO_COLOR
    for text, style in ((error.message, "red"), *((line, "") for line in error.remedy.splitlines())):
        console.print(Text(printable(text), style=style))


def write_json(text: str) -> None:
    """JSON for the reader of standard output, a program or a person at a terminal."""
    sys.stdout.write(shown_json(text) + "\n")


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


def print_line(line: bytes) -> None:
    """A line for a program that reads our output, at once; when nothing can be written there any more, nothing."""
    try:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so nothing is tried again, not even at exit
