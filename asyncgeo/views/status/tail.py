"""A file that grows by whole lines, read again and again: each time only what was appended.

In: a path, and who takes the lines. Out: the lines, once each. It knows nothing of what they say.

A file that was replaced, cut, or touched without growing is forgotten and read from its beginning.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

_BUFFER: Final = 1 << 20

Take = Callable[[int, bytes], bool]
"""Gets the offset of a line and the line; says no to one that is still being written."""


class Seen:
    """A file as it was seen last."""

    def __init__(self) -> None:
        self._seen: tuple[int, int, int, int] | None = None

    def look(self, path: Path) -> Literal["same", "grown", "other"]:
        """What it is now. Raises OSError when it is gone."""
        status = path.stat()
        before, seen = self._seen, (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        self._seen = seen
        if before is None or seen[:2] != before[:2]:
            return "other"
        return "same" if seen == before else "grown" if seen[2] > before[2] else "other"


class Tail:
    """`read()` hands new lines to `take`; `forget` is called before a file is read anew."""

    def __init__(self, path: Path, take: Take, forget: Callable[[], None]) -> None:
        self.path: Final = path
        self._take = take
        self._forget = forget
        self._offset = 0
        self._seen = Seen()

    def read(self) -> bool:
        """Whether anything was new. Raises OSError when the file cannot be read."""
        match self._seen.look(self.path):
            case "same":
                return False
            case "other":
                self._forget()
                self._offset = 0
        self._advance()
        return True

    def _advance(self) -> None:
        with self.path.open("rb", buffering=_BUFFER) as stream:
            stream.seek(self._offset)
            for line in stream:
                if not self._take(self._offset, line):
                    return
                self._offset += len(line)
