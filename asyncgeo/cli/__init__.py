"""The commands: their flags, and the one place where errors become messages and exit codes.

In: `sys.argv`. Out: calls into this package's modules, one a command, imported when the command runs so that
`--help` is quick. Exit codes: 0 finished, 1 the person can fix it, 2 usage, 3 stopped early by the endpoint or a
limit the person set, 130 interrupted.
"""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated, Literal

import typer

from asyncgeo.errors import AsyncgeoError, Interrupted, exit_code

app = typer.Typer(
    name="asyncgeo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 finished · 1 fixable, see the message · 2 usage · 3 stopped by the endpoint or a limit you "
    "set · 130 interrupted. After 3 and 130 the same command goes on where it stopped.",
)

OutputDir = Annotated[
    str | None, typer.Option("--output-dir", "-o", metavar="DIR", help="Shards and dataset.  [default: ground_truth]")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Settings.  [default: ./config.toml if there]")
]
Model = Annotated[str | None, typer.Option("--model", help="Model name.  [default: gpt-4.1-mini]")]
BaseUrl = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="Any OpenAI-compatible endpoint.  [default: OpenAI's]")
]
Offline = Annotated[
    bool,
    typer.Option(
        "--offline", help="Use the embedded rule reader, no model. On when there is neither key nor base URL."
    ),
]


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
def run(  # noqa: PLR0913  one parameter a flag
    *,
    input_dir: Annotated[
        str | None,
        typer.Option(
            "--input-dir",
            "-i",
            metavar="DIR",
            help="Folder of `<id>.json`, or one `.jsonl` file.  [default: data-5/GeoQA3/json; the bundled sample "
            "where that does not exist]",
        ),
    ] = None,
    output_dir: OutputDir = None,
    start: Annotated[
        int | None, typer.Option("--start", min=0, help="First position in numeric file order, inclusive.")
    ] = None,
    end: Annotated[int | None, typer.Option("--end", min=0, help="Last position, exclusive.")] = None,
    shard_size: Annotated[
        int | None, typer.Option("--shard-size", metavar="N", help="Problems per shard.  [default: 1000]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, metavar="N", help="Cut the run into N equal shards instead.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first N pending problems.")
    ] = None,
    model: Model = None,
    base_url: BaseUrl = None,
    offline: Offline = False,
    resume: Annotated[
        bool, typer.Option("--resume/--no-resume", help="--no-resume asks everything again, as --redo all.")
    ] = True,
    redo: Annotated[
        Literal["failed", "none", "all"],
        typer.Option("--redo", help="Which finished problems are asked again: failed ones, none, or all."),
    ] = "failed",
    rpm: Annotated[str | None, typer.Option("--rpm", metavar="N|auto", help="Requests per minute.")] = None,
    tpm: Annotated[str | None, typer.Option("--tpm", metavar="N|auto", help="Tokens per minute.")] = None,
    concurrency: Annotated[
        int | None, typer.Option("--concurrency", metavar="N", help="Requests in flight, at most.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", min=0, metavar="USD", help="Stop before more than this is spent.")
    ] = None,
    merge: Annotated[bool, typer.Option("--merge/--no-merge", help="Merge when the folder is complete.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; send nothing.")] = False,
    config: ConfigFile = None,
) -> None:
    """Ask the model about every pending problem, write rows as they finish, merge at the end.

    A first try: `asyncgeo run`. With a key: `asyncgeo run --input-dir data-5/GeoQA3/json --limit 20`.
    """
    from asyncgeo.cli.plan import Wanted  # noqa: PLC0415  imported late so that --help is quick
    from asyncgeo.cli.run import run as start_run  # noqa: PLC0415

    start_run(
        Wanted(
            start=start,
            end=end,
            workers=workers,
            limit=limit,
            offline=offline,
            redo=redo if resume else "all",
            budget=budget,
            merge=merge,
            dry_run=dry_run,
            config=config,
            flags={
                "input.dir": ("--input-dir", input_dir),
                "output.dir": ("--output-dir", output_dir),
                "output.shard_size": ("--shard-size", shard_size),
                "api.model": ("--model", model),
                "api.base_url": ("--base-url", base_url),
                "limits.requests_per_minute": ("--rpm", _number(rpm)),
                "limits.tokens_per_minute": ("--tpm", _number(tpm)),
                "limits.max_concurrency": ("--concurrency", concurrency),
            },
        )
    )


@app.command()
def merge(
    *,
    output_dir: OutputDir = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="The dataset.  [default: geoqa3_dataset.json there]")
    ] = None,
    config: ConfigFile = None,
) -> None:
    """Merge all dataset_*.jsonl of a folder into one dataset, with statistics."""
    from asyncgeo.cli.merge import merge as start_merge  # noqa: PLC0415

    start_merge({"output.dir": ("--output-dir", output_dir)}, config, output)


@app.command()
def parse(
    text: Annotated[str, typer.Argument(metavar="TEXT|-", help="One problem; - reads it from standard input.")],
    *,
    model: Model = None,
    base_url: BaseUrl = None,
    offline: Offline = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what the rules read where, and what they did not understand.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Read one problem and print its row."""
    from asyncgeo.cli import parse as implementation  # noqa: PLC0415

    text = sys.stdin.read() if text == "-" else text
    if explain:
        implementation.explain(text)
    else:
        flags = {"api.model": ("--model", model), "api.base_url": ("--base-url", base_url)}
        implementation.parse(text, flags, config, offline=offline)


@app.command()
def serve(  # noqa: PLR0913  one parameter a flag
    *,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    rpm: Annotated[float | None, typer.Option("--rpm", metavar="N", help="Enforce requests per minute.")] = None,
    tpm: Annotated[float | None, typer.Option("--tpm", metavar="N", help="Enforce tokens per minute.")] = None,
    burst: Annotated[
        float, typer.Option("--burst", metavar="S", help="Seconds' worth of the limits that may come at once.")
    ] = 1.0,
    headers: Annotated[bool, typer.Option("--headers/--no-headers", help="Whether replies tell of the limits.")] = True,
    latency: Annotated[float, typer.Option("--latency", metavar="S", help="Median seconds to an answer.")] = 0.0,
    jitter: Annotated[float, typer.Option("--jitter", metavar="X", help="Spread of the latency (lognormal).")] = 0.0,
    faults: Annotated[
        str, typer.Option("--faults", metavar="MIX", help="Shares of faults: `429=0.02,500=0.01,reset=0.005`.")
    ] = "",
    quota: Annotated[
        int | None, typer.Option("--quota", metavar="N", help="Requests until the account is out of money.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="What faults and latencies are drawn from.")] = 0,
    canned: Annotated[
        bool, typer.Option("--canned", help="The same answer to everything, as fast as can be: measures clients.")
    ] = False,
) -> None:
    """Serve the embedded OpenAI-compatible endpoint: rehearse limits and faults without spending.

    For example: `asyncgeo serve --rpm 600 --latency 1.8 --faults 429=0.02,500=0.01`.
    """
    from asyncgeo.cli.serve import serve as start_serve  # noqa: PLC0415
    from asyncgeo.endpoint import Options, read_mix  # noqa: PLC0415

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
        )
    )


def _number(given: str | None) -> int | str | None:
    """A flag's "500" as a number, so that settings check it like one; anything else as it stands."""
    return int(given) if given is not None and given.isdecimal() else given


def main() -> None:
    """Run the command line; every error of ours ends as a message on standard error and its exit code."""
    try:
        app()
    except AsyncgeoError as error:
        show(error)
        raise SystemExit(exit_code(error)) from None
    except KeyboardInterrupt:
        raise SystemExit(exit_code(Interrupted(""))) from None


def show(error: AsyncgeoError) -> None:
    """The message and its remedy, on standard error."""
    typer.secho(error.message, err=True, fg="red")
    if error.remedy:
        typer.echo(error.remedy, err=True)
