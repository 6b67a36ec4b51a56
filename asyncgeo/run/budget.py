"""The budget of a run in its folder: put together, said at the start and at the end, closed.

In: the plan's `--budget`, the run's event log. Out: a `Funds`, or None without a budget.
"""

from dataclasses import dataclass
from pathlib import Path

from asyncgeo.llm import prices
from asyncgeo.run.plan import Plan, allowance_of
from asyncgeo.schema.records import RULES_MODEL
from asyncgeo.schema.words import money
from asyncgeo.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Funds:
    """The budget, and the account in the folder that it is part of; `before` is what other runs had spent."""

    budget: prices.Budget
    account: Ledger
    before: float

    @property
    def total(self) -> float:
        """USD that the folder may have cost when this run ends."""
        return self.budget.limit + (self.before if self.budget.alone else 0.0)

    def at_start(self) -> str:
        """What has been spent, in words."""
        extra = f" ({money(self.budget.limit)} more for this start)" if self.budget.alone else ""
        return f"Spent so far in this folder: {money(self.before)} of the budget of {money(self.total)}{extra}."

    def at_end(self) -> str:
        """The same when the run is over; what other runs have reserved counts as spent."""
        spent = self.account.others + self.budget.spent
        return f"Spent in this folder: {money(spent)} of the budget of {money(self.total)}, {self._mine} of it now."

    @property
    def _mine(self) -> str:
        return money(self.budget.spent)

    def close(self) -> None:
        """What was reserved ahead and not spent is given back to the folder's other runs."""
        self.account.close(self.budget.spent)


def funds_of(plan: Plan, log: Path) -> Funds | None:
    """The funds of the run that writes this event log. Raises BudgetReached where the ledger cannot be kept."""
    limit = allowance_of(plan.wanted)
    if limit is None:
        return None
    model = RULES_MODEL if plan.offline else plan.settings.api.model
    account = Ledger(log)
    budget = prices.budget(model, prices.tariff(plan.settings, model), limit, account)
    return None if budget is None else Funds(budget, account, account.look())
