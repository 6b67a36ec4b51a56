"""Messages name flags to a person at a terminal, and arguments to a program."""

import ast
import inspect
import re

import house
import pytest
from support.cases import for_each

import asyncgeo
from asyncgeo.errors import AsyncgeoError, ConfigError
from asyncgeo.run.overrides import as_arguments, naming_arguments


@for_each(
    ("said", "heard"),
    [
        ("Name an existing folder with --input-dir.", "Name an existing folder with input_dir."),
        ("--start 3 --end 9 holds none of the 2 problems.", "start=3 end=9 holds none of the 2 problems."),
        ("--budget = 'x' is not allowed.", "budget = 'x' is not allowed."),
        ("--verify: verify.during_run = 3 is not allowed", "verify: verify.during_run = 3 is not allowed"),
        ("--offline and --batch cannot go together.", "offline=True and batch=True cannot go together."),
        ("Leave --ray out, or give --pack 1.", "Leave ray out, or give pack=1."),
        ("As in --split train=0.8,test=0.2.", 'As in split="train=0.8,test=0.2".'),
        ("Ranges that do not overlap (--start, --end).", "Ranges that do not overlap (start, end)."),
        ("or with --budget +2: what is", 'or with budget="+2": what is'),
        ("take --format jsonl.", 'take format="jsonl".'),
        (
            "--no-verify helps; another one with --to, or --force",
            "verify=False helps; another one with output, or force=True",
        ),
        ("A run (asyncgeo run), or --output-dir.", "A run (asyncgeo run), or output_dir."),
        (
            "First: asyncgeo verify --output-dir 'a (b)' --show 5",
            "First: asyncgeo verify --output-dir 'a (b)' --show 5",
        ),
        ("`run --review` and --review", "`run --review` and review=True"),
    ],
)
def test_flags_become_arguments(said: str, heard: str) -> None:
    """With their values as Python has them; command lines stay as they are typed."""
    assert as_arguments(said) == heard
    assert as_arguments(heard) == heard


def test_every_flag_that_a_message_names_is_an_argument_of_some_call() -> None:
    """What the code below the command line says of flags can be said to a program."""
    arguments = {name for each in ("run", "merge", "export", "parse") for name in parameters(each)}
    for file in house.PACKAGE.rglob("*.py"):
        place, source = file.relative_to(house.PACKAGE).as_posix(), file.read_text(encoding="utf-8")
        if place.startswith(("cli/", "simulator/")) or not re.search(r"[^`]--[a-z]", source):
            continue
        for text in said_in(ast.parse(source)):
            heard = as_arguments(text)
            assert not re.search(r"(?<![`\w-])--[a-z]", re.sub(r"asyncgeo [^.,;]*|`[^`]*`", "", heard)), (place, text)
            for name in re.findall(r"(?<=with )[a-z]+_[a-z_]+\b(?=[.,])", heard):
                assert name in arguments, (place, name)


def said_in(tree: ast.Module) -> list[str]:
    """The texts of the errors that are raised."""
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)]
    raised = [each for each in calls if getattr(each.func, "id", "").endswith(("Error", "Stopped", "Fatal"))]
    texts = [part for each in raised for part in ast.walk(each) if isinstance(part, ast.Constant)]
    return [part.value for part in texts if isinstance(part.value, str) and "--" in part.value]


def parameters(name: str) -> list[str]:
    return list(inspect.signature(getattr(asyncgeo, name)).parameters)


def test_an_error_keeps_its_kind() -> None:
    """Only its words are others."""
    with pytest.raises(ConfigError, match=r"^wait=3 helps\n") as raised, naming_arguments():
        raise ConfigError("--wait 3 helps", "or --keep-raw")
    assert raised.value.remedy == "or keep_raw=True"
    assert "--" not in repr(raised.value)
    assert isinstance(raised.value, AsyncgeoError)
