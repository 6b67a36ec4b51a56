"""The benchmarks still run, at a size that says nothing about time; what they count is bounded."""

import re
import subprocess
import sys
from pathlib import Path

from support import shared
from support.live import environment

BENCHMARKS = Path(__file__).parent / "benchmarks"


def output_of(name: str, *flags: object) -> str:
    """What a benchmark prints."""
    command = [sys.executable, str(BENCHMARKS / name), *map(str, flags)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment()).stdout


def test_keeping_prints_its_table() -> None:
    """Every figure, and the ratios that are promised."""
    text = output_of("keeping.py", "--rows", 300, "--original", 100)
    assert re.search(r"^scan .* × wc -l", text, re.MULTILINE)
    assert len(re.findall(r"as fast as the original's way", text)) >= 3
    assert re.search(r"^write, fsync a row .* rows/s", text, re.MULTILINE)


def test_memory_prints_its_table() -> None:
    """Two sizes, and the done set."""
    text = output_of("memory.py", "--problems", 20, 40, "--ids", "word")
    assert len(re.findall(r"bytes an id", text)) == 2
    assert re.search(r"^ +40 .*\d$", text, re.MULTILINE)


def test_the_rules_agree_with_careful_readers() -> None:
    """On texts that nobody looked at while the grammar grew: hardly anything made up, and little missed."""
    text = output_of("reading.py", shared.path("geoqa3/json"))
    found = re.search(r"^unseen texts (\d+) precision ([\d.]+) recall ([\d.]+)", text, re.MULTILINE)
    assert found is not None, text
    texts, precision, recall = map(float, found.groups())
    assert texts == 300
    assert precision >= 0.98
    assert recall >= 0.95
