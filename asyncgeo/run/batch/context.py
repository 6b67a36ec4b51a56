"""What submitting, waiting and answering share: the plan as it is now, the ledger, the endpoint, the money.

In: a plan, what was typed. Out: a `BatchContext`. It decides what is to be submitted at all, and how a part is given
up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from asyncgeo.errors import UserError
from asyncgeo.llm.batch import BatchApi
from asyncgeo.llm.negotiation import Negotiation
from asyncgeo.llm.prompts import Prompt
from asyncgeo.run.batch import cut
from asyncgeo.run.batch.budget import BatchBudget
from asyncgeo.run.batch.sort import form_of
from asyncgeo.run.plan import Plan
from asyncgeo.store import scan
from asyncgeo.store.batches import Batches, BatchLedger, Closed, Part, Refused
from asyncgeo.store.events import now


@dataclass(slots=True)
class BatchContext:
    """One start of `run --batch`.

    `prompt` is a live first question's; `negotiation` owns how it is written. `handled` have their row, or are left as
    they are; `free` need no question; `chosen` were pending at first, of which --limit takes that many. `is_stale`:
    problems may have become pending since they were looked at. `uncertain` are parts whose last call may have been
    carried out.
    """

    plan: Plan
    ledger: BatchLedger
    api: BatchApi
    budget: BatchBudget
    prompt: Prompt
    negotiation: Negotiation
    say: Callable[[str], None]
    handled: set[str] = field(default_factory=set)
    free: set[str] = field(default_factory=set)
    chosen: set[str] = field(default_factory=set)
    is_stale: bool = True
    uncertain: set[str] = field(default_factory=set)

    @property
    def pack(self) -> int:
        """Problems per request."""
        return self.plan.settings.api.pack

    @property
    def all(self) -> Batches:
        """Every part of the folder."""
        return self.ledger.all

    def waiting(self) -> list[Part]:
        """What the endpoint works on, or has no room for yet."""
        return [part for part in self.all.open if not part.collected]

    def remember(self) -> None:
        """What an earlier start left: calls that may have been carried out, and how requests had to be written.

        What batches hold already counts for --limit, so that the same command goes on waiting.
        """
        self.chosen |= self.all.held()
        self.uncertain |= {part.name for part in self.waiting() if part.batch is None}
        api = self.plan.settings.api
        for part in self.all.open:
            if part.planned.base_url != api.base_url:
                raise UserError(
                    f"Batch {part.name} is at {part.planned.base_url}, and this run asks {api.base_url}.",
                    f"Collect it first: --base-url {part.planned.base_url}",
                )
        if api.response_format == "auto" and self.all.parts:
            last = list(self.all.parts.values())[-1].planned
            if (last.base_url, last.model) == (api.base_url, api.model):
                self.negotiation.form = form_of(last)

    def fresh(self) -> Plan:
        """The plan with what is on the disk now."""
        self.plan = replace(self.plan, scan=scan(self.plan.folder), held=self.all.held())
        return self.plan

    def is_wanted(self, identifier: str) -> bool:
        """Whether the problem is to be submitted, or to have a row that needs no question."""
        if identifier in self.handled or identifier in self.free or not self.plan.is_pending(identifier):
            return False
        return self.all.again[identifier] < cut.TRIES and self._is_chosen(identifier)

    def _is_chosen(self, identifier: str) -> bool:
        """Whether the problem is among the first `--limit`."""
        limit = self.plan.wanted.limit
        if limit is not None and len(self.chosen) < limit:
            self.chosen.add(identifier)
        return limit is None or identifier in self.chosen

    def refuse(self, part: Part, words: str) -> None:
        """The account's queue has no room for the part now."""
        if not part.refusals:
            self.say(f"Batch {part.name} waits for room in the account's queue ({words}).")
        self.ledger.append(Refused(at=now(), part=part.name, limit=cut.limit_in(words)))

    def give_up(self, part: Part, why: str) -> None:
        """Close a part of which nothing will come: its problems are pending as before."""
        self.say(f"Batch {part.name} is given up: {why}.")
        if part.seen is None or part.seen.state == "failed":  # it was never carried out
            self.budget.drop(part.name)
        self.close(part)

    def close(self, part: Part, again: tuple[str, ...] = ()) -> None:
        """The part holds nothing any more."""
        self.is_stale = True
        self.ledger.append(Closed(at=now(), part=part.name, again=again))
        self.ledger.clear(part)
