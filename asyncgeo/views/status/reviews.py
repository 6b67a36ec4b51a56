"""Verdict files of a folder → how many parses witnesses agree on, and how many they dispute.

In: the folder. Out: counts by `Verdict.standing`, of the last verdict of each id. A file that has grown is read again.
"""

from collections import Counter
from pathlib import Path

from asyncgeo import store
from asyncgeo.schema.verdict import ReviewStanding
from asyncgeo.store import verdicts


class ReviewBook:
    """What `run --review` found, looked at again and again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, tuple[int, dict[str, ReviewStanding]]] = {}

    def look(self) -> dict[str, int]:
        """How many there are of each standing; nothing where no review has been."""
        files = [self._folder / verdicts.name(*bounds) for bounds, _ in store.find(self._folder)]
        found = Counter(standing for path in files for standing in self._of_file(path).values() if standing)
        return dict(sorted(found.items()))

    def _of_file(self, path: Path) -> dict[str, ReviewStanding]:
        size = path.stat().st_size if path.exists() else 0
        known = self._read.get(path)
        if known is None or known[0] != size:
            standings = {each.id: each.standing for each in verdicts.each(path) if each.second is not None}
            known = self._read[path] = (size, standings)
        return known[1]
