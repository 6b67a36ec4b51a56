"""A moving block of lines at the bottom of a terminal, drawn anew in place; what is printed meanwhile goes above it.

In: things that rich prints. Out: the same on a console, one below the other, without a line that is out of date.

The cursor waits, hidden, at the start of the block. A terminal that becomes narrower wraps the lines anew and moves
the cursor with them, so the next drawing begins where the block begins, and clears to the end of the screen. (rich's
own `Live` waits at the end and counts the lines it had drawn: of those that were wrapped since, some stay.)
"""

from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderableType, RenderHook
from rich.segment import ControlType, Segment

_CLEAR: Final = Segment("\r\x1b[J", None, [(ControlType.CARRIAGE_RETURN,)])
"""To the end of the screen; rich has no name for it."""


class Picture(RenderHook):
    """Owns the block while the `with` lasts; at its end the block is gone or, with `stays`, remains."""

    def __init__(self, console: Console, *, stays: bool = False) -> None:
        self._console = console
        self._stays = stays
        self._shown: RenderableType | None = None
        self._waits_at_start = True

    def __enter__(self) -> Self:
        self._console.push_render_hook(self)
        self._console.show_cursor(show=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waits_at_start = False
        if not self._stays:
            self._shown = None
        self._console.print(_Nothing(), end="")
        self._console.pop_render_hook()
        self._console.show_cursor(show=True)

    def update(self, shown: RenderableType) -> None:
        """Draw this in the place of what was drawn before."""
        self._shown = shown
        self._console.print(_Nothing(), end="")

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """What rich is about to print, between the old block's removal and the new block."""
        return [_Clear(), *renderables, _Block(self._shown, waits_at_start=self._waits_at_start)]


class _Nothing:
    """Prints nothing; the hook around it prints the block."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        return iter(())


class _Clear:
    """Removes the block: the cursor is at its start."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        yield _CLEAR


class _Block:
    """The lines that fit the screen, and the way back to their start."""

    def __init__(self, shown: RenderableType | None, *, waits_at_start: bool) -> None:
        self._shown = shown
        self._waits_at_start = waits_at_start

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        if self._shown is None:
            return
        lines = console.render_lines(self._shown, options, pad=False)
        if self._waits_at_start:
            lines = lines[: max(1, options.size.height - 1)]
        for number, line in enumerate(lines):
            if number:
                yield Segment.line()
            yield from line
        if not self._waits_at_start:
            yield Segment.line()
        elif len(lines) > 1:
            yield Segment(f"\r\x1b[{len(lines) - 1}A", None, [(ControlType.CURSOR_UP, len(lines) - 1)])
        else:
            yield Segment("\r", None, [(ControlType.CARRIAGE_RETURN,)])
