"""All rows of a folder counted, one after another.

In: best rows, verdicts, prices. Out: the numbers of the report, and of each row what it takes to choose it and to find
it again: some 15 bytes. It keeps no row.
"""

from array import array
from collections.abc import Callable

from asyncgeo.llm.prices import Tariff, cost
from asyncgeo.schema.records import Parsed, Row
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store import parses, verdicts
from asyncgeo.store.verdicts import VerdictIndex
from asyncgeo.views.report.beside import text_hash
from asyncgeo.views.report.choice import kind_of
from asyncgeo.views.report.content import PageEntry
from asyncgeo.views.report.figures import Figures, outcome
from asyncgeo.views.report.rows import BestRows


class Census:
    """The numbers of all rows; where it `is_contradictory`, of those alone that are known to contradict themselves."""

    def __init__(
        self, found: VerdictIndex, tariff_of: Callable[[str], Tariff | None], *, is_contradictory: bool
    ) -> None:
        self.figures = Figures()
        self.slots = array("I")  # of the rows that count, in order
        self.kinds = bytearray()  # of the same rows, as in `choice.KINDS`
        self.hashes = array("q")  # by slot: of the text of a parse that counts, else 0
        self.tariffs: dict[str, Tariff | None] = {}
        self._found = found
        self._tariff_of = tariff_of
        self._is_contradictory = is_contradictory

    def take(self, rows: BestRows) -> None:
        """Go through all rows."""
        self.hashes = array("q", bytes(8 * len(rows.slots)))
        for slot, row in rows.read(rows.slots):
            entry = self.entry(row)
            if self._is_contradictory and (entry.verdict is None or entry.verdict.drawable is not False):
                continue
            self.figures.add(entry)
            self.slots.append(slot)
            self.kinds.append(kind_of(outcome(row), entry.verdict))
            if isinstance(row, Parsed):
                self.hashes[slot] = text_hash(row.original_text)

    def entry(self, row: Row) -> PageEntry:
        """The row with its cost and the verdict of `asyncgeo verify` on it as it stands now."""
        return PageEntry(row, cost=self._cost(row), verdict=self._verdict(row))

    def _verdict(self, row: Row) -> Verdict | None:
        if not self._found or not isinstance(row, Parsed):
            return None
        return verdicts.on_parse(parses.of_parsed(row), self._found.get)

    def _cost(self, row: Row) -> float | None:
        """What the row's answer cost, in USD, where the price of its model is known."""
        if row.meta is None:
            return None
        if row.meta.model not in self.tariffs:
            self.tariffs[row.meta.model] = self._tariff_of(row.meta.model)
        tariff = self.tariffs[row.meta.model]
        return None if tariff is None else cost(tariff[row.meta.service], row.meta.tokens)
