"""`asyncgeo run`: its flags, and which of them `--help` shows."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import typer

from asyncgeo.cli import streams
from asyncgeo.cli.flags import (
    BaseUrl,
    Concurrency,
    ConfigFile,
    End,
    Flex,
    InputDir,
    Limit,
    Model,
    Offline,
    OutputDir,
    PackSize,
    Rpm,
    StartFlag,
    Tpm,
    Wait,
)
from asyncgeo.cli.help import Panel, show_all
from asyncgeo.errors import UserError
from asyncgeo.run.overrides import overrides

# ruff: noqa: PLC0415  imports late so that --help is quick

PANELS: Final[Mapping[str, Panel]] = {
    "What is asked, and who": Panel("input_dir output_dir model base_url offline", "config wait"),
    "How many problems": Panel("limit redo", "start end resume shards shard_size"),
    "Limits": Panel("rpm tpm concurrency", "pack ray"),
    "Money": Panel("budget flex batch", "submit_only batch_only steal_batch"),
    "Checking": Panel("", "verify review keep_raw merge"),
    "Looking": Panel("dry_run quiet json help help_all"),
}


def run(  # noqa: PLR0913  one parameter a flag
    *,
    input_dir: InputDir = None,
    output_dir: OutputDir = None,
    start: StartFlag = None,
    end: End = None,
    shard_size: Annotated[
        int | None, typer.Option("--shard-size", metavar="N", help="Problems per shard.  [default: 1000]")
    ] = None,
    shards: Annotated[
        int | None, typer.Option("--shards", min=1, metavar="N", help="Cut the run into N equal shards instead.")
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, hidden=True)] = None,  # --shards until 0.2
    limit: Limit = None,
    model: Model = None,
    base_url: BaseUrl = None,
    flex: Flex = None,
    offline: Offline = False,
    resume: Annotated[
        bool, typer.Option("--resume/--no-resume", help="--no-resume asks everything again, as --redo all.")
    ] = True,
    redo: Annotated[
        Literal["failed", "none", "all"], typer.Option("--redo", help="Which finished problems are asked again.")
    ] = "failed",
    rpm: Rpm = None,
    tpm: Tpm = None,
    concurrency: Concurrency = None,
    pack: PackSize = None,
    wait: Wait = None,
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget", metavar="USD", help="Stop before the folder has cost more than this; +2: this start alone."
        ),
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge/--no-merge", help="Merge when the folder is complete.  [default: merge]")
    ] = True,
    processes: Annotated[int | None, typer.Option("--processes", min=1, hidden=True)] = None,  # --ray until 0.2
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray", metavar="ADDRESS", help="Ask from a Ray cluster, one worker a CPU; `local` starts one here."
        ),
    ] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Ask through the Batch API: half the price, within 24 hours.")
    ] = False,
    submit_only: Annotated[
        bool, typer.Option("--submit-only", help="With --batch: submit and end; the same command without it collects.")
    ] = False,
    batch_only: Annotated[
        bool,
        typer.Option("--batch-only", help="With --batch: nothing is asked live; what would have to be stays pending."),
    ] = False,
    steal_batch: Annotated[
        bool, typer.Option("--steal-batch", help="Ask also what a submitted batch holds: it is paid for twice.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; send nothing.")] = False,
    verify: Annotated[
        bool | None,
        typer.Option("--verify/--no-verify", help="Draw each parse as it arrives, ask again about contradictions."),
    ] = None,
    review: Annotated[
        bool,
        typer.Option(
            "--review",
            help="--verify, and ask again where the key, or what the rules read in the text, disputes a parse.",
        ),
    ] = False,
    keep_raw: Annotated[
        bool | None,
        typer.Option("--keep-raw/--no-keep-raw", help="Keep each answer as it came, for `asyncgeo reparse`."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line for every event, for scripts.")] = False,
    config: ConfigFile = None,
    help_all: Annotated[  # noqa: ARG001  its callback has ended the command
        bool, typer.Option("--help-all", is_eager=True, callback=show_all, help="Show all flags and exit.")
    ] = False,
) -> None:
    """Ask the model about every pending problem, write rows as they finish, merge at the end.

    Examples:
        asyncgeo run                                              # a first try
        asyncgeo run --input-dir data-5/GeoQA3/json --limit 20    # with a key
        asyncgeo run --base-url http://127.0.0.1:8000/v1 --model NAME
    """
    from asyncgeo.cli.run import run as start_run
    from asyncgeo.run.plan import Batching, Wanted, Workers, typed

    if (submit_only or batch_only) and not batch:
        raise typer.BadParameter("--submit-only and --batch-only go with --batch")
    if json and dry_run:
        raise typer.BadParameter("--json reports a run as it goes on; --dry-run starts none")
    done = start_run(
        Wanted(
            start=start,
            end=end,
            shards=shards or workers,
            limit=limit,
            offline=offline,
            redo=redo if resume else "all",
            budget=typed(budget),
            merge=merge,
            dry_run=dry_run,
            workforce=Workers(processes, ray),
            batch=Batching(submit_only=submit_only, alone=batch_only) if batch else None,
            steal_batch=steal_batch,
            config=config,
            flags=overrides(
                input_dir=input_dir,
                output_dir=output_dir,
                shard_size=shard_size,
                model=model,
                base_url=base_url,
                rpm=rpm,
                tpm=tpm,
                concurrency=concurrency,
                pack=pack,
                verify=verify,
                review=review,
                keep_raw=keep_raw,
                wait=wait,
                flex=flex,
            ),
        ),
        quiet=quiet,
        json=json,
    )
    if quiet and done.message:
        streams.show_error(UserError(done.message))
    raise typer.Exit(done.exit_code)
