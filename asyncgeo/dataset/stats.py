"""What a merged dataset holds, in numbers.

In: what is counted of each id's best row. Out: `Stats`. It formats nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from asyncgeo.schema.conditions import UNKNOWN_CATEGORY
from asyncgeo.store import Bounds, Finding, Holder
from asyncgeo.store.facts import Fact

K = TypeVar("K")


class FigureCounts(NamedTuple):
    """Of the parses, how many have a verdict on their figure: verified = drawable + contradictory."""

    verified: int
    drawable: int
    contradictory: int
    unchecked: int


class QualityCounts(NamedTuple):
    """Of all parses, also those that are left out: what is known of their figures, answers and reviews."""

    figures: FigureCounts
    answers: Mapping[str, int]
    reviews: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What the folder may still get, or holds and is not read.

    `pending` problems of the input have no row, None where the input is not known; no shard covers `gaps`; `held` are
    shards that a run is writing; `lookalikes` are files that are named like shards and are none.
    """

    pending: int | None = None
    gaps: tuple[Bounds, ...] = ()
    held: tuple[Holder, ...] = ()
    lookalikes: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Stats:
    """The merged dataset counted: every id once, by its best row.

    ids = parsed + fallbacks + skipped + failed + left_out, where `fallbacks` are read by the rules because the model
    failed; problems = parsed + fallbacks, errors = fallbacks + failed. What was left out for its quality is in no other
    count but `quality`. `unexpressed` problems state more than their conditions can say. `outputs` are the files with
    problems: `output`, or those of a split, whose names derive from it. The mappings are sorted, the largest count
    first, except `difficulties` (1 to 5). `findings` are the first of `bad_lines`.
    """

    output: Path
    outputs: tuple[Path, ...]
    shards: int
    rows: int
    ids: int
    problems: int
    skipped: int
    errors: int
    fallbacks: int
    unexpressed: int
    duplicates: int
    bad_lines: int
    findings: tuple[Finding, ...]
    left_out: int
    quality: QualityCounts | None
    categories: Mapping[str, int]
    difficulties: Mapping[int, int]
    sources: Mapping[str, int]
    models: Mapping[str, int]
    skip_reasons: Mapping[str, int]
    error_kinds: Mapping[str, int]
    missing: Missing = Missing()

    @property
    def checked(self) -> FigureCounts | None:
        """What is known of figures; None where nothing was verified."""
        return None if self.quality is None else self.quality.figures

    @property
    def guesses(self) -> int:
        """Problems that the original script's rules guessed, without a model."""
        return self.categories.get(UNKNOWN_CATEGORY, 0)

    @property
    def parsed(self) -> int:
        """Problems with a parse by the source that was asked."""
        return self.problems - self.fallbacks

    @property
    def failed(self) -> int:
        """Ids without any verdict."""
        return self.errors - self.fallbacks

    def category_shares(self) -> dict[str, float]:
        """Per cent of the problems in each category, in the order of `categories`."""
        return {category: 100 * count / self.problems for category, count in self.categories.items()}


class Counts(NamedTuple):
    """The mappings of `Stats`."""

    categories: dict[str, int]
    difficulties: dict[int, int]
    sources: dict[str, int]
    models: dict[str, int]
    skip_reasons: dict[str, int]
    error_kinds: dict[str, int]


def count(facts: Mapping[Fact, int]) -> Counts:
    """Facts and how many ids share each → the mappings of `Stats`."""
    parsed = [(fact, n) for fact, n in facts.items() if fact.status == "parsed"]
    return Counts(
        categories=_tally(parsed, lambda fact: fact.category),
        difficulties=dict(sorted(_sum((fact.difficulty, n) for fact, n in parsed).items())),
        sources=_tally(facts.items(), lambda fact: fact.source),
        models=_tally(facts.items(), lambda fact: fact.model),
        skip_reasons=_tally(((f, n) for f, n in facts.items() if f.status == "skipped"), lambda fact: fact.word),
        error_kinds=_tally(((f, n) for f, n in facts.items() if f.failed), lambda fact: fact.word),
    )


def _tally(facts: Iterable[tuple[Fact, int]], key: Callable[[Fact], str]) -> dict[str, int]:
    found = _sum((key(fact), n) for fact, n in facts if key(fact))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _sum(pairs: Iterable[tuple[K, int]]) -> Counter[K]:
    total: Counter[K] = Counter()
    for key, n in pairs:
        total[key] += n
    return total
