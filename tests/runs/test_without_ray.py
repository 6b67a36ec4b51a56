"""Runs of several workers where Ray is not installed, or no cluster answers."""

from pathlib import Path

from support.live import asyncgeo, write_problems

from asyncgeo.schema.records import RULES_MODEL

ELSEWHERE = ("-i", "in", "--base-url", "http://127.0.0.1:9/v1", "--model", RULES_MODEL)


def test_without_ray_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    """For a cluster, one of this machine, and several processes; nothing is asked or written."""
    write_problems(tmp_path / "in", range(3))
    (tmp_path / "block").mkdir()
    (tmp_path / "block" / "ray.py").write_text("raise ModuleNotFoundError('No Ray.', name='ray')")
    for flags in (("--ray", "127.0.0.1:9"), ("--ray", "local"), ("--processes", 2)):
        code, output = asyncgeo("run", *ELSEWHERE, *flags, cwd=tmp_path, PYTHONPATH=str(tmp_path / "block"))
        assert code == 1, output
        assert "Several workers need Ray, which is not installed." in output
        assert "pip install 'asyncgeo[ray]'" in output
        assert "Traceback" not in output
        assert not list(tmp_path.glob("ground_truth/dataset_*"))


def test_an_absent_cluster_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    """What to install or to start, and no traceback."""
    write_problems(tmp_path / "in", range(3))
    code, output = asyncgeo("run", *ELSEWHERE, "--ray", "127.0.0.1:9", cwd=tmp_path)
    assert code == 1, output
    assert "asyncgeo[ray]" in output or "ray start --head" in output
    assert "Traceback" not in output


def test_one_process_needs_no_ray(tmp_path: Path) -> None:
    """`--processes 1` is what it was."""
    code, output = asyncgeo("run", "--processes", 1, "--limit", 2, "--no-merge", cwd=tmp_path)
    assert code == 0, output
