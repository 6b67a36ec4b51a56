"""A run thought through before it starts: what is read, what is done, what is left, where rows go.

In: the flags. Out: `Plan`; nothing is sent and nothing is written. Raises UserError for what the person must mend.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Final

from rich.console import Console

from asyncgeo import config, prices, rules, shards, tokens
from asyncgeo.cli.session import is_offline, prompt_of
from asyncgeo.config import Settings
from asyncgeo.errors import InputError
from asyncgeo.formats import ResponseFormat
from asyncgeo.problems import Problems
from asyncgeo.records import RULES_MODEL, Problem, Tokens, Unreadable
from asyncgeo.shards import Bounds, Redo, RunSource, Scan, is_done

SAMPLE_FOLDER: Final = "sample"
"""Inside the default output folder, so that the sample's rows never mix with a person's own."""

TYPICAL_ANSWER: Final = 450
"""Tokens of an ordinary answer: the published parses encoded as answers have a median of 430."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The flags. Those that override settings stand in `flags`, as `{"api.model": ("--model", …)}`."""

    start: int | None = None
    end: int | None = None
    workers: int | None = None
    limit: int | None = None
    offline: bool = False
    redo: Redo = "failed"
    budget: float | None = None
    merge: bool = True
    dry_run: bool = False
    config: Path | None = None
    flags: Mapping[str, tuple[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run will do; `pending` counts problems by the names of their files, before any is read."""

    wanted: Wanted
    settings: Settings
    key: str | None
    offline: bool
    sample: bool
    folder: Path
    problems: Problems
    cuts: list[Bounds]
    scan: Scan
    pending: int

    @property
    def source(self) -> RunSource:
        """Whose verdicts this run makes."""
        return "rules" if self.offline or self.settings.api.model == RULES_MODEL else "model"

    @property
    def span(self) -> Bounds:
        """The positions this run covers."""
        return Bounds(self.cuts[0].start, self.cuts[-1].end)

    def read_pending(self) -> Iterator[Problem | Unreadable]:
        """The inputs that have no verdict yet, at most `--limit` of them, each read when it is asked for."""
        return islice((each for each in self.problems.read(*self.span) if self._is_pending(each)), self.wanted.limit)

    def _is_pending(self, each: Problem | Unreadable) -> bool:
        identifier = each.id if isinstance(each, Problem) else each.row.id
        return not is_done(self.scan.standings[identifier], self.source, self.wanted.redo)


def make_plan(wanted: Wanted, warn: Callable[[str], None]) -> Plan:
    """1. settings and who answers, 2. input and output, 3. shards, 4. what is left."""
    settings = config.load(
        wanted.config, flags={key: flag for key, flag in wanted.flags.items() if flag[1] is not None}
    )
    key = config.api_key()
    offline = is_offline(settings, key, wanted=wanted.offline)
    source, sample = _input_of(settings)
    folder = _output_of(settings, sample=sample)
    problems = Problems(source, warn)
    cuts = _cut(wanted, settings, len(problems))
    scan = shards.scan(folder)
    for finding in scan.findings:
        warn(f"{finding}; it does not count and is left where it is.")
    plan = Plan(
        wanted=wanted,
        settings=settings,
        key=key,
        offline=offline,
        sample=sample,
        folder=folder,
        problems=problems,
        cuts=cuts,
        scan=scan,
        pending=0,
    )
    return _count_pending(plan)


def _count_pending(plan: Plan) -> Plan:
    left = sum(
        not is_done(plan.scan.standings[identifier], plan.source, plan.wanted.redo)
        for identifier in plan.problems.identifiers(*plan.span)
    )
    return replace(plan, pending=left if plan.wanted.limit is None else min(left, plan.wanted.limit))


def _input_of(settings: Settings) -> tuple[Path, bool]:
    """The input's path, and whether it is the bundled sample: nothing was named, and the default is not there."""
    named = Path(settings.input.dir).expanduser()
    if settings.input.dir != config.DEFAULT_INPUT or named.exists():
        return named, False
    return Path(str(resources.files("asyncgeo") / "sample")), True


def _output_of(settings: Settings, *, sample: bool) -> Path:
    folder = Path(settings.output.dir).expanduser()
    is_default = settings.output.dir == config.Settings().output.dir
    return folder / SAMPLE_FOLDER if sample and is_default else folder


def _cut(wanted: Wanted, settings: Settings, total: int) -> list[Bounds]:
    cuts = shards.plan(
        total, shard_size=settings.output.shard_size, workers=wanted.workers, start=wanted.start, end=wanted.end
    )
    if not cuts:
        raise InputError(
            f"--start {wanted.start or 0} --end {total if wanted.end is None else wanted.end} holds none of the "
            f"{total:,} problems.",
            "Positions count from 0 in numeric file order; --start is inclusive, --end exclusive.",
        )
    return cuts


def show_plan(plan: Plan, console: Console) -> None:
    """Who answers, what is read, what is left, and where rows go."""
    if plan.offline:
        why = "--offline" if plan.wanted.offline else "no OPENAI_API_KEY and no base URL"
        console.print(f"[bold yellow]No model is used[/] ({why}): the embedded rule reader answers.")
    else:
        console.print(f"Asking {plan.settings.api.model} at {plan.settings.api.base_url}.")
    total, span = len(plan.problems), plan.span
    what = "bundled sample" if plan.sample else str(plan.problems.path)
    part = "" if span == (0, total) else f", of them [{span.start:,}, {span.end:,}) by --start and --end"
    console.print(f"Input: {what}, {total:,} problems{part}. Output: {plan.folder}.")
    limited = f" (--limit {plan.wanted.limit})" if plan.wanted.limit is not None else ""
    console.print(f"Pending: {plan.pending:,}{limited} of {span.end - span.start:,}.")


def show_forecast(plan: Plan, console: Console) -> None:
    """What a run would send and cost, from the problems themselves; for --dry-run."""
    prompt = prompt_of(plan.settings)
    head = tokens.estimate(prompt.head(ResponseFormat.JSON_SCHEMA).decode())
    asked = [each for each in plan.read_pending() if isinstance(each, Problem)]
    sent = [each for each in asked if rules.screen(each.text).reason is None]
    into = sum(head + tokens.estimate(each.text) for each in sent)
    out = TYPICAL_ANSWER * len(sent)
    console.print(f"Requests: {len(sent):,}; {len(asked) - len(sent):,} are screened out and cost none.")
    console.print(f"Tokens, estimated: {into:,} in ({head:,} a request are the same for all), {out:,} out.")
    price = plan.settings.prices.get(plan.settings.api.model)
    if plan.offline:
        console.print("Cost: none.")
    elif price is None:
        model = plan.settings.api.model
        console.print(f'Cost: no price is known for {model}; put one under [prices."{model}"] in config.toml.')
    else:
        full = prices.cost(price, Tokens(into, 0, out))
        cached = prices.cost(price, Tokens(into, head * max(0, len(sent) - 1), out))
        console.print(f"Cost, estimated: ${full:.2f}; ${cached:.2f} where the endpoint caches the prompt.")
    console.print("Nothing was sent (--dry-run).")
