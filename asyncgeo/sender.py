"""The bytes of a request → status, headers and bytes of its reply.

In: endpoint, key, bodies. Out: an `Answer`, whatever its status; one of `lost` when there is none. It owns the SDK,
its connections, and how often Python looks for garbage meanwhile. It knows neither what is asked nor what a status
means, and waits for nothing but the network.

The SDK makes the envelope (address, credentials, its own headers) and the HTTP client (TLS, proxies, pool); every
body is then sent in this one envelope through that client. Going through the SDK each time would build all of it
anew: half of what a request cost. The envelope is taken where the SDK's HTTP client offers it, in a hook on requests,
so nothing here leans on the SDK's inside.
"""

import contextlib
import gc
import importlib
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

import msgspec

from asyncgeo import config

if TYPE_CHECKING:
    import openai

PATH: Final = "/chat/completions"

_OK: Final = 200
_KEEP_ALIVE: Final = 4.0
"""Seconds an idle connection is kept: a common server closes them after 5, and a request would race with that."""
_JSON: Final[Any] = {"headers": {"Content-Type": "application/json"}}
_PER_BODY: Final = ("content-length", "transfer-encoding")
"""The transport knows them best."""


_COLLECT_EVERY: Final = 10_000
"""Objects between two looks for cycles while requests are on their way. With Python's 700 a quarter of the time goes
into walking hundreds of coroutines that are all still in use; one reply leaves some fifty objects behind."""


class Answer(NamedTuple):
    """A reply; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _SealedError(Exception):
    """The envelope is complete; nothing was sent."""


class Sender:
    """`async with Sender(...) as sender: await sender.send(body)`, or `stream(body)` for servers that only stream.

    Args:
        settings: base URL and time-out.
        api_key: sent as it is.
    """

    def __init__(self, settings: config.Api, api_key: str) -> None:
        self._settings = settings
        self._api_key = api_key
        self._sdk: openai.AsyncOpenAI | None = None
        self._http: Any = None
        self._seal: Callable[[bytes], Any] | None = None  # a body → the request that carries it
        self._collected_every = gc.get_threshold()
        self.lost: tuple[type[Exception], ...] = ()

    async def __aenter__(self) -> Self:
        import aiohttp  # noqa: PLC0415  with openai half a second that `--help` need not wait for
        import openai  # noqa: PLC0415

        # 0 is unbounded to aiohttp, None would be its default of 100; how many there are is for the slots to say
        pool = type(openai.DEFAULT_CONNECTION_LIMITS)(max_connections=0, keepalive_expiry=_KEEP_ALIVE)
        self._http = openai.DefaultAioHttpClient(limits=pool, trust_env=not _is_local(self._settings.base_url))
        self._sdk = openai.AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._settings.base_url,
            max_retries=0,
            timeout=self._settings.timeout,
            http_client=self._http,
        )
        envelope = await self._envelope(self._sdk)
        self._seal = _sealing(envelope)
        library = importlib.import_module(type(envelope).__module__.partition(".")[0])  # httpx2, by whatever name
        gc.set_threshold(_COLLECT_EVERY, *self._collected_every[1:])
        self.lost = (library.HTTPError, library.InvalidURL, openai.OpenAIError, aiohttp.ClientError, OSError)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        gc.set_threshold(*self._collected_every)
        if self._sdk is not None:
            await self._sdk.close()

    async def send(self, body: bytes) -> Answer:
        """The reply to one request. Raises one of `lost` where there is none."""
        if self._seal is None:
            raise RuntimeError("the sender is used outside `async with`")
        reply = await self._http.send(self._seal(body))
        return Answer(reply.status_code, _plain(reply.headers), reply.content)

    async def stream(self, body: bytes) -> Answer:
        """The reply to a request with `stream`, put together to one completion. Raises as `send` does.

        Each goes through the SDK, which knows how events are cut; such servers are rare and slow.
        """
        import openai  # noqa: PLC0415  loaded already

        if self._sdk is None:
            raise RuntimeError("the sender is used outside `async with`")
        completions: Any = self._sdk.chat.completions
        members = msgspec.json.decode(body)
        try:
            async with await completions.create(messages=[], model="", stream=True, extra_body=members) as chunks:
                return Answer(_OK, _plain(chunks.response.headers), await _gathered(chunks))
        except openai.APIStatusError as error:
            return Answer(error.status_code, _plain(error.response.headers), error.response.content)
        except openai.APIConnectionError:
            raise
        except openai.APIError as error:  # one of the events is an error
            return Answer(_OK, {}, msgspec.json.encode({"error": error.body or error.message}))
        except ValueError as error:
            return Answer(_OK, {}, f"an event that is no JSON: {error}".encode())

    async def _envelope(self, sdk: "openai.AsyncOpenAI") -> Any:
        """A request as the SDK makes it, kept by a hook that lets nothing out."""
        kept: list[Any] = []

        async def keep(request: Any) -> None:
            kept.append(request)
            raise _SealedError

        self._http.event_hooks = {"request": [keep]}
        with contextlib.suppress(_SealedError):
            await sdk.post(PATH, content=b"", cast_to=object, options=_JSON)
        self._http.event_hooks = {}
        return kept[0]


async def _gathered(chunks: Any) -> bytes:
    """The events of a stream as the one completion that they are parts of."""
    parts: dict[str, list[str]] = {name: [] for name in ("content", "reasoning_content", "reasoning", "refusal")}
    whole: dict[str, Any] = {"model": None, "usage": None}
    finish_reason = None
    async for chunk in chunks:
        event = chunk.to_dict(warnings=False)
        whole |= {name: event[name] for name in whole if event.get(name)}
        for choice in (event.get("choices") or ())[:1]:
            finish_reason = choice.get("finish_reason") or finish_reason
            delta = choice.get("delta") or {}
            for name in parts.keys() & delta.keys():
                parts[name] += [delta[name]] if isinstance(delta[name], str) else []
    message = {name: "".join(texts) for name, texts in parts.items()}
    return msgspec.json.encode({**whole, "choices": [{"message": message, "finish_reason": finish_reason}]})


def _sealing(envelope: Any) -> Callable[[bytes], Any]:
    """The function that puts a body into the envelope. All requests share its headers, which nobody changes."""
    request, stream = type(envelope), type(envelope.stream)
    method, url, extensions, headers = envelope.method, envelope.url, envelope.extensions, envelope.headers
    for name in _PER_BODY:
        headers.pop(name, None)

    def seal(body: bytes) -> Any:
        sealed = request(method, url, stream=stream(body), extensions=extensions)
        sealed.headers = headers
        sealed.read()  # what goes out whole is not sent in chunks
        return sealed

    return seal


def _is_local(url: str) -> bool:
    """An endpoint on this machine: never asked through the proxy that the environment may name."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def _plain(headers: Any) -> dict[str, str]:
    """The SDK's headers as a dictionary; looking each up in theirs costs as much as the rest of the reading."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers.raw}
