"""The moving block at the bottom of a terminal."""

import io
import re

from rich.console import Console
from rich.text import Text

from asyncgeo.cli.picture import Picture

_HEIGHT = 6


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=20, height=_HEIGHT, color_system=None)


def shown(console: Console) -> tuple[list[str], int]:
    """The lines of a screen that obeys what was written, and the line in which the cursor is."""
    assert isinstance(console.file, io.StringIO)
    lines, row = [""], 0
    for part in re.split(r"(\x1b\[[?\d]*[A-Za-z]|\r|\n)", console.file.getvalue()):
        if up := re.fullmatch(r"\x1b\[(\d+)A", part):
            row -= int(up[1])
        elif part == "\x1b[J":
            lines[row:] = [""]
        elif part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif not part.startswith(("\x1b", "\r")) and part:
            lines[row] += part
    return lines, row


def test_the_cursor_waits_at_the_start_of_the_block() -> None:
    """So nothing of it is left whatever the terminal did to its lines; what is printed goes above it."""
    console = terminal()
    with Picture(console) as picture:
        picture.update(Text("a\nb\nc"))
        assert shown(console) == (["a", "b", "c"], 0)
        console.print("said")
        assert shown(console) == (["said", "a", "b", "c"], 1)
        picture.update(Text("d"))
        assert shown(console) == (["said", "d"], 1)
    assert shown(console) == (["said", ""], 1)


def test_the_block_is_no_taller_than_the_screen() -> None:
    """What had scrolled away could not be drawn over; at the end there is room for all."""
    console = terminal()
    whole = [f"{number}" for number in range(10)]
    with Picture(console, stays=True) as picture:
        picture.update(Text("\n".join(whole)))
        assert shown(console) == (whole[: _HEIGHT - 1], 0)
    assert shown(console) == ([*whole, ""], len(whole))
