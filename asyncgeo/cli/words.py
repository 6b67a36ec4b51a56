"""Times and lines worded alike by the commands that show things."""

from rich.text import Text

from asyncgeo.errors import printable
from asyncgeo.schema.words import duration
from asyncgeo.views.status import moment


def clip(text: Text, width: int) -> Text:
    """The text on one line of the width, cut with an ellipsis; what a terminal must not see is escaped."""
    if not text.plain.isprintable():
        text = Text(printable(text.plain), style=text.style)
    text.no_wrap = True
    text.truncate(width, overflow="ellipsis")
    return text


def seconds(start: str, end: str) -> float:
    """From one time to another; never less than none."""
    return max(0.0, (moment(end) - moment(start)).total_seconds())


def since(start: str, end: str) -> str:
    """How long that was, as `2m14s`."""
    return duration(seconds(start, end))
