"""What a command needs to ask questions: endpoint, limits, client and extractor put together and taken apart again.

In: settings, the key, whether to use the embedded endpoint. Out: a `Session` for as long as the `async with` lasts.
"""

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from asyncgeo import config
from asyncgeo.config import Settings
from asyncgeo.errors import Fatal, hide
from asyncgeo.llm import models, prices, served
from asyncgeo.llm.client import Client, Listener
from asyncgeo.llm.clock import Clock
from asyncgeo.llm.limits import Limits, Shares
from asyncgeo.llm.limits.shared import SharedLimit, file_for
from asyncgeo.llm.prompts import CACHE_KEYS, Prompt
from asyncgeo.llm.proxies import proxy_of
from asyncgeo.llm.served import Served
from asyncgeo.llm.transport import Transport
from asyncgeo.run.extract import Extractor
from asyncgeo.schema.records import RULES_MODEL

_OTHER_FILES: Final = 200  # beside connections and shards: libraries, the log
_FLEX_TIMEOUT: Final = 900.0
"""Seconds for an answer at the flex tier (developers.openai.com/api/docs/guides/flex-processing, 2026-11-30)."""
NO_KEY = "none"  # local servers want some key; they do not look at it


@dataclass(frozen=True, slots=True)
class Session:
    """What asks, the limits that pace it, and what the endpoint says of the model."""

    limits: Limits
    extractor: Extractor
    look_up: Callable[[], Awaitable[Served]]


@asynccontextmanager
async def looking_up(asking: Session, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Ask for the model beside the block, which is the first requests; what there is to say is said.

    A block that ends in peace waits for it, and one that ends for want of the model gets it as a remedy.
    """

    async def look() -> str:
        text = (await asking.look_up()).text
        if text:
            say(text)
        return text

    task = asyncio.create_task(look())
    try:
        yield
        await task
    except Fatal as error:
        if error.kind in _UNSERVED and (text := await task):
            error.remedy = f"{text} {error.remedy}"
        raise
    finally:
        task.cancel()


_UNSERVED: Final = ("unknown_model", "not_found")


async def look_up(settings: Settings, key: str | None) -> Served:
    """What the endpoint says of the model, where nothing else is asked of it."""
    api = with_headers(settings)
    async with Transport(api, key or "") as transport:
        return await served.look_up(transport.get, api)


def is_offline(settings: Settings, key: str | None, *, wanted: bool) -> bool:
    """Whether the embedded endpoint answers: asked for, or neither a key nor another endpoint is there."""
    keyless = key is None and not config.has_credentials(settings.api)
    return wanted or (keyless and config.at_openai(settings.api))


def check_address(settings: Settings) -> None:
    """Raise ConfigError for a header or a proxy that cannot be used, before anything is opened for a run."""
    with_headers(settings)
    proxy_of(settings.api.base_url)


def with_headers(settings: Settings) -> config.Api:
    """The endpoint with its headers as they are sent; what the environment holds of them is never shown."""
    api = config.resolved(_patient(settings))
    for name, value in api.headers.items():
        if value != settings.api.headers[name]:
            hide(value)
    return api


def _patient(settings: Settings) -> config.Api:
    """The endpoint, with the time-out that its service tier needs where the person left the usual one."""
    api = settings.api
    if api.service_tier != "flex" or not settings.is_usual("api.timeout"):
        return api
    return msgspec.structs.replace(api, timeout=_FLEX_TIMEOUT)


def prompt_of(settings: Settings, *, packed: bool = False) -> Prompt:
    """The prompt of these settings, of one problem or of a pack; only OpenAI's own endpoint is sent cache keys."""
    api = models.with_defaults(settings).api
    cache_keys = CACHE_KEYS if config.at_openai(api) else 0
    return Prompt(api.model, api.max_completion_tokens, api.extra, cache_keys=cache_keys, packed=packed)


@asynccontextmanager
async def session(  # noqa: PLR0913  every seam is a parameter
    settings: Settings,
    key: str | None,
    listener: Listener,
    say: Callable[[str], None],
    *,
    offline: bool,
    budget: prices.Budget | None = None,
    shares: Shares | None = None,
    warn: Callable[[str], None] | None = None,
) -> AsyncIterator[Session]:
    """A session for as long as the block lasts; with `offline` its endpoint runs here, over real HTTP on loopback.

    `shares` divides the limits; without it they are shared with the other processes of this machine, and `warn` hears
    where they cannot be.
    """
    settings = models.with_defaults(settings)
    async with AsyncExitStack() as stack:
        if offline:
            from asyncgeo.simulator import Endpoint  # noqa: PLC0415  a web server, which other runs need not load

            settings = _asking(settings, (await stack.enter_async_context(Endpoint())).base_url)
        api = with_headers(settings)
        if shares is None and not offline:
            shares = _shared(stack, file_for(api.base_url, api.model, key or ""), warn or say)
        clock, retry = Clock(), settings.retry
        wait = _wait(settings)
        limits = Limits(
            settings.limits,
            give_up_after=retry.give_up_after,
            wait=wait,
            timeout=api.timeout,
            shares=shares,
            clock=clock,
            log=say,
        )
        client = Client(
            api,
            retry,
            limits,
            api_key=key or ("" if config.has_credentials(api) else NO_KEY),
            budget=budget,
            listener=listener,
            say=say,
            clock=clock,
        )
        packs = prompt_of(settings, packed=True) if settings.api.pack > 1 else None
        client = await stack.enter_async_context(client)
        extractor = Extractor(client, prompt_of(settings), pack_prompt=packs, say=say)
        yield Session(limits, extractor, client.look_up)


def _shared(stack: AsyncExitStack, file: Path | None, say: Callable[[str], None]) -> Shares | None:
    """The limits' shares among the processes of this machine; None where they have no file to meet in."""
    if file is not None:
        return stack.enter_context(SharedLimit(file, say=say))
    say("there is no temporary folder, so the limits are not shared with other processes")
    return None


def _asking(settings: Settings, base_url: str) -> Settings:
    """The settings with this endpoint and its model in place of those configured."""
    api = msgspec.structs.replace(settings.api, base_url=base_url, model=RULES_MODEL, headers={}, extra={})
    return msgspec.structs.replace(settings, api=api)


def _wait(settings: Settings) -> float:
    """Seconds for an endpoint that has never answered; the default is no longer than the person waits for others."""
    retry = settings.retry
    return min(retry.wait, retry.give_up_after) if settings.is_usual("retry.wait") else retry.wait


def raise_file_limit(files: int) -> None:
    """As many open files as connections, shards and the rest need, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = files + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
