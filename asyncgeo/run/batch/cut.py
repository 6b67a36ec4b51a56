"""How the requests of a batch run are cut into files, when a file may be submitted, when to look again. Pure.

In: sizes, what is under way, times. Out: numbers. It acts nowhere.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from asyncgeo.llm.batch import MOST_BYTES, MOST_REQUESTS, QUEUES
from asyncgeo.run import packs
from asyncgeo.run.packs import ProblemPack
from asyncgeo.schema.records import Problem
from asyncgeo.store.batches import FINAL_STATES, Part

MARGIN: Final = 0.9
"""Of a queue that is filled by our own estimate of tokens, which is up to 12 % off for some texts."""
_LEAST: Final = 0.1
"""Of a queue: less room than that waits for more, lest there be a file for each request."""
TRIES: Final = 3
"""Batches that give a problem back, before it is asked live."""
_LOWEST: Final = min(QUEUES.values())
_OFTEN, _RARELY, _SHARE = 0.5, 60.0, 0.05
"""Seconds between two looks at a batch: a share of its age, within bounds. A batch may be done in a minute or a day."""
_LIMIT: Final = re.compile(r"limit(?: of|:)? ?(\d[\d,.]*) ?([KMB]?)\b", re.IGNORECASE)
"""`Limit: 2,000,000 enqueued tokens` (OpenAI), `the configured limit of 30K` (Azure)."""
_UNITS: Final = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")


class RequestSize(NamedTuple):
    """Of requests, or the most that they may have; `usd` is the most that they can cost."""

    requests: int = 0
    bytes: int = 0
    tokens: int = 0
    usd: float = 0.0

    def plus(self, other: "RequestSize") -> "RequestSize":
        """Both together."""
        requests, octets = self.requests + other.requests, self.bytes + other.bytes
        return RequestSize(requests, octets, self.tokens + other.tokens, self.usd + other.usd)

    def fits(self, most: "RequestSize") -> bool:
        """Whether none of it is more than `most`."""
        return all(own <= allowed for own, allowed in zip(self, most, strict=True))


def custom_id(problems: Sequence[Problem], prompt: str) -> str:
    """What a request is called: of its first problem, all texts and its prompt; at most 64 characters, whatever the id.

    An id that is no plain word is in it as a digest; the ledger knows which.
    """
    first, texts = problems[0].id, [problem.text for problem in problems]
    plain = first if _PLAIN_ID.fullmatch(first) else "~" + _digest(first, 12)
    return f"{plain}.{_digest(chr(0).join(texts), 4)}.{prompt}"


def packed(problems: Iterable[Problem], size: int, apart: Callable[[Problem], bool]) -> Iterator[ProblemPack]:
    """The problems in their order, `size` to a request; by itself what does not fit others, and what is `apart`."""
    gathered: list[Problem] = []
    for each in problems:
        is_alone = apart(each) or not packs.fits(each.text)
        if is_alone and gathered:
            yield tuple(gathered)
            gathered = []
        gathered.append(each)
        if is_alone or len(gathered) == size:
            yield tuple(gathered)
            gathered = []
    if gathered:
        yield tuple(gathered)


def _digest(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def is_under_way(part: Part) -> bool:
    """Whether the endpoint works on it, so that its prompts are in the queue."""
    return part.batch is not None and not part.collected and part.state not in FINAL_STATES


def queue(setting: int | str, parts: Iterable[Part]) -> int | None:
    """Prompt tokens that may be enqueued: as set, else as the endpoint named them last, else not known."""
    if isinstance(setting, int):
        return setting
    named = [part.limit for part in parts if part.limit is not None]
    return named[-1] if named else None


def room(limit: int | None, parts: Iterable[Part]) -> int | None:
    """How much of the queue is free; None where its size is not known. With nothing of ours in it, all of it."""
    if limit is None:
        return None
    return max(0, int(limit * MARGIN) - sum(part.planned.tokens for part in parts if is_under_way(part)))


def is_worth_a_file(limit: int | None, parts: Iterable[Part]) -> bool:
    """Whether the queue has room for more than a handful of requests, or nothing of ours is in it."""
    under_way = [part for part in parts if is_under_way(part)]
    free = room(limit, under_way)
    return free is None or limit is None or not under_way or free >= limit * _LEAST


def most(limit: int | None, parts: Iterable[Part], usd: float, scale: float) -> RequestSize:
    """The most that the next file may hold, so that it can be submitted at once; `scale` of what our count allows."""
    free = room(limit, parts)
    return RequestSize(MOST_REQUESTS, MOST_BYTES, int((_LOWEST * MARGIN if free is None else free) * scale), usd)


def may_try(part: Part, limit: int | None, parts: list[Part], now: datetime) -> bool:
    """Whether a part without a batch is submitted now: there is room, or it is time to see whether there is."""
    free = room(limit, parts)
    has_room = free is None or part.planned.tokens <= free or not any(map(is_under_way, parts))
    return has_room and (not part.refusals or age(part.planned.at, now) >= _next_try(part))


def _next_try(part: Part) -> float:
    """Seconds after its planning at which a part that was refused so often is tried once more."""
    return sum(min(_RARELY, _OFTEN * 2.0**k) for k in range(1, part.refusals + 1))


def is_too_large(part: Part, parts: Iterable[Part]) -> bool:
    """Whether a part will find no room however long it waits: it is refused with nothing of ours in the queue."""
    if part.batch is not None or part.limit is None:
        return False
    return part.planned.tokens > part.limit or (part.refusals >= TRIES and not any(map(is_under_way, parts)))


def limit_in(message: str) -> int | None:
    """The size of the queue, where the endpoint's words name it."""
    found = _LIMIT.search(message)
    if found is None:
        return None
    digits = found[1].replace(",", "").rstrip(".")
    return int(float(digits) * _UNITS[found[2].upper()]) or None


def pause(ages: Iterable[float]) -> float:
    """Seconds until the youngest of these batches is worth another look."""
    return min((min(_RARELY, max(_OFTEN, each * _SHARE)) for each in ages), default=_OFTEN)


def age(at: str, now: datetime | None = None) -> float:
    """Seconds since a moment of the ledger, never less than none: clocks are set back."""
    return max(0.0, ((now or datetime.now(UTC)) - datetime.fromisoformat(at)).total_seconds())
