"""A server that answers just what a test says: the standard library's own, which shares no code with asyncgeo.

    with scripted.serving(lambda asked: scripted.answer(asked.text)) as server:
        asyncgeo("run", "-i", "in", "--base-url", server.url, "--model", "m", cwd=tmp_path, OPENAI_API_KEY=KEY)
    assert len(server.asked) == 12

The function is given each request (`Asked`) and returns a `Reply`, or the bytes to write to the socket before it is
closed, for servers that speak no HTTP. `answer` is a whole completion about the problem asked.
"""

import json
import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request: its members, the problem's text, how often that text has come (from 1), how many requests came."""

    body: dict[str, Any]
    text: str
    times: int
    number: int
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """Status, body (an object is sent as JSON), headers; sent after `delay` seconds."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0


@dataclass
class Server:
    """The server's address and every request that came."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)


def parse_of(text: str) -> dict[str, Any]:
    """A plain parse about the first triangle that the text names."""
    a, b, c = (re.search(r"△([A-Z])([A-Z])([A-Z])", text) or re.search(r"([A-Z])([A-Z])([A-Z])", "ABC")).groups()  # type: ignore[union-attr]
    return {
        "verdict": "parsed",
        "reason": None,
        "detail": "",
        "cleaned_text": text,
        "category": "Triangle Properties & Constructions",
        "difficulty": 2,
        "required_objects": {"points": [a, b, c], "segments": [], "lines": [], "circles": [], "polygons": [[a, b, c]]},
        "verification_conditions": [{"type": "segment_equality", "segments": [[a, b], [a, c]]}],
    }


def completion(content: object, finish: str = "stop", usage: object = None, **message: object) -> dict[str, Any]:
    """A completion whose message has this content, and further members."""
    return {
        "id": "c",
        "object": "chat.completion",
        "model": "m",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **message}}
        ],
        "usage": usage or {"prompt_tokens": 2000, "completion_tokens": 200},
    }


def answer(text: str, delay: float = 0.0) -> Reply:
    """A usable answer about the problem."""
    return Reply(200, completion(json.dumps(parse_of(text), ensure_ascii=False)), delay=delay)


def error(status: int, message: str, headers: Mapping[str, str] | None = None, **members: object) -> Reply:
    """`{"error": {"message": …, …}}`."""
    return Reply(status, {"error": {"message": message, **members}}, headers or {})


Answers = Callable[[Asked], Reply | bytes]


@contextmanager
def serving(answers: Answers, tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[Server]:
    """The server on a port of the loopback, 0 is a free one, for as long as the block lasts; `tls` makes it https."""
    server, times, lock = Server(), Counter[str](), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            text = next((str(each["content"]) for each in body.get("messages", ()) if each["role"] == "user"), "")
            text = text.removeprefix("Problem:\n").strip()
            with lock:
                times[text] += 1
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(body, text, times[text], len(server.asked) + 1, self.path, headers)
                server.asked.append(asked)
            self._send(answers(asked))

        def _send(self, reply: Reply | bytes) -> None:
            if isinstance(reply, bytes):
                self.wfile.write(reply)
                self.close_connection = True
                return
            time.sleep(reply.delay)
            body = reply.body
            raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Keep standard error for the tests."""

    class Threads(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that went away is no news."""

    with Threads(("127.0.0.1", port), Handler) as threads:
        if tls is not None:
            threads.socket = tls.wrap_socket(threads.socket, server_side=True)
        server.url = f"http{'s' if tls else ''}://127.0.0.1:{threads.server_address[1]}/v1"
        thread = threading.Thread(target=threads.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            threads.shutdown()
            thread.join(10)
