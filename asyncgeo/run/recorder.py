"""What a run does, counted and written down: the one listener of a run.

In: rows, and what the client and the limits do. Out: `events.Progress` for those who show it, and the run's event log.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from asyncgeo.llm.limits import Bound, View
from asyncgeo.run.tally import Tally
from asyncgeo.schema.records import Row, Service, Tokens, failure_of
from asyncgeo.store import events
from asyncgeo.store.events import Ended, Event, Lost, Probed, Progress, Said

SHORTEST: Final = 0.5
"""Seconds between two states in the event log at first …"""
LONGEST: Final = 10.0
"""… and at last."""
_STEPS: Final = 600
"""A run of any length has about this many states in each doubling of its time: fine at first, never a large file."""


class Recorder:
    """Counts a run and keeps its event log; `view` is how the limits stand, once there are some.

    `offline`: no model is asked, so nothing is billed and nothing limits the run.
    """

    def __init__(self, tally: Tally, append: Callable[[Event], None], *, offline: bool = False) -> None:
        self._offline = offline
        self.view: Callable[[], View | None] = lambda: None
        self.tally: Final = tally
        self.append: Final = append

    def row(self, row: Row) -> None:
        """A row was made, and can be written."""
        if not self.tally.is_waiting(row.id):
            self._note_failure(row)
        self.tally.row(row)

    def waits(self, row: Row) -> None:
        """A problem failed, and its row waits for evidence: what it cost is written down now."""
        self._note_failure(row)
        self.tally.waits(row)

    def probed(self, identifier: str, *, usable: bool) -> None:
        """A problem that was answered before was asked once more."""
        self.tally.probed(identifier, usable=usable)
        self.append(Probed(at=events.now(), id=identifier, usable=usable, cost=self.tally.cost))

    def _note_failure(self, row: Row) -> None:
        if (failure := failure_of(row)) is not None:
            kind, message = failure
            self.append(Lost(at=events.now(), id=row.id, kind=kind, message=message, cost=self.tally.cost))

    def event(self, name: str) -> None:
        """The client did something that is counted."""
        self.tally.event(name)

    def spend(self, tokens: Tokens, service: Service = "standard") -> None:
        """The endpoint billed these tokens in this service."""
        if not self._offline:
            self.tally.spend(tokens, service)

    def say(self, level: Literal["info", "warning", "error"], text: str) -> None:
        """Something the person should know."""
        self.append(Said(at=events.now(), level=level, text=text))

    def progress(self) -> Progress:
        """The state now."""
        seen, view = self.tally.progress(), self.view()
        return seen if view is None else _paced(seen, view)

    def last_errors(self) -> tuple[str, ...]:
        """The last problems that failed, a line each."""
        return self.tally.last_errors

    def ended(self, exit_code: int, message: str = "", remedy: str = "") -> Ended:
        """How the run ended."""
        view = self.view()
        bound = (
            {}
            if view is None or self._offline
            else {f"{bound}": seconds for bound, seconds in view.bound.items() if seconds}
        )
        total = sum(bound.values())
        return Ended(
            at=events.now(),
            exit_code=exit_code,
            message=message,
            remedy=remedy,
            bound={name: round(seconds / total, 4) for name, seconds in bound.items()},
            skip_reasons=self.tally.skip_reasons,
            error_kinds=self.tally.error_kinds,
        )

    async def keep(self) -> None:
        """Write the state down every now and then, until cancelled."""
        while True:
            seen = self.progress()
            self.append(seen)
            await asyncio.sleep(min(LONGEST, max(SHORTEST, seen.elapsed / _STEPS)))


def _paced(state: Progress, view: View) -> Progress:
    return msgspec.structs.replace(
        state,
        in_flight=view.in_flight,
        slots=view.slots,
        requests_used=round(view.requests_used, 1),
        requests_limit=view.requests_limit,
        tokens_used=round(view.tokens_used, 1),
        tokens_limit=view.tokens_limit,
        cool_down=round(view.cool_down, 1),
        down=view.binds is Bound.OUTAGE,
        share=round(view.share, 3),
    )
