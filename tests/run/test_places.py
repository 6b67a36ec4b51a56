"""What was named is read, and nothing else; the sample is for those who named nothing and ask no model."""

from pathlib import Path

import pytest
from support import scripted
from support.live import KEY, asyncgeo, write_problems

import asyncgeo as library
from asyncgeo import config
from asyncgeo.errors import InputError

WAYS = ("flag", "variable", "file")


def named(way: str, text: str, folder: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """Flags and variables that name an input in this way; a config file is written."""
    if way == "file":
        (folder / "config.toml").write_text(f'[input]\ndir = "{text}"\n', encoding="utf-8")
    return ("-i", text) if way == "flag" else (), {"ASYNCGEO_INPUT_DIR": text} if way == "variable" else {}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("command", ["run", "plan", "status", "report", "rehearse"])
def test_an_input_that_was_named_must_be_there(tmp_path: Path, way: str, command: str) -> None:
    """Exit 1 naming it; the sample is not read instead, nothing is sent, nothing is written."""
    flags, variables = named(way, "absent", tmp_path)
    before = sorted(tmp_path.rglob("*"))
    code, output = asyncgeo(command, *flags, cwd=tmp_path, **variables)
    assert (code, "There is no input absent" in output) == (1, True), output
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("way", ["flag", "variable"])
def test_the_default_is_named_too_by_its_own_words(tmp_path: Path, way: str) -> None:
    """Whoever types the path wants that path."""
    flags, variables = named(way, config.DEFAULT_INPUT, tmp_path)
    code, output = asyncgeo("run", *flags, cwd=tmp_path, **variables)
    assert (code, f"There is no input {config.DEFAULT_INPUT}" in output) == (1, True), output


def test_a_file_that_spells_the_default_out_names_nothing(tmp_path: Path) -> None:
    """As the repository's own config.toml does, beside which README's first command reads the sample."""
    named("file", config.DEFAULT_INPUT, tmp_path)
    code, output = asyncgeo("run", "--dry-run", cwd=tmp_path)
    assert (code, "Input: bundled sample" in output) == (0, True), output


def test_a_key_without_problems_asks_nothing(tmp_path: Path) -> None:
    """A bare run with a key, or with an endpoint: exit 1, what to do, no request, no file."""
    with scripted.serving(lambda asked: scripted.answer(asked.text)) as server:
        for flags in ((), ("--base-url", server.url)):
            code, output = asyncgeo("run", *flags, cwd=tmp_path, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=server.url)
            assert code == 1, output
            assert "--input-dir DIR" in output
            assert "asyncgeo run --offline" in output
        assert server.asked == []
    assert list(tmp_path.iterdir()) == []
    code, output = asyncgeo("run", "--offline", "--dry-run", cwd=tmp_path, OPENAI_API_KEY=KEY)
    assert (code, "Input: bundled sample" in output) == (0, True), output


def test_the_library_agrees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the same kind, also for the default folder when it was named."""
    monkeypatch.chdir(tmp_path)
    for given in ("absent", config.DEFAULT_INPUT):
        with pytest.raises(InputError, match=f"There is no input {given}"):
            library.run(given, "out")
    with pytest.raises(InputError, match="No problems were named"):
        library.run(api_key=KEY)
    assert list(tmp_path.iterdir()) == []


def test_the_samples_folder_is_found_by_all(tmp_path: Path) -> None:
    """Where nothing was named, commands that only need the rows look where the sample's are; own rows come first."""
    assert asyncgeo("run", "--limit", 5, cwd=tmp_path)[0] == 0
    for command in ("status", "errors", "verify", "merge", "report"):
        code, output = asyncgeo(command, cwd=tmp_path)
        assert code == 0, output
    write_problems(tmp_path / "in", range(3))
    assert asyncgeo("run", "-i", "in", cwd=tmp_path)[0] == 0
    assert "ground_truth/geoqa3_dataset.json" in asyncgeo("merge", cwd=tmp_path)[1]
