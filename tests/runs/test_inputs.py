"""Whole runs over inputs that are not what they seem."""

from pathlib import Path

from support.live import asyncgeo, dataset_of, rows_of, text_of, write_problems


def test_an_input_that_stays_unreadable_has_one_row(tmp_path: Path) -> None:
    """Every start counts it and ends with 4; a row is written when what is wrong with it changes, or it is readable."""
    folder = write_problems(tmp_path / "in", [1])
    contents = [b"{", b"{", b"[]", b'{"id": 2, "subject": "%s"}' % text_of(2).encode()]
    codes, numbers = [], []
    for content in contents:
        (folder / "2.json").write_bytes(content)
        codes.append(asyncgeo("run", "--offline", "-i", folder, "-o", "out", cwd=tmp_path)[0])
        numbers.append(sum(row.id == "2" for row in rows_of(tmp_path / "out")))
    assert codes == [4, 4, 4, 0]
    assert numbers == [1, 1, 2, 3]


def test_ids_inside_count_in_run_merge_and_status(tmp_path: Path) -> None:
    """Files called otherwise are merged after the first run, and nothing is pending after it."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(2):
        content = f'{{"id": {number}, "subject": "{text_of(number)}"}}'
        (folder / f"problem_{number:04}.json").write_text(content, encoding="utf-8")
    code, output = asyncgeo("run", "--offline", "-i", folder, "-o", "out", cwd=tmp_path)
    assert code == 0, output
    assert [each["id"] for each in dataset_of(tmp_path / "out")["problems"]] == ["0", "1"]
    assert "Pending: 0 of 2" in asyncgeo("run", "--offline", "-i", folder, "-o", "out", cwd=tmp_path)[1]
    assert "pending 0" in asyncgeo("status", "-i", folder, "-o", "out", cwd=tmp_path)[1]


def test_nothing_is_written_when_no_input_can_be_read(tmp_path: Path) -> None:
    """Exit code 1, and the member that holds the text is named."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1.json").write_text('{"id": 1, "question": "a right triangle KLM"}', encoding="utf-8")
    code, output = asyncgeo("run", "--offline", "-i", folder, "-o", "out", cwd=tmp_path)
    assert code == 1
    assert '"question"' in output
    assert not (tmp_path / "out").exists()
