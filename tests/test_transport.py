"""Whole runs where the transport is not as we know it."""

import subprocess
import sys

from live import environment


def test_windows_is_told_to_use_wsl() -> None:
    """One sentence instead of a traceback about fcntl."""
    code = "sys.platform = 'win32'; sys.argv[1:] = ['run']; runpy.run_module('asyncgeo', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", f"import runpy, sys; {code}"],
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode == 1
    assert "WSL" in done.stderr
    assert "Traceback" not in done.stderr
