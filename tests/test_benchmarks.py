"""The benchmarks still run, at a size that says nothing about time; what they count is bounded."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import shared
from support.live import environment

BENCHMARKS = Path(__file__).parent / "benchmarks"


def output_of(name: str, *flags: object) -> str:
    """What a benchmark prints."""
    command = [sys.executable, str(BENCHMARKS / name), *map(str, flags)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment()).stdout


def test_keeping_prints_its_table() -> None:
    """Every figure, and the ratios that are promised."""
    text = output_of("keeping.py", "--rows", 300, "--original", 100, "--often", 1, "--one-process")
    assert re.search(r"^scan .* × wc -l", text, re.MULTILINE)
    assert len(re.findall(r"as fast as the original's way", text)) >= 3
    assert re.search(r"^write, fsync a row .* rows/s", text, re.MULTILINE)


def test_a_figure_is_taken_in_a_process_of_its_own(tmp_path: Path) -> None:
    """Which says its seconds by the clock, those of all cores and its memory."""
    (tmp_path / "dataset_0_2.jsonl").write_bytes(b'{"id":"0"}\n{"id":"1"}\n')
    wall, cpu, peak = map(float, output_of("keeping.py", "--measure", "loads", tmp_path, "--rows", 2).split())
    assert wall > 0
    assert cpu >= 0
    assert 5 < peak < 1000


def test_memory_prints_its_table() -> None:
    """Two sizes, and the done set."""
    text = output_of("memory.py", "--problems", 20, 40, "--ids", "word")
    assert len(re.findall(r"bytes an id", text)) == 2
    assert re.search(r"^ +40 .*\d$", text, re.MULTILINE)


@pytest.mark.slow
def test_throughput_prints_shares_and_what_is_left_out() -> None:
    """A line a client, as a share of raw aiohttp; a peer whose Python lacks it is named with the reason."""
    few = ("--requests", 40, "--in-flight", 8, "--rounds", 1, "--clients", "raw-aiohttp", "asyncgeo", "lm-deluge")
    text = output_of("throughput.py", *few, "--python", f"lm-deluge={sys.base_exec_prefix}/bin/python3")
    assert re.search(r"^raw-aiohttp .* /s .* ms CPU .*: 1\.00 ", text, re.MULTILINE)
    assert re.search(r"^asyncgeo .* /s .* ms CPU +of raw-aiohttp: [\d.]+ .* of its CPU: [\d.]+ ", text, re.MULTILINE)
    assert re.search(r"^lm-deluge +left out: .* has no lm_deluge", text, re.MULTILINE)


def test_the_rules_agree_with_careful_readers(subtests: pytest.Subtests) -> None:
    """On texts whose readers never saw the grammar: hardly anything made up, and little missed."""
    text = output_of("reading.py", shared.path("geoqa3/json"), "--untimed")
    for kind, count, precision, recall in (("chinese", 100, 0.98, 0.95), ("textbook", 50, 0.97, 0.92)):
        with subtests.test(kind):
            line = re.search(rf"^{kind} texts {count} .*$", text, re.MULTILINE)
            assert line is not None, text
            found = re.search(r"same verdict ([\d.]+) .* their precision ([\d.]+) their recall ([\d.]+)", line[0])
            assert found is not None, text
            verdicts, precise, whole = map(float, found.groups())
            assert verdicts >= 0.92
            assert precise >= precision
            assert whole >= recall


@pytest.mark.slow
def test_the_rules_parses_lead_to_the_keys() -> None:
    """Of the problems whose question can be measured; hardly a parse leads to another value."""
    text = output_of("answers.py", shared.path("geoqa3/json"), "--keys", shared.path("geoqa3/keys.jsonl"))
    found = {name: float(share) for name, share in re.findall(r"^(\w+) +\d+ +([\d.]+)%", text, re.MULTILINE)}
    assert found["right"] >= 45, text
    assert found.get("wrong", 0) <= 3, text


def test_an_audit_names_the_smallest_reasons(tmp_path: Path) -> None:
    """One line for each parse that is wrong or open, with what the text says besides."""
    text = "如图,在△ABC中,∠A=50°,∠B=60°,则∠C的度数为()"
    angles = [{"type": "angle_value", "points": [list(at)], "value": value} for at, value in (("BAC", 50), ("ABC", 70))]
    rows = [
        {"id": str(k), "original_text": text, "subject": text, "verification_conditions": held, "required_objects": {}}
        for k, held in enumerate([angles, angles[:1]])
    ]
    parses, keys, problems = tmp_path / "parses.json", tmp_path / "keys.jsonl", tmp_path / "problems"
    parses.write_text(json.dumps({"problems": rows}), encoding="utf-8")
    keys.write_text(json.dumps({"id": 0, "choices": ["70°", "60°"], "label": 0}) + "\n", encoding="utf-8")
    problems.mkdir()
    (problems / "0.json").write_text(json.dumps({"id": 0, "subject": text}), encoding="utf-8")
    lines = output_of("answers.py", problems, "--keys", keys, "--parses", parses, "--audit").splitlines()
    assert "∠BCA = 60 in every figure, the key is 70°; the text says besides: ∠ABC = 60°" in lines[2]
    assert "1 degree of freedom left; the text says besides: ∠ABC = 60°" in lines[3]


def test_questions_decide_which_problems_are_measurable() -> None:
    """The list that was written before anything was drawn is what question and key decide."""
    problems = shared.path("geoqa3/json")
    listed = (BENCHMARKS / "measurable.jsonl").read_text(encoding="utf-8")
    assert output_of("questions.py", problems, "--keys", shared.path("geoqa3/keys.jsonl")) == listed


def test_most_questions_are_read_as_a_quantity() -> None:
    """Three in four of real ones; and the table has the reasons of the others."""
    text = output_of("questions.py", shared.path("geoqa3/json"))
    found = re.search(r"^asked +([\d,]+) +([\d.]+)%$", text, re.MULTILINE)
    assert found is not None, text
    assert float(found[2]) >= 75
    assert re.search(r"^which angle +\d+", text, re.MULTILINE)
