"""The commands beside `run`: what a person types, and what stands on the screen."""

import json
import re
import shlex
import signal
import tomllib
from pathlib import Path

from support.live import asking, asyncgeo, finish, kill_when, rows_of, serving, start, write_problems

from asyncgeo.schema.records import decode
from asyncgeo.simulator import Endpoint, Options

README = Path(__file__).resolve().parents[2] / "README.md"
TEXT = "如图,在△PQR中,PQ=PR,∠QPR=50°,则∠PQR等于()"


def test_the_version_is_told(tmp_path: Path) -> None:
    """As installed."""
    assert re.fullmatch(r"asyncgeo \d+\.\d+\.\d+\n", asyncgeo("--version", cwd=tmp_path)[1])


def test_the_commands_of_the_readme_exist(tmp_path: Path) -> None:
    """Every `asyncgeo …` line in a console block parses: known command, known flags."""
    lines = re.findall(r"^\$ (?:.*&& )?(asyncgeo .*?)(?:\s+#.*)?$", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(lines) >= 10
    texts: dict[str, str] = {}
    for line in lines:
        _, command, *arguments = shlex.split(line)
        flags = {argument for argument in arguments if argument.startswith("--")}
        if command not in texts:
            texts[command] = asyncgeo(command, "--help-all" if command == "run" else "--help", cwd=tmp_path)[1]
        assert all(flag in texts[command] for flag in flags), line


def test_parse_prints_one_row(tmp_path: Path) -> None:
    """From an argument; what is printed is a row."""
    code, output = asyncgeo("parse", TEXT, cwd=tmp_path)
    assert code == 0
    note, _, row = output.partition("\n")
    assert note.startswith("No model is used")
    assert decode(json.dumps(json.loads(row)).encode()).id == "1"


def test_parse_explains_what_was_read_where(tmp_path: Path) -> None:
    """Each fact with its place, and what was not understood."""
    code, output = asyncgeo("parse", "--explain", TEXT.replace("则", "且花朵盛开,则"), cwd=tmp_path)
    assert code == 0
    assert re.search(r"read +PQ=PR .*segment_equality", output)
    assert re.search(r"not read +.*花朵盛开", output)
    assert "understood: " in output


def test_plan_tells_requests_tokens_cost_and_time(tmp_path: Path) -> None:
    """For the default model every figure, for an unknown one the tokens, and which limit binds."""
    write_problems(tmp_path / "in", range(50))
    flags = ("plan", "-i", "in", "--rpm", 60, "--tpm", 10_000_000, "--latency", 2)
    code, output = asyncgeo(*flags, cwd=tmp_path, OPENAI_API_KEY="sk-test")
    assert code == 0
    assert "Requests: 50" in output
    for service in ("standard", "flex", "batch"):
        usd = r"\$0\.\d+ with prompt caching, \$0\.\d+ without \(genai-prices [\d.]+\)"
        assert re.search(rf"Price, {service}: {usd}", output), service
    assert "limited by requests per minute" in output
    assert "tier 5" in output  # the next one that is larger in both
    assert output.endswith("Nothing was sent.\n")
    assert re.search(r"Reckoned with answers of \d+ tokens.* \(read \d{4}-\d\d-\d\d\)", " ".join(output.split()))
    _, output = asyncgeo("plan", "-i", "in", "--model", "gpt-4.1-mini", cwd=tmp_path, OPENAI_API_KEY="sk-test")
    assert "gpt-4.1-mini ends on 14 January 2027, replacement gpt-6-luna" in " ".join(output.split())
    assert re.search(r"Time: \d+s \(OpenAI's tier \d\) to .* \(tier 1\), by OpenAI's tiers .* as known in 2025", output)
    assert "Price, flex" not in output  # the list knows its services, and this is none
    _, output = asyncgeo(*flags, "--model", "unknown", cwd=tmp_path, OPENAI_API_KEY="sk-test")
    assert '[prices."unknown"]' in output
    assert "Tokens, estimated" in output


def test_a_named_model_is_reckoned_with_before_there_is_a_key(tmp_path: Path) -> None:
    """What it will cost is what decides whether to get one."""
    write_problems(tmp_path / "in", range(3))
    _, output = asyncgeo("plan", "-i", "in", "--model", "gpt-6-luna", cwd=tmp_path)
    assert "Price, standard: $0.0" in output
    assert "Nothing was sent" in output


def test_plan_asks_for_the_model_where_it_is_told_to(tmp_path: Path) -> None:
    """Nothing else is sent, and a misspelt name is held against those the endpoint lists."""
    write_problems(tmp_path / "in", range(3))
    with serving(Options(models={"gpt-6-luna"})) as endpoint:
        flags = ("plan", "-i", "in", "--base-url", endpoint.base_url, "--check", "--model")
        _, known = asyncgeo(*flags, "gpt-6-luna", cwd=tmp_path)
        _, misspelt = asyncgeo(*flags, "gpt6-luna", cwd=tmp_path)
        assert endpoint.stats.requests == 0
    assert f"Asked: {endpoint.base_url} lists gpt-6-luna." in known
    assert "lists no gpt6-luna. The endpoint lists no model gpt6-luna, but gpt-6-luna." in " ".join(misspelt.split())
    assert "Nothing was sent" not in known


def test_run_and_tune_say_what_the_endpoint_says_of_the_model(tmp_path: Path) -> None:
    """A day on which it ends, once; a name that it refuses, with those that look alike."""
    write_problems(tmp_path / "in", range(3))
    with serving(Options(models={"my-model"}, shutdown={"my-model": "2031-02-03"})) as endpoint:
        flags = ("--base-url", endpoint.base_url, "--model")
        _, output = asyncgeo("run", "-i", "in", *flags, "my-model", cwd=tmp_path)
        code, refused = asyncgeo("run", "-i", "in", *flags, "my-modle", "--redo", "all", cwd=tmp_path)
        _, tuned = asyncgeo("tune", *flags, "my-model", cwd=tmp_path)
    assert output.count("my-model ends on 3 February 2031, says the endpoint.") == 1
    assert code == 3
    assert "The endpoint lists no model my-modle, but my-model." in " ".join(refused.split())
    assert "my-model ends on 3 February 2031" in tuned


def test_tune_recommends_what_the_endpoint_tells(tmp_path: Path) -> None:
    """The limits of the headers, as many slots as they need, and config.toml keeps its comments."""
    config = tmp_path / "config.toml"
    config.write_text("# mine\n[limits]\nadaptive = true  # keep\n", encoding="utf-8")
    with serving(Options(rpm=3000, tpm=9_000_000)) as endpoint:
        code, output = asyncgeo("tune", "--base-url", endpoint.base_url, "--write", cwd=tmp_path)
    assert code == 0, output
    text = config.read_text(encoding="utf-8")
    assert text.startswith("# mine\n")
    assert "adaptive = true  # keep" in text
    limits = tomllib.loads(text)["limits"]
    assert (limits["requests_per_minute"], limits["tokens_per_minute"]) == (3000, 9_000_000)
    assert 1 <= limits["max_concurrency"] <= 1000
    assert "requests_per_minute = 3000" in output


def test_tune_without_an_endpoint_says_what_is_missing(tmp_path: Path) -> None:
    """There is nothing to ask."""
    code, output = asyncgeo("tune", cwd=tmp_path)
    assert code == 1
    assert "OPENAI_API_KEY" in output


def test_rehearse_plays_a_run_and_compares_it_with_the_forecast(tmp_path: Path) -> None:
    """Nothing is left behind but what it says."""
    write_problems(tmp_path / "in", range(40))
    code, output = asyncgeo("rehearse", "-i", "in", "--rpm", 6000, "--latency", 0.05, cwd=tmp_path)
    assert code == 0, output
    assert "40 of 40" in output
    assert "Forecast: " in output
    assert "Limited by: " in output
    assert not (tmp_path / "ground_truth").exists()


def test_serve_answers_until_it_is_stopped(tmp_path: Path) -> None:
    """On a port of its own, usable by a run with the line it prints; a taken port is a message."""
    write_problems(tmp_path / "in", range(5))
    server = start("serve", "--port", 0, cwd=tmp_path)
    assert server.stdout is not None
    server.stdout.readline()
    line = server.stdout.readline().split()
    code, output = asyncgeo(*line[1:], "-i", "in", cwd=tmp_path)
    assert code == 0, output
    port = line[3].split(":")[2].split("/")[0]
    code, output = asyncgeo("serve", "--port", port, cwd=tmp_path)
    assert code == 1
    assert port in output
    server.send_signal(signal.SIGINT)
    code, output = finish(server)
    assert code == 0
    assert "5 requests" in output


def test_limits_are_retuned_while_a_run_goes_on(tmp_path: Path, simulator: Endpoint) -> None:
    """An edit of [limits] takes effect within seconds, and the screen says so; a mistake in it is said and ignored."""
    write_problems(tmp_path / "in", range(400))
    config = tmp_path / "config.toml"
    config.write_text("[limits]\nrequests_per_minute = 60\n", encoding="utf-8")
    run = start(*asking(simulator, "-i", "in"), cwd=tmp_path)
    kill_when(run, lambda: simulator.stats.requests >= 1, 0)
    config.write_text("[limits]\nrequests_per_minutes = 60\n", encoding="utf-8")
    kill_when(run, lambda: simulator.stats.requests >= 3, 0)
    config.write_text("[limits]\nrequests_per_minute = 60000\n[api]\ntimeout = 99\n", encoding="utf-8")
    code, output = finish(run)
    assert code == 0, output
    assert "The edit is ignored" in output
    assert "requests_per_minutes" in output
    assert len(rows_of(tmp_path / "ground_truth")) == 400
    assert "From now on limits.requests_per_minute = 60000." in output
    assert "Only the next run reads the change of api.timeout." in output


def test_old_names_work_until_0_3(tmp_path: Path) -> None:
    """Those of CHANGELOG's table: hidden from `--help`, and doing what the new ones do."""
    write_problems(tmp_path / "in", range(8))
    code, output = asyncgeo("run", "-i", "in", "-o", "out", "--offline", "--keep-raw", "--workers", 2, cwd=tmp_path)
    assert code == 0, output
    assert [path.name for path in sorted((tmp_path / "out").glob("dataset_*.jsonl"))] == [
        "dataset_0_4.jsonl",
        "dataset_4_8.jsonl",
    ]
    for command in (
        ("verify", "-o", "out", "--workers", 1),
        ("recheck", "-o", "out"),
        ("gallery", "out", "--output", "gallery.html"),
        ("merge", "-o", "out", "--output", "merged.jsonl"),
        ("export", "tikz", "out", "--ids", "0", "-o", "0.tex"),
        ("export", "tikz", "out", "--ids", "1", "--output", "1.tex"),
        ("report", "-o", "out", "--output", "page.html"),
    ):
        code, output = asyncgeo(*command, cwd=tmp_path)
        assert code == 0, output
    for name in ("gallery.html", "merged.jsonl", "0.tex", "1.tex", "page.html"):
        assert (tmp_path / name).stat().st_size > 0, name
    for shown in ("--help", "run --help-all", "verify --help", "merge --help", "export --help", "report --help"):
        _, text = asyncgeo(*shown.split(), cwd=tmp_path)
        assert not re.search(r"recheck|gallery|--workers|--output\b(?!-)|--only-drawable", text), shown
