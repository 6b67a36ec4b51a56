"""What passes between the driver and a worker: frames of messages, as bytes.

In: messages. Out: one frame, MessagePack of a list of them; and back. It knows neither how frames travel nor what
anybody does with them. Driver and worker are of the same version; `Ready` tells the worker's.

The API key travels in `Setup` and nowhere else: not on a command line, not in an environment, not in what `repr` shows.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from asyncgeo import errors
from asyncgeo.config import Limits, Settings
from asyncgeo.errors import AsyncgeoError, Fatal, Stopped
from asyncgeo.llm.limits import View
from asyncgeo.schema.records import Problem, Tokens


class _Message(msgspec.Struct, frozen=True, tag_field="is"):
    """One message; its class's name is its tag."""


# from the driver


class Setup(_Message, frozen=True, tag="setup"):
    """The first message: who you are, what to ask with. `metered`: every request is to be paid from the one budget."""

    settings: Settings
    key: str | None
    offline: bool = False
    metered: bool = False
    name: str = ""

    def __repr__(self) -> str:
        return f"Setup(name={self.name!r}, model={self.settings.api.model!r})"


class Lease(_Message, frozen=True, tag="lease"):
    """These problems are yours."""

    problems: list[Problem]


class Portion(_Message, frozen=True, tag="portion"):
    """The part of the limits that is yours for the next moments, and seconds for which nobody sends at all.

    `at` is that of the beat it answers.
    """

    at: float
    share: float
    cool_down: float


class Retune(_Message, frozen=True, tag="retune"):
    """The person has edited the limits."""

    limits: Limits


class Granted(_Message, frozen=True, tag="granted"):
    """These reservations hold."""

    holds: list[int]


class Stop(_Message, frozen=True, tag="stop"):
    """Send nothing more, finish what is in flight, and end with this error."""

    error: "Ended"


class Enough(_Message, frozen=True, tag="enough"):
    """There are no more problems: finish and end."""


# from a worker


class Ready(_Message, frozen=True, tag="ready"):
    """The worker can take problems."""

    version: str
    pid: int
    host: str


class Rows(_Message, frozen=True, tag="rows"):
    """Finished problems: (position, encoded row); how many slots the worker has now; raw answers, where wanted."""

    rows: list[tuple[int, bytes]]
    slots: int
    raws: dict[int, bytes] = {}  # position → encoded answers


class Counted(_Message, frozen=True, tag="counted"):
    """What the client did and was billed since the last time."""

    events: dict[str, int]
    tokens: Tokens


class Beat(_Message, frozen=True, tag="beat"):
    """A sign of life: the pace of this worker, and the share of the whole limit that it could use.

    `at` is the worker's own clock.
    """

    at: float
    view: View
    demand: float


class Said(_Message, frozen=True, tag="said"):
    """In words, what the person should know."""

    text: str


class Reserve(_Message, frozen=True, tag="reserve"):
    """A request may cost so many USD: it waits until that is granted."""

    hold: int
    amount: float


class Settle(_Message, frozen=True, tag="settle"):
    """The request was billed so many USD."""

    hold: int
    billed: float


class Ended(_Message, frozen=True, tag="ended"):
    """The worker is through; `error` is the name of the branch of `errors`, empty when all is well."""

    error: str = ""
    message: str = ""
    remedy: str = ""
    kind: str = ""


Order = Setup | Lease | Portion | Retune | Granted | Stop | Enough
Report = Ready | Rows | Counted | Beat | Said | Reserve | Settle | Ended

_ENCODER: Final = msgspec.msgpack.Encoder()
_ORDERS: Final[msgspec.msgpack.Decoder[list[Order]]] = msgspec.msgpack.Decoder(list[Order])
_REPORTS: Final[msgspec.msgpack.Decoder[list[Report]]] = msgspec.msgpack.Decoder(list[Report])


def frame(messages: Sequence[Order | Report]) -> bytes:
    """The messages as one frame."""
    return _ENCODER.encode(messages)


def orders(data: bytes) -> list[Order]:
    """The messages of a frame from the driver."""
    return _ORDERS.decode(data)


def reports(data: bytes) -> list[Report]:
    """The messages of a frame from a worker."""
    return _REPORTS.decode(data)


def ended(error: AsyncgeoError | None) -> Ended:
    """How a worker ended, as a message."""
    if error is None:
        return Ended()
    kind = error.kind if isinstance(error, Fatal) else ""
    return Ended(type(error).__name__, error.message, error.remedy, kind)


def error_of(end: Ended) -> AsyncgeoError | None:
    """The error that a message tells of; of an unknown branch it is a Stopped."""
    if not end.error:
        return None
    if end.error == Fatal.__name__:
        return Fatal(end.message, end.remedy, kind=end.kind)
    branch = getattr(errors, end.error, Stopped)
    known = isinstance(branch, type) and issubclass(branch, AsyncgeoError)
    return (branch if known else Stopped)(end.message, end.remedy)
