"""What batches may cost and did cost, in the folder's account and in this start's own allowance.

In: what is wanted, the model's price for batches. Out: leave to submit so much, or none. A part is entered at the most
that it may cost before it is uploaded, and at what it did cost once its answers are here; each replaces what stood
there, so that doing it twice counts once.
"""

import math
from pathlib import Path

from asyncgeo.config import Settings
from asyncgeo.llm import prices
from asyncgeo.llm.prices import Quote
from asyncgeo.run.plan import Wanted, allowance_of
from asyncgeo.schema.records import Tokens
from asyncgeo.store import events
from asyncgeo.store.ledger import Ledger


def batch_quote(settings: Settings) -> Quote | None:
    """The model's price for what is asked in a batch, None where none is known."""
    return prices.quote(settings, settings.api.model, "batch")


class BatchBudget:
    """The money of one start; `quote` is None where no price is known, and then nothing is counted."""

    def __init__(self, folder: Path, wanted: Wanted, quote: Quote | None) -> None:
        self.price = None if quote is None else quote.price
        self.source = "" if quote is None else quote.source
        self._logs = folder / events.FOLDER
        self._wanted = allowance_of(wanted)
        self._mine: dict[str, float] = {}  # of this start: by part, and by run of what was asked live

    def free(self) -> float:
        """USD that may still be claimed. Raises BudgetReached where the account cannot be kept."""
        if self._wanted is None:
            return math.inf
        spent = sum(self._mine.values()) if self._wanted.alone else Ledger(self._logs / "none.jsonl").look()
        return max(0.0, self._wanted.usd - spent)

    def allowance(self) -> float | str | None:
        """What is left for questions that are asked live, as `--budget` says it."""
        if self._wanted is None:
            return None
        return f"+{self.free()}" if self._wanted.alone else self._wanted.usd

    def claim(self, part: str, usd: float | None) -> bool:
        """Enter the most that a part may cost; whether the budget allows it."""
        if usd is None:
            return True
        account = self._account(part)
        if self._wanted is not None:
            is_there = usd <= self.free() if self._wanted.alone else account.covers(usd, self._wanted.usd, alone=False)
            if not is_there:
                return False
        account.enter(usd)
        self._mine[part] = usd
        return True

    def settle(self, part: str, tokens: Tokens) -> float | None:
        """Enter what a part did cost."""
        if self.price is None:
            return None
        usd = prices.cost(self.price, tokens)
        self._account(part).enter(usd)
        if part in self._mine:
            self._mine[part] = usd
        return usd

    def drop(self, part: str) -> None:
        """The part was never carried out, and costs nothing."""
        if self.price is not None:
            self._account(part).enter(0.0)
            self._mine.pop(part, None)

    def spend(self, run: str, usd: float) -> None:
        """What a run of this start has cost that asked live."""
        self._mine[run] = usd

    def _account(self, part: str) -> Ledger:
        return Ledger(self._logs / f"batch_{part}.jsonl")
