"""`--json` of the commands that print once: one object on standard output, with the numbers of the words."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from support.live import KEY, asyncgeo, finish, serving, start_apart, write_problems

from asyncgeo.cli import commands
from asyncgeo.schema.words import duration, money
from asyncgeo.simulator import Options


def looked(*arguments: object, cwd: Path, **changes: str) -> tuple[dict[str, Any], str]:
    """The object that a command prints alone, and the words that it prints without the flag."""
    process = start_apart(*arguments, "--json", cwd=cwd, **changes)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    found = json.loads(out)
    assert isinstance(found, dict)
    code, words = asyncgeo(*arguments, cwd=cwd, **changes)
    assert code == 0, words
    assert_documented(str(arguments[0]), found)
    return found, " ".join(words.split())


def assert_documented(name: str, found: dict[str, Any]) -> None:
    """The command's page names every member."""
    page = commands.load(name).help or ""
    assert not [member for member in found if not re.search(rf"\b{member}\b", page)], page


def test_plan_in_numbers(tmp_path: Path) -> None:
    """Seconds and USD, as the words have them; without a model none."""
    write_problems(tmp_path / "in", range(50))
    flags = ("plan", "-i", "in", "--rpm", 60, "--tpm", 10_000_000, "--latency", 2)
    found, words = looked(*flags, cwd=tmp_path, OPENAI_API_KEY=KEY)
    assert f"Requests: {found['requests']}" in words
    assert f"Tokens, estimated: {found['input_tokens']:,} in" in words
    assert f"{found['output_tokens']:,} out" in words
    assert f"Time: {duration(found['seconds'])}, " in words
    assert found["limited_by"] == "requests per minute"
    assert (found["pending"], found["problems"], found["latency_seconds"]) == (50, 50, 2.0)
    for each in found["prices"]:
        usd = f"{money(each['usd_cached'])} with prompt caching, {money(each['usd'])} without"
        assert f"Price, {each['service']}: {usd} ({each['source']})" in words
    assert [each["name"] for each in found["tiers"]] == ["tier 5"]
    assert found["lists_model"] is None
    alone, _ = looked("plan", "-i", "in", cwd=tmp_path)
    assert (alone["model"], alone["seconds"], alone["prices"], alone["requests"]) == (None, None, [], 50)


def test_plan_says_whether_the_model_is_there(tmp_path: Path) -> None:
    """With --check."""
    write_problems(tmp_path / "in", range(2))
    with serving(Options(models={"mine"})) as endpoint:
        flags = ("plan", "-i", "in", "--base-url", endpoint.base_url, "--check", "--model")
        for model in ("mine", "other"):
            found, words = looked(*flags, model, cwd=tmp_path)
            assert found["lists_model"] is (model == "mine")
            assert ("lists no" in words) is (model == "other")


def test_merge_and_verify_in_numbers(tmp_path: Path) -> None:
    """The counts of the statistics, and what was found of the figures."""
    write_problems(tmp_path / "in", range(10))
    code, output = asyncgeo("run", "-i", "in", "-o", "out", "--offline", "--no-merge", cwd=tmp_path)
    assert code == 0, output
    found, words = looked("verify", "-o", "out", "--processes", 1, cwd=tmp_path)
    assert f"{found['drawable']} of {found['parses']} parses can be drawn" in words
    assert found["judged"] == found["parses"] == sum(found["states"].values())
    assert found["parses"] == found["drawable"] + found["contradictory"] + found["unjudged"]
    assert len(found["contradictory_ids"]) == found["contradictory"]
    merged, words = looked("merge", "-o", "out", "--to", "all.jsonl", cwd=tmp_path)
    kinds = ("parsed", "stand_ins", "skipped", "failed", "left_out")
    assert merged["ids"] == 10 == sum(merged[kind] for kind in kinds)
    assert f"parsed {merged['parsed']} · stood in {merged['stand_ins']} · skipped {merged['skipped']}" in words
    assert f"figures: {merged['figures']['drawable']} can be drawn" in words
    assert merged["outputs"] == ["all.jsonl"]
    assert sum(merged["categories"].values()) == merged["problems"]


def test_tune_in_numbers(tmp_path: Path) -> None:
    """The limits as config.toml calls them, and where they were written."""
    with serving(Options(rpm=3000, tpm=9_000_000)) as endpoint:
        process = start_apart("tune", "--base-url", endpoint.base_url, "--write", "--json", cwd=tmp_path)
        code, out = finish(process)
    assert code == 0, out
    found = json.loads(out)
    assert_documented("tune", found)
    assert found["limits"]["requests_per_minute"] == 3000
    assert found["written"] == "config.toml"
    assert any("3,000 requests per minute" in line for line in found["why"])
    assert tomllib.loads((tmp_path / "config.toml").read_text(encoding="utf-8"))["limits"] == found["limits"]
