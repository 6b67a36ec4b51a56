"""The Batch API: files of requests up, batches of them made and watched, files of replies down.

In: paths of files, names to find them again by. Out: `RemoteBatch`es as values, bytes into files that the caller opens.
It owns the SDK's calls of `/v1/files` and `/v1/batches` and how often they are tried; what failed is judged by
`outcomes`. It knows neither problems, folders nor prices.

A POST whose reply was lost may have been carried out all the same: before it is sent again the endpoint is asked for
what would have come of it, a file by its name, a batch by its metadata. So nothing is made twice.

Facts, as of November 2026 (developers.openai.com/api/docs/guides/batch, api/reference/resources/batches): at most
50,000 requests and 200 MB a file, one model a file; the only window is 24 h; a batch is cancelled within 10 minutes;
what was answered before a batch expired or was cancelled is in its output file and is billed.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self, TypeVar

from asyncgeo import config
from asyncgeo.errors import EndpointDown, Fatal, without_secrets
from asyncgeo.llm import lost, outcomes
from asyncgeo.llm.outcomes import Action, Decision
from asyncgeo.llm.transport import no_reply, open_sdk
from asyncgeo.schema.records import Tokens

if TYPE_CHECKING:
    import openai

MOST_REQUESTS: Final = 50_000
MOST_BYTES: Final = 200_000_000
"""Of one input file; the provider says 200 MB, the smaller of the two readings is taken."""
URL: Final = "/v1/chat/completions"
"""Where every line of an input file is sent."""
QUEUES: Final[Mapping[str, int]] = {"Tier 1": 2_000_000, "Tier 2": 20_000_000, "Tier 3": 40_000_000}
"""Prompt tokens that an account may have enqueued of one small model (gpt-4o-mini's, as its limits page showed them in
May 2025: community.openai.com/t/1269349; gpt-5-mini has had 5 M on Tier 1 since September 2025). A file is cut by the
lowest, so that it fits everywhere; more files than an account has room for are refused unbilled, and wait."""
NO_ROOM: Final = "token_limit_exceeded"
"""The code of a batch for which the account's queue has no room."""
_WINDOW: Final = "24h"
_PAGE: Final = 100
_PAGES: Final = 50
"""Pages of a list that are looked through for what may have been lost: the newest come first."""
_TIMEOUT: Final = 600.0
"""Seconds for one file to go up or come down."""
_NOT_HERE: Final = frozenset({404, 405, 501})
_GONE: Final = frozenset({404, 410})

T = TypeVar("T")


class NoBatchApiError(Exception):
    """The endpoint has no Batch API; `str()` is what it said."""


class GoneError(Exception):
    """The endpoint has no file, or no batch, of that id any more."""


class NoRoomError(Exception):
    """The account's queue has no room for the batch; `str()` is what the endpoint said."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a batch failed as a whole."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """A batch as the endpoint describes it; `usage` is None where it does not say, times are its own Unix seconds."""

    id: str
    state: str
    created: int
    expires: int | None
    done: int
    failed: int
    total: int
    output_file: str | None
    error_file: str | None
    reasons: tuple[Reason, ...]
    usage: Tokens | None
    metadata: Mapping[str, str]


class _CallError(Exception):
    """A call that was not carried out, or of which that is not known (`decision.transport`)."""

    def __init__(self, decision: Decision, status: int) -> None:
        super().__init__(decision.message)
        self.decision = decision
        self.status = status


class BatchApi:
    """`async with BatchApi(...) as api: batch = await api.create(file, metadata)`.

    Args:
        settings: the endpoint.
        api_key: sent as it is.
        patience: how often and how long to try again.
        say: hears once that the endpoint cannot be reached.
        rng: jitter.

    Every call raises Fatal when no such call can succeed (key, quota), EndpointDown when it failed too often.
    """

    def __init__(
        self,
        settings: config.Api,
        api_key: str,
        patience: config.Retry,
        say: Callable[[str], None] = lambda _: None,
        rng: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._api_key = api_key
        self._patience = patience
        self._say = say
        self._rng = rng or random.Random()  # noqa: S311  jitter is no secret
        self._open = AsyncExitStack()
        self._sdk: openai.AsyncOpenAI | None = None

    async def __aenter__(self) -> Self:
        self._sdk = await self._open.enter_async_context(open_sdk(self._settings, self._api_key, _TIMEOUT))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    @property
    def _api(self) -> "openai.AsyncOpenAI":
        if self._sdk is None:
            raise RuntimeError("the Batch API is used outside `async with`")
        return self._sdk

    async def check(self) -> None:
        """Raise NoBatchApiError where the endpoint has none; nothing is sent but this question."""
        try:
            await self._calmly(lambda: self._api.batches.list(limit=1))
        except _CallError as error:
            if error.status in _NOT_HERE:
                raise NoBatchApiError(without_secrets(error.decision.message)) from None
            raise self._ended(error) from None

    async def upload(self, path: Path, name: str, *, again: bool) -> str:
        """The id of the input file under this name; `again`: it may be there already."""

        async def send() -> str:
            with path.open("rb") as stream:
                return (await self._api.files.create(file=(name, stream), purpose="batch")).id

        async def find() -> str | None:
            async for each in self._newest(lambda after: self._api.files.list(purpose="batch", limit=_PAGE, **after)):
                if each.filename == name:
                    return str(each.id)
            return None

        return await self._once(send, find, again=again)

    async def create(self, file: str, metadata: Mapping[str, str], *, again: bool) -> RemoteBatch:
        """The batch of an input file; `again`: it may be there already. Raises GoneError where the file is not."""

        async def send() -> RemoteBatch:
            made = self._api.batches.create(
                input_file_id=file, endpoint=URL, completion_window=_WINDOW, metadata=dict(metadata)
            )
            return _described(await made)

        async def find() -> RemoteBatch | None:
            async for each in self._newest(lambda after: self._api.batches.list(limit=_PAGE, **after)):
                if (each.metadata or {}) == metadata and each.status != "failed":
                    return _described(each)
            return None

        try:
            return await self._once(send, find, again=again)
        except Fatal:
            await self._call(lambda: self._api.files.retrieve(file))  # GoneError: that is why
            raise

    async def look(self, batch: str) -> RemoteBatch:
        """How a batch is doing, asked until there is an answer: it goes on while it cannot be reached."""
        return _described(await self._call(lambda: self._api.batches.retrieve(batch), patient=True))

    async def cancel(self, batch: str) -> RemoteBatch:
        """Ask for its end; what is answered by then stays."""
        return _described(await self._call(lambda: self._api.batches.cancel(batch)))

    async def download(self, file: str, into: BinaryIO) -> None:
        """Write what the file holds. Raises GoneError where it is not there any more."""

        async def fetch() -> None:
            into.seek(0)
            into.truncate()
            async with self._api.files.with_streaming_response.content(file) as reply:
                async for piece in reply.iter_bytes():
                    into.write(piece)

        await self._call(fetch, patient=True)

    # how often

    async def _once(
        self, send: Callable[[], Awaitable[T]], find: Callable[[], Awaitable[T | None]], *, again: bool
    ) -> T:
        """What `send` makes, and never twice: after any failure that may have been none it is looked for first."""
        attempt = 0
        while True:
            if again and (found := await find()) is not None:
                return found
            try:
                return await self._tried(send)
            except _CallError as error:
                attempt += 1
                if error.decision.action not in _AGAIN or attempt >= self._patience.max_attempts:
                    raise self._ended(error) from None
                again = again or error.decision.action is Action.RETRY  # a 429 was not carried out
                await self._rest(error.decision, attempt)

    async def _newest(self, listed: Callable[[dict[str, Any]], Any]) -> AsyncIterator[Any]:
        """What a list holds, the newest first, page by page."""
        after: dict[str, Any] = {}
        for _ in range(_PAGES):
            page = await self._call(lambda: listed(after))  # noqa: B023  called at once
            for each in page.data:
                yield each
            if not page.data or not getattr(page, "has_more", False):
                return
            after = {"after": page.data[-1].id}

    async def _call(self, call: Callable[[], Awaitable[T]], *, patient: bool = False) -> T:
        try:
            return await self._calmly(call, patient=patient)
        except _CallError as error:
            raise self._ended(error) from None

    async def _calmly(self, call: Callable[[], Awaitable[T]], *, patient: bool = False) -> T:
        """The result of a call, tried again where that can help; `patient`: for ever. Raises _CallError."""
        attempt = 0
        while True:
            try:
                return await self._tried(call)
            except _CallError as error:
                attempt += 1
                if error.decision.action not in _AGAIN or (not patient and attempt >= self._patience.max_attempts):
                    raise
                if attempt == self._patience.max_attempts:
                    words = error.decision.message
                    self._say(f"the endpoint cannot be reached; its batches go on without us ({words})")
                await self._rest(error.decision, attempt)

    async def _tried(self, call: Callable[[], Awaitable[T]]) -> T:
        import openai  # noqa: PLC0415  loaded already

        try:
            return await call()
        except openai.APIStatusError as error:
            status, headers, body = error.status_code, dict(error.response.headers), error.response.content
            if NO_ROOM.encode() in body:
                raise NoRoomError(without_secrets(outcomes.decide_status(status, headers, body).message)) from None
            decision = lost.refused(status, headers, body, str(error.request.url))
            raise _CallError(decision or outcomes.decide_status(status, headers, body), status) from None
        except no_reply() as error:
            raise _CallError(lost.decide(error), 0) from error

    async def _rest(self, decision: Decision, attempt: int) -> None:
        pause = outcomes.backoff(attempt, self._rng, self._patience.base_delay, self._patience.max_delay)
        await asyncio.sleep(max(decision.after or 0.0, pause))

    def _ended(self, error: _CallError) -> Exception:
        if error.status in _GONE:
            return GoneError(error.decision.message)
        if error.decision.action in _AGAIN:
            what = "does not do what it is asked" if error.status else "cannot be reached"
            words = without_secrets(error.decision.message)
            return EndpointDown(f"The endpoint {self._settings.base_url} {what} ({words}).")
        return fatal(error.decision, self._settings.base_url)


_AGAIN: Final = frozenset({Action.RETRY, Action.COOL_DOWN})


def fatal(decision: Decision, base_url: str) -> Fatal:
    """The error of a decision that ends the run."""
    said, remedy = outcomes.STOPS.get(decision.kind, ("", ""))
    words = without_secrets(decision.message)
    message = f"The endpoint {base_url} {said or 'refuses to go on'} ({words})."
    return Fatal(message, decision.remedy or remedy, kind=decision.kind)


def _described(batch: Any) -> RemoteBatch:
    """The SDK's object as ours; servers leave out what they do not know."""
    counts = batch.request_counts
    reasons = (batch.errors and batch.errors.data) or ()
    return RemoteBatch(
        id=str(batch.id),
        state=str(batch.status),
        created=int(batch.created_at or 0),
        expires=batch.expires_at,
        done=(counts and counts.completed) or 0,
        failed=(counts and counts.failed) or 0,
        total=(counts and counts.total) or 0,
        output_file=batch.output_file_id,
        error_file=batch.error_file_id,
        reasons=tuple(Reason(each.code or "", each.message or "") for each in reasons),
        usage=_usage(batch.usage),
        metadata=dict(batch.metadata or {}),
    )


def _usage(usage: Any) -> Tokens | None:
    if usage is None or not usage.input_tokens:
        return None
    cached = getattr(usage.input_tokens_details, "cached_tokens", 0) or 0
    return Tokens(usage.input_tokens, cached, usage.output_tokens or 0)
