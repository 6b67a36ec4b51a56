"""Whole runs at the flex tier: rows, price and what is said."""

import json
from pathlib import Path

from support import scripted
from support.live import KEY, asyncgeo, rows_of, write_problems

from asyncgeo import config
from asyncgeo.run.session import with_headers
from asyncgeo.store import events
from asyncgeo.store.events import Progress

PRICED = """
[prices."m"]
input = 1.0
cached_input = 0.1
output = 10.0
flex = { input = 0.5, cached_input = 0.05, output = 5.0 }
"""


def cost_of(folder: Path) -> Progress:
    """The last state of the only run."""
    [log] = events.event_logs(folder)
    return [event for event in events.read(log) if isinstance(event, Progress)][-1]


def test_a_flex_run_costs_half_and_its_rows_say_so(tmp_path: Path) -> None:
    """Rows carry the service; log, status and `show` reckon with it."""
    write_problems(tmp_path / "in", range(6))
    (tmp_path / "config.toml").write_text(PRICED, encoding="utf-8")
    usage = {"prompt_tokens": 2000, "completion_tokens": 100}

    def reply(asked: scripted.Asked) -> scripted.Reply:
        answer = json.dumps(scripted.parse_of(asked.text), ensure_ascii=False)
        tier = {"service_tier": asked.body["service_tier"]}
        return scripted.Reply(body=scripted.completion(answer, usage=usage) | tier)

    with scripted.serving(reply) as server:
        flags = ("run", "-i", "in", "-o", "out", "--model", "m", "--flex", "--base-url", server.url)
        code, output = asyncgeo(*flags, cwd=tmp_path, OPENAI_API_KEY=KEY)
    assert code == 0, output
    assert {row.meta.service for row in rows_of(tmp_path / "out") if row.meta is not None} == {"flex"}
    assert cost_of(tmp_path / "out").cost == 6 * (2000 * 0.5 + 100 * 5.0) / 1e6
    code, shown = asyncgeo("status", "-o", "out", cwd=tmp_path)
    assert "$0.0090" in shown, shown
    code, shown = asyncgeo("show", "3", "-o", "out", "-i", "in", cwd=tmp_path)
    assert "$0.001500" in shown, shown


def test_flex_waits_longer_unless_the_person_says_how_long() -> None:
    """The provider advises a quarter of an hour."""
    flex = config.load(None, {}, flags={"api.service_tier": ("--flex", "flex")})
    assert with_headers(flex).timeout == 900
    named = config.load(None, {"ASYNCGEO_API_TIMEOUT": "30"}, flags={"api.service_tier": ("--flex", "flex")})
    assert with_headers(named).timeout == 30
