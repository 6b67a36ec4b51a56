"""The batches of a folder, followed while they move on → what each came to.

In: a folder. Out: `BatchStatus`es of those that hold problems, as the last process that asked the endpoint saw them.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from asyncgeo.store import batches
from asyncgeo.store.batches import Batches, Part
from asyncgeo.views.status.tail import Seen


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """One batch: `done` and `failed` of `total` requests; `at` is when it was submitted, or planned where it is not.

    `expires` is the endpoint's own time in Unix seconds.
    """

    name: str
    batch: str | None
    state: str
    problems: int
    done: int
    failed: int
    total: int
    at: str
    expires: int | None


def open_batches(folder: Path) -> tuple[BatchStatus, ...]:
    """The batches of a folder that hold problems."""
    book = BatchBook(folder)
    book.read()
    return book.open()


class BatchBook:
    """The ledger of a folder's batches; `read()` before each look."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / batches.FOLDER / batches.NAME
        self._seen = Seen()
        self._all = Batches()

    def read(self) -> None:
        """Read the ledger where it has changed."""
        with suppress(OSError):
            if self._seen.look(self._path) != "same":
                self._all = batches.read(self._folder)

    def held(self) -> frozenset[str]:
        """The problems in batches."""
        return self._all.held()

    def open(self) -> tuple[BatchStatus, ...]:
        """The batches that hold problems."""
        return tuple(map(_status, self._all.open))

    def input(self) -> Path | None:
        """Where the problems were read that the last of them were made of."""
        return Path(self._all.input) if self._all.input else None

    def command(self) -> tuple[str, ...]:
        """What was typed when the last of them was submitted; nothing where a program did it."""
        return self._all.command


def _status(part: Part) -> BatchStatus:
    seen = part.seen
    return BatchStatus(
        name=part.name,
        batch=part.batch,
        state=part.state,
        problems=len(part.planned.items),
        done=0 if seen is None else seen.done,
        failed=0 if seen is None else seen.failed,
        total=len(part.planned.requests()) if seen is None else seen.total,
        at=part.sent or part.planned.at,
        expires=part.expires,
    )
