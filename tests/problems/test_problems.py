import json
import os
import tomllib
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import shared

from asyncgeo.errors import InputError
from asyncgeo.problems.files import MAX_BYTES
from asyncgeo.problems.reader import Problems
from asyncgeo.schema.records import Problem, Unreadable


def _write(folder: Path, name: str, content: object) -> None:
    data = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    (folder / name).write_bytes(data)


def _ids(problems: Problems, start: int = 0, end: int | None = None) -> list[str]:
    return [each.id if isinstance(each, Problem) else each.row.id for each in problems.read(start, end)]


def test_files_come_in_numeric_order_and_in_slices(tmp_path: Path) -> None:
    """Order is by number, not by text; a slice is start inclusive, end exclusive, clamped."""
    for number in (10, 9, 2, 100):
        _write(tmp_path, f"{number}.json", {"id": number, "subject": "如图"})
    problems = Problems(tmp_path)
    assert _ids(problems) == ["2", "9", "10", "100"] == list(problems.identifiers())
    assert _ids(problems, 1, 3) == ["9", "10"] == list(problems.identifiers(1, 3))
    assert _ids(problems, 3, 99) == ["100"]
    assert [each.position for each in problems.read(2)] == [2, 3]
    assert len(problems) == 4


def test_a_jsonl_file_is_read_line_by_line(tmp_path: Path) -> None:
    """Blank lines do not count; each problem knows its line."""
    file = tmp_path / "some.jsonl"
    file.write_text(
        '{"id": "a", "subject": "x"}\n\n{"id": 7, "subject": "y"}\n{"id": "a", "subject": "z"}', encoding="utf-8"
    )
    warnings: list[str] = []
    problems = Problems(file, warnings.append)
    assert len(problems) == 3
    assert list(problems.identifiers()) == ["a", "7"]
    assert [(p.id, p.text, p.position) for p in problems.read() if isinstance(p, Problem)] == [
        ("a", "x", 0),
        ("7", "y", 1),
    ]
    assert warnings == [f"{file}:4: id 'a' came before; this one is left out."]
    assert _ids(problems, 1, 2) == ["7"]


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    """It is one error row, and the lines after it are read."""
    file = tmp_path / "some.jsonl"
    good = b'{"id": 2, "subject": "%b"}' % (b"y" * (MAX_BYTES - 24))
    assert len(good) == MAX_BYTES
    file.write_bytes(b"x" * (3 * MAX_BYTES + 5) + b"\n" + good + b"\n\n" + b"x" * (MAX_BYTES + 1))
    first, second, third = Problems(file).read()
    assert isinstance(first, Unreadable)
    assert isinstance(third, Unreadable)
    assert f"{file}:1: it is longer than {MAX_BYTES} bytes" in first.row.error
    assert f"{file}:4: it is longer" in third.row.error
    assert isinstance(second, Problem)
    assert second.position == 1
    assert len(Problems(file)) == 3


MARKED = ("utf-8-sig", "utf-16", "utf-32")
"""Encodings that begin with a byte order mark."""


@pytest.mark.parametrize("encoding", MARKED)
def test_a_byte_order_mark_names_the_encoding(tmp_path: Path, encoding: str) -> None:
    """It is no text."""
    _write(tmp_path, "1.json", '{"id": 1, "subject": "如图"}'.encode(encoding))
    assert [each.text for each in Problems(tmp_path).read() if isinstance(each, Problem)] == ["如图"]


CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "bad_input.toml").read_text(encoding="utf-8"))["case"]


def _content(case: dict[str, Any]) -> bytes:
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    text: str = case["text"] * case.get("repeat", 1)
    return text.encode(case.get("encoding", "utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_bad_file_is_one_error_row_that_names_it(tmp_path: Path, case: dict[str, Any]) -> None:
    """The run goes on; the row says which file and what is wrong with it, in characters a terminal can show."""
    _write(tmp_path, "1.json", _content(case))
    _write(tmp_path, "2.json", {"id": 2, "subject": "如图"})
    bad, good = Problems(tmp_path).read()
    assert isinstance(bad, Unreadable)
    assert bad.row.kind == "input"
    assert case["says"] in bad.row.error
    assert str(tmp_path / "1.json") in bad.row.error
    assert bad.row.error.isprintable()
    assert isinstance(good, Problem)


def test_links_and_pipes_are_not_followed_out(tmp_path: Path) -> None:
    """A link inside the folder is fine, one that leaves it is an error row, a pipe does not hang the run."""
    folder = tmp_path / "in"
    folder.mkdir()
    _write(folder, "1.json", {"id": 1, "subject": "如图"})
    _write(tmp_path, "secret.json", {"id": 2, "subject": "secret"})
    (folder / "2.json").symlink_to(tmp_path / "secret.json")
    (folder / "3.json").symlink_to(folder / "3.json")
    os.mkfifo(folder / "4.json")
    (folder / "5.json").mkdir()
    rows = [each.row for each in Problems(folder).read() if isinstance(each, Unreadable)]
    assert [row.id for row in rows] == ["2", "3", "4", "5"]
    assert "leaves the input folder" in rows[0].error


def test_an_id_that_is_not_the_stem_is_reported(tmp_path: Path) -> None:
    """The file's own id counts; one that belongs to another file is left out."""
    _write(tmp_path, "1.json", {"id": 1, "subject": "a"})
    _write(tmp_path, "2.json", {"id": 9, "subject": "b"})
    _write(tmp_path, "3.json", {"id": 1, "subject": "c"})
    _write(tmp_path, "4.json", {"id": 9, "subject": "d"})
    _write(tmp_path, "5.json", {"subject": "e"})
    warnings: list[str] = []
    assert _ids(Problems(tmp_path, warnings.append)) == ["1", "9", "5"]
    assert sorted(each.split(": ", 1)[0] for each in warnings) == [str(tmp_path / f"{n}.json") for n in (2, 3, 4)]


def test_many_names_that_are_not_ids_are_one_warning(tmp_path: Path) -> None:
    """Thousands of files may be called problem_0000.json: their ids are known beforehand, and said once."""
    for number in range(5):
        _write(tmp_path, f"problem_{number:04}.json", {"id": number, "subject": "如图"})
    warnings: list[str] = []
    problems = Problems(tmp_path, warnings.append)
    assert list(problems.identifiers()) == ["0", "1", "2", "3", "4"] == _ids(problems)
    assert list(problems.identifiers(1, 3)) == ["1", "2"] == _ids(problems, 1, 3)
    assert warnings == [
        f"{tmp_path}/problem_0000.json: the id inside is '0'; the row carries that id. So it is with 4 more files."
    ]


def test_an_id_that_only_a_file_name_says_is_nobodys(tmp_path: Path) -> None:
    """Files numbered from 0 with ids from 1 inside: 0.json is problem 1, although there is a 1.json as well."""
    for number in range(3):
        _write(tmp_path, f"{number}.json", {"id": number + 1, "subject": "如图"})
    problems = Problems(tmp_path)
    assert list(problems.identifiers()) == ["1", "2", "3"] == _ids(problems)


@pytest.mark.parametrize("inside", [{"id": "중점_7"}, {}])
def test_decomposed_file_names_are_their_composed_ids(tmp_path: Path, inside: dict[str, str]) -> None:
    """As some systems store them, with the id inside or without: the row is known by the composed name, unwarned."""
    _write(tmp_path, unicodedata.normalize("NFD", "중점_7") + ".json", {**inside, "subject": "x"})
    warnings: list[str] = []
    problems = Problems(tmp_path, warnings.append)
    assert list(problems.identifiers()) == ["중점_7"] == _ids(problems)
    assert warnings == []


def test_what_is_not_wanted_is_not_opened_again(tmp_path: Path) -> None:
    """Once the ids are known; what changed meanwhile is read as it is now."""
    for number in range(3):
        _write(tmp_path, f"{number}.json", {"id": number, "subject": "如图"})
    problems = Problems(tmp_path)
    assert list(problems.identifiers()) == ["0", "1", "2"]
    (tmp_path / "0.json").unlink()
    _write(tmp_path, "2.json", {"id": 2, "subject": "later"})
    (found,) = problems.read(wanted=lambda identifier: identifier == "2")
    assert isinstance(found, Problem)
    assert found.text == "later"


@pytest.mark.parametrize(
    ("given", "identifier"),
    [
        ("2.0", "2"),
        ("-0.0", "0"),
        ('"np.int64(17)"', "17"),
        ('"numpy.float64(3.0)"', "3"),
        ('"2.0"', "2.0"),
        ("7e2", "700"),
    ],
)
def test_ids_of_data_frames_are_numbers(tmp_path: Path, given: str, identifier: str) -> None:
    """A column of whole numbers with one gap becomes fractions; a text stays the text that it is."""
    _write(tmp_path, "1.json", f'{{"id": {given}, "subject": "如图"}}'.encode())
    assert _ids(Problems(tmp_path)) == [identifier]


def test_a_number_that_is_none_spoils_nothing_beside_it(tmp_path: Path) -> None:
    """Data frames write NaN and Infinity where JSON has null; in a text these are words."""
    _write(
        tmp_path, "1.json", b'{"label": NaN, "x": [-Infinity, NaN], "id": 1, "subject": "say \\"NaN\\" or -Infinity"}'
    )
    (found,) = Problems(tmp_path).read()
    assert isinstance(found, Problem)
    assert found.text == 'say "NaN" or -Infinity'


@pytest.mark.parametrize("encoding", MARKED)
def test_lines_are_counted_in_any_encoding_with_a_mark(tmp_path: Path, encoding: str) -> None:
    """Characters whose bytes hold a 0A or a 0D end no line."""
    file = tmp_path / "some.jsonl"
    file.write_bytes("".join(f'{{"id": {n}, "subject": "ਊ上਀{n}"}}\r\n\r\n' for n in range(3)).encode(encoding))
    problems = Problems(file)
    assert len(problems) == 3
    assert [(p.text, p.path) for p in problems.read() if isinstance(p, Problem)] == [
        (f"ਊ上਀{n}", f"{file}:{2 * n + 1}") for n in range(3)
    ]


def test_an_input_of_which_nothing_can_be_read_is_an_error_once(tmp_path: Path) -> None:
    """It names the members that hold a text where the subject is missing; one readable input is enough."""
    rows = [{"id": n, "question_cn": "如图,AB平行CD", "hint": "a short hint", "source": "book-17"} for n in range(30)]
    for row in rows:
        _write(tmp_path, f"{row['id']}.json", row)
    file = tmp_path / "all.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for path in (tmp_path, file):
        with pytest.raises(InputError) as caught:
            Problems(path).require_one()
        assert "Each of the 30 inputs" in caught.value.message
        assert "it has no text under subject; it has: id, question_cn, hint, source" in caught.value.message
        assert 'under "hint", "question_cn"' in caught.value.remedy
        assert "source" not in caught.value.remedy
    _write(tmp_path, "29.json", {"id": 29, "subject": "如图"})
    Problems(tmp_path).require_one()
    with pytest.raises(InputError):
        Problems(tmp_path).require_one(0, 29)


def test_a_problem_is_found_by_its_id(tmp_path: Path) -> None:
    """Whatever its file is called."""
    _write(tmp_path, "a.json", {"id": 7, "subject": "x"})
    _write(tmp_path, "8.json", {"id": 8, "subject": "y"})
    problems = Problems(tmp_path)
    assert [each and each.text for each in map(problems.find, ("7", "8", "9"))] == ["x", "y", None]


def test_file_names_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    """A name with an escape sequence or a byte that is no text is shown escaped."""
    _write(tmp_path, "\x1b[31m\n.json", b"")
    _write(tmp_path, os.fsdecode(b"\xff.json"), b"")
    for each in Problems(tmp_path).read():
        assert isinstance(each, Unreadable)
        assert each.row.error.isprintable()
        assert each.row.id.isprintable()


@pytest.mark.parametrize("make", [lambda _: None, Path.mkdir, lambda path: path.write_text("")])
def test_an_input_that_is_none_says_so(tmp_path: Path, make: Callable[[Path], object]) -> None:
    """Missing, empty, or no input at all: an error with a remedy, before anything is written."""
    path = tmp_path / "in"
    make(path)
    with pytest.raises(InputError) as caught:
        Problems(path)
    assert str(path) in caught.value.message
    assert caught.value.remedy


def test_real_problems_are_all_read() -> None:
    """Every real file is a problem whose id is its stem."""
    warnings: list[str] = []
    problems = Problems(shared.path("geoqa3/json"), warnings.append)
    found = list(problems.read())
    assert len(found) == len(problems) == 4104
    assert all(isinstance(each, Problem) for each in found)
    assert warnings == []
    assert _ids(problems) == sorted(_ids(problems), key=int)


def test_another_format_is_told_apart() -> None:
    """Files of another dataset become error rows that show which keys they have instead."""
    found = list(Problems(shared.path("other/geometry3k-raw-samples")).read())
    assert found
    assert all(isinstance(each, Unreadable) and "problem_text" in each.row.error for each in found)
