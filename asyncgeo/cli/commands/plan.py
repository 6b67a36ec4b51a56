"""`asyncgeo plan`: its flags."""

from typing import Annotated

import typer

from asyncgeo.cli.flags import (
    BaseUrl,
    Concurrency,
    ConfigFile,
    End,
    InputDir,
    Json,
    Limit,
    Model,
    OutputDir,
    PackSize,
    Rpm,
    StartFlag,
    Tpm,
)
from asyncgeo.run.overrides import overrides

# ruff: noqa: PLC0415  imports late so that --help is quick


def plan(  # noqa: PLR0913  one parameter a flag
    *,
    input_dir: InputDir = None,
    output_dir: OutputDir = None,
    start: StartFlag = None,
    end: End = None,
    limit: Limit = None,
    model: Model = None,
    base_url: BaseUrl = None,
    rpm: Rpm = None,
    tpm: Tpm = None,
    concurrency: Concurrency = None,
    pack: PackSize = None,
    latency: Annotated[
        float | None,
        typer.Option(
            "--latency",
            min=0,
            metavar="SECONDS",
            help="From a request to its answer; else as the run's folder shows it, else 5.",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Ask the endpoint whether it serves the model; costs nothing.")
    ] = False,
    as_json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Say what a run would send, cost and take, and what would limit it; send nothing.

    Examples:
        asyncgeo plan --rpm 500 --tpm 200000 --latency 4
        asyncgeo plan --model gpt-4.1-mini                # before there is a key
        asyncgeo plan --json | jq '.prices[].usd_cached'

    --json prints one object: model, base_url, input, folder; problems, start, end, pending, in_batch, read (files that
    the figures are reckoned from); requests, asked (problems in them), screened; input_tokens, shared_tokens (of each
    request), output_tokens; latency_seconds, latency_is_assumed; seconds and limited_by, by your own limits; tiers,
    each with its limits per minute, seconds and batches; prices, each a service with usd_cached and usd; notice;
    lists_model, with --check.
    """
    from asyncgeo.cli.plan import plan as show_plan
    from asyncgeo.run.plan import Wanted

    flags = overrides(
        input_dir=input_dir,
        output_dir=output_dir,
        model=model,
        base_url=base_url,
        rpm=rpm,
        tpm=tpm,
        concurrency=concurrency,
        pack=pack,
    )
    wanted = Wanted(start=start, end=end, limit=limit, config=config, flags=flags)
    show_plan(wanted, latency, check=check, as_json=as_json)
