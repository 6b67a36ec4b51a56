"""The shards of a folder, followed while they grow → the best row of every id, counted.

In: a folder. Out: `ShardIndex`s, and `StatusCounts` over ids. It keeps a few numbers per row, never a row; what is best
and what is counted of a row is `store.best`'s business, so that merge and status say the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asyncgeo import store
from asyncgeo.errors import ShardError
from asyncgeo.store import Bounds, RunSource, is_done
from asyncgeo.store.best import Best, RowKind
from asyncgeo.store.encoding import encoding_of
from asyncgeo.store.survey import Survey, survey_shards
from asyncgeo.views.status.tail import Seen


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """Ids by their best rows: parsed + stand_ins + skipped + failed; `pending` have none, None for an unknown input.

    `stand_ins` have a parse by the rules because the model failed, `failed` have nothing; `again` have a row that the
    next run replaces.
    """

    parsed: int = 0
    stand_ins: int = 0
    skipped: int = 0
    failed: int = 0
    again: int = 0
    pending: int | None = None

    @property
    def errors(self) -> int:
        """What failed, with or without a row of the rules in its place."""
        return self.stand_ins + self.failed


class ShardIndex:
    """One shard, as far as it has been read; of its rows `taken` are in the folder's index."""

    def __init__(self, bounds: Bounds, path: Path) -> None:
        self.bounds: Final = bounds
        self.path: Final = path
        self.survey = Survey()
        self.taken = 0
        self.is_anew = True
        self._seen = Seen()

    def look(self) -> bool:
        """Whether there is something to read; what was read of another file is forgotten. Raises ShardError."""
        try:
            change = self._seen.look(self.path)
        except FileNotFoundError:  # removed since it was listed
            self.survey, self.is_anew, self._seen = Survey(), True, Seen()
            return False
        except OSError as error:
            raise ShardError(
                f"{self.path} cannot be read: {error.strerror}.", "Check the file and its permissions."
            ) from error
        if change == "other":
            self.survey, self.is_anew = Survey(), True
        return change != "same"

    def encoding(self) -> str | None:
        """What the shard was saved in, where that explains why no line of it is a row. Raises ShardError."""
        return encoding_of(self.path) if self.survey.findings.count and not len(self.survey) else None


class FolderIndex:
    """Every shard of a folder; `read()` before each look. `best` are the best rows of all shards."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self.best = Best()
        self._shards: dict[Path, ShardIndex] = {}

    def __iter__(self) -> Iterator[ShardIndex]:
        return iter(self._shards.values())

    def read(self) -> bool:
        """Read what is new; whether anything was. Raises ShardError when the folder or a shard cannot be read."""
        before = self._shards
        self._shards = {path: before.get(path) or ShardIndex(bounds, path) for bounds, path in store.find(self.folder)}
        news = [shard for shard in self if shard.look()]
        is_other = before.keys() != self._shards.keys() or any(shard.is_anew for shard in self)
        if is_other:
            self._forget()
        self._take(_read(self, news))
        if not is_other and not self.best.are_apart:
            self._forget()
            self._take(self)
        return is_other or bool(news)

    def _forget(self) -> None:
        self.best = Best()
        for shard in self:
            shard.taken = 0

    def _take(self, shards: Iterable[ShardIndex]) -> None:
        for number, shard in enumerate(shards):
            self.best.take(number, shard.survey, shard.taken)
            shard.taken, shard.is_anew = len(shard.survey), False


def _read(shards: Iterable[ShardIndex], news: Sequence[ShardIndex]) -> Iterator[ShardIndex]:
    """Each shard once what is new in it is read; the news in several processes where all of them are anew."""
    are_anew = all(shard.is_anew for shard in news)
    surveys = survey_shards([shard.path for shard in news]) if are_anew else iter(())
    for shard in shards:
        if shard in news and are_anew:
            shard.survey = next(surveys)
        elif shard in news:
            shard.survey.read(shard.path)
        yield shard


def count(kinds: Mapping[RowKind, int], source: RunSource, pending: int | None) -> StatusCounts:
    """What the kinds add up to; `source` is whose verdicts the next run makes."""
    parsed = stand_ins = skipped = failed = again = 0
    for (fact, standing), n in kinds.items():
        parsed += n * (fact.status == "parsed" and not fact.failed)
        stand_ins += n * (fact.status == "parsed" and fact.failed)
        skipped += n * (fact.status == "skipped")
        failed += n * (fact.status != "parsed" and fact.failed)
        again += n * (not is_done(standing, source, "failed"))
    return StatusCounts(parsed, stand_ins, skipped, failed, again, pending)
