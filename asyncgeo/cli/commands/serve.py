"""`asyncgeo serve`: its flags."""

from typing import Annotated

import typer

from asyncgeo.cli.flags import BatchSeconds, Faults, Headers, Jitter, LatencyFlag

# ruff: noqa: PLC0415  imports late so that --help is quick


def serve(  # noqa: PLR0913  one parameter a flag
    *,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="What to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, metavar="N", help="Port; 0 takes a free one.")
    ] = 8000,
    rpm: Annotated[float | None, typer.Option("--rpm", metavar="N", help="Enforce requests per minute.")] = None,
    tpm: Annotated[float | None, typer.Option("--tpm", metavar="N", help="Enforce tokens per minute.")] = None,
    burst: Annotated[
        float, typer.Option("--burst", metavar="SECONDS", help="Seconds' worth of the limits that may come at once.")
    ] = 1.0,
    headers: Headers = True,
    latency: LatencyFlag = 0.0,
    jitter: Jitter = 0.0,
    faults: Faults = "",
    quota: Annotated[
        int | None, typer.Option("--quota", metavar="N", help="Requests until the account is out of money.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="What faults and latencies are drawn from.")] = 0,
    batch_seconds: BatchSeconds = 5.0,
    enqueued_tokens: Annotated[
        int | None,
        typer.Option("--enqueued-tokens", min=1, metavar="N", help="Prompt tokens that batches may hold at once."),
    ] = None,
    canned: Annotated[
        bool, typer.Option("--canned", help="The same answer to everything, as fast as can be: measures clients.")
    ] = False,
) -> None:
    """Serve the embedded OpenAI-compatible endpoint: rehearse limits and faults without spending.

    Examples:
        asyncgeo serve --rpm 600 --latency 1.8 --faults 429=0.02,500=0.01
    """
    from asyncgeo.cli.serve import serve as start_serve
    from asyncgeo.simulator import Options, read_mix

    start_serve(
        Options(
            host=host,
            port=port,
            rpm=rpm,
            tpm=tpm,
            burst=burst,
            headers=headers,
            latency=latency,
            jitter=jitter,
            faults=read_mix(faults),
            quota=quota,
            seed=seed,
            canned=canned,
            batch_seconds=batch_seconds,
            enqueued=enqueued_tokens,
        )
    )
