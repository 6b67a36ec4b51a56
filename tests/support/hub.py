"""The Hugging Face Hub on loopback: the routes that `huggingface_hub` calls to make a dataset and to send files.

Files are kept as they came; every request's path and the visibility asked for are noted, tokens never.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

TOKEN = f"hf_{'loopback' * 4}"


class Hub:
    """What the server was asked and sent."""

    def __init__(self, *, private: bool | None = None) -> None:
        self.private = private  # None: there is no such repository
        self.created: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.large: dict[str, bytes] = {}
        self.paths: list[str] = []
        self.url = ""


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's own name
        """Nothing on the screen."""

    def do_GET(self) -> None:
        self.hub.paths.append(self.path)
        if self.hub.private is None or self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer({"error": "Repository not found"}, 404)
            return
        self._answer({"id": "owner/geometry", "private": self.hub.private, "sha": "0" * 40, "siblings": []})

    def do_POST(self) -> None:
        self.hub.paths.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}" and "objects" not in self.path:
            self._answer({"error": "Invalid username or password."}, 401)
            return
        path = urlsplit(self.path).path
        if path == "/api/repos/create":
            self._create(json.loads(body))
        elif "/preupload/" in path:
            files = json.loads(body)["files"]
            modes = ["lfs" if each["path"].endswith("parquet") else "regular" for each in files]
            self._answer(
                {
                    "files": [
                        {"path": each["path"], "uploadMode": mode, "shouldIgnore": False, "oid": None}
                        for each, mode in zip(files, modes, strict=True)
                    ]
                }
            )
        elif path.endswith("/objects/batch"):
            objects = json.loads(body)["objects"]
            upload = [
                {**o, "actions": {"upload": {"href": f"{self.hub.url}/store/{o['oid']}", "header": {}}}}
                for o in objects
            ]
            self._answer({"transfer": "basic", "objects": upload})
        elif "/commit/" in path:
            self._commit(body)
        else:
            self._answer({"errors": [], "warnings": []})

    def do_PUT(self) -> None:
        self.hub.paths.append(self.path)
        self.hub.large[self.path.rpartition("/")[2]] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({})

    def _create(self, wanted: dict[str, Any]) -> None:
        url = {"url": f"{self.hub.url}/datasets/owner/geometry", "name": "owner/geometry", "id": "0"}
        if self.hub.private is not None:
            self._answer({**url, "error": "You already created this dataset repo"}, 409)
            return
        self.hub.created.append(wanted)
        self.hub.private = bool(wanted.get("private") or wanted.get("visibility") == "private")
        self._answer(url)

    def _commit(self, body: bytes) -> None:
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                self.hub.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.hub.files[value["path"]] = self.hub.large[value["oid"]]
        self._answer(
            {"commitUrl": f"{self.hub.url}/datasets/owner/geometry/commit/1", "commitOid": "1", "success": True}
        )

    def _answer(self, content: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def hub(*, private: bool | None = None) -> Iterator[Hub]:
    """The server, until the end of the block."""
    held = Hub(private=private)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": held}))
    held.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
