"""What `--help` shows: it fits the terminal, says each thing once, and hides no flag for good."""

import re

import pytest
from rich.cells import cell_len
from support.cases import for_each
from typer.core import TyperOption
from typer.main import get_command

from asyncgeo.cli import app, commands

PAGES = ("", *commands.SHOWN, "batch cancel", "recheck", "gallery", "run --help-all")
TAKEN = {"N", "DIR", "FILE", "URL", "NAME", "USD", "SECONDS", "ADDRESS", "ID"}
"""What values are called, beside choices in small letters; `N|auto` and `NAME=N,…` are made of them."""


def page(words: str, columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines of a command's help at a terminal of this width."""
    monkeypatch.setenv("COLUMNS", str(columns))
    arguments = words.split() if "--help-all" in words else [*words.split(), "--help"]
    assert app(arguments, prog_name="asyncgeo", standalone_mode=False) == 0
    return capsys.readouterr().out.splitlines()


@for_each("words", PAGES)
@pytest.mark.parametrize("columns", [80, 120])
def test_every_page_fits_the_terminal(
    words: str, columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a type in angle brackets, and without a word that is cut."""
    lines = page(words, columns, capsys, monkeypatch)
    assert not [line for line in lines if cell_len(line) > columns]
    text = "\n".join(lines)
    assert not re.search(r"<(?!id>)|[a-z]\.\.\.$|\[x>|\bdefault: None", text, re.MULTILINE), text


@for_each("words", PAGES)
def test_exit_codes_stand_once_and_examples_in_every_command(
    words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The codes on the first page; in each command lines to paste that name it."""
    text = "\n".join(page(words, 80, capsys, monkeypatch))
    assert ("Exit codes: 0 finished" in text) is (words == "")
    if words not in ("", "recheck"):
        name = words.removesuffix(" --help-all")
        assert re.search(rf"^  Examples:\n(      .+\n)*      .*asyncgeo {name}\b", text, re.MULTILINE)


def test_the_page_of_run_is_short(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual flags under their headings on one screen, and how to see the others."""
    lines = page("run", 80, capsys, monkeypatch)
    assert len(lines) <= 60
    flags = [line for line in lines if re.match(r"  (-\w, )?--", line)]
    assert 12 <= len(flags) <= 18
    assert sum(line.endswith(":") and not line.startswith(" ") for line in lines) == 5
    assert any("--help-all" in line for line in lines)


def test_every_flag_of_run_is_on_its_whole_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each one that is not an old name, exactly once."""
    text = "\n".join(page("run --help-all", 80, capsys, monkeypatch))
    visible = [each for each in commands.load("run").params if isinstance(each, TyperOption) and not each.hidden]
    for each in visible:
        assert len(re.findall(rf"^  (?:-\w, )?{each.opts[0]}[ /,]", text, re.MULTILINE)) == 1, each.opts


@for_each("name", [*commands.SHOWN])
def test_values_are_called_by_their_usual_names(name: str) -> None:
    """N, DIR, FILE and their like, or the choices themselves."""
    flags = [each for each in commands.load(name).params if isinstance(each, TyperOption)]
    for each in (each for each in flags if not each.hidden and not each.is_flag):
        words = re.split(r"[|=,]", each.metavar or "a")
        assert all(word in TAKEN or word in ("-", "…") or word.islower() for word in words), each.opts


@for_each("name", [*commands.SHOWN])
def test_one_letter_means_one_thing(name: str) -> None:
    """`-o` is the run's folder and `-i` the input, wherever they are shown; no other flag is called --output."""
    for each in (each for each in commands.load(name).params if isinstance(each, TyperOption) and not each.hidden):
        assert ("-o" in each.opts) is ("--output-dir" in each.opts)
        assert ("-i" in each.opts) is ("--input-dir" in each.opts)
        assert "--output" not in each.opts


def test_the_first_page_names_every_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with the whole first sentence of its own page; old names are on none."""
    lines = page("", 80, capsys, monkeypatch)
    shown = [found[1] for line in lines[lines.index("Commands:") :] if (found := re.match(r"  (\w+)  ", line))]
    assert shown == [*commands.SHOWN]


def test_a_misspelt_command_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    """Without loading any."""
    with pytest.raises(SystemExit) as ended:
        get_command(app).main(["rnu"], prog_name="asyncgeo")
    assert ended.value.code == 2
    assert "Did you mean 'run'?" in capsys.readouterr().err
