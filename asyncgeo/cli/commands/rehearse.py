"""`asyncgeo rehearse`: its flags."""

from typing import Annotated

import typer

from asyncgeo.cli.flags import (
    BatchSeconds,
    Concurrency,
    ConfigFile,
    End,
    Faults,
    Flex,
    Headers,
    InputDir,
    Jitter,
    LatencyFlag,
    Limit,
    Model,
    PackSize,
    StartFlag,
)
from asyncgeo.run.overrides import overrides

# ruff: noqa: PLC0415  imports late so that --help is quick


def rehearse(  # noqa: PLR0913  one parameter a flag
    *,
    input_dir: InputDir = None,
    start: StartFlag = None,
    end: End = None,
    limit: Limit = None,
    model: Model = None,
    rpm: Annotated[float | None, typer.Option("--rpm", metavar="N", help="Simulated requests per minute.")] = None,
    tpm: Annotated[float | None, typer.Option("--tpm", metavar="N", help="Simulated tokens per minute.")] = None,
    latency: LatencyFlag = 5.0,
    jitter: Jitter = 0.0,
    faults: Faults = "",
    headers: Headers = True,
    batch: Annotated[bool, typer.Option("--batch", help="Rehearse `run --batch`.")] = False,
    batch_seconds: BatchSeconds = 5.0,
    concurrency: Concurrency = None,
    pack: PackSize = None,
    flex: Flex = None,
    config: ConfigFile = None,
) -> None:
    """Play a whole run against simulated limits: your folder and config, nothing spent.

    Examples:
        asyncgeo rehearse --rpm 500 --tpm 200000 --latency 4 --limit 200
    """
    from asyncgeo.cli.rehearse import rehearse as start_rehearsal
    from asyncgeo.run.plan import Batching, Wanted
    from asyncgeo.run.rehearsal import Simulated

    flags = overrides(input_dir=input_dir, model=model, concurrency=concurrency, pack=pack, flex=flex)
    batching = Batching() if batch else None
    start_rehearsal(
        Wanted(start=start, end=end, limit=limit, redo="all", batch=batching, config=config, flags=flags),
        Simulated(
            rpm=rpm,
            tpm=tpm,
            latency=latency,
            jitter=jitter,
            faults=faults,
            headers=headers,
            batch_seconds=batch_seconds if batch else None,
        ),
    )
