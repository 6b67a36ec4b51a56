"""`asyncgeo rehearse`: the person's own folder and config against simulated limits, nothing spent.

In: the flags of a run, and how the endpoint should behave. Out: how long it took, what limited it, beside what had
been forecast. The endpoint runs in a process of its own, as a real one would; rows go to a folder that is deleted.
"""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from rich.markup import escape

from asyncgeo.cli.run import Screen
from asyncgeo.cli.streams import SafeConsole
from asyncgeo.errors import UserError
from asyncgeo.llm.prices import cost
from asyncgeo.run.app import ask
from asyncgeo.run.forecast import forecast
from asyncgeo.run.logs import logging_to
from asyncgeo.run.plan import Wanted, load_settings, make_plan, work_of
from asyncgeo.schema.records import RULES_MODEL, Tokens
from asyncgeo.schema.words import duration

_NAME: Final = "rehearsal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """How the endpoint behaves: limits per minute, seconds, shares of faults."""

    rpm: float | None
    tpm: float | None
    latency: float
    jitter: float
    faults: str
    headers: bool

    def arguments(self) -> list[str]:
        """The same for `asyncgeo serve`."""
        values = {
            "--rpm": self.rpm,
            "--tpm": self.tpm,
            "--latency": self.latency or None,
            "--jitter": self.jitter or None,
            "--faults": self.faults or None,
        }
        given = [text for flag, value in values.items() if value is not None for text in (flag, f"{value}")]
        return given if self.headers else [*given, "--no-headers"]


def rehearse(wanted: Wanted, simulated: Simulated) -> None:
    """Run everything the flags ask for against such an endpoint.

    Raises UserError for what the person must fix, Stopped when a simulated fault ends the run, as a real one would.
    """
    console = SafeConsole(highlight=False, soft_wrap=True)
    model = load_settings(wanted).api.model
    serve = simulated.arguments()
    with tempfile.TemporaryDirectory(prefix="asyncgeo-") as folder, _endpoint(serve) as url:
        flags = {
            **wanted.flags,
            "output.dir": (_NAME, folder),
            "api.base_url": (_NAME, url),
            "api.model": (_NAME, RULES_MODEL),
        }
        plan = make_plan(replace(wanted, flags=flags, is_rehearsal=True), lambda _: None)
        console.print(
            "[bold]Rehearsal:[/] no model is used; "
            + escape(f"{plan.pending:,} problems against {' '.join(serve) or 'no limits'}.")
        )
        work, _ = work_of(plan)
        price = plan.settings.prices.get(model)
        slots = plan.settings.limits.max_concurrency
        found = forecast(
            work, rpm=simulated.rpm, tpm=simulated.tpm, concurrency=slots, latency=simulated.latency, price=price
        )
        with logging_to(plan.folder) as book:
            seen = asyncio.run(ask(plan, Screen(), book))
        console.print(
            f"Forecast: {duration(found.seconds)}, bound by {found.binds}; took {duration(seen.elapsed)} "
            f"({seen.elapsed / found.seconds - 1:+.0%})."
        )
        if price is not None and found.cost_cached is not None:
            spent = cost(price, Tokens(seen.input_tokens, seen.cached_tokens, seen.output_tokens))
            console.print(
                f"Cost with {model}: forecast ${found.cost_cached:.4f} with caching, would have been ${spent:.4f} "
                f"({spent / found.cost_cached - 1:+.0%})."
            )


@contextlib.contextmanager
def _endpoint(arguments: list[str]) -> Iterator[str]:
    """The base URL of an `asyncgeo serve` of our own, stopped at the end."""
    command = [sys.executable, "-m", "asyncgeo", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own program
        try:
            assert process.stdout is not None  # noqa: S101  asked for above
            first = process.stdout.readline()
            if "http://" not in first:
                raise UserError(
                    "The rehearsal's endpoint did not start.", f"Try it alone: asyncgeo serve {' '.join(arguments)}"
                )
            yield first[first.index("http://") :].strip()
        finally:
            process.terminate()
