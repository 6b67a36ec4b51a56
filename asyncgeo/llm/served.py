"""Whether the endpoint serves a model, and until when: asked beside the first requests, and only a warning.

In: how to get what stands at a path, and which model is asked. Out: `Served`. A model is unknown when a completion says
so: Azure, gateways, aliases and llama.cpp answer 404 here for models that they serve. So every failure is silence, and
a list is only held against a name that looks misspelt.

    GET /models/gpt-4.1-mini → {"id":"gpt-4.1-mini","object":"model","shutdown_date":"2027-01-14",…}
    GET /models              → {"object":"list","data":[{"id":"gpt-6-luna",…},…]}
"""

import asyncio
import difflib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import msgspec

from asyncgeo.config import Api
from asyncgeo.llm import models
from asyncgeo.llm.responses import Response

Get = Callable[[str], Awaitable[Response | None]]
"""The reply to GET of a path below the base URL, None where there is none."""


class Served(NamedTuple):
    """`known`: the endpoint lists the model, or lists others, or (None) does not say; `text` is for the person."""

    known: bool | None = None
    text: str = ""


_PATIENCE: Final = 2.0
_OK: Final = 200
_MISSING: Final = 404
_NEAR: Final = 3
"""Names shown of those that look alike."""


async def look_up(get: Get, api: Api) -> Served:
    """What the endpoint says of the model, within 2 s."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            return await _ask(get, api)
    return Served()


async def _ask(get: Get, api: Api) -> Served:
    reply = await get(f"/models/{quote(api.model, safe='')}")
    if reply is None:
        return Served()
    found = _document(reply)
    if reply.status == _OK and isinstance(found.get("id"), str):
        return Served(known=True, text=_ending(api, found.get("shutdown_date")))
    return _among(api.model, _names(await get("/models"))) if reply.status == _MISSING else Served()


def _ending(api: Api, told: object) -> str:
    """The sentence on a day that the plan did not name already."""
    with suppress(ValueError, TypeError):
        day = date.fromisoformat(str(told)[: len("2027-01-14")])
        if day != models.last_day(api):
            return models.ends(api.model, day, models.today()) + ", says the endpoint."
    return ""


def _among(model: str, names: list[str]) -> Served:
    if not names or model in names:
        return Served(known=True if names else None)
    near = difflib.get_close_matches(model, names, n=_NEAR)
    return Served(known=False, text=f"The endpoint lists no model {model}, but {' and '.join(near)}." if near else "")


def _names(reply: Response | None) -> list[str]:
    listed = _document(reply).get("data") if reply is not None and reply.status == _OK else None
    found = [each.get("id") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return [name for name in found if isinstance(name, str)]


def _document(reply: Response | None) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(b"" if reply is None else reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
