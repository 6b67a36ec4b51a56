"""What a run says to its caller: while it goes on through an `Observer`, at its end as `Done`.

In: nothing. Out: the two types. It knows neither screen nor notebook.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from asyncgeo.dataset import Stats
from asyncgeo.errors import EXIT_FINISHED, printable
from asyncgeo.run.budget import Funds
from asyncgeo.run.plan import Plan
from asyncgeo.run.summary import verdicts
from asyncgeo.schema.words import counted, money
from asyncgeo.store.events import Progress


class Observer:
    """What a run says to its caller, in this order; a method that is not overridden does nothing.

    `command`: what was typed; nothing where a program started the run, whose own command line is none of ours.
    `signals`: whether Ctrl-C, SIGTERM and SIGHUP are the run's to answer. `line`: gets each line of the event log.
    """

    command: tuple[str, ...] = ()
    signals: bool = False
    line: Callable[[bytes], None] | None = None

    def planned(self, plan: Plan) -> None:
        """Nothing has been sent yet; of a dry run it is all there is."""

    def begins(self, plan: Plan, log_file: Path) -> None:
        """Something is pending, and will be asked."""

    def said(self, text: str) -> None:
        """One sentence while the run goes on: what has changed its pace, what it has to wait for."""

    async def watch(
        self, seen: Callable[[], Progress], errors: Callable[[], Sequence[str]], funds: Funds | None
    ) -> None:
        """Runs beside the run, cancelled at its end: `seen()` is the present state, `errors()` the last errors."""

    def closed(self, lines: Sequence[str]) -> None:
        """How asking ended, in lines of text."""

    def warned(self, warnings: Sequence[str]) -> None:
        """What is odd about the input and the shards, each once."""

    def incomplete(self, plan: Plan, missing: int) -> None:
        """`missing` problems have no row, so nothing is merged."""

    def merging(self) -> contextlib.AbstractContextManager[Callable[[int, int], None] | None]:
        """The block in which shards are merged; its value hears of bytes done and bytes in all."""
        return contextlib.nullcontext()

    def merged(self, plan: Plan, stats: Stats) -> None:
        """The dataset is written."""


@dataclass(frozen=True, slots=True, repr=False)
class Done:
    """What a run did: the last state (zeros when nothing was pending), and the merged dataset's statistics, if any.

    `exit_code` is 0 when every problem asked has a verdict of the source asked, else 4, and `message` counts those
    that have none.
    """

    folder: Path
    seen: Progress
    merged: Stats | None
    exit_code: int = EXIT_FINISHED
    message: str = ""

    def __repr__(self) -> str:
        """What a person wants to know first: counts, price, how it ended, what to do next."""
        return f"Done({str(self.folder)!r}, exit_code={self.exit_code}: {'; '.join(self._told())})"

    def _repr_html_(self) -> str:
        """The same for a notebook."""
        rows = (("folder", str(self.folder)), ("exit code", str(self.exit_code)), *self._facts())
        cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
        return f"<table>{cells}</table>"

    def _told(self) -> Iterator[str]:
        for name, value in self._facts():
            yield value if name in ("asked", "message") else f"{name} {value}"

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield "asked", verdicts(self.seen) if self.seen.done else "nothing was pending"
        if self.seen.cost is not None:
            yield "cost", money(self.seen.cost)
        if self.merged is not None:
            yield "dataset", counted(self.merged.problems, "problem")
        if self.message:
            yield "message", printable(" ".join(self.message.split()))
        yield "next", f"asyncgeo.{'status' if self.message else 'report'}({str(self.folder)!r})"
