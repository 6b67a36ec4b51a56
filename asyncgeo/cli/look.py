"""`Status` → what stands on the screen: the whole, each shard, what went wrong, each run, what to do next.

In: a status, settings for prices, the size of the screen. Out: something rich prints. It reads no file.
"""

import io
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from asyncgeo.cli import panel
from asyncgeo.config import Settings
from asyncgeo.errors import printable
from asyncgeo.llm import prices
from asyncgeo.run import summary
from asyncgeo.schema.records import RULES_MODEL, Tokens
from asyncgeo.schema.words import billed, counted, duration, money, unexpressed
from asyncgeo.store import Holder
from asyncgeo.store.events import Ended
from asyncgeo.views.status import BatchStatus, Run, RunState, ShardStatus, Status, StatusCounts, Step, Verified, moment

_BAR: Final = 30
_SHARDS_SHOWN: Final = 60  # without a screen to fit; a run has rarely more than some dozens
_BESIDE_SHARDS: Final = 4  # lines: a blank one, the heading, the sum of those left out, the cursor's
_LEAST: Final = 3  # shards shown however low the screen is

_STEPS: Final = {
    "collect": "wait for the batches and collect them with",
    "wait": "it goes on; watch it with",
    "resume": "go on with",
    "run": "ask for the rest with",
    "again": "ask again for what failed with",
    "merge": "merge with",
    "errors": "see what failed with",
    "done": "nothing: the dataset is up to date",
}


def render(status: Status, settings: Settings, width: int, height: int | None = None) -> Group:
    """The picture of a status, at most so wide; with a height, shards that are complete are summed up to fit it."""
    if not status.shards and not status.runs and not status.batches:
        return Group(
            *_head(status, width),
            Text("Nothing was run into it yet.", style="yellow"),
            *_next(status, width, is_watched=height is not None),
        )
    above = [*_head(status, width), *_whole(status, width)]
    below = [
        *_reasons(status, width),
        *_spent(status, settings, width),
        *_nameless(status, width),
        *_batches(status, width),
        *_runs(status, width),
        *_next(status, width, is_watched=height is not None),
    ]
    limit = _SHARDS_SHOWN if height is None else height - _lines([*above, *below], width) - len(status.gaps)
    return Group(*above, *_shards(status, limit), *below)


def _lines(parts: Iterable[RenderableType], width: int) -> int:
    """How many lines these take, and the table's heading, its sum and the lines between."""
    console = Console(width=width, file=io.StringIO())
    return sum(len(console.render_lines(part)) for part in parts) + _BESIDE_SHARDS


def _head(status: Status, width: int) -> Iterator[Text]:
    yield clip(Text(str(status.folder), style="bold"), width)
    if status.input is not None and status.size is not None:
        yield clip(Text(f"input {status.input}, {counted(status.size, 'problem')}", style="dim"), width)
    elif status.shards:
        yield Text("input not found: what is pending is not known; name it with --input-dir", style="yellow")
    if status.strangers:
        yield Text(f"{status.strangers:,} ids with a row are not in this input: is it the right one?", style="yellow")
    for path in status.lookalikes:
        yield clip(Text(f"not read: {printable(path.name)} is named like a shard but is none", style="yellow"), width)


def _whole(status: Status, width: int) -> Iterator[Text]:
    counts = status.counts
    if status.size:
        yield _bar(counts, status.size, width)
    in_batch = f" · in batch {status.in_batch:,}" if status.in_batch else ""
    yield clip(_counts(counts).append(in_batch), width)
    if status.unexpressed:
        yield clip(Text(unexpressed(status.unexpressed)), width)
    if status.verified.verified:
        yield clip(_verified(status.verified), width)
    if counts.again > counts.errors:
        words = f"{counts.again:,} of these are asked again by the next run: failed, or read by the rules for the model"
        yield clip(Text(words, style="yellow"), width)


def _verified(found: Verified) -> Text:
    """What `asyncgeo verify` found, in one line."""
    bad = f", {found.contradictory:,} cannot" if found.contradictory else ""
    states = [*found.answers.items(), *found.reviews.items()]
    told = "".join(f" · {state} {count:,}" for state, count in states)
    return Text(f"verified {found.verified:,}: {found.drawable:,} can be drawn{bad}{told}")


def _bar(counts: StatusCounts, size: int, width: int) -> Text:
    """Verdicts green, errors red, the rest of the input pale."""
    done, room = counts.parsed + counts.skipped, min(_BAR, width // 2)
    full = min(room, room * done // size)
    bad = min(room - full, -(-room * counts.errors // size))
    text = Text.assemble(("━" * full, "green"), ("━" * bad, "red"), ("━" * (room - full - bad), "bright_black"))
    return text.append(f" {_percent(min(1.0, done / size))}  {done:,} of {size:,} have a verdict")


def _percent(share: float) -> str:
    """Rounded down: 100 % is for what is complete."""
    return f"{int(share * 100)}%"


def _counts(counts: StatusCounts) -> Text:
    text = Text.assemble((f"parsed {counts.parsed:,}", "green"))
    text.append(" · ").append(f"stood in {counts.stand_ins:,}", style="yellow" if counts.stand_ins else "")
    text.append(f" · skipped {counts.skipped:,} · ")
    text.append(f"failed {counts.failed:,}", style="red" if counts.failed else "")
    if counts.pending is not None:
        text.append(f" · pending {counts.pending:,}")
    return text


def _shards(status: Status, limit: int) -> Iterator[RenderableType]:
    if status.shards:
        yield Text()
        yield _table(status, limit)


def _table(status: Status, limit: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("positions", no_wrap=True)
    for name in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    if status.gaps or any(shard.holder is not None or shard.bad_lines for shard in status.shards):
        table.add_column("held by", no_wrap=True, overflow="ellipsis")
    shown, folded = _fold(status.shards, max(_LEAST, limit))
    for shard in shown:
        row = [Text(f"{shard.start:,}–{shard.end:,}"), *_cells(shard.counts), _holder(shard, status.at)]
        table.add_row(*row[: len(table.columns)])
    if folded:
        table.add_row(f"{len(folded):,} more", *_cells(_sum(folded)), style="dim")
    for gap in status.gaps:
        rest = ("",) * (len(_COLUMNS) - 1)
        table.add_row(f"{gap.start:,}–{gap.end:,}", *rest, f"{gap.pending:,}", "no shard yet", style="dim")
    return table


_COLUMNS: Final = ("parsed", "stood in", "skipped", "failed", "pending")


def _fold(shards: tuple[ShardStatus, ...], limit: int) -> tuple[list[ShardStatus], list[ShardStatus]]:
    """The shards to show, and those summed up: the complete ones first, as many as it takes."""
    excess = len(shards) - limit
    if excess <= 0:
        return list(shards), []
    folded = {shard.name for shard in sorted(shards, key=_interest)[:excess]}
    return [each for each in shards if each.name not in folded], [each for each in shards if each.name in folded]


def _interest(shard: ShardStatus) -> tuple[bool, bool, int, int]:
    """The more, the later: held now, begun and not done, with errors, with more to do."""
    pending = shard.counts.pending or 0
    return shard.holder is not None, bool(pending and shard.rows), shard.counts.errors, pending


def _sum(shards: list[ShardStatus]) -> StatusCounts:
    known = all(shard.counts.pending is not None for shard in shards)
    return StatusCounts(
        parsed=sum(shard.counts.parsed for shard in shards),
        stand_ins=sum(shard.counts.stand_ins for shard in shards),
        skipped=sum(shard.counts.skipped for shard in shards),
        failed=sum(shard.counts.failed for shard in shards),
        pending=sum(shard.counts.pending or 0 for shard in shards) if known else None,
    )


def _cells(counts: StatusCounts) -> Iterator[Text]:
    yield Text(f"{counts.parsed:,}")
    yield Text(f"{counts.stand_ins:,}", style="yellow" if counts.stand_ins else "")
    yield Text(f"{counts.skipped:,}")
    yield Text(f"{counts.failed:,}", style="red" if counts.failed else "")
    yield Text("?" if counts.pending is None else f"{counts.pending:,}", style="yellow" if counts.pending else "")


def _holder(shard: ShardStatus, at: str) -> Text:
    if shard.encoding is not None:
        return Text(f"it is {shard.encoding}; save it as UTF-8", style="yellow")
    if shard.bad_lines:
        return Text(f"{counted(shard.bad_lines, 'line is no row', 'lines are no rows')}", style="yellow")
    if shard.holder is None:
        return Text()
    return Text(_who(shard.holder, at), style="cyan")


def _who(holder: Holder, at: str) -> str:
    return f"{holder.pid} for {_held_for(holder, at)}" if holder.pid else "a process"


def _held_for(holder: Holder, at: str) -> str:
    return since(holder.since.replace(" UTC", "+00:00"), at)


def _reasons(status: Status, width: int) -> Iterator[Text]:
    rows = (
        ("skipped", status.skip_reasons, ""),
        ("errors", status.error_kinds, "red"),
        ("sources", status.sources if len(status.sources) > 1 else {}, ""),
        ("models", status.models if len(status.models) > 1 else {}, ""),
    )
    if any(words for _, words, _ in rows):
        yield Text()
    for name, words, style in rows:
        if words:
            yield _listed(name, words, width, style)


def _listed(name: str, words: Mapping[str, int], width: int, style: str) -> Text:
    text = Text.assemble((f"{name:<9}", style or "dim"))
    text.append(" · ".join(f"{word} {count:,}" for word, count in words.items()))
    return clip(text, width)


def _spent(status: Status, settings: Settings, width: int) -> Iterator[Text]:
    used = [
        (model, service, tokens)
        for model, services in status.tokens.items()
        for service, tokens in services.items()
        if model != RULES_MODEL
    ]
    if not used:
        return
    total = sum((tokens for *_, tokens in used), Tokens())
    parts = billed(total, _percent(total.cached / total.input) if total.input else "0%")
    quotes = [(prices.quote(settings, model, service), tokens) for model, service, tokens in used]
    if costs := [prices.cost(quote.price, tokens) for quote, tokens in quotes if quote is not None]:
        parts += f" · {money(sum(costs))}"
    yield clip(Text.assemble(("tokens   ", "dim"), parts), width)


def _nameless(status: Status, width: int) -> Iterator[Text]:
    """Holders that keep no event log, with what they were started as."""
    known = {run.started.pid for run in status.runs}
    holders = {shard.holder.pid: shard.holder for shard in status.shards if shard.holder is not None}
    for holder in holders.values():
        if holder.pid not in known:
            yield Text()
            words = ": ".join(filter(None, (_who(holder, status.at), holder.command)))
            yield clip(Text.assemble(("● held ", "cyan"), words), width)


def _batches(status: Status, width: int) -> Iterator[RenderableType]:
    """Each batch that holds problems, as the endpoint described it last."""
    if status.batches:
        yield Text()
    for each in status.batches:
        yield clip(Text.assemble((f"◆ batch {each.name} ", "cyan"), describe(each, status.at)), width)


def describe(batch: BatchStatus, at: str) -> str:
    """How a batch stands, in words."""
    failed = f", {batch.failed:,} failed" if batch.failed else ""
    words = f"{batch.state.replace('_', ' ')}: {batch.done + batch.failed:,} of {batch.total:,} done{failed}"
    if batch.batch is None:
        return f"{words}, planned {since(batch.at, at)} ago"
    left = 0.0 if batch.expires is None else batch.expires - moment(at).timestamp()
    ends = f", ends within {duration(left)}" if left > 0 and batch.state != "collected" else ""
    return f"{words}, submitted {since(batch.at, at)} ago{ends}"


def _next(status: Status, width: int, *, is_watched: bool) -> Iterator[Text]:
    steps = [step for step in status.next if not (is_watched and step.kind == "wait")]
    if steps:
        yield Text()
    for step in steps:
        yield _step(step, width, is_whole=not is_watched)


def _step(step: Step, width: int, *, is_whole: bool) -> Text:
    """The step; its command is left to the terminal to wrap, so that it can be copied as one line."""
    words = f"next: {_STEPS[step.kind]}"
    if not step.command:
        return Text(words, style="dim")
    command = shlex.join(step.command)
    between = "\n  " if len(words) + len(command) >= width else " "
    text = Text.assemble((words, "dim"), between, (command, "bold"))
    if is_whole:
        text.no_wrap, text.overflow = True, "ignore"
    return text


def clip(text: Text, width: int) -> Text:
    """The text on one line of the width, cut with an ellipsis; what a terminal must not see is escaped."""
    if not text.plain.isprintable():
        text = Text(printable(text.plain), style=text.style)
    text.no_wrap = True
    text.truncate(width, overflow="ellipsis")
    return text


def seconds(start: str, end: str) -> float:
    """From one time to another; never less than none."""
    return max(0.0, (moment(end) - moment(start)).total_seconds())


def since(start: str, end: str) -> str:
    """How long that was, as `2m14s`."""
    return duration(seconds(start, end))


_SILENT: Final = 30.0  # seconds; a run that goes on tells of itself every ten at least
_INDENT: Final = 2

_STYLES: Final[dict[RunState, tuple[str, str]]] = {
    "running": ("●", "bold green"),
    "finished": ("✓", "green"),
    "stopped": ("■", "bold red"),
    "interrupted": ("■", "bold yellow"),
    "failed": ("✗", "bold red"),
    "killed": ("✗", "bold red"),
}


def _runs(status: Status, width: int) -> Iterator[RenderableType]:
    """One run in full; of several that go on their sum in full, and each in a line or two."""
    if not status.runs:
        return
    yield Text()
    going = sum(run.state == "running" for run in status.runs)
    if going > 1 and status.live is not None:
        yield Text(f"{going} runs go on, together:", style="bold")
        yield _inside(panel.panel(status.live, (), width - _INDENT))
    for run in status.runs:
        yield from _show(run, status.at, width, is_alone=len(status.runs) == 1)


def _show(run: Run, at: str, width: int, *, is_alone: bool) -> Iterator[RenderableType]:
    yield clip(_heading(run, at, is_alone=is_alone), width)
    if run.state != "running":
        yield from _came_to(run, width, is_alone=is_alone)
        return
    errors = [f"{error.id}: {error.kind}: {error.message}" for error in run.errors]
    if run.progress is None:
        yield Text("  it has not asked anything yet", style="dim")
    elif is_alone:
        yield _inside(panel.panel(run.progress, errors, width - _INDENT, run.started.budget, run.started.spent_before))
    else:
        yield clip(Text(f"  {summary.line(run.progress)}"), width)
    for said in run.said[-1:]:
        yield clip(Text(f"  {said.text}", style="dim"), width)


def _heading(run: Run, at: str, *, is_alone: bool) -> Text:
    """Sign, state, times and command; of several runs, whose commands differ at their ends, the positions too."""
    sign, style = _STYLES[run.state]
    positions = "" if is_alone else f" {run.started.start:,}–{run.started.end:,}"
    command = shlex.join(run.started.command) or "started from Python"
    return Text.assemble((f"{sign} {run.state}", style), positions, f" {_times(run, at)}: {command}")


def _times(run: Run, at: str) -> str:
    if run.state == "finished":
        return f"{since(run.seen, at)} ago"
    if run.state != "running":
        return f"{since(run.seen, at)} ago, process {run.started.pid}"
    silence = seconds(run.seen, at)
    silent = f", silent for {duration(silence)}" if silence > _SILENT else ""
    return f"for {since(run.started.at, at)}{silent}, process {run.started.pid}"


def _came_to(run: Run, width: int, *, is_alone: bool) -> Iterator[RenderableType]:
    """What it did; of several runs a line each, and what went wrong."""
    if run.progress is not None:
        bound = {} if run.ended is None else run.ended.bound  # what was skipped and failed stands above, for all runs
        ended = Ended(at=run.seen, exit_code=0, bound=bound)
        lines = summary.closing(run.progress, ended, offline=run.started.offline)
        for line in lines if is_alone else lines[:1]:
            yield clip(Text(f"  {line}"), width)
    if run.ended is None:
        yield clip(Text("  it ended without a word; its rows are safe", style="yellow"), width)
        return
    if run.ended.message:
        yield _inside(Text(run.ended.message, style="yellow" if run.state == "finished" else "red"))
    for error in run.errors:
        yield clip(Text(f"  {error.id}: {error.kind}: {error.message}", style="yellow"), width)
    if run.ended.remedy:
        yield _inside(Text(run.ended.remedy))


def _inside(shown: RenderableType) -> Padding:
    return Padding(shown, (0, 0, 0, _INDENT), expand=False)
