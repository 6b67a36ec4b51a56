"""Flags, or arguments of a program, as settings take them.

In: values that may be None. Out: what overrides settings, with the flag that messages name; for programs the same
messages with the argument's name.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from asyncgeo.errors import AsyncgeoError

Overrides = dict[str, tuple[str, object]]
"""What overrides settings, by the setting's key: (the flag, its value; None where it was not given)."""


def overrides(  # noqa: PLR0913  one parameter a flag
    *,
    input_dir: str | None = None,
    output_dir: str | None = None,
    shard_size: int | None = None,
    model: str | None = None,
    base_url: str | None = None,
    rpm: str | None = None,
    tpm: str | None = None,
    concurrency: int | None = None,
    pack: int | None = None,
    verify: bool | None = None,
    review: bool = False,
    keep_raw: bool | None = None,
    wait: float | None = None,
    flex: bool | None = None,
) -> Overrides:
    """The flags as settings take them."""
    return {
        "input.dir": ("--input-dir", input_dir),
        "output.dir": ("--output-dir", output_dir),
        "output.shard_size": ("--shard-size", shard_size),
        "output.keep_raw": ("--keep-raw", keep_raw),
        "verify.during_run": ("--review", True) if review else ("--verify", verify),
        "verify.review": ("--review", "all" if review else None),
        "api.model": ("--model", model),
        "api.base_url": ("--base-url", base_url),
        "api.pack": ("--pack", pack),
        "limits.requests_per_minute": ("--rpm", _number(rpm)),
        "limits.tokens_per_minute": ("--tpm", _number(tpm)),
        "limits.max_concurrency": ("--concurrency", concurrency),
        "retry.wait": ("--wait", wait),
        "api.service_tier": ("--flex", None if flex is None else "flex" if flex else "default"),
    }


def _number(given: str | None) -> int | str | None:
    """A flag's "500" as a number, so that settings check it like one; anything else as it stands."""
    return int(given) if given is not None and given.isdecimal() else given


@contextmanager
def naming_arguments() -> Iterator[None]:
    """Errors raised in here name the arguments of a call where they would name flags."""
    try:
        yield
    except AsyncgeoError as error:
        error.message, error.remedy = as_arguments(error.message), as_arguments(error.remedy)
        error.args = (error.message,)
        raise


def as_arguments(text: str) -> str:
    """`text` with each flag as the argument that it is for `asyncgeo.run` and its like; command lines stay."""
    return _FLAG.sub(_as_argument, text)


_FLAG: Final = re.compile(
    r"asyncgeo(?: (?:'[^']*'|[^\s`,;()])+)+|`[^`]*`"  # a command line
    r"|--(?P<no>no-)?(?P<name>[a-z][a-z-]*\b)(?P<named>:| =)?(?:[ =](?P<value>(?!--)[\w+./:=,-]*\w))?"
)
_SWITCHES: Final = frozenset(
    [
        "allow-empty",
        "batch",
        "batch-only",
        "flat",
        "force",
        "keep-raw",
        "merge",
        "offline",
        "public",
        "review",
        "standalone",
        "steal-batch",
        "submit-only",
        "verify",
    ]
)
_OTHERWISE: Final = {
    "to": "output",
    "config": "config_file",
    "shard-size": "output.shard_size of config.toml",
    "flex": 'api.service_tier = "flex"',
}
"""Flags that are called otherwise in a call, or are none there."""
_CHOICES: Final = frozenset(("all", "local", "jsonl"))
"""Values that are written as a word; others hold a digit or a sign that prose has not."""


def _as_argument(found: re.Match[str]) -> str:
    flag, value = found["name"], found["value"]
    if flag is None:
        return found[0]
    name = _OTHERWISE.get(flag, flag.replace("-", "_"))
    if value is not None and (value in _CHOICES or re.search(r"[\d=/+]", value)) and not found["named"]:
        return f"{name}={value}" if re.fullmatch(r"[\d.]+", value) else f'{name}="{value}"'
    rest = (found["named"] or "") + ("" if value is None else f" {value}")
    is_switch = flag in _SWITCHES and not found["named"]
    return f"{name}={not found['no']}{rest}" if is_switch else f"{name}{rest}"
