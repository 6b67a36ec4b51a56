"""Whole runs against servers that are not there, do not speak as asked, or stop in between."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support import raw, scripted
from support.live import asyncgeo, environment, finish, rows_of, start, write_problems
from support.scripted import Asked, Reply, answer

MODEL = ("--model", "m")
QUICK = "[retry]\nbase_delay = 0.05\nmax_delay = 0.2\n"


def asked(tmp_path: Path, url: str, *flags: object, count: int = 4, **changes: str) -> tuple[int, str]:
    """Run over a few problems against `url`."""
    folder = write_problems(tmp_path / "in", range(count))
    return asyncgeo(
        "run", "--input-dir", folder, "--output-dir", "out", "--base-url", url, *MODEL, *flags, cwd=tmp_path, **changes
    )


def by_text(request: Asked) -> Reply:
    return answer(request.text)


def nowhere() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert isinstance(port, int)
    return port


@pytest.mark.parametrize("name", ["good", "itself", "expired", "elsewhere"])
def test_a_certificate_that_is_refused_ends_the_run(tmp_path: Path, name: str) -> None:
    """At once, with what to do; nobody is asked a second time."""
    trusted: dict[str, Any] = {} if name in {"good", "itself"} else {"SSL_CERT_FILE": str(raw.CERTIFICATES / "ca.pem")}
    with scripted.serving(by_text, raw.tls(name)) as server:
        code, output = asked(tmp_path, server.url, **trusted)
        assert server.asked == []
    assert code == 3, output
    assert "certificate is refused" in output
    remedy = {"good": "SSL_CERT_FILE", "itself": "SSL_CERT_FILE", "expired": "Renew", "elsewhere": "api.base_url"}[name]
    assert remedy in output
    assert rows_of(tmp_path / "out") == []


def test_ssl_cert_file_counts_for_this_machine_too(tmp_path: Path) -> None:
    """Proxies are not for the loopback, certificates are."""
    with scripted.serving(by_text, raw.tls("good")) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        code, output = asked(tmp_path, url, SSL_CERT_FILE=str(raw.CERTIFICATES / "ca.pem"))
    assert code == 0, output
    assert [row.source for row in rows_of(tmp_path / "out")] == ["model"] * 4  # type: ignore[union-attr]


def test_ssl_cert_file_that_is_no_file_is_named(tmp_path: Path) -> None:
    """Before anything is sent."""
    code, output = asked(tmp_path, "https://127.0.0.1:1/v1", SSL_CERT_FILE=str(tmp_path / "gone.pem"))
    assert code == 1, output
    assert "SSL_CERT_FILE" in output
    assert "Traceback" not in output


def test_https_spoken_to_http(tmp_path: Path) -> None:
    """The wrong scheme never becomes the right one."""
    with scripted.serving(by_text) as server:
        code, output = asked(tmp_path, server.url.replace("http://", "https://"))
    assert code == 3, output
    assert "Write http:// instead of https://" in output


def test_http_spoken_to_https(tmp_path: Path) -> None:
    """A server that speaks TLS closes without a word; it is asked whether it does."""
    with scripted.serving(by_text, raw.tls("good")) as server:
        code, output = asked(tmp_path, server.url.replace("https://", "http://"))
    assert code == 3, output
    assert "Write https:// instead of http://" in output


def test_a_socks_proxy_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    """Exit 1, no shard, no log."""
    code, output = asked(tmp_path, "http://model.invalid/v1", ALL_PROXY="socks5://127.0.0.1:1080", NO_PROXY="")
    assert code == 1, output
    assert "ALL_PROXY names a SOCKS proxy, which is not supported" in output
    assert "HTTPS_PROXY=http://" in output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password(tmp_path: Path, scheme: str) -> None:
    """407 on a plain request and on CONNECT; the endpoint is not blamed."""
    heads: list[bytes] = []

    def talk(connection: socket.socket, _: int) -> None:
        heads.append(raw.request(connection).partition(b"\r\n")[0])
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    with raw.serving(talk) as server:
        proxy = f"http://127.0.0.1:{server.port}"
        code, output = asked(tmp_path, f"{scheme}://model.invalid/v1", ALL_PROXY=proxy, NO_PROXY="")
    assert code == 3, output
    assert "the proxy wants a user and a password (HTTP 407)" in output
    assert "HTTPS_PROXY=http://user:password@host:port" in output
    first = b"CONNECT model.invalid:443" if scheme == "https" else b"POST http://model.invalid/v1"
    assert any(head.startswith(first) for head in heads)


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    """The key does not go to another address; the person is told of it."""

    def elsewhere(_: Asked) -> Reply:
        return Reply(307, "", {"Location": "https://other.example/v1/chat/completions"})

    with scripted.serving(elsewhere) as server:
        code, output = asked(tmp_path, server.url)
        assert len(server.asked) <= 4
    assert code == 3, output
    assert "it redirects to https://other.example/v1/chat/completions (HTTP 307)" in output
    assert "set api.base_url to https://other.example/v1" in output


def test_a_header_from_the_environment_is_sent_and_written_nowhere(tmp_path: Path) -> None:
    """Instead of a key: no OPENAI_API_KEY is needed, and an endpoint that repeats the value is redacted."""
    value = "very-secret-azure-key"
    (tmp_path / "config.toml").write_text(
        f'{QUICK}[api]\nheaders = {{"api-key" = "env:AZURE_KEY"}}\n', encoding="utf-8"
    )

    def echo(request: Asked) -> Reply:
        if request.number > 2:
            return scripted.error(401, f"bad key {request.headers['api-key']}", code="invalid_api_key")
        return answer(request.text)

    with scripted.serving(echo) as server:
        url = f"{server.url}?api-version=2026-10-21"
        code, output = asked(tmp_path, url, "--concurrency", 1, AZURE_KEY=value)
        first = server.asked[0]
    assert code == 3, output
    assert first.headers["api-key"] == value
    assert "authorization" not in first.headers
    assert first.path == "/v1/chat/completions?api-version=2026-10-21"
    assert value not in output
    assert "[header api-key]" in output
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(written) >= 3
    assert not any(value.encode() in path.read_bytes() for path in written)


def test_a_header_whose_variable_is_missing_is_named(tmp_path: Path) -> None:
    """Exit 1 before anything is sent."""
    (tmp_path / "config.toml").write_text('[api.headers]\napi-key = "env:AZURE_KEY"\n', encoding="utf-8")
    code, output = asked(tmp_path, "http://127.0.0.1:1/v1")
    assert code == 1, output
    assert "AZURE_KEY" in output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("count", [1, 12])
def test_an_endpoint_that_is_not_there_is_said_at_once_and_given_up_soon(tmp_path: Path, count: int) -> None:
    """Seconds, not `give_up_after`; on screen while it lasts, and every problem stays pending."""
    port = nowhere()
    code, output = asked(tmp_path, f"http://127.0.0.1:{port}/v1", "--wait", 1.5, count=count)
    assert code == 3, output
    first, _, end = output.partition("everybody waits")
    assert "the endpoint does not answer" in first
    assert "no usable answer" in end
    assert "--wait" in end
    assert rows_of(tmp_path / "out") == []


def test_a_server_that_is_still_starting_is_waited_for(tmp_path: Path) -> None:
    """First nobody listens, then it is loading its model, then it answers: every problem is parsed."""
    port, refusals = nowhere(), Counter[str]()

    def loading(request: Asked) -> Reply:
        refusals["503"] += 1
        return answer(request.text) if refusals["503"] > 3 else scripted.error(503, "Loading model")

    folder = write_problems(tmp_path / "in", range(4))
    (tmp_path / "config.toml").write_text(QUICK, encoding="utf-8")
    run = start(
        "run", "--input-dir", folder, "--output-dir", "out", "--base-url", f"http://127.0.0.1:{port}/v1", *MODEL,
        "--wait", 60, cwd=tmp_path,
    )  # fmt: skip
    lines = iter(run.stdout or ())
    assert any("the endpoint does not answer" in line for line in lines)
    with scripted.serving(loading, port=port):
        code, output = finish(run)
    assert code == 0, output
    assert [row.source for row in rows_of(tmp_path / "out")] == ["model"] * 4  # type: ignore[union-attr]


def test_a_run_that_is_stopped_for_longer_than_its_time_out_loses_nothing(tmp_path: Path) -> None:
    """SIGSTOP while every request is on its way: the replies lie in the sockets and are read; no one is asked again."""
    (tmp_path / "config.toml").write_text(
        f"{QUICK}[api]\ntimeout = 1.0\n[limits]\nadaptive = false\n", encoding="utf-8"
    )
    arrived, stopped = threading.Semaphore(0), threading.Event()

    def held(request: Asked) -> Reply:
        arrived.release()
        stopped.wait(60)
        return answer(request.text)

    folder = write_problems(tmp_path / "in", range(12))
    with scripted.serving(held) as server:
        run = start("run", "--input-dir", folder, "--output-dir", "out", "--base-url", server.url, *MODEL, cwd=tmp_path)
        for _ in range(12):
            assert arrived.acquire(timeout=60)
        run.send_signal(signal.SIGSTOP)
        stopped.set()
        time.sleep(3.0)  # longer than the time-out: what this test is about
        run.send_signal(signal.SIGCONT)
        code, output = finish(run)
        assert len(server.asked) == 12
    assert code == 0, output
    assert "retries 0" in output


def test_what_changes_the_pace_is_said_once(tmp_path: Path) -> None:
    """A refused format and a rate limit are news the first time only; the log has them all."""
    (tmp_path / "config.toml").write_text(QUICK, encoding="utf-8")

    def limited(request: Asked) -> Reply:
        if request.body["response_format"]["type"] == "json_schema":
            return scripted.error(400, "response_format json_schema is not supported")
        if request.times in {2, 3}:
            return scripted.error(429, "slow down", {"retry-after-ms": "10"}, code="rate_limit_exceeded")
        return answer(request.text)

    with scripted.serving(limited) as server:
        code, output = asked(tmp_path, server.url, count=8)
    assert code == 0, output
    assert output.count("asking for json_object from now on") == 1
    assert output.count("slower for a while") == 1


def test_windows_is_told_to_use_wsl() -> None:
    """One sentence instead of a traceback about fcntl."""
    code = "sys.platform = 'win32'; sys.argv[1:] = ['run']; runpy.run_module('asyncgeo', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", f"import runpy, sys; {code}"],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode == 1
    assert "WSL" in done.stderr
    assert "Traceback" not in done.stderr
