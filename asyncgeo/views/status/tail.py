"""A file that grows by whole lines, read again and again: each time only what was appended.

In: a path, and who takes the lines. Out: the lines, once each. It knows nothing of what they say.

A file that was replaced, cut, or touched without growing is forgotten and read from its beginning.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

_BUFFER: Final = 1 << 20

Take = Callable[[int, bytes], bool]
"""Gets the offset of a line and the line; says no to one that is still being written."""


class Tail:
    """`read()` hands new lines to `take`; `forget` is called before a file is read anew."""

    def __init__(self, path: Path, take: Take, forget: Callable[[], None]) -> None:
        self.path: Final = path
        self._take = take
        self._forget = forget
        self._offset = 0
        self._seen: tuple[int, int, int, int] | None = None

    def read(self) -> bool:
        """Whether anything was new. Raises OSError when the file cannot be read."""
        status = self.path.stat()
        seen = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        if seen == self._seen:
            return False
        if self._is_other(seen):
            self._forget()
            self._offset = 0
        self._seen = seen
        self._advance()
        return True

    def _is_other(self, seen: tuple[int, int, int, int]) -> bool:
        if self._seen is None:
            return True
        return seen[:2] != self._seen[:2] or seen[2] <= self._seen[2]

    def _advance(self) -> None:
        with self.path.open("rb", buffering=_BUFFER) as stream:
            stream.seek(self._offset)
            for line in stream:
                if not self._take(self._offset, line):
                    return
                self._offset += len(line)
