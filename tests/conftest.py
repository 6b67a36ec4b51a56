"""Settings of all tests."""

import asyncio
import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from support import live
from support.virtual import VirtualLoop

from asyncgeo.simulator import Endpoint

sys.dont_write_bytecode = False  # rewriting files of tests is half of what collecting costs: once, not in each worker
for _name, _examples in (("whole", 100 if os.environ.get("CI") else 50), ("fast", 20)):
    settings.register_profile(
        _name,
        settings.get_profile("ci" if os.environ.get("CI") else "default"),  # "ci": the same examples each time
        max_examples=_examples,  # another fifty at each desk and each time
        deadline=None,  # a slow disk, or a busy machine, is no failure
        suppress_health_check=[HealthCheck.too_slow],
    )

SLOW: Final = """
    api benchmarks cli/command_lines cli/commands cli/commands_status cli/merge_command cli/report_command
    dataset/formats figure/compare figure/draw figure/effort figure/exact figure/search figure/svg llm/dialects readme
    run/cluster/driver run/cluster/ray run/estimate run/places run/reparse runs/batch runs/faults runs/flex
    runs/hostile runs/inputs runs/keys runs/limits runs/money runs/nothing_usable runs/packs runs/processes runs/run
    runs/run_verify runs/selfcheck runs/terminals runs/transport runs/without_ray servers/servers store/damaged
    verify/folder verify/pool verify/processes verify/reask verify/selfcheck views/report_page
""".split()
"""Files whose tests are mostly whole runs in processes of their own, or whole sets of figures."""
STILL_FAST: Final = "--help"
"""Of these the tests of help texts are fast."""

LONGEST: Final = ("test_every_command_runs", "test_keeping_prints_its_table", "test_memory_prints_its_table")
"""README's commands, one after the other, and tables of many processes: begun first, or all wait at the end."""


def pytest_configure(config: pytest.Config) -> None:
    """The fast half tries a law on fewer examples."""
    settings.load_profile("fast" if _is_fast_half(config) else "whole")


def _is_fast_half(config: pytest.Config) -> bool:
    return "not slow" in config.option.markexpr


@pytest.fixture(scope="session", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing set outside is in force, and temporary files, of what tests start too, go the way of the tests' own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [each for each in os.environ if each.startswith(("ASYNCGEO_", "OPENAI_"))]:
            patch.delenv(name)
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
        patch.setattr(tempfile, "tempdir", None)
        yield


@pytest.fixture
def simulator() -> Iterator[Endpoint]:
    """An endpoint that answers everything at once, on a socket, in a thread of its own."""
    with live.serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def virtual_loop() -> type[VirtualLoop]:
    """A test that asks for it runs in virtual time: what `support.virtual.now` tells."""
    return VirtualLoop


def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop of a test: a plain one, or a virtual one where it asks for it."""
    assert isinstance(item, pytest.Function)
    return {"virtual": VirtualLoop} if "virtual_loop" in item.fixturenames else {"plain": asyncio.new_event_loop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `-m 'not slow'` leaves out: files of whole runs; one list here keeps the fast half fast."""
    items.sort(key=lambda item: item.name not in LONGEST)
    for item in items:
        if _place(item.path) in SLOW and STILL_FAST not in item.name:
            item.add_marker(pytest.mark.slow)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no later collection of garbage need look through it."""
    gc.collect()
    gc.freeze()


def _place(path: Path) -> str:
    """`tests/llm/test_client.py` as `llm/client`."""
    return (path.parent / path.stem.removeprefix("test_")).relative_to(Path(__file__).parent).as_posix()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Tests of whole runs wait for sockets and processes: `-n auto` is two workers a core, and one in the fast half."""
    return (1 if _is_fast_half(config) else 2) * (os.cpu_count() or 1)
