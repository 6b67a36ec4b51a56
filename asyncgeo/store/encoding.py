"""In which encoding a file was saved that should be UTF-8.

In: the first bytes of a file. Out: a name for messages. It decides nothing: a shard of which some line is a row is read
line by line, whatever the others are.
"""

from pathlib import Path
from typing import Final

from asyncgeo.errors import ShardError

BOM: Final = b"\xef\xbb\xbf"
"""What editors on Windows put before the first line; it belongs to no row."""
_LOOKED_AT: Final = 1 << 16  # bytes, some dozens of rows
_STARTS: Final = (  # in this order: the mark of UTF-16 begins that of UTF-32
    ("UTF-32", (b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"{\0\0\0", b"\0\0\0{")),
    ("UTF-16", (b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{")),
)


def encoding_of(path: Path) -> str | None:
    """The encoding, where it is not UTF-8 and can be guessed. Raises ShardError when the file cannot be read."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_LOOKED_AT)
    except OSError as error:
        raise ShardError(f"{path} cannot be read: {error.strerror}.", "Check the file and its permissions.") from error
    for name, starts in _STARTS:
        if head.startswith(starts):
            return name
    lines = [line for line in head.splitlines()[: None if len(head) < _LOOKED_AT else -1] if not line.isascii()]
    if not lines or all(_is(line, "utf-8") for line in lines):
        return None
    return "GBK" if all(_is(line, "gbk") for line in lines) else None


def _is(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
