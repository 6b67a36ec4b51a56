"""What a dataset says about itself.

In: the best rows and what was chosen of them. Out: `Stats`, and the metadata of each file as a dict. It writes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncgeo.dataset.quality import QUALITIES
from asyncgeo.dataset.stats import Missing, QualityCounts, Stats, count
from asyncgeo.schema.canonical import FORM
from asyncgeo.store import Findings
from asyncgeo.store.best import Best
from asyncgeo.store.facts import Fact


@dataclass(frozen=True, slots=True)
class Content:
    """The slots that are written, in order; those that are left out; and by slot the number of what is known of it."""

    chosen: Best
    written: Sequence[int]
    left_out: Sequence[int]
    qualities: bytearray
    counted: QualityCounts | None

    def facts(self) -> Counter[Fact]:
        """What is counted of every id but those left out."""
        return Counter(self.chosen.counts()) - Counter(self.chosen.counts(self.left_out))

    def contradictory(self) -> list[str]:
        """The ids of the parses that cannot be drawn, written or left out."""
        parsed = self.chosen.slots(lambda fact: fact.status == "parsed")
        bad = (slot for slot in parsed if QUALITIES[self.qualities[slot]].drawable is False)
        return list(map(self.chosen.identifier, bad))

    def qualities_of(self, slots: Iterable[int]) -> Iterator[int]:
        """What is known of these."""
        return map(self.qualities.__getitem__, slots)

    @property
    def in_form(self) -> bool:
        """Whether the facts of all parses are in the present form already."""
        return all(fact.in_form for fact in self.chosen.counts() if fact.status == "parsed")

    def identifiers(self, holds: Callable[[Fact], bool]) -> list[str]:
        """The ids whose fact holds, but those left out."""
        out = frozenset(self.left_out)
        return [self.chosen.identifier(slot) for slot in self.chosen.slots(holds) if slot not in out]


def statistics(
    content: Content, output: Path, outputs: tuple[Path, ...], shards: int, findings: Findings, missing: Missing
) -> Stats:
    """The dataset in numbers."""
    chosen, facts = content.chosen, content.facts()
    return Stats(
        output=output,
        outputs=outputs,
        shards=shards,
        rows=chosen.rows,
        ids=len(chosen),
        problems=len(content.written),
        skipped=sum(n for f, n in facts.items() if f.status == "skipped"),
        errors=sum(n for f, n in facts.items() if f.failed),
        fallbacks=sum(n for f, n in facts.items() if f.failed and f.status == "parsed"),
        unexpressed=sum(n for f, n in facts.items() if f.unexpressed),
        duplicates=chosen.duplicates,
        bad_lines=findings.count,
        findings=tuple(findings.kept),
        left_out=len(content.left_out),
        quality=content.counted,
        missing=missing,
        **count(facts)._asdict(),
    )


def describe(content: Content, stats: Stats, now: datetime, *, in_form: bool) -> dict[str, Any]:
    """The metadata of the whole dataset; `in_form`: whether all its facts are written in the present form."""
    whole = {
        "created_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "total_problems": stats.problems,
        "parsed": stats.parsed,
        "stand_ins": stats.fallbacks,
        "skipped": stats.skipped,
        "failed": stats.failed,
        "errors": stats.errors,
        "skipped_ids": content.identifiers(lambda fact: fact.status == "skipped"),
        "error_ids": content.identifiers(lambda fact: fact.failed),
        "fallback_ids": content.identifiers(lambda fact: fact.failed and fact.status == "parsed"),
        "unexpressed_ids": content.identifiers(lambda fact: fact.unexpressed),
        "sources": stats.sources,
        "models": stats.models,
        "categories": stats.categories,
        "difficulties": stats.difficulties,
    }
    if in_form:
        whole["form"] = FORM
    if stats.quality is not None:
        figures, answers, reviews = stats.quality
        whole |= figures._asdict() | {"contradictory_ids": content.contradictory(), "left_out": stats.left_out}
        known = {"drawable": figures.drawable, "contradictory": figures.contradictory, "unchecked": figures.unchecked}
        whole["quality"] = known | {"answers": answers, "reviews": reviews}
    return whole


def describe_part(
    content: Content, whole: dict[str, Any], slots: Sequence[int], split: dict[str, Any]
) -> dict[str, Any]:
    """The metadata of one part: its own problems counted; what is not of problems is the whole dataset's."""
    facts = content.chosen.counts(slots)
    counts, stand_ins = count(facts), sum(n for fact, n in facts.items() if fact.failed)
    own = {name: getattr(counts, name) for name in ("sources", "models", "categories", "difficulties")}
    parses = {"total_problems": len(slots), "parsed": len(slots) - stand_ins, "stand_ins": stand_ins}
    return whole | own | parses | {"split": split}
