"""What a folder's runs have spent, kept so that runs side by side and one after another share one budget.

In: the output folder, the name of this run, what it needs. Out: leave to spend so much, or none. It knows no prices, no
requests and no waiting; `prices.Budget` asks it whenever what it was given does not cover the next reservation.

Before money is spent it is claimed, a block ahead, as a line of `logs/budget.jsonl`, by one process at a time; the last
line of a run counts, and a run that ends puts what it really spent there:
    {"run":"run_20261130T071500000000_4711","usd":0.35}
So the claim of a run that was killed counts as spent. A batch has lines of its own, under its name: the most that it
may cost when it is submitted, what it did cost when it is collected; entering that twice changes nothing. Runs without
a budget, and those before this file, count by the highest cost that their event logs name.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from asyncgeo.errors import BudgetReached
from asyncgeo.store import events, in_turn
from asyncgeo.store.events import Lost, Probed, Progress

NAME: Final = "budget.jsonl"
_BLOCKS: Final = 100
"""A claim is this part of the budget ahead of what is needed: few lines, and little lost when a run is killed."""


class _Claim(msgspec.Struct, frozen=True):
    run: str
    usd: float


class Ledger:
    """The account of the run with this log in its folder; `others` is what all other runs have spent or claimed."""

    def __init__(self, log: Path) -> None:
        self._path = log.parent / NAME
        self._run = log.stem
        self._read: dict[Path, tuple[int, float]] = {}
        self.claimed = 0.0
        self.others = 0.0

    def look(self) -> float:
        """What the other runs of the folder have spent or claimed by now. Raises BudgetReached as `covers` does."""
        with self._turn() as file:
            self.others = self._others(file)
        return self.others

    def covers(self, need: float, limit: float, *, alone: bool) -> bool:
        """Whether this run may spend `need` in all; with `alone` the limit is its own, else that of the folder.

        Raises BudgetReached where the ledger cannot be kept, for then it is not known.
        """
        if need <= self.claimed:
            return True
        with self._turn() as file:
            self.others = self._others(file)
            most = limit if alone else limit - self.others
            if need > most:
                return False
            self._claim(file, min(need + limit / _BLOCKS, most))
        return True

    def enter(self, usd: float) -> None:
        """Exactly this is spent or claimed, whatever was before. Raises BudgetReached as `covers` does."""
        with self._turn() as file:
            self._claim(file, usd)

    def close(self, spent: float) -> None:
        """The run is over, and this is what it cost."""
        if self.claimed:
            with suppress(BudgetReached), self._turn() as file:  # the claim stands then: too much, never too little
                self._claim(file, spent)

    def _claim(self, file: int, usd: float) -> None:
        end = os.fstat(file).st_size
        torn = b"\n" if end and os.pread(file, 1, end - 1) != b"\n" else b""
        os.pwrite(file, torn + msgspec.json.encode(_Claim(self._run, usd)) + b"\n", end)
        self.claimed = usd

    def _others(self, file: int) -> float:
        found = {path.stem: self._cost(path) for path in events.event_logs(self._path.parent.parent)}
        for run, usd in _claims(file).items():
            found[run] = max(usd, found.get(run, 0.0))
        found.pop(self._run, None)
        return sum(found.values())

    def _cost(self, log: Path) -> float:
        """What the log's run had cost when it was last written; read again only where it has grown."""
        with suppress(OSError):
            size = log.stat().st_size
            if self._read.get(log, (-1, 0.0))[0] != size:
                self._read[log] = size, cost_of(log)
        return self._read.get(log, (0, 0.0))[1]

    @contextmanager
    def _turn(self) -> Iterator[int]:
        """The ledger's descriptor, while no other run looks at it."""
        try:
            with in_turn(self._path) as file:
                yield file
        except OSError as error:
            raise BudgetReached(
                f"{self._path}, which keeps the folder's budget, cannot be used: {error.strerror or error}.",
                "A budget needs a file system with locks and room for that file; name another --output-dir.",
            ) from None


def cost_of(log: Path) -> float:
    """USD that a run has cost by its log; requests of problems that failed count too. Raises OSError."""
    costs = (event.cost for event in events.read(log) if isinstance(event, Progress | Lost | Probed))
    return max((cost for cost in costs if cost is not None and cost > 0), default=0.0)


def _claims(file: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in os.pread(file, os.fstat(file).st_size, 0).splitlines():
        with suppress(ValueError):  # cut off by a crash
            claim = msgspec.json.decode(line, type=_Claim)
            found[claim.run] = claim.usd
    return found
