"""What a report is made of.

In: values. Out: frozen records. It knows no file and no HTML.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asyncgeo.schema.records import Row
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store.events import Event
from asyncgeo.store.raw_answers import Raw


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One problem: its best row and what else is known of it.

    `text` is the problem as it was read, for rows that carry none (skipped, errors); `cost` in USD, None where the
    price of its model is not known; `figure` is an `<svg>`; `raw_answers` are the model's answers as they
    came, in that order.
    """

    row: Row
    text: str = ""
    cost: float | None = None
    verdict: Verdict | None = None
    figure: str | None = None
    raws: Sequence[Raw] = ()


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """The events of one event log, named by its file."""

    name: str
    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class PageContent:
    """Everything the page shows. Entries come in the order of the table; they may be many and are gone through once.

    `totals` count all problems, `entries` are those that the table shows, chosen as the words of `choice` say; none
    where they are all.
    `notes` are what the reader must know of the data: lines that are no rows, texts that are missing.
    `figures_wanted` says how many parses were to be drawn.
    """

    folder: str
    created_at: str
    version: str
    entries: Iterable[PageEntry]
    totals: Mapping[str, Any]
    choice: str = ""
    runs: Sequence[LoggedRun] = ()
    notes: Sequence[str] = ()
    figures_wanted: int = 0
    raws_kept: bool = False
    prices: dict[str, tuple[float, float, float]] = field(default_factory=dict)
