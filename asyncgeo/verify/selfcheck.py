"""A row of the rules that is about to be written → the row that is written: one that can be drawn, or none.

In: parses by the rules. Out: the same, marked with what was found (`meta.checked`); without a clause of the text that
contradicts the rest, which a finding names; or a refusal. Reading takes no figure and a millisecond; this happens in
processes of their own, of which none starts before the first such row. It knows neither shards nor the queue.

    row ─ draw ─┬ a figure: drawable                                                    no time, no process: unchecked
                └ none ─┬ numbers rounded, or too unlike in size to draw: contradictory, left as it is
                        └ repair ─┬ without a clause, or two: repaired
                                  └ not even then: a skip; where the rules stand in for a model, its error
"""

from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TypeGuard

import msgspec

from asyncgeo.schema.checks import MAX_FINDING
from asyncgeo.schema.records import NOT_UNDERSTOOD, Extraction, Failed, Found, Meta, Parsed, Problem, Row, row_from
from asyncgeo.verify.pool import VerifierPool

_WHY: Final = "what was read contradicts itself, and it is not one clause or two"
_DROPPED: Final = "dropped, it contradicts the rest: "


def check(row: Parsed) -> Row:
    """The row as it should be written. The same for the same row; takes 10 ms, and to repair one a second or two."""
    from asyncgeo.figure import Deadline, draw  # noqa: PLC0415  loads numpy
    from asyncgeo.figure.effort import TooMuch  # noqa: PLC0415  as above
    from asyncgeo.verify.repair import repair  # noqa: PLC0415  as above

    deadline = Deadline()
    figure = draw(row.verification_conditions, row.required_objects, text=row.original_text, deadline=deadline)
    if figure.unjudged or figure.state == "empty":
        return unchecked(row)
    if figure.drawable:
        return _marked(row, "drawable")
    if figure.rounded:
        return _marked(row, "contradictory")
    try:
        found = repair(row, figure, deadline)
    except TooMuch:
        return unchecked(row)
    return _refused(row) if found is None else _repaired(row, found.extraction, found.dropped)


def check_batch(batch: list[Parsed]) -> list[Row]:
    """`check` for each; the unit of work of a process."""
    return [check(row) for row in batch]


def unchecked(row: Parsed) -> Row:
    """The row where nothing was found out about it."""
    return _marked(row, "unchecked")


def _marked(row: Parsed, found: Found, *findings: str) -> Parsed:
    meta = row.meta or Meta(at="")
    told = (*meta.findings, *(finding[:MAX_FINDING] for finding in findings))
    return msgspec.structs.replace(row, meta=msgspec.structs.replace(meta, checked=found, findings=told))


def _repaired(row: Parsed, extraction: Extraction, dropped: tuple[str, ...]) -> Row:
    """The row of what is read without those words."""
    meta = msgspec.structs.replace(row.meta or Meta(at=""), coverage=extraction.coverage)
    problem = Problem(row.id, row.original_text, key=row.key)
    again = row_from(problem, extraction, "rules", meta, error=row.error, kind=row.kind)
    assert isinstance(again, Parsed)  # noqa: S101  it was drawn
    return _marked(again, "repaired", *(_DROPPED + words for words in dropped))


def _refused(row: Parsed) -> Row:
    """A skip; where the model failed on the problem, that, as where the rules read nothing."""
    meta = row.meta or Meta(at="")
    if not row.stands_in:
        refusal = Extraction(reason=NOT_UNDERSTOOD, detail=_WHY)
        problem = Problem(row.id, row.original_text, key=row.key)
        return row_from(problem, refusal, "rules", msgspec.structs.replace(meta, form=0))
    meta = msgspec.structs.replace(meta, form=0, findings=(*meta.findings, f"no parse by the rules: {_WHY}"))
    error, kind = row.error or "", row.kind or ""
    return Failed(id=row.id, error=error, kind=kind, attempts=meta.attempts, meta=meta)


class SelfCheck:
    """Checks rows for as long as the block lasts, and says at its end what was odd.

    `is_offline`: the rules answer; else only what stands in for a model's answers is theirs.
    """

    def __init__(self, say: Callable[[str], None], *, is_offline: bool) -> None:
        self._say = say
        self._is_offline = is_offline
        self._pool = VerifierPool(check_batch, say=say)
        self._counts: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)
        if self._counts.keys() - {"drawable"}:
            self._say(_summary(self._counts))

    def wants(self, row: Row) -> TypeGuard[Parsed]:
        """Whether the row is one to be checked."""
        return isinstance(row, Parsed) and row.source == "rules" and (self._is_offline or row.stands_in)

    async def check(self, position: int, row: Parsed) -> Row:
        """The row to be written."""
        return self._counted(await self._pool.judge(position, row) or unchecked(row))

    def give_up(self, row: Parsed) -> Row:
        """The row to be written where there is no time left."""
        return self._counted(unchecked(row))

    def _counted(self, row: Row) -> Row:
        self._counts[row.meta.checked if isinstance(row, Parsed) and row.meta is not None else "refused"] += 1
        return row


_TOLD: Final = {
    "repaired": "{} only without a clause that contradicts the rest",
    "refused": "{} were refused, since what was read contradicts itself",
    "contradictory": "{} cannot, their numbers being rounded or far apart",
    "unchecked": "{} were not checked, being too large or for want of time",
}


def _summary(counts: Counter[str]) -> str:
    found = [words.format(f"{counts[name]:,}") for name, words in _TOLD.items() if counts[name]]
    return f"Of {counts.total():,} parses by the rules {counts['drawable']:,} can be drawn, {', '.join(found)}."
