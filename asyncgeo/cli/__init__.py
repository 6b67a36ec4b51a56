"""The commands, and the one place where errors become messages and exit codes.

In: `sys.argv`. Out: one call into this package's modules a command; each is imported when its command runs, so that
`--help` is quick. Exit codes: 0 finished, 1 the person can fix it, 2 usage, 3 stopped early by the endpoint or a
limit the person set, 4 finished but some problems have no verdict, 130 interrupted. Commands that only look end with
their reader (141 in a shell's pipe).
"""

import sys

from asyncgeo.errors import NEEDS_POSIX

if sys.platform == "win32":
    raise SystemExit(NEEDS_POSIX)

import traceback
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from rich.text import Text

from asyncgeo.cli import streams
from asyncgeo.cli.flags import (
    BaseUrl,
    BatchSeconds,
    Check,
    Concurrency,
    ConfigFile,
    End,
    Faults,
    Flex,
    Headers,
    InputDir,
    Jitter,
    Json,
    KeepRaw,
    LatencyFlag,
    Limit,
    Model,
    Offline,
    OutputDir,
    PackSize,
    Reckoned,
    ReviewFlag,
    Rpm,
    Show,
    StartFlag,
    Tpm,
    VerifyFlag,
    Wait,
)
from asyncgeo.errors import EXIT_FIXABLE, AsyncgeoError, Interrupted, UserError, exit_code, printable, shown
from asyncgeo.run.overrides import overrides

# ruff: noqa: PLC0415  commands import late so that --help is quick
# ruff: noqa: PLR0913  a command has one parameter a flag

EXIT_CODES: Final = (
    "Exit codes: 0 finished · 1 fixable, see the message · 2 usage · 3 stopped by the endpoint or a limit you set · "
    "4 finished, but some problems have no verdict · 130 interrupted. After 3 and 130 the same command goes on where "
    "it stopped."
)

app = typer.Typer(
    name="asyncgeo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXIT_CODES,
)


def _version(wanted: bool) -> None:  # noqa: FBT001  typer calls it with the flag's value
    if wanted:
        typer.echo(f"asyncgeo {installed_version('asyncgeo')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """From a folder of geometry problems to a structured dataset: one run, nothing lost."""


@app.command()
def run(
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
        Literal["failed", "none", "all"],
        typer.Option("--redo", help="Which finished problems are asked again: failed ones, none, or all."),
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
    merge: Annotated[bool, typer.Option("--merge/--no-merge", help="Merge when the folder is complete.")] = True,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, metavar="N", help="--ray local with N workers.", hidden=True)
    ] = None,
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
    verify: VerifyFlag = None,
    review: ReviewFlag = False,
    keep_raw: KeepRaw = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line for every event, for scripts.")] = False,
    config: ConfigFile = None,
) -> None:
    """Ask the model about every pending problem, write rows as they finish, merge at the end.

    A first try: `asyncgeo run`. With a key: `asyncgeo run --input-dir data-5/GeoQA3/json --limit 20`.
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
        _show(UserError(done.message))
    raise typer.Exit(done.exit_code)


@app.command()
def status(
    *,
    output_dir: OutputDir = None,
    input_dir: InputDir = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every second until Ctrl-C.")] = False,
    as_json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Say what is done, pending and held, what went wrong, and what to do next; also while a run goes on.

    For example: `asyncgeo status --watch` in a second terminal; `asyncgeo status --json | jq .counts.pending`.
    It only looks: a run is not disturbed.
    """
    from asyncgeo.cli.status import status as show_status

    streams.end_with_reader()
    show_status(overrides(input_dir=input_dir, output_dir=output_dir), config, watch=watch, as_json=as_json)


@app.command()
def errors(
    *,
    output_dir: OutputDir = None,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Only these, for example timeout.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=0, metavar="N", help="List the first N.")] = None,
    as_json: Json = False,
    config: ConfigFile = None,
) -> None:
    """List the problems that failed: counted by kind, then each with its message.

    For example: `asyncgeo errors --limit 20`; `asyncgeo errors --kind timeout --json | jq -r .id`.
    """
    from asyncgeo.cli.errors import errors as show_errors

    streams.end_with_reader()
    show_errors(overrides(output_dir=output_dir), config, kind=kind, limit=limit, as_json=as_json)


@app.command()
def show(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The id of a problem.")],
    *,
    output_dir: OutputDir = None,
    input_dir: InputDir = None,
    as_json: Json = False,
    svg: Annotated[
        str | None, typer.Option("--svg", metavar="FILE|-", help="Write its figure; - is standard output.")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Show one problem: its text with what the rules read marked, its row, and every row before it.

    For example: `asyncgeo show 17`; `asyncgeo show 17 --json`; `asyncgeo show 17 --svg figure.svg`.
    """
    from asyncgeo.cli.show import show as show_problem

    flags = overrides(input_dir=input_dir, output_dir=output_dir)
    streams.end_with_reader()
    show_problem(identifier, flags, config, as_json=as_json, svg=svg)


@app.command()
def merge(
    *,
    output_dir: OutputDir = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="The dataset.  [default: geoqa3_dataset.<format> there]"),
    ] = None,
    form: Annotated[
        Literal["json", "jsonl", "parquet"] | None,
        typer.Option("--format", help="How it is written.  [default: by the ending of --output, else json]"),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option("--split", metavar="SHARES", help="One file a part, by a hash of the id: `train=0.8,test=0.2`."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Another seed, another split.")] = 0,
    only: Annotated[
        Literal["drawable", "right"] | None,
        typer.Option(
            "--only", help="By `asyncgeo verify`: no parse that contradicts itself; or those that lead to their key."
        ),
    ] = None,
    only_drawable: Annotated[bool, typer.Option("--only-drawable", hidden=True)] = False,  # --only drawable until 0.2
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Replace a dataset even by one without a problem.")
    ] = False,
    flat: Annotated[
        bool, typer.Option("--flat", help="Objects and conditions as JSON in text: rows of one shape, as in Parquet.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Merge all dataset_*.jsonl of a folder into one dataset, with statistics.

    For example: `asyncgeo merge`; `asyncgeo merge --output-dir old/shards --output dataset.json`; for training:
    `asyncgeo merge --format parquet --split train=0.8,test=0.2 --only drawable`.
    """
    from asyncgeo.cli.merge import merge as start_merge
    from asyncgeo.dataset.folder import Written

    chosen = only or ("drawable" if only_drawable else None)
    written = Written(
        output=output, format=form, split=split, seed=seed, only=chosen, allow_empty=allow_empty, flat=flat
    )
    start_merge(overrides(output_dir=output_dir), config, written)


@app.command()
def export(
    form: Annotated[
        Literal["geobuild", "ggb", "hub", "newclid", "tikz"],
        typer.Argument(metavar="FORMAT", help="geobuild, ggb, hub, newclid or tikz."),
    ],
    source: Annotated[Path, typer.Argument(metavar="FOLDER|DATASET", help="A run's folder, or a merged dataset.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="A folder; a file for one problem.  [default: export_FORMAT beside the parses]",
        ),
    ] = None,
    ids: Annotated[str | None, typer.Option("--ids", metavar="ID,ID", help="Only these problems.")] = None,
    only: Annotated[
        Literal["drawable", "right"] | None,
        typer.Option("--only", help="As for `merge`: what `asyncgeo verify` found to be this."),
    ] = None,
    standalone: Annotated[bool, typer.Option("--standalone", help="tikz: a document of its own.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that no export wrote.")] = False,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, metavar="N", help="Draw in N processes.  [default: one a core]")
    ] = None,
    split: Annotated[str | None, typer.Option("--split", metavar="SHARES", help="hub: as for `merge`.")] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="hub: as for `merge`.")] = 0,
    licence: Annotated[
        str, typer.Option("--licence", "--license", metavar="ID", help="hub: of the problems, for example cc-by-4.0.")
    ] = "",
    push: Annotated[
        str | None, typer.Option("--push", metavar="NAME", help="hub: send it there; only you see it. Asks before.")
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="hub: everybody may see what is pushed.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="hub: push without asking.")] = False,
) -> None:
    """Write the parses for other programs: GeoBuildBench, GeoGebra, Hugging Face Hub, Newclid, TikZ.

    For example: `asyncgeo export tikz ground_truth --ids 17 --standalone -o 17.tex`; for others to load:
    `asyncgeo export hub ground_truth --split train=0.8,test=0.2 --licence cc-by-4.0 --push NAME`.
    Figures are drawn anew; what a format cannot say is named on screen and in `_export.json` beside the files.
    """
    from asyncgeo.cli.export import Push, export as start_export, export_to_hub
    from asyncgeo.export import ExportOptions, HubOptions

    if form == "hub":
        if ids is not None or standalone:
            raise typer.BadParameter("--ids and --standalone go with figures; a dataset is a folder's")
        wanted = HubOptions(only=only, split=split, seed=seed, licence=licence, force=force)
        export_to_hub(source, output, wanted, None if push is None else Push(push, public, not yes))
        return
    if split or licence or push or public:
        raise typer.BadParameter("--split, --licence, --push and --public go with hub")
    options = ExportOptions(
        ids=None if ids is None else [each.strip() for each in ids.split(",")],
        only=only,
        standalone=standalone,
        force=force,
        processes=processes,
    )
    start_export(form, source, output, options)


@app.command()
def parse(
    text: Annotated[str, typer.Argument(metavar="TEXT|-", help="One problem; - reads it from standard input.")],
    *,
    model: Model = None,
    base_url: BaseUrl = None,
    offline: Offline = False,
    wait: Wait = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what the rules read where, and what they did not understand.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Read one problem and print its row.

    For example: `asyncgeo parse --offline '△ABC中,AB=AC'`; `pbpaste | asyncgeo parse --explain -`.
    """
    from asyncgeo.cli.parse import explain as explain_text, parse as parse_text

    text = sys.stdin.read() if text == "-" else text
    if explain:
        explain_text(text)
    else:
        parse_text(text, overrides(model=model, base_url=base_url, wait=wait), config, offline=offline)


@app.command()
def plan(
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
    latency: Reckoned = None,
    check: Check = False,
    config: ConfigFile = None,
) -> None:
    """Say what a run would send, cost and take, and what would limit it; send nothing.

    For example: `asyncgeo plan --rpm 500 --tpm 200000 --latency 4`.
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
    show_plan(Wanted(start=start, end=end, limit=limit, config=config, flags=flags), latency, check=check)


@app.command()
def tune(
    *,
    model: Model = None,
    base_url: BaseUrl = None,
    wait: Wait = None,
    write: Annotated[bool, typer.Option("--write", help="Put the advice into config.toml; comments stay.")] = False,
    config: ConfigFile = None,
) -> None:
    """Ask one small question, and recommend limits for the account that answered.

    For example: `asyncgeo tune`; `asyncgeo tune --write` puts them into config.toml.
    """
    from asyncgeo.cli.tune import tune as start_tune

    start_tune(overrides(model=model, base_url=base_url, wait=wait), config, write=write)


@app.command()
def rehearse(
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

    For example: `asyncgeo rehearse --rpm 500 --tpm 200000 --latency 4 --limit 200`.
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


batch_app = typer.Typer(name="batch", help="List the batches of a folder, or cancel them.")
app.add_typer(batch_app)


@batch_app.callback(invoke_without_command=True)
def batch(
    context: typer.Context, *, output_dir: OutputDir = None, as_json: Json = False, config: ConfigFile = None
) -> None:
    """List the batches of a folder that hold problems, as they were seen last.

    For example: `asyncgeo batch`; `asyncgeo batch --json`; `asyncgeo batch cancel`.
    """
    if context.invoked_subcommand is None:
        from asyncgeo.cli.batch import show as show_batches

        show_batches(overrides(output_dir=output_dir), config, as_json=as_json)


@batch_app.command()
def cancel(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[BATCH]…", help="Which of them.  [default: all of the folder]")
    ] = None,
    *,
    output_dir: OutputDir = None,
    base_url: BaseUrl = None,
    config: ConfigFile = None,
) -> None:
    """Ask the endpoint to end batches; what was answered by then is paid for, and collected by `run --batch`.

    For example: `asyncgeo batch cancel`; `asyncgeo batch cancel 0003`.
    """
    from asyncgeo.cli.batch import cancel as cancel_batches

    cancel_batches(overrides(output_dir=output_dir, base_url=base_url), config, names or [])


@app.command()
def verify(
    *,
    output_dir: OutputDir = None,
    input_dir: Annotated[
        str | None,
        typer.Option(
            "--input-dir", "-i", metavar="DIR", help="Keys of rows that hold none.  [default: as the event logs say]"
        ),
    ] = None,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, metavar="N", help="Processes.  [default: one a core]")
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, hidden=True)] = None,  # --processes until 0.2
    show: Show = 10,
    config: ConfigFile = None,
) -> None:
    """Check that every parse can be drawn and leads to the key of its problem; results go to verify_*.jsonl.

    What a problem asks for is measured in several figures of its parse, and held against its key where there is one.
    For example: `asyncgeo verify --output-dir ground_truth --show 20`.
    """
    from asyncgeo.cli.verify import verify as start_verify

    flags = overrides(output_dir=output_dir, input_dir=input_dir)
    start_verify(flags, config, processes=processes or workers, show=show)


@app.command()
@app.command("recheck", hidden=True)  # its name until 0.2
def reparse(*, output_dir: OutputDir = None, show: Show = 10, config: ConfigFile = None) -> None:
    """Make rows anew from the answers that --keep-raw kept, by this version's checks; nothing is asked.

    For example: `asyncgeo reparse --output-dir ground_truth`.
    """
    from asyncgeo.cli.reparse import reparse as start_reparse

    start_reparse(overrides(output_dir=output_dir), config, show=show)


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="A dataset, a shard, or a folder of shards.")],
    b: Annotated[
        Path | None,
        typer.Argument(
            metavar="B",
            show_default=False,
            help="Another one with parses of the same problems; without it, what the rules read in A's texts.",
        ),
    ] = None,
    *,
    vote: Annotated[
        Path | None,
        typer.Option(
            "--vote", metavar="OUT", help="Write what both say to this new folder; what one alone says is marked."
        ),
    ] = None,
    limit: Limit = None,
    show: Show = 10,
) -> None:
    """Compare two sets of parses by meaning: which conditions of one hold in figures built from the other.

    For example: `asyncgeo compare ground_truth` for a second reading of every row by the rules, with the words of
    the text; `asyncgeo compare reference.json ground_truth` for two sets; with `--vote both` the rows of two models
    become one set, in which each row's `meta.disputed` says what only one of them holds.
    """
    if vote is not None and b is None:
        raise typer.BadParameter("--vote takes two sets, A and B")
    from asyncgeo.cli.compare import compare as start_compare

    start_compare(a, b, limit=limit, show=show, vote=vote)


@app.command(hidden=True)  # `report --only contradictory` since 0.2
def gallery(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A dataset, a shard, or a folder of shards.")],
    *,
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="The page.")] = Path("gallery.html"),
    limit: Limit = 60,
    contradictory: Annotated[bool, typer.Option("--contradictory", help="Only parses that cannot be drawn.")] = False,
) -> None:
    """Draw the figures of parses on one page.

    For example: `asyncgeo gallery ground_truth --contradictory --output gallery.html`.
    """
    from asyncgeo.cli.gallery import gallery as start_gallery

    start_gallery(source, output, limit=limit, only_contradictory=contradictory)


@app.command()
def report(
    *,
    output_dir: OutputDir = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="The page.  [default: report.html there]")
    ] = None,
    input_dir: Annotated[
        str | None,
        typer.Option(
            "--input-dir", "-i", metavar="DIR", help="Texts of skipped problems.  [default: as the event logs say]"
        ),
    ] = None,
    figures: Annotated[
        int, typer.Option("--figures", min=0, metavar="N", help="Draw the parses among the first N problems shown.")
    ] = 500,
    limit: Annotated[
        int,
        typer.Option("--limit", min=1, metavar="N", help="Problems in the table at most; charts count all of them."),
    ] = 20_000,
    only: Annotated[
        Literal["contradictory"] | None,
        typer.Option("--only", help="Only what `asyncgeo verify` found contradictory, drawn as well as can be."),
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Write one HTML page about a folder: totals, cost, runs, and every problem to search and open; no network.

    For example: `asyncgeo report`, then open `ground_truth/report.html` in a browser; `asyncgeo report --only
    contradictory --output contradictory.html`.
    """
    from asyncgeo.cli.report import report as start_report

    flags = overrides(output_dir=output_dir, input_dir=input_dir)
    start_report(flags, config, output, figures=figures, limit=limit, only=only)


@app.command()
def serve(
    *,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    rpm: Annotated[float | None, typer.Option("--rpm", metavar="N", help="Enforce requests per minute.")] = None,
    tpm: Annotated[float | None, typer.Option("--tpm", metavar="N", help="Enforce tokens per minute.")] = None,
    burst: Annotated[
        float, typer.Option("--burst", metavar="S", help="Seconds' worth of the limits that may come at once.")
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

    For example: `asyncgeo serve --rpm 600 --latency 1.8 --faults 429=0.02,500=0.01`.
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


for _command in app.registered_commands:
    _command.epilog = EXIT_CODES


def main() -> None:
    """Run the command line; every error of ours ends as a message on standard error and its exit code."""
    streams.prepare()
    try:
        app(prog_name="asyncgeo")
    except AsyncgeoError as error:
        _show(error)
        raise SystemExit(exit_code(error)) from None
    except KeyboardInterrupt:
        raise SystemExit(exit_code(Interrupted(""))) from None
    except Exception as defect:  # noqa: BLE001  ours; its message may repeat what a server or a file said
        sys.stderr.write(shown("".join(traceback.format_exception(defect))))
        raise SystemExit(EXIT_FIXABLE) from None


def _show(error: AsyncgeoError) -> None:
    """The message and its remedy, on standard error."""
    console = streams.LastingConsole(stderr=True)  # it knows NO_COLOR
    for text, style in ((error.message, "red"), *((line, "") for line in error.remedy.splitlines())):
        console.print(Text(printable(text), style=style))
