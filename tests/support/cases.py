"""Many small cases of one law in one test: each is checked, and those that fail are told together, by name.

In: what `pytest.mark.parametrize` takes. Out: a decorator. A test of its own costs some milliseconds, ten times what
such a case takes; cases that take long, or need a fixture each for itself, are parametrised.
"""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Law = Callable[..., None]


def for_each(
    names: str | tuple[str, ...], cases: Iterable[Any], ids: Callable[[Any], str] = repr
) -> Callable[[Law], Law]:
    """The law, called with every case; what it takes beside `names` are fixtures, the same ones for all cases."""
    told = (names,) if isinstance(names, str) else names
    given = [dict(zip(told, case if names is told else (case,), strict=True)) for case in cases]
    assert given, "a law without a case"

    def decorate(law: Law) -> Law:
        @functools.wraps(law)
        def every(**fixtures: Any) -> None:
            failed = [error for case in given if (error := _failure(law, case, fixtures, ids)) is not None]
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} of {len(given)} cases", failed)

        signature = inspect.signature(law)
        rest = [each for name, each in signature.parameters.items() if name not in told]
        every.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]  # pytest reads it
        return every

    return decorate


def _failure(
    law: Law, case: dict[str, Any], fixtures: dict[str, Any], ids: Callable[[Any], str]
) -> BaseException | None:
    try:
        law(**case, **fixtures)
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  told with the others
        error.add_note(f"case: {', '.join(map(ids, case.values()))}")
        return error
    return None
