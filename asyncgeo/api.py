"""asyncgeo from Python: what the commands do, as typed functions, for scripts and notebooks.

In: the flags of the commands as arguments. Out: values; nothing is printed. Errors are those of `asyncgeo.errors`;
`error.message` says what happened, `error.remedy` what to do. It composes and decides nothing: each function is one
command.

    import asyncgeo

    done = asyncgeo.run("data-5/GeoQA3/json", model="gpt-6-luna", limit=20)
    print(done.seen.parsed, done.merged)
    row = asyncgeo.parse("如图,在△ABC中,AB=AC,∠BAC=50°", offline=True)

In a notebook, which has an event loop of its own, `await asyncgeo.run_async(…)` instead of `asyncgeo.run(…)`.
"""

import asyncio
import functools
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar, get_args

from asyncgeo import config, rules
from asyncgeo.config import Settings
from asyncgeo.dataset import Format, OnlyQuality, Stats
from asyncgeo.dataset.folder import Written, merge_folder
from asyncgeo.errors import EXIT_INTERRUPTED, ConfigError, InputError, Interrupted, UserError, hide
from asyncgeo.export import (
    Exported,
    ExportOptions,
    FigureKind,
    HubOptions,
    export_dataset,
    export_figures,
    push_dataset,
)
from asyncgeo.run.app import carry_out
from asyncgeo.run.observer import Done, Observer
from asyncgeo.run.one import ask, checked
from asyncgeo.run.outlook import Outlook, outlook, planned
from asyncgeo.run.overrides import naming_arguments, overrides
from asyncgeo.run.places import folder_of, looked_at
from asyncgeo.run.plan import Batching, Wanted, Workers
from asyncgeo.run.session import is_offline
from asyncgeo.schema.records import Meta, Problem, Row, Source, row_from
from asyncgeo.store import events
from asyncgeo.store.events import Event
from asyncgeo.verify.folder import Summary, verify as verify_folder
from asyncgeo.views.compare import Agreement, compare as compare_sets
from asyncgeo.views.notebook import NotebookLine, in_notebook
from asyncgeo.views.report.choice import MOST
from asyncgeo.views.report.gather import Extent
from asyncgeo.views.report.written import FIGURES, WrittenReport, write_report
from asyncgeo.views.status import Status, Watcher, identifiers_of_folder, keys_of_folder

__all__ = [
    "Agreement",
    "Done",
    "Exported",
    "Outlook",
    "Stats",
    "Status",
    "Summary",
    "WrittenReport",
    "compare",
    "export",
    "merge",
    "parse",
    "parse_async",
    "plan",
    "report",
    "run",
    "run_async",
    "status",
    "verify",
]

AnyPath = str | Path
T = TypeVar("T")
P = ParamSpec("P")


async def run_async(  # noqa: PLR0913  one parameter a flag
    input_dir: AnyPath | None = None,
    output_dir: AnyPath | None = None,
    *,
    model: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    offline: bool = False,
    start: int | None = None,
    end: int | None = None,
    limit: int | None = None,
    redo: Literal["failed", "none", "all"] = "failed",
    rpm: float | Literal["auto"] | None = None,
    tpm: float | Literal["auto"] | None = None,
    concurrency: int | None = None,
    pack: int | None = None,
    wait: float | None = None,
    budget: float | str | None = None,
    processes: int | None = None,
    ray: str | None = None,
    batch: bool = False,
    submit_only: bool = False,
    batch_only: bool = False,
    steal_batch: bool = False,
    verify: bool | None = None,
    review: bool = False,
    keep_raw: bool | None = None,
    merge: bool = True,
    config_file: AnyPath | None = None,
    on_event: Callable[[Event], None] | None = None,
    progress: bool | None = None,
) -> Done:
    """`asyncgeo run`: ask about every pending problem, write rows, merge when the folder is complete.

    What is not given comes from the environment and `config_file` (default: ./config.toml), as for the command. The
    key is `api_key`, else OPENAI_API_KEY; it is written nowhere.

    Args:
        input_dir: folder of `<id>.json`, or one `.jsonl` file.
        output_dir: where shards and the dataset go.
        model: the model's name.
        base_url: an OpenAI-compatible endpoint.
        api_key: sent to that endpoint.
        offline: the embedded rule reader answers, no model.
        start: first position in numeric file order, inclusive.
        end: last position, exclusive.
        limit: only the first N pending problems.
        redo: which finished problems are asked again.
        rpm: requests per minute.
        tpm: tokens per minute.
        concurrency: requests in flight, at most.
        pack: problems asked about in one request.
        wait: seconds that an endpoint which has never answered is waited for.
        budget: USD; the run stops before more is spent in the folder, or with "+2" by this call alone.
        processes: how many workers of the Ray cluster ask, one a CPU by default; without `ray` it is one started here.
        ray: ask from this Ray cluster; "local" starts one here.
        batch: ask through the Batch API, at half the price and within 24 hours.
        submit_only: with `batch`, submit and return; the same call without it collects.
        batch_only: with `batch`, leave pending what would have to be asked live.
        steal_batch: ask also what a submitted batch holds.
        verify: draw each parse as it arrives, and ask once more about contradictions.
        review: as `verify`, and ask once more too where the key, or what the rules read in the text, disputes a parse.
        keep_raw: keep each raw answer beside its shard.
        merge: whether to merge when every problem has a row.
        config_file: settings.
        on_event: is called in this loop with each event of the run's event log; what it raises ends the run.
        progress: whether a cell of a notebook shows a line of progress; by default in Jupyter, elsewhere it cannot.

    Returns:
        The output folder, the last state (zeros when nothing was pending), and the dataset's statistics, if merged.
        In a notebook that shows progress, the stop button returns what there is, with exit code 130: what is in flight
        is finished and written, and a second press drops it.

    Raises:
        UserError: before anything is sent: something must be fixed first.
        Stopped: the endpoint, or the budget, ended the run; rows are on disk and the same call goes on.

    >>> done = asyncgeo.run("problems", "results", offline=True)
    >>> done.seen.parsed, done.exit_code
    (2, 0)
    """
    _check_key(api_key)
    if on_event is not None and not callable(on_event):
        raise ConfigError(f"on_event = {on_event!r} is not allowed.", "on_event takes a function of one event.")
    wanted = Wanted(
        start=start,
        end=end,
        limit=limit,
        offline=offline,
        redo=redo,
        budget=budget,
        merge=merge,
        config=None if config_file is None else Path(config_file),
        key=api_key,
        workforce=Workers(processes, ray),
        batch=Batching(submit_only=submit_only, alone=batch_only) if batch else None,
        steal_batch=steal_batch,
        flags=overrides(
            input_dir=_text(input_dir),
            output_dir=_text(output_dir),
            model=model,
            base_url=base_url,
            concurrency=concurrency,
            pack=pack,
            wait=wait,
            verify=verify,
            review=review,
            keep_raw=keep_raw,
            rpm=_text(rpm),
            tpm=_text(tpm),
        ),
    )
    shown = NotebookLine() if in_notebook() and progress is not False else None
    observer = shown or Observer()
    if on_event is not None:
        observer.line = lambda line: on_event(events.decode(line))
    try:
        with naming_arguments():
            return await carry_out(wanted, observer)
    except Interrupted as error:
        if shown is None:
            raise
        return Done(shown.folder, shown.seen(), None, EXIT_INTERRUPTED, str(error))


@naming_arguments()
def plan(  # noqa: PLR0913  one parameter a flag
    input_dir: AnyPath | None = None,
    output_dir: AnyPath | None = None,
    *,
    model: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    offline: bool = False,
    start: int | None = None,
    end: int | None = None,
    limit: int | None = None,
    rpm: float | Literal["auto"] | None = None,
    tpm: float | Literal["auto"] | None = None,
    concurrency: int | None = None,
    pack: int | None = None,
    latency: float | None = None,
    config_file: AnyPath | None = None,
) -> Outlook:
    """`asyncgeo plan`: what a run with these arguments would send, cost and take; nothing is sent.

    `work` counts requests and tokens, `time.seconds` is the run's time by the limits that are known and `tiers` by
    those of OpenAI's tiers, `prices` are USD by service. `latency`: seconds to an answer, else as the folder's runs had
    it. Raises UserError for what must be fixed first.

    >>> asyncgeo.plan("problems", model="gpt-6-luna").work.requests
    2
    """
    _check_key(api_key)
    wanted = Wanted(
        start=start,
        end=end,
        limit=limit,
        offline=offline,
        config=None if config_file is None else Path(config_file),
        flags=overrides(
            input_dir=_text(input_dir),
            output_dir=_text(output_dir),
            model=model,
            base_url=base_url,
            concurrency=concurrency,
            pack=pack,
            rpm=_text(rpm),
            tpm=_text(tpm),
        ),
    )
    return outlook(planned(wanted, api_key or config.api_key()), latency)


@naming_arguments()
def merge(  # noqa: PLR0913  one parameter a flag
    output_dir: AnyPath,
    output: AnyPath | None = None,
    *,
    format: Format | None = None,  # noqa: A002  as the flag is called
    split: str | None = None,
    seed: int = 0,
    only: OnlyQuality | None = None,
    only_drawable: bool = False,
    allow_empty: bool = False,
    flat: bool = False,
) -> Stats:
    """`asyncgeo merge`: all shards of a folder into one dataset file (default: geoqa3_dataset.json in it).

    `format` is "json", "jsonl" or "parquet" (default: by the output's ending), `split` as "train=0.8,test=0.2". `only`
    is "drawable" (no parse that contradicts itself) or "right" (those that lead to their key), by `asyncgeo verify`;
    `only_drawable` is its name until 0.2. `flat` writes objects and conditions as JSON in text, so that all rows have
    one shape.
    Raises ShardError when there are no shards, one of them holds no readable row, the dataset cannot be written, or one
    with problems would be replaced by one without any (unless `allow_empty`); ConfigError for a bad split; InputError
    when only some parses are wanted and none was verified.

    >>> asyncgeo.merge("results", "dataset.jsonl").problems
    2
    """
    if only is not None and only not in get_args(OnlyQuality):
        raise ConfigError(f"only = {only!r} is not allowed.", f"only takes {' or '.join(get_args(OnlyQuality))}.")
    if format is not None and format not in get_args(Format):
        raise ConfigError(f"format = {format!r} is not allowed.", f"format takes {' or '.join(get_args(Format))}.")
    target = None if output is None else Path(output)
    chosen: OnlyQuality | None = only or ("drawable" if only_drawable else None)
    written = Written(
        output=target, format=format, split=split, seed=seed, only=chosen, allow_empty=allow_empty, flat=flat
    )
    folder = Path(output_dir)
    return merge_folder(folder, written, expected=identifiers_of_folder(folder))


@naming_arguments()
def status(output_dir: AnyPath | None = None, *, input_dir: AnyPath | None = None) -> Status:
    """`asyncgeo status`: what a folder holds, which runs go on, what went wrong, and what to do next; it only reads.

    `input_dir`: the problems, where they are not where the runs found them. Raises InputError where there is no folder.

    >>> asyncgeo.status("results").counts.parsed
    2
    """
    settings, named = _looking(output_dir, input_dir)
    folder, likely = looked_at(settings)
    return Watcher(folder, named=likely if named is not None else None, likely=likely).look()


@naming_arguments()
def report(
    output_dir: AnyPath | None = None,
    output: AnyPath | None = None,
    *,
    input_dir: AnyPath | None = None,
    figures: int = FIGURES,
    limit: int = MOST,
    only: Literal["contradictory"] | None = None,
) -> WrittenReport:
    """`asyncgeo report`: one HTML page about a folder (default: report.html in it); no network.

    Figures are drawn of the parses among the first `figures` problems shown, at most `limit` in its table. `only`: what
    `verify` found contradictory. Raises InputError or ShardError for what cannot be read or written.

    >>> asyncgeo.report("results").path
    PosixPath('results/report.html')
    """
    settings, named = _looking(output_dir, input_dir)
    target = None if output is None else Path(output)
    return write_report(settings, named, target, Extent(figures, limit, only))


@naming_arguments()
def verify(
    output_dir: AnyPath | None = None, *, input_dir: AnyPath | None = None, processes: int | None = None
) -> Summary:
    """`asyncgeo verify`: whether every parse of a folder can be drawn and leads to the key of its problem.

    The verdicts go beside the shards. Keys that rows lack are read from `input_dir`, else from the input of the runs.
    `processes`: one a core by default. Raises InputError or ShardError for what cannot be read or written.

    >>> asyncgeo.verify("results").drawable
    2
    """
    settings, named = _looking(output_dir, input_dir)
    folder = folder_of(settings)
    return verify_folder(folder, keys=functools.partial(keys_of_folder, folder, named), processes=processes)


@naming_arguments()
def compare(a: AnyPath, b: AnyPath | None = None, *, limit: int | None = None) -> Agreement:
    """`asyncgeo compare`: how far two sets of parses say the same, whatever their spelling; each a folder or a dataset.

    Without `b` each parse is held against what the rules read in its text. `limit`: the first N problems only. Raises
    InputError where they share no problem.

    >>> asyncgeo.compare("results").agreeing
    2
    """
    return compare_sets(Path(a), None if b is None else Path(b), limit=limit)[0]


@naming_arguments()
def export(  # noqa: PLR0913  one parameter a flag
    format: FigureKind | Literal["hub"],  # noqa: A002  as the argument of the command is called
    source: AnyPath,
    output: AnyPath | None = None,
    *,
    ids: Sequence[str] | None = None,
    only: OnlyQuality | None = None,
    standalone: bool = False,
    force: bool = False,
    processes: int | None = None,
    split: str | None = None,
    seed: int = 0,
    licence: str = "",
    push: str | None = None,
    public: bool = False,
) -> Exported:
    """`asyncgeo export`: the parses of a folder or a dataset for other programs.

    `format` is "geobuild", "ggb", "newclid" or "tikz": figures drawn anew, a file a problem; or "hub": the folder of a
    run as a dataset, which `push` sends to the Hugging Face Hub without asking, for everybody to see only if `public`.
    The output is a folder (default: `export_<format>` beside the parses), or one file for one figure. Files that no
    export wrote are replaced only with `force`. The result says what was not drawn, and what the format could not say.
    Raises ConfigError for a format that there is not or what it lacks, InputError for what cannot be read or written.

    >>> asyncgeo.export("tikz", "results").written
    2
    """
    target = None if output is None else Path(output)
    if format != "hub":
        options = ExportOptions(ids=ids, only=only, standalone=standalone, force=force, processes=processes)
        return export_figures(format, Path(source), target, options)
    if ids is not None:
        raise ConfigError("ids go with figures; a dataset is a folder's.", "Leave them out, or take another format.")
    wanted = HubOptions(only=only, split=split, seed=seed, licence=licence, force=force)
    done = export_dataset(Path(source), target, wanted)
    if push is not None:
        push_dataset(done.output, push, public=public)
    return done


async def parse_async(
    text: str,
    *,
    model: str | None = None,
    base_url: str | None = None,
    api_key: str | None = None,
    offline: bool = False,
    config_file: AnyPath | None = None,
) -> Row:
    """`asyncgeo parse`: the row of one problem, with id "1": `Parsed`, `Skipped`, or `Failed`.

    Offline, or with neither a key nor an endpoint, the rule reader answers in this process; `row.source` says who did.
    Raises UserError for what must be fixed, Stopped when the endpoint refuses.

    >>> row = asyncgeo.parse("如图,在△ABC中,AB=AC,∠BAC=50°,则∠ABC等于()", offline=True)
    >>> row.source, row.category
    ('rules', 'Triangle Properties & Constructions')
    """
    if not isinstance(text, str) or not text.strip():
        raise InputError("The text is empty, or none.", "Give the text of one problem.")
    _check_key(api_key)
    file = None if config_file is None else Path(config_file)
    with naming_arguments():
        settings = config.load(file, flags=overrides(model=model, base_url=base_url))
        key = api_key or config.api_key()
        hide(key)
        if is_offline(settings, key, wanted=offline):
            return await checked(_read(text))
        return await ask(text, settings, key, offline=False)


def _looking(output_dir: AnyPath | None, input_dir: AnyPath | None) -> tuple[Settings, Path | None]:
    """The settings of a command that looks at a folder, and the input that was named."""
    flags = overrides(output_dir=_text(output_dir), input_dir=_text(input_dir))
    return config.load(None, flags=flags), None if input_dir is None else Path(input_dir)


def _text(value: AnyPath | float | None) -> str | None:
    """As it would be typed."""
    whole = isinstance(value, float) and value.is_integer()
    return None if value is None else f"{value:.0f}" if whole else str(value)


def _check_key(key: object) -> None:
    """A key that could be sent. Raises ConfigError, never showing it."""
    if key is None or (isinstance(key, str) and key.isascii() and key.isprintable() and " " not in key):
        return
    raise ConfigError(
        "api_key is no text, or holds a line break, a space or a character that no key has.", "Pass the key alone."
    )


def _read(text: str) -> Row:
    """What the rules make of it, in this process."""
    source: Source = "rules" if rules.screen(text).reason is None else "screen"
    found = rules.parse(text)
    return row_from(Problem("1", text), found, source, Meta(at=events.now(), coverage=found.coverage))


def _blocking(work: Callable[P, Coroutine[Any, Any, T]], name: str) -> Callable[P, T]:
    """The same function for programs without an event loop; in a loop, a message that names the other one."""

    @functools.wraps(work)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(work(*args, **kwargs))
        raise UserError(
            "An event loop is running here already, as in every notebook.", f"Use: await asyncgeo.{work.__name__}(…)"
        )

    call.__name__ = call.__qualname__ = name
    return call


run = _blocking(run_async, "run")
"""`run_async` for programs without an event loop. Ctrl-C raises KeyboardInterrupt with every finished row on disk."""
parse = _blocking(parse_async, "parse")
"""`parse_async` for programs without an event loop."""
