"""Entries → the same entries with the figures of their parses, drawn by every core.

In: entries, one by one. Out: the same in the same order; only a few are on their way at a time. Those known to
contradict themselves are not tried, unless they are what the report is about.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import chain, islice, tee
from typing import Final

from asyncgeo.schema.records import Parsed
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store.processes import spread_over
from asyncgeo.verify.picture import picture
from asyncgeo.views.report.content import PageEntry

_TRIES: Final = 3
"""Figures to choose the nicest from; the gallery's twelve take three times as long and look a little better."""
_PATIENCE: Final = 2
"""Rounds in search of a figure; contradictions, which go through all, would take most of the time."""
_BATCH: Final = 8  # rows sent to a process at once


class Pictures:
    """Draws the figures of the first entries, and counts those that were found."""

    def __init__(self, most: int, *, contradictory: bool) -> None:
        self.found = 0
        self._most = most
        self._contradictory = contradictory

    def add_to(self, entries: Iterator[PageEntry], tell: Callable[[int], None]) -> Iterator[PageEntry]:
        """The entries; `tell` hears how many of the first have been seen to."""
        kept, sent = tee(islice(entries, self._most))
        wanted = (entry.row for entry in sent if isinstance(entry.row, Parsed) and self._is_wanted(entry.verdict))
        work = partial(_draw_batch, contradictory=self._contradictory)
        with closing(spread_over(work, _batches(wanted), os.cpu_count() or 1)) as batches:
            drawn = chain.from_iterable(batches)
            for done, entry in enumerate(kept, 1):
                figure = next(drawn) if isinstance(entry.row, Parsed) and self._is_wanted(entry.verdict) else None
                self.found += figure is not None
                tell(done)
                yield replace(entry, figure=figure)
        yield from entries

    def _is_wanted(self, verdict: Verdict | None) -> bool:
        return self._contradictory or verdict is None or verdict.drawable is True


def _batches(rows: Iterable[Parsed]) -> Iterator[list[Parsed]]:
    left = iter(rows)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _draw_batch(rows: list[Parsed], *, contradictory: bool) -> list[str | None]:
    """The unit of work of a process."""
    return [picture(row, tries=_TRIES, patience=_PATIENCE, contradictory=contradictory) for row in rows]
