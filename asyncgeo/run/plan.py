"""A run thought through before it starts: what is read, what is done, what is left, where rows go.

In: the flags. Out: `Plan`; nothing is sent and nothing is written. Raises UserError for what the person must fix.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, get_args

from msgspec import structs

from asyncgeo import config, rules, store
from asyncgeo.config import Settings
from asyncgeo.errors import ConfigError, InputError, hide
from asyncgeo.llm import models, prices, tokens
from asyncgeo.problems.decoding import id_of
from asyncgeo.problems.reader import Problems
from asyncgeo.run import packs
from asyncgeo.run.extract import FirstReply
from asyncgeo.run.forecast import Work
from asyncgeo.run.overrides import Overrides
from asyncgeo.run.places import input_of, output_of
from asyncgeo.run.session import is_offline, prompt_of
from asyncgeo.schema.records import RULES_MODEL, Problem, Unreadable
from asyncgeo.schema.words import counted
from asyncgeo.store import Bounds, Redo, RunSource, Scan, batches, is_done

LOCAL: Final = "local"
"""The address that starts a Ray cluster of this machine alone, for as long as the run."""

READ_WHOLE: Final = 6_000
"""Files that an estimate reads one and all: half a second; collections of this kind have some 5,000."""
PICKED: Final = 2_000
"""Files that stand for a larger folder: of real problems' texts their mean is within 2 % of the mean of all."""


@dataclass(frozen=True, slots=True)
class Workers:
    """How many workers, and the Ray cluster they run on; None is one a CPU of the cluster, and this process alone."""

    processes: int | None = None
    ray: str | None = None

    @property
    def address(self) -> str | None:
        """The cluster; several processes are workers on one of this machine, None is this process alone."""
        return self.ray or (LOCAL if (self.processes or 1) > 1 else None)


ALONE: Final = Workers()


@dataclass(frozen=True, slots=True)
class Batching:
    """How a run asks through the Batch API; `alone`: what needs another question stays pending."""

    submit_only: bool = False
    alone: bool = False


class BatchAnswers(NamedTuple):
    """The problems that are to have a row now, and what is there of their first answers."""

    only: frozenset[str]
    replies: Mapping[str, FirstReply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The flags. Those that override settings stand in `flags`, as `{"api.model": ("--model", …)}`.

    `key` is the API key where a program gave one; else the environment's is used.
    """

    start: int | None = None
    end: int | None = None
    shards: int | None = None
    limit: int | None = None
    offline: bool = False
    redo: Redo = "failed"
    budget: float | str | None = None
    merge: bool = True
    dry_run: bool = False
    is_rehearsal: bool = False
    workforce: Workers = ALONE
    batch: Batching | None = None
    steal_batch: bool = False
    config: Path | None = None
    key: str | None = field(default=None, repr=False)
    flags: Overrides


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run will do; `pending` counts the problems that have no verdict yet and are not in a batch.

    `in_batch` are those that are. With `served` it is about these problems alone. `picked` are some that stand for all
    pending ones, where only an estimate is wanted of a large folder.
    """

    wanted: Wanted
    settings: Settings
    key: str | None = field(repr=False)
    offline: bool
    sample: bool
    folder: Path
    problems: Problems
    cuts: list[Bounds]
    scan: Scan
    pending: int
    held: frozenset[str] = frozenset()
    in_batch: int = 0
    served: BatchAnswers | None = None
    picked: tuple[Problem | Unreadable, ...] | None = None

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
        pending = self.problems.read(*self.span, self.is_pending)
        return islice(map(self._with_its_row, pending), self.wanted.limit)

    def is_pending(self, identifier: str) -> bool:
        """Whether the problem with this id has no verdict that this run would keep."""
        if self.served is not None:
            return identifier in self.served.only
        return self._lacks_verdict(identifier) and (self.wanted.steal_batch or identifier not in self.held)

    def is_in_batch(self, identifier: str) -> bool:
        """Whether the problem has no verdict, and a batch that was submitted holds it."""
        return identifier in self.held and self._lacks_verdict(identifier)

    def _lacks_verdict(self, identifier: str) -> bool:
        return not is_done(self.scan.standings[identifier], self.source, self.wanted.redo)

    def _with_its_row(self, each: Problem | Unreadable) -> Problem | Unreadable:
        """An input that cannot be read as before has its row already: one more at every start says nothing new."""
        if isinstance(each, Problem):
            return each
        before = self.scan.unreadable.get(each.row.id, "")
        return structs.replace(each, recorded=_reason(before) == _reason(each.row.error))


def make_plan(wanted: Wanted, warn: Callable[[str], None]) -> Plan:
    """1. settings and who answers, 2. input and output, 3. shards, 4. what is left."""
    check(wanted)
    settings = load_settings(wanted)
    _check_packs(wanted, settings.api.pack)
    key = wanted.key or config.api_key()
    hide(key)
    offline = is_offline(settings, key, wanted=wanted.offline)
    if offline and wanted.batch is not None:
        raise ConfigError("The embedded rule reader has no Batch API.", "Set OPENAI_API_KEY, or name --base-url.")
    if not offline:
        prices.budget(settings.api.model, prices.tariff(settings, settings.api.model), allowance_of(wanted))
    source, sample = input_of(settings, asks=not (offline or wanted.is_rehearsal))
    folder = output_of(settings, sample=sample)
    problems = Problems(source, warn)
    cuts = _cut(wanted, settings, len(problems))
    problems.require_one(cuts[0].start, cuts[-1].end)
    scan = store.scan(folder)
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
        held=batches.read(folder).held(),
        pending=0,
    )
    return (_picked(plan) if wanted.dry_run else None) or _count_pending(plan)


def _reason(error: str) -> str:
    """A row's error without the folder, which may be spelled in another way each time."""
    return error.rpartition("/")[2]


def check(wanted: Wanted) -> None:
    """What the command line refuses by itself, for programs too. Raises ConfigError naming the flag."""
    for name, value, least in (
        ("start", wanted.start, 0),
        ("end", wanted.end, 0),
        ("limit", wanted.limit, 1),
        ("shards", wanted.shards, 1),
        ("processes", wanted.workforce.processes, 1),
    ):
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
            raise _refused(name, value, f"a whole number ≥ {least}")
    allowance_of(wanted)
    _check_batch(wanted)
    if wanted.redo not in get_args(Redo):
        raise _refused("redo", wanted.redo, " or ".join(f'"{each}"' for each in get_args(Redo)))
    if wanted.workforce.ray is not None and not isinstance(wanted.workforce.ray, str):
        raise _refused("ray", wanted.workforce.ray, 'the address of a Ray cluster, or "local"')


def _check_batch(wanted: Wanted) -> None:
    """What cannot go together with the Batch API."""
    if wanted.batch is None:
        return
    for name, given in (
        ("--offline", wanted.offline),
        ("--steal-batch", wanted.steal_batch),
        ("--ray", wanted.workforce.address is not None),
    ):
        if given:
            raise ConfigError(f"{name} and --batch cannot go together.", "Leave one of them out.")


def _check_packs(wanted: Wanted, pack: int) -> None:
    """Workers of a cluster are leased one problem at a time."""
    if pack > 1 and wanted.workforce.address is not None:
        raise ConfigError(f"--pack {pack} and --ray cannot go together.", "Leave --ray out, or give --pack 1.")


def typed(budget: str | None) -> float | str | None:
    """`--budget` as a program gives it: a number, or the text that it is."""
    if budget is not None and not budget.startswith("+"):
        with suppress(ValueError):
            return float(budget)
    return budget


def allowance_of(wanted: Wanted) -> prices.Allowance | None:
    """What may be spent, None without a budget. Raises ConfigError where it is no amount."""
    if wanted.budget is None:
        return None
    try:
        return prices.allowance(wanted.budget)
    except ValueError:
        what = "a number of USD ≥ 0 for all runs of the folder, as 2.5, or for this start alone, as +2"
        raise _refused("budget", wanted.budget, what) from None


def _refused(name: str, value: object, allowed: str) -> ConfigError:
    return ConfigError(f"--{name} = {value!r} is not allowed.", f"--{name} takes {allowed}.")


def load_settings(wanted: Wanted) -> Settings:
    """The settings with the flags that were given on top, and the model's defaults below; a pack has room."""
    return packs.with_room(models.with_defaults(config.load(wanted.config, flags=wanted.flags)))


def _count_pending(plan: Plan) -> Plan:
    left = sum(map(plan.is_pending, plan.problems.identifiers(*plan.span)))
    in_batch = sum(map(plan.is_in_batch, plan.problems.identifiers(*plan.span))) if plan.held else 0
    pending = left if plan.wanted.limit is None else min(left, plan.wanted.limit)
    return replace(plan, pending=pending, in_batch=in_batch)


def _picked(plan: Plan) -> Plan | None:
    """The plan of a large folder from its files' names and some of their texts.

    None where all are to be read: a small one, or one in which names are not the ids, as rows or some files show.
    """
    names = plan.problems.names()
    inside = names[slice(*plan.span)]
    if len(inside) <= READ_WHOLE or plan.scan.standings.count() != sum(name in plan.scan.standings for name in names):
        return None
    pending = [place for place, name in enumerate(inside, plan.span.start) if plan.is_pending(name)][
        : plan.wanted.limit
    ]
    places = spread(pending, PICKED)
    found = tuple(plan.problems.read_at(places))
    if list(map(id_of, found)) != [names[place] for place in places]:
        return None
    return replace(plan, pending=len(pending), in_batch=sum(map(plan.is_in_batch, inside)), picked=found)


def spread(positions: Sequence[int], most: int) -> list[int]:
    """As many of them, evenly spaced: the same ones each time."""
    number = min(most, len(positions))
    return [positions[k * len(positions) // number] for k in range(number)]


def _cut(wanted: Wanted, settings: Settings, total: int) -> list[Bounds]:
    cuts = store.plan(
        total, shard_size=settings.output.shard_size, shards=wanted.shards, start=wanted.start, end=wanted.end
    )
    if not cuts:
        raise InputError(
            f"--start {wanted.start or 0} --end {total if wanted.end is None else wanted.end} holds none of the "
            f"{counted(total, 'problem')}.",
            "Positions count from 0 in numeric file order; --start is inclusive, --end exclusive.",
        )
    return cuts


def work_of(plan: Plan) -> tuple[Work, int]:
    """What the run would send, from the problems themselves, and how many of them are screened out for free."""
    if plan.picked is None:
        return reckon(plan.settings, plan.read_pending())
    work, screened = reckon(plan.settings, plan.picked)
    share = plan.pending / max(1, len(plan.picked))
    return work.times(share), round(screened * share)


def reckon(settings: Settings, pending: Iterable[Problem | Unreadable]) -> tuple[Work, int]:
    """The same of some problems."""
    size, screened = settings.api.pack, 0
    alone, head = _head_tokens(settings, packed=False), _head_tokens(settings, packed=size > 1)
    sent, packed = list[int](), 0
    for each in packs.cut(pending, size):
        if isinstance(each, tuple):
            sent.append(head + sum(tokens.estimate(problem.text) for problem in each))
            packed += len(each) - 1
        elif isinstance(each, Problem) and rules.screen(each.text).reason is None:
            sent.append(alone + tokens.estimate(each.text))
        else:
            screened += isinstance(each, Problem)
    return Work(len(sent), sum(sent), head, settings.api.max_completion_tokens, packed), screened


def _head_tokens(settings: Settings, *, packed: bool) -> int:
    return prompt_of(settings, packed=packed).tokens()
