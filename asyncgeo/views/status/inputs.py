"""Where the problems of a folder came from → their ids by position, listed again only when they change.

In: paths, from the likeliest on. Out: ids, or why there are none. It opens no problem of a folder.
"""

from collections.abc import Iterable
from pathlib import Path

from asyncgeo.errors import InputError
from asyncgeo.problems.reader import Problems


class Inputs:
    """The ids of one input; `find` keeps what it listed while the input's folder or file stays as it is."""

    def __init__(self) -> None:
        self.path: Path | None = None
        self.identifiers: tuple[str, ...] = ()
        self._seen: tuple[Path, int, int, int] | None = None

    def find(self, paths: Iterable[Path]) -> bool:
        """Take the first of the paths that holds problems; whether the ids are others than before."""
        for path in paths:
            try:
                status = path.stat()
                seen = (path, status.st_ino, status.st_size, status.st_mtime_ns)
                if seen == self._seen:
                    return False
                identifiers = tuple(Problems(path).identifiers())
            except (OSError, InputError):
                continue
            self.path, self.identifiers, self._seen = path, identifiers, seen
            return True
        changed = self.path is not None
        self.path, self.identifiers, self._seen = None, (), None
        return changed
