import os
import signal
from concurrent.futures.process import BrokenProcessPool

import pytest
from judging import interrupted, leave, niceness, ppid

from asyncgeo.pools import Processes


def test_they_are_deaf_to_ctrl_c_from_the_beginning() -> None:
    """Also while they start: a person who presses it reads no traceback of theirs."""
    with Processes(1) as processes:
        first = processes.submit(interrupted, 2)
        assert first.result() == 2


def test_this_process_hears_ctrl_c_all_the_same() -> None:
    """Blocking is for those that are started."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with Processes(1) as processes:
        assert processes.submit(ppid, None).result() == os.getpid()
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_they_give_way() -> None:
    """The one that asks goes first."""
    with Processes(1) as processes:
        assert processes.submit(niceness, 0).result() > os.nice(0)


def test_after_a_death_there_is_another() -> None:
    """Said by all that were in work, done once."""
    with Processes(1) as processes:
        pool = processes.open()
        with pytest.raises(BrokenProcessPool):
            processes.submit(leave, 3).result()
        assert [processes.discard(pool), processes.discard(pool)] == [True, False]
        assert processes.submit(interrupted, 5).result() == 5
