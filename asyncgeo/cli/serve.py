"""`asyncgeo serve`: the embedded endpoint on a port, until it is stopped."""

import asyncio
import signal
from contextlib import suppress

from rich.console import Console

from asyncgeo.cli.streams import SafeConsole
from asyncgeo.schema.records import RULES_MODEL
from asyncgeo.schema.words import counted
from asyncgeo.simulator import Endpoint, Options, serve as serve_endpoint


def serve(options: Options) -> None:
    """Answer requests until Ctrl-C or SIGTERM, then say what was asked. Raises UserError when the port is taken."""
    console = SafeConsole(highlight=False, soft_wrap=True)
    with suppress(asyncio.CancelledError):
        asyncio.run(_serve(options, console))


async def _serve(options: Options, console: Console) -> None:
    endpoints: list[Endpoint] = []

    def ready(endpoint: Endpoint) -> None:
        endpoints.append(endpoint)
        console.print(f"Answering from the rules, no model: {endpoint.base_url}")
        console.print(f"  asyncgeo run --base-url {endpoint.base_url} --model {RULES_MODEL}")

    serving = asyncio.create_task(serve_endpoint(options, ready))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    try:
        await serving
    finally:
        if endpoints:
            stats = endpoints[0].stats
            console.print(f"{counted(stats.requests, 'request')}, {stats.rate_limited:,} × 429")
