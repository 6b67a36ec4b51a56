"""Real data beside the repository, for tests that can use it; it is third-party and never copied in."""

from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[3] / "shared" / "data"


def path(name: str) -> Path:
    """The file or folder `name` of the shared data; skips the test where it is absent."""
    found = _ROOT / name
    if not found.exists():
        pytest.skip(f"real data is not here: ../shared/data/{name}")
    return found
