"""A headless Chromium for tests: started with a profile of its own, driven over its DevTools protocol.

The protocol is JSON over a websocket, which aiohttp speaks, so nothing is installed for it. Tests skip without one.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)
PATIENCE = 60.0
"""Seconds after which a browser that does not answer fails its test."""
KEYS = {"Enter": (13, "\r"), "Escape": (27, ""), "ArrowDown": (40, ""), "ArrowRight": (39, ""), "ArrowLeft": (37, "")}
KEYS |= {"End": (35, ""), "Home": (36, ""), "PageDown": (34, ""), "Tab": (9, "")}


def program() -> str:
    """The browser of this machine; skips the test where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no Chromium here: looked for {', '.join(NAMES)}")
    return found


class Page:
    """One page: what a person does to it, and what is to be seen."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, session: str) -> None:
        self._socket = socket
        self._session = session
        self._numbers = itertools.count(1)
        self.events: list[dict[str, Any]] = []

    async def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """One command of the protocol; what the browser tells in between is kept in `events`."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters, "sessionId": self._session})
        while True:
            told = await self._told()
            if told.get("id") == number:
                if "error" in told:
                    raise AssertionError(f"{method}: {told['error']}")
                return dict(told["result"])

    async def visit(self, url: str) -> None:
        """Load it, and wait until it is loaded."""
        self.events.clear()
        await self.call("Page.navigate", url=url)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            await self._told()

    async def run(self, script: str) -> Any:
        """The value of an expression in the page; promises are waited for."""
        result = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait, a frame at a time, until the expression holds."""
        await self.run(
            f"(async () => {{ while (!({condition})) await new Promise((next) => requestAnimationFrame(next)); }})()"
        )

    async def click(self, selector: str) -> None:
        """Press the mouse where the element is."""
        place = await self.run(
            f"(() => {{ const found = document.querySelector({json.dumps(selector)});"
            " found.scrollIntoView({block: 'center', behavior: 'instant'}); const box = found.getBoundingClientRect();"
            " return [box.left + box.width / 2, box.top + box.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    async def press(self, key: str) -> None:
        """Press a key of `KEYS`."""
        code, text = KEYS[key]
        for kind in ("keyDown", "keyUp"):
            await self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, text=text
            )

    async def write(self, text: str) -> None:
        """Type into what has the focus."""
        await self.call("Input.insertText", text=text)

    async def select(self, selector: str, value: str) -> None:
        """Choose an option, as its menu does."""
        await self.run(
            f"(() => {{ const found = document.querySelector({json.dumps(selector)});"
            f" found.value = {json.dumps(value)};"
            " found.dispatchEvent(new Event('change', {bubbles: true})); })()"
        )

    async def download(self, selector: str, folder: Path) -> None:
        """Press what saves a file, and wait until the file is in the folder."""
        await self.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
        before = len(self.events)
        await self.click(selector)
        while not any(event["params"].get("state") == "completed" for event in self.events[before:]):
            await self._told()

    async def look(self, *, width: int = 1280, height: int = 900, scheme: str = "light", scale: float = 1) -> None:
        """The size of the window, and the theme that the system prefers."""
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )
        await self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    async def picture(self, *, whole: bool = False) -> bytes:
        """A PNG of what is in sight, or of the whole page."""
        shot = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(shot["data"])

    async def paper(self) -> bytes:
        """The page as PDF."""
        printed = await self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        return base64.b64decode(printed["data"])

    async def _told(self) -> dict[str, Any]:
        told = dict(await self._socket.receive_json(timeout=PATIENCE))
        if "method" in told:
            self.events.append(told)
        return told


@contextlib.asynccontextmanager
async def browsing() -> AsyncIterator[Page]:
    """A page of a fresh browser, which ends with the block."""
    found = program()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            found,
            *FLAGS,
            f"--user-data-dir={profile}",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            address = await asyncio.wait_for(_address(process), PATIENCE)
            async with aiohttp.ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
                yield await _open(socket)
        finally:
            process.kill()
            await process.communicate()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Where the browser listens, which it tells on its standard error."""
    assert process.stderr is not None
    said = b""
    async for line in process.stderr:
        said += line
        if line.startswith(b"DevTools listening on "):
            return line.split()[-1].decode()
    pytest.skip(f"Chromium does not start here: {said.decode(errors='replace')[-300:]}")


async def _open(socket: aiohttp.ClientWebSocketResponse) -> Page:
    await socket.send_json({"id": 1, "method": "Target.createTarget", "params": {"url": "about:blank"}})
    target = (await _reply(socket, 1))["targetId"]
    await socket.send_json(
        {"id": 2, "method": "Target.attachToTarget", "params": {"targetId": target, "flatten": True}}
    )
    page = Page(socket, (await _reply(socket, 2))["sessionId"])
    for domain in ("Page", "Runtime", "Network", "Log"):
        await page.call(f"{domain}.enable")
    return page


async def _reply(socket: aiohttp.ClientWebSocketResponse, number: int) -> dict[str, Any]:
    while True:
        told = await socket.receive_json(timeout=PATIENCE)
        if told.get("id") == number:
            return dict(told["result"])
