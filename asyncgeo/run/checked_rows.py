"""Rows that are checked before they are written, as those of the rules are.

In: rows as they are made; what checks them. Out: the rows to be written, in order of completion. A run that ends
meanwhile writes what is left as it is. It knows neither queue nor shards.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from asyncgeo.run.made import MadeRow, readable
from asyncgeo.run.seams import Checks
from asyncgeo.schema.records import Parsed

_MOST: Final = 256
"""Rows that are being checked at once; while there are as many, no problem begins that would only wait as well."""


class CheckedRows:
    """Rows are checked as long as the block lasts; what is taken after it only waits for `give_up`.

    `enter` is given each row when it may be written.
    """

    def __init__(self, check: Checks | None, enter: Callable[[MadeRow], None]) -> None:
        self._check = check
        self._enter = enter
        self._waiting: dict[int, tuple[MadeRow, Parsed]] = {}  # by position
        self._group: asyncio.TaskGroup | None = None

    async def __aenter__(self) -> Self:
        self._group = asyncio.TaskGroup()
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._group is not None  # noqa: S101  it was entered
        try:
            await self._group.__aexit__(kind, error, trace)
        finally:
            self._group = None

    @property
    def has_room(self) -> bool:
        """Whether another problem may begin."""
        return len(self._waiting) < _MOST

    def wants(self, made: MadeRow) -> bool:
        """Whether the row is one to be checked."""
        return self._check is not None and self._check.wants(made.answered.row)

    def take(self, made: MadeRow) -> None:
        """Check a row that is wanted; it enters in its time."""
        row = made.answered.row
        assert self._check is not None  # noqa: S101  it wanted the row
        assert isinstance(row, Parsed)  # noqa: S101  as above
        self._waiting[made.problem.position] = (made, row)
        if self._group is not None:
            self._group.create_task(self._look_over(self._check, made.problem.position))

    async def _look_over(self, check: Checks, position: int) -> None:
        checked = await check.check(position, self._waiting[position][1])
        made, _ = self._waiting.pop(position)
        self._enter(made._replace(answered=readable(made.answered._replace(row=checked))))

    def give_up(self) -> None:
        """The run ends: what is still being checked is written as it is."""
        for made, row in self._waiting.values():
            assert self._check is not None  # noqa: S101  it wanted them
            self._enter(made._replace(answered=made.answered._replace(row=self._check.give_up(row))))
