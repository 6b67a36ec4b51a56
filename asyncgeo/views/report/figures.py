"""Entries, one by one → the numbers of a report: totals, counts, histograms.

In: `PageEntry`s. Out: plain values ready for JSON. It formats nothing: units and words are the page's business.
"""

import math
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from asyncgeo.schema.conditions import DIFFICULTIES, TYPE
from asyncgeo.schema.records import RULES_MODEL, Failed, Meta, Parsed, Row, Skipped, Tokens
from asyncgeo.views.report.content import PageEntry

_BINS: Final = 28
"""Bins at most, up to the 99th percentile: enough to see two humps, few enough to see each bar."""
_STEPS: Final = (1.0, 2.0, 5.0, 10.0)
"""Widths of bins are one of these times a power of ten, so that the axis has round numbers."""


def outcome(row: Row) -> str:
    """What became of a problem, in one word of five; every problem has exactly one."""
    match row:
        case Parsed() if row.stands_in:
            return "stand_in"
        case Parsed():
            return "rules" if row.source == "rules" else "model"
        case Skipped():
            return "skipped"
        case Failed():
            return "error"


def is_of_model(meta: Meta) -> bool:
    """Whether a model was asked: the embedded endpoint has tokens and latencies too, but they cost nothing."""
    return meta.model not in {"", RULES_MODEL}


_KINDS: Final = (
    "outcomes",
    "sources",
    "models",
    "unpriced",
    "categories",
    "skip_reasons",
    "error_kinds",
    "states",
    "answers",
    "reviews",
)


class Figures:
    """Counts entries as they come; `summary` returns the counts."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._types: Counter[str] = Counter()
        self._with_type: Counter[str] = Counter()
        self._difficulties: Counter[int] = Counter()
        self._tokens = Tokens()
        self._samples = {name: array("d") for name in ("latency", "input_tokens", "output_tokens")}
        self._cost: list[float] = []
        self._rounded = 0

    def add(self, entry: PageEntry) -> None:
        """Count one entry."""
        row = entry.row
        self._count("outcomes", outcome(row))
        if isinstance(row, Parsed):
            self._add_parse(row)
        elif isinstance(row, Skipped):
            self._count("skip_reasons", row.reason)
        if not isinstance(row, Failed):
            self._count("sources", row.source)
        if not isinstance(row, Skipped) and row.kind is not None:
            self._count("error_kinds", row.kind)
        if row.meta is not None:
            self._add_meta(row.meta)
        if entry.verdict is not None:
            self._count("states", entry.verdict.state)
            if entry.verdict.answer is not None:
                self._count("answers", entry.verdict.answer.state)
            if entry.verdict.standing:
                self._count("reviews", entry.verdict.standing)
            self._rounded += entry.verdict.rounded and not entry.verdict.drawable
        if entry.cost is not None:
            self._cost.append(entry.cost)

    def summary(self) -> dict[str, Any]:
        """Everything counted; counts have the largest first."""
        return {
            **{name: dict(self._counts.get(name, Counter()).most_common()) for name in _KINDS},
            "difficulties": {str(level): self._difficulties[level] for level in DIFFICULTIES},
            "types": [[name, count, self._with_type[name]] for name, count in self._types.most_common()],
            "tokens": msgspec.to_builtins(self._tokens),
            "attempts": dict(sorted(self._counts.get("attempts", Counter()).items(), key=lambda item: int(item[0]))),
            "cost": math.fsum(self._cost) if self._cost else None,
            "priced": len(self._cost),
            "rounded": self._rounded,
            "histograms": {name: histogram(values) for name, values in self._samples.items()},
        }

    def _count(self, name: str, value: str) -> None:
        self._counts.setdefault(name, Counter())[value] += 1

    def _add_parse(self, row: Parsed) -> None:
        self._count("categories", row.category)
        self._difficulties[row.difficulty] += 1
        types = [str(condition.get(TYPE)) for condition in row.verification_conditions]
        self._types.update(types)
        self._with_type.update(set(types))

    def _add_meta(self, meta: Meta) -> None:
        self._count("models", meta.model)
        self._count("attempts", str(meta.attempts))
        if is_of_model(meta):
            self._add_effort(meta)

    def _add_effort(self, meta: Meta) -> None:
        self._tokens += meta.tokens
        if meta.latency > 0:
            self._samples["latency"].append(meta.latency)
        if meta.tokens.input:
            self._samples["input_tokens"].append(meta.tokens.input)
            self._samples["output_tokens"].append(meta.tokens.output)


def histogram(values: Sequence[float]) -> Mapping[str, Any] | None:
    """Bins of one round width up to the 99th percentile, the rest counted as `over`; None without values."""
    ordered = sorted(value for value in values if math.isfinite(value))
    if not ordered:
        return None
    low, high = ordered[0], quantile(ordered, 0.99)
    step = bin_width(high - low)
    first = math.floor(low / step)
    counts = [0] * (math.floor(high / step) - first + 1)
    over = 0
    for value in ordered:
        bin_ = math.floor(value / step) - first
        if bin_ < len(counts):
            counts[bin_] += 1
        else:
            over += 1
    return {
        "start": first * step,
        "step": step,
        "counts": counts,
        "over": over,
        "n": len(ordered),
        "sum": math.fsum(ordered),
        "quantiles": [quantile(ordered, share) for share in (0.0, 0.5, 0.9, 0.99, 1.0)],
    }


def bin_width(spread: float) -> float:
    """The least round width of which `_BINS` cover the spread."""
    least = spread / _BINS
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in _STEPS if factor * power >= least)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that this share of the ordered values does not exceed (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
