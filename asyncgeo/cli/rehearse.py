"""`asyncgeo rehearse`: prints how a run against simulated limits went, beside what had been forecast."""

import asyncio

from rich.markup import escape

from asyncgeo.cli.run import Screen
from asyncgeo.cli.streams import SafeConsole
from asyncgeo.run import rehearsal
from asyncgeo.run.plan import Plan, Wanted
from asyncgeo.run.rehearsal import Simulated
from asyncgeo.schema.words import counted, duration


def rehearse(wanted: Wanted, simulated: Simulated) -> None:
    """Run everything the flags ask for against such an endpoint. Raises UserError and Stopped."""
    console = SafeConsole(highlight=False, soft_wrap=True)

    def begins(plan: Plan) -> None:
        limits = " ".join(simulated.arguments()) or "no limits"
        console.print(
            "[bold]Rehearsal:[/] no model is used; " + escape(f"{counted(plan.pending, 'problem')} against {limits}.")
        )

    done = asyncio.run(rehearsal.rehearse(wanted, simulated, Screen(), begins))
    found = done.forecast
    if wanted.batch is None:  # how long batches take is not known
        console.print(
            f"Forecast: {duration(found.seconds)}, limited by {found.binds}; took {duration(done.elapsed)} "
            f"({done.elapsed / found.seconds - 1:+.0%})."
        )
    if done.spent is not None and found.cost_cached is not None:
        console.print(
            f"Cost with {done.model}: forecast ${found.cost_cached:.4f} with caching, would have been "
            f"${done.spent:.4f} ({done.spent / found.cost_cached - 1:+.0%})."
        )
