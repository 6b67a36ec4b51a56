"""A run against simulated limits: the person's own folder and settings, no model, nothing spent.

In: what is wanted, how the endpoint should behave, and an observer. Out: what had been forecast and what happened. The
endpoint runs in a process of its own, as a real one would; rows go to a folder that is deleted.
"""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import msgspec

from asyncgeo.config import ModelPrice, Settings
from asyncgeo.errors import UserError
from asyncgeo.llm import prices
from asyncgeo.run.app import ask, ask_in_batches
from asyncgeo.run.forecast import Forecast, forecast
from asyncgeo.run.logs import logging_to
from asyncgeo.run.observer import Observer
from asyncgeo.run.plan import Plan, Wanted, load_settings, make_plan, work_of
from asyncgeo.schema.records import RULES_MODEL

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
    batch_seconds: float | None = None

    def arguments(self) -> list[str]:
        """The same for `asyncgeo serve`."""
        values = {
            "--rpm": self.rpm,
            "--tpm": self.tpm,
            "--latency": self.latency or None,
            "--jitter": self.jitter or None,
            "--faults": self.faults or None,
            "--batch-seconds": self.batch_seconds,
        }
        given = [text for flag, value in values.items() if value is not None for text in (flag, f"{value}")]
        return given if self.headers else [*given, "--no-headers"]


class Rehearsed(NamedTuple):
    """What had been forecast, the seconds it took, and the USD that `model` would have cost (None: no price known)."""

    forecast: Forecast
    elapsed: float
    model: str
    spent: float | None


async def rehearse(
    wanted: Wanted, simulated: Simulated, observer: Observer, begins: Callable[[Plan], None]
) -> Rehearsed:
    """Run everything that is wanted against such an endpoint; `begins` hears of the plan before anything is sent.

    Raises UserError for what the person must fix, Stopped when a simulated fault ends the run, as a real one would.
    """
    settings = load_settings(wanted)
    model = settings.api.model
    service = prices.service_of(settings.api) if wanted.batch is None else "batch"
    quote = prices.quote(settings, model, service)
    with tempfile.TemporaryDirectory(prefix="asyncgeo-") as folder, _endpoint(simulated.arguments()) as url:
        flags = {
            **wanted.flags,
            "output.dir": (_NAME, folder),
            "api.base_url": (_NAME, url),
            "api.model": (_NAME, RULES_MODEL),
        }
        plan = make_plan(replace(wanted, flags=flags, is_rehearsal=True), lambda _: None)
        plan = replace(plan, settings=_at_prices_of(settings, plan.settings))
        begins(plan)
        work, _ = work_of(plan)
        price = None if quote is None else quote.price
        slots = plan.settings.limits.max_concurrency
        found = forecast(
            work, rpm=simulated.rpm, tpm=simulated.tpm, concurrency=slots, latency=simulated.latency, price=price
        )
        with logging_to(plan.folder) as event_log:
            seen = await (ask if plan.wanted.batch is None else ask_in_batches)(plan, observer, event_log)
    return Rehearsed(found, seen.elapsed, model, seen.cost)


def _at_prices_of(own: Settings, played: Settings) -> Settings:
    """The settings of the rehearsal, whose endpoint costs what the person's model would."""
    if (tariff := prices.tariff(own, own.api.model)) is None:
        return played
    full = tariff["standard"]
    services = {"flex": tariff["flex"], "batch": tariff["batch"]}
    price = ModelPrice(full.input, full.cached_input, full.output, full.cache_write, **services)
    return msgspec.structs.replace(played, prices={**played.prices, RULES_MODEL: price})


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
