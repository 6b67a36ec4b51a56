"""`asyncgeo run` on a terminal: what the run says, shown to a person, or as JSON to a program.

In: what is wanted, what was typed. Out: text on a console, or a line of JSON an event.
"""

import asyncio
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.markup import escape

from asyncgeo.cli import panel
from asyncgeo.cli.merge import show_statistics
from asyncgeo.cli.plan import show_forecast, show_plan
from asyncgeo.cli.streams import LastingConsole, print_line, progress_bar
from asyncgeo.dataset import Stats
from asyncgeo.errors import printable
from asyncgeo.run import commands
from asyncgeo.run.app import carry_out
from asyncgeo.run.budget import Funds
from asyncgeo.run.estimate import estimate
from asyncgeo.run.observer import Done, Observer
from asyncgeo.run.plan import Plan, Wanted
from asyncgeo.schema.words import counted
from asyncgeo.store.events import Progress

_WARNINGS_SHOWN: Final = 5


class Screen(Observer):
    """Shows a run on a console; when the console is quiet, nothing. With `json` a program reads the events instead."""

    signals = True

    def __init__(self, *, quiet: bool = False, json: bool = False) -> None:
        self.command = ("asyncgeo", *sys.argv[1:])
        self.line = print_line if json else None
        self.console = LastingConsole(quiet=quiet or json)

    def planned(self, plan: Plan) -> None:
        """Who answers, what is read, what is left; of a dry run its forecast too."""
        show_plan(plan, self.console)
        if plan.wanted.dry_run:
            show_forecast(plan, self.console)

    def begins(self, plan: Plan, log_file: Path) -> None:
        """What it will cost and take, and where its log is."""
        if not self.console.quiet and (line := estimate(plan)):
            self.console.print(escape(line))
        self.console.print(escape(f"Log: {log_file}"))

    def said(self, text: str) -> None:
        """Show the sentence."""
        self.console.print(escape(printable(text)))

    async def watch(
        self, seen: Callable[[], Progress], errors: Callable[[], Sequence[str]], funds: Funds | None
    ) -> None:
        """The live panel, or plain lines."""
        budget, before = (None, 0.0) if funds is None else (funds.total, funds.before)
        await panel.show(seen, self.console, errors, budget, before)

    def closed(self, lines: Sequence[str]) -> None:
        """Show how it ended."""
        for text in lines:
            self.console.print(escape(text))

    def warned(self, warnings: Sequence[str]) -> None:
        """Show the first warnings."""
        for warning in warnings[:_WARNINGS_SHOWN]:
            self.console.print(f"[yellow]warning:[/yellow] {escape(printable(warning))}")
        if len(warnings) > _WARNINGS_SHOWN:
            self.console.print(f"… and {counted(len(warnings) - _WARNINGS_SHOWN, 'more warning')}; the log has all.")

    def incomplete(self, plan: Plan, missing: int) -> None:
        """Show what is missing, and the commands for the rest and for what is there."""
        self.console.print(f"{missing:,} of {len(plan.problems):,} problems have no row yet, so nothing is merged.")
        if plan.in_batch and plan.wanted.batch is None:
            self.console.print(f"{plan.in_batch:,} of them are in batches, which `asyncgeo run --batch` collects.")
        merge = shlex.join(["asyncgeo", "merge", "--output-dir", str(plan.folder)])
        rest = shlex.join(commands.whole(self.command))
        self.console.print(escape(f"The rest: {rest}\nOr merge what is there: {merge}"))

    @contextmanager
    def merging(self) -> Iterator[Callable[[int, int], None]]:
        """A bar that is gone when the merge is done."""
        self.console.print()
        with progress_bar("merging", quiet=self.console.quiet) as progress:
            yield progress

    def merged(self, plan: Plan, stats: Stats) -> None:
        """Show the statistics, and the command that makes sense now."""
        show_statistics(stats, self.console)
        where = shlex.join(["--output-dir", str(plan.folder)])
        self.console.print()
        self.console.print(escape(f"Next: asyncgeo {'errors' if stats.errors else 'report'} {where}"))


def run(wanted: Wanted, *, quiet: bool, json: bool) -> Done:
    """Carry out what the flags ask for. Raises what `carry_out` does."""
    return asyncio.run(carry_out(wanted, Screen(quiet=quiet, json=json)))
