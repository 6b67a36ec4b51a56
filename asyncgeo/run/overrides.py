"""Flags, or arguments of a program, as settings take them.

In: values that may be None. Out: what overrides settings, with the flag that messages name.
"""

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
