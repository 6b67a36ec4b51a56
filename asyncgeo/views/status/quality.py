"""The verdicts beside the shards of a folder, followed while they grow → how many parses can be drawn, and what else.

In: a folder. Out: `Verified`. The last verdict of each id counts, whatever its row has become since: `verify` knows
better, but reads every row.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from asyncgeo import store
from asyncgeo.dataset.quality import NUMBERS, answer_counts, figure_counts, quality_of, review_counts
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store import verdicts
from asyncgeo.store.ids import IdMap
from asyncgeo.views.status.tail import Tail


@dataclass(frozen=True, slots=True)
class Verified:
    """How many parses have a verdict, how many of them a figure, and the counts of answers and reviews."""

    verified: int = 0
    drawable: int = 0
    contradictory: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    reviews: dict[str, int] = field(default_factory=dict)


NOT_VERIFIED: Final = Verified()


class VerdictBook:
    """The verdict files of a folder; `read()` before each look."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder
        self._tails: dict[Path, Tail] = {}
        self._marks = IdMap()
        self._counts: Counter[int] = Counter()

    def read(self) -> None:
        """Read what is new. A file read anew says the same of an id again, which counts once."""
        for bounds, _ in store.find(self._folder):
            path = self._folder / verdicts.name(*bounds)
            if path not in self._tails:
                self._tails[path] = Tail(path, self._take, lambda: None)
        with suppress(OSError):  # most shards have none
            for tail in [each for each in self._tails.values() if each.path.exists()]:
                tail.read()

    def verified(self) -> Verified:
        """What they say."""
        figures = figure_counts(self._counts)
        found = answer_counts(self._counts), review_counts(self._counts)
        return Verified(figures.verified, figures.drawable, figures.contradictory, *found)

    def _take(self, _: int, line: bytes) -> bool:
        try:
            found = _decode(line)
        except ValueError:
            return line.endswith(b"\n")  # torn, or still being written
        before, after = self._marks[found.id], NUMBERS[quality_of(found)] + 1
        self._marks.put(found.id, after)
        if before:
            self._counts[before - 1] -= 1
        self._counts[after - 1] += 1
        return True


_decode: Final = msgspec.json.Decoder(Verdict).decode
