"""Requests to an endpoint over a real socket, as bare as they can be: aiohttp, no SDK."""

import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from asyncgeo.simulator import Endpoint

TRIANGLE = "如图,在△KLM中,KL=KM,∠LKM=50°,则∠KLM的度数为()"


@dataclass(frozen=True)
class Got:
    """One reply."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def content(self) -> str:
        content = self.json["choices"][0]["message"]["content"]
        assert isinstance(content, str)
        return content

    @property
    def error(self) -> Any:
        return self.json["error"]


def request(text: str = TRIANGLE, **members: Any) -> dict[str, Any]:
    """The body of a request about one problem; `members` are added or replace."""
    return {"model": "m", "messages": [{"role": "user", "content": f"Problem:\n{text}"}], **members}


async def post(endpoint: Endpoint, body: object, key: str = "", seconds: float = 10) -> Got:
    """Send one request on a connection of its own."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    timeout = aiohttp.ClientTimeout(seconds)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(f"{endpoint.base_url}/chat/completions", data=data, headers=headers) as reply,
    ):
        return Got(reply.status, {name.lower(): value for name, value in reply.headers.items()}, await reply.read())


async def get(endpoint: Endpoint, path: str) -> Got:
    """Fetch a path of the server."""
    async with aiohttp.ClientSession() as session, session.get(endpoint.base_url.removesuffix("/v1") + path) as reply:
        return Got(reply.status, dict(reply.headers), await reply.read())
