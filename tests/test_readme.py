"""README keeps its word: every command in it is run, every output in it is compared, every example in it is valid."""

import importlib.util
import json
import re
import shlex
import signal
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import live

from asyncgeo import config
from asyncgeo.cli import commands
from asyncgeo.schema import records
from asyncgeo.simulator import Endpoint

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PRICE = '[prices."gpt-6-luna"]\ninput = 0.1\ncached_input = 0.01\noutput = 0.5\n'
NEEDS = {"--ray": "ray", "parquet": "pyarrow"}
"""Words of a command that need a package beyond the extra `test`."""
ELSEWHERE = "http://127.0.0.1:8000/v1"
"""README's address of a server on this machine."""


@dataclass(frozen=True)
class Step:
    """A line of a console block, and the output shown under it."""

    line: str
    shown: str


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def steps() -> Iterator[Step]:
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, shown = part.partition("\n")
            yield Step(re.sub(r"\s+#\s.*$", "", line), shown)


STEPS = list(steps())
RUNS = list({step.line: step for step in STEPS if "asyncgeo " in step.line}.values())
"""Each once, in the order in which they come first."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout's top as README assumes it: config.toml, and problems where GeoQA3 lies; one for all commands.

    The endpoint stands for OpenAI's, at whose address alone the default model has a price by name.
    """
    folder = tmp_path_factory.mktemp("readme")
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    (folder / "config.toml").write_text(text + PRICE, encoding="utf-8")
    live.write_problems(folder / "data-5" / "GeoQA3" / "json", range(10, 20))  # each waits for its tokens
    return folder


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with live.serving() as serving:
        yield serving


def test_every_command_runs(place: Path, endpoint: Endpoint, subtests: pytest.Subtests) -> None:
    """In README's order, in one folder, against an endpoint of this machine: each ends with 0."""
    for step in RUNS:
        with subtests.test(step.line):
            run(step, place, endpoint)


def run(step: Step, place: Path, endpoint: Endpoint) -> None:
    """One command; what is shown under it is what it prints."""
    line = step.line.rpartition("&& ")[2].replace(ELSEWHERE, endpoint.base_url)
    for word, package in NEEDS.items():
        if word in line and importlib.util.find_spec(package) is None:
            pytest.skip(f"needs the package {package}")
    arguments = shlex.split(line)[1:]
    known = {"OPENAI_API_KEY": live.KEY, "OPENAI_BASE_URL": endpoint.base_url}
    environment = {} if step is RUNS[0] else known  # the first is the one that needs no key
    if arguments[0] == "serve":
        serve(arguments, place)
        return
    code, output = live.asyncgeo(*arguments, cwd=place, **environment)
    assert code == 0, output
    if step.shown:
        assert plain(step.shown) == plain(output)


def serve(arguments: list[str], place: Path) -> None:
    """A server answers until Ctrl-C."""
    server = live.start(*arguments, "--port", 0, cwd=place)
    assert server.stdout is not None
    assert "http://" in server.stdout.readline()
    server.send_signal(signal.SIGINT)
    assert live.finish(server)[0] == 0


def plain(text: str) -> list[str]:
    """The words; frames are drawn, not said, and how wide a column is and where a line ends is the library's."""
    return re.sub(r"[│─╭╮╰╯]", " ", text).split()


def test_the_other_commands_are_those_of_ci() -> None:
    """Installing and testing: what README says is what `.ci/run` does, in a fresh environment."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    others = [step.line for step in STEPS if step not in RUNS and not step.line.startswith("export ")]
    assert others
    for line in others:
        install, _, test = line.partition(" && ")
        extras = re.fullmatch(r"pip install -e '\.\[([\w,]+)\]'", install)
        assert extras, line
        assert not test or re.search(rf"^{test}$", script, re.MULTILINE)
        known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        assert set(extras[1].split(",")) <= known["project"]["optional-dependencies"].keys()
    assert "pip install --quiet -e '.[test]'" in script


def test_the_tested_versions_are_the_second_way_to_install() -> None:
    """README names it, and `.ci/run` goes it."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "`pip install -r requirements.lock && pip install --no-deps -e .`" in README
    assert re.search(r"^uv pip install .*-r requirements\.lock$", script, re.MULTILINE)
    assert re.search(r"^uv pip install .*--no-deps -e \.$", script, re.MULTILINE)


def test_every_command_is_named() -> None:
    """A command that README does not know is not there for its reader."""
    for name in commands.SHOWN:
        assert re.search(rf"asyncgeo {name}\b", README), name


def test_settings_shown_are_the_defaults() -> None:
    """What README shows of config.toml is what stands there."""
    whole = tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8"))
    shown = blocks("toml")
    assert shown
    for block in shown:
        for section, values in tomllib.loads(block).items():
            assert {name: whole[section][name] for name in values} == values


def test_the_row_shown_is_a_row() -> None:
    """It decodes, fits the table, and is made as the merge makes it."""
    shown = blocks("json")
    assert shown
    for block in shown:
        problem = json.loads(block)
        complete = {"status": "parsed", "original_text": "x", "cleaned_text": problem["subject"], **problem}
        row = records.decode(json.dumps(complete).encode())
        assert records.defect(row) is None


def test_the_python_shown_runs(place: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the same endpoint as the commands."""
    shown = blocks("python")
    assert shown
    monkeypatch.chdir(place)
    monkeypatch.setenv(config.KEY_VARIABLE, live.KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.base_url)
    for block in shown:
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102  README's own code


def test_every_figure_has_its_benchmark() -> None:
    """Each line of the table of measurements names a script that is there, and flags and scenarios that it knows."""
    table = README[README.index("\n## Measured") : README.index("\n## Tests")]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    for line in lines:
        command = re.search(r"`(\w+\.py) ([^`]+)` \|$", line)
        assert command is not None, line
        script = (ROOT / "tests" / "benchmarks" / command[1]).read_text(encoding="utf-8")
        for word in re.findall(r"(?<!\S)(?:--[a-z-]+|[a-z]+)(?!\S)", command[2]):
            assert word in script, line
    assert len(lines) >= 7


def test_links_and_pictures_are_there() -> None:
    """Whatever README points to inside the repository."""
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
