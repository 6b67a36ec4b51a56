"""Settings: defaults < config.toml < environment < flags, checked, frozen, each value with its origin.

In: the path of a TOML file, the environment, the flags given. Out: `Settings`, or a ConfigError that names the
place (file:line, variable or flag), the key, what was found and what is allowed. Only this module touches
`os.environ`, and only here is the API key touched; it is handed on as a value and stands in no `Settings`. The same
holds for headers whose values are in the environment, until `resolved` puts them in for the one who sends.

The environment spells `[limits] requests_per_minute` as ASYNCGEO_LIMITS_REQUESTS_PER_MINUTE; OPENAI_API_KEY and
OPENAI_BASE_URL are the SDK's own names.
"""

import difflib
import os
import re
import secrets
import tomllib
import types
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from asyncgeo.errors import ConfigError

FILE_NAME: Final = "config.toml"
KEY_VARIABLE: Final = "OPENAI_API_KEY"
DEFAULT_INPUT: Final = "data-5/GeoQA3/json"
OPENAI_URL: Final = "https://api.openai.com/v1"

_PREFIX: Final = "ASYNCGEO_"
_BASE_URL_VARIABLE: Final = "OPENAI_BASE_URL"
_BY_HAND: Final = ("--", _PREFIX, _BASE_URL_VARIABLE)
"""How the origins begin of what was named by a flag or a variable, even if by the default's words."""

Count = Annotated[int, Meta(ge=1)]
Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
RateSetting = Annotated[int, Meta(ge=1)] | Literal["auto"]


class InputSettings(msgspec.Struct, frozen=True):
    """Where problems are read: a folder of `<id>.json` or one `.jsonl` file."""

    dir: str = DEFAULT_INPUT


class Output(msgspec.Struct, frozen=True):
    """Where rows are written, how many problems a shard holds, and how many seconds of rows a power cut may cost.

    With `keep_raw` every answer is kept as it came.
    """

    dir: str = "ground_truth"
    shard_size: Count = 1000
    fsync_interval: NotNegative = 1.0
    keep_raw: bool = False


class Api(msgspec.Struct, frozen=True):
    """The endpoint and what every request carries; `timeout` in seconds, `extra` is merged into each request body.

    `pack` is how many problems a request asks about.

    A header whose value is "env:NAME" is sent with the value of that variable; see `resolved`. With `flex_fallback` a
    request that the flex tier keeps refusing is asked at the standard tier.
    """

    base_url: str = OPENAI_URL
    model: Annotated[str, Meta(min_length=1)] = "gpt-6-luna"
    timeout: Positive = 120.0
    max_completion_tokens: Count = 600
    pack: Count = 1
    response_format: Literal["auto", "json_schema", "json_object", "text"] = "auto"
    service_tier: Literal["default", "flex"] = "default"
    flex_fallback: bool = False
    headers: dict[str, str] = {}
    extra: dict[str, Any] = {}


class LimitSettings(msgspec.Struct, frozen=True):
    """Ceilings: requests and tokens per minute ("auto": learned from the endpoint's headers), requests in flight."""

    requests_per_minute: RateSetting = "auto"
    tokens_per_minute: RateSetting = "auto"
    max_concurrency: Count = 1000
    adaptive: bool = True


class Retry(msgspec.Struct, frozen=True):
    """How long a problem, and a dead endpoint, is tried again; all times in seconds.

    `give_up_after` counts for an endpoint that has answered, `wait` for one that never has.
    """

    max_attempts: Count = 6
    max_elapsed: Positive = 600.0
    base_delay: Positive = 0.5
    max_delay: Positive = 60.0
    give_up_after: Positive = 300.0
    wait: NotNegative = 10.0


Review = Literal["nothing", "contradictions", "all"]


class VerifySettings(msgspec.Struct, frozen=True):
    """Whether rows are judged while a run goes on, and what the model is asked about once more.

    `review`: nothing, parses that contradict themselves, or all that a witness disputes: the figure, the key, or what
    the rules read in the text. `rules`: whether parses of the rules are drawn before their rows are written.
    """

    during_run: bool = False
    review: Review = "contradictions"
    rules: bool = True


class BatchSettings(msgspec.Struct, frozen=True):
    """The queue of the Batch API: prompt tokens that the account may have enqueued of the model.

    "auto": files are cut by the lowest tier's, and what finds no room waits.
    """

    enqueued_tokens: RateSetting = "auto"


class Price(msgspec.Struct, frozen=True):
    """USD per 1,000,000 tokens; what is written to the prompt cache costs as any input where `cache_write` is None."""

    input: NotNegative
    cached_input: NotNegative
    output: NotNegative
    cache_write: NotNegative | None = None


class ModelPrice(Price, frozen=True):
    """[prices."model"]: the price of an answer at once, and those of half-price services where they are known."""

    flex: Price | None = None
    batch: Price | None = None


class Settings(msgspec.Struct, frozen=True):
    """Every setting of a run; `origins` tells where each came from, as `{"limits.adaptive": "config.toml"}`."""

    input: InputSettings = InputSettings()
    output: Output = Output()
    api: Api = Api()
    limits: LimitSettings = LimitSettings()
    retry: Retry = Retry()
    verify: VerifySettings = VerifySettings()
    batch: BatchSettings = BatchSettings()
    prices: dict[str, ModelPrice] = {}
    origins: dict[str, str] = {}

    def origin(self, key: str) -> str:
        """Where the value of `key` (as "api.model") was set; "default" when nowhere."""
        return self.origins.get(key, "default")

    def is_usual(self, key: str) -> bool:
        """Whether `key` was left as it is: it has its default, and no flag or variable gave it.

        A file that spells the default out says nothing: the repository's own has every one.
        """
        section, _, name = key.partition(".")
        usual = getattr(getattr(Settings(), section), name) == getattr(getattr(self, section), name)
        return usual and not self.origin(key).startswith(_BY_HAND)


_SECTIONS: Final = {
    "input": InputSettings,
    "output": Output,
    "api": Api,
    "limits": LimitSettings,
    "retry": Retry,
    "verify": VerifySettings,
    "batch": BatchSettings,
}
_HINTS: Final[Mapping[str, Any]] = {
    f"{section}.{key}": hint
    for section, struct in _SECTIONS.items()
    for key, hint in get_type_hints(struct, include_extras=True).items()
}


_PRICES: Final = "prices"
_TABLES: Final = {"api.extra", "api.headers"}
"""Settings that a variable cannot hold."""


class _Value(NamedTuple):
    """A raw value, where it was found (for messages), how that place is called (for origins), and if it is text."""

    raw: object
    place: str
    origin: str
    text: bool = False


def load(
    file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    flags: Mapping[str, tuple[str, object]] | None = None,
) -> Settings:
    """The settings in force.

    Args:
        file: the TOML file named by the person; None takes `./config.toml` where there is one.
        environ: the environment.
        flags: `{"limits.max_concurrency": ("--concurrency", 64)}` for the flags, with None for those not given.

    Raises ConfigError for a file that is missing or not TOML, an unknown key, a value of the wrong type or range.
    """
    found = _by_names_of_today(_from_file(file)) | _by_names_of_today(_from_environment(environ))
    values = found | _from_flags(flags or {})
    sections: dict[str, dict[str, object]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        sections.setdefault(section, {})[name] = _convert(key, value)
    _check_url(values.get("api.base_url"))
    _check_extra(values.get("api.extra"))
    origins = {key: value.origin for key, value in values.items()}
    structs = {name: dict(given) if name == _PRICES else _SECTIONS[name](**given) for name, given in sections.items()}
    return Settings(**structs, origins=origins)  # type: ignore[arg-type]


def api_key(environ: Mapping[str, str] = os.environ) -> str | None:
    """The API key of the environment, or None. Raises ConfigError, never showing it, when it cannot be a header."""
    key = environ.get(KEY_VARIABLE, "").strip()
    if not key:
        return None
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError(
            f"{KEY_VARIABLE} holds a line break, a space or a character that no key has ({len(key)} characters).",
            f"Set it again, on one line: export {KEY_VARIABLE}=…",
        )
    return key


def resolved(api: Api, environ: Mapping[str, str] = os.environ) -> Api:
    """The same with the value of its variable in every header "env:NAME": for who sends, and not to be written.

    Raises ConfigError, never showing a value, for a variable that is not set and for what cannot be a header.
    """
    found = {name: _header(name, value, environ) for name, value in api.headers.items()}
    return msgspec.structs.replace(api, headers=found)


def keep_ray_to_this_machine() -> None:
    """To be called before Ray is imported for a cluster of its own, which takes this from the environment alone.

    It listens on loopback (elsewhere than on Linux it would by itself), to holders of its token, and reports nothing.
    """
    ours = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0"}
    os.environ.update(ours)
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


def has_credentials(api: Api) -> bool:
    """Whether a header says who asks, so that no API key is needed."""
    return any(re.search(r"auth|key|token", name, re.IGNORECASE) for name in api.headers)


def at_openai(api: Api) -> bool:
    """Whether requests go to OpenAI itself, where a model's name says what it costs and takes.

    Its regional addresses are others: what they process costs a tenth more.
    """
    return api.base_url.rstrip("/") == OPENAI_URL


def without_user(url: str) -> str:
    """The URL to show: `***` for a user and a password in it."""
    return _USER.sub("//***@", url)


_USER: Final = re.compile(r"//[^/?#]*@")
_FROM_ENVIRONMENT: Final = "env:"
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A header's name, by RFC 9110."""


def _header(name: str, value: str, environ: Mapping[str, str]) -> str:
    variable = value.removeprefix(_FROM_ENVIRONMENT) if value.startswith(_FROM_ENVIRONMENT) else None
    if variable is not None and not (value := environ.get(variable, "").strip()):
        raise ConfigError(
            f"[api] headers: {name!r} is to be taken from the variable {variable}, which is not set.",
            f"Set it: export {variable}=…",
        )
    if not _NAME.fullmatch(name) or not (value.isascii() and value.isprintable()):
        where = f"the variable {variable}" if variable is not None else "its value"
        raise ConfigError(
            f"[api] headers: {name!r} cannot be sent as a header; {where} has {len(value)} characters.",
            "A name is made of letters, digits and hyphens; a value of ASCII characters on one line.",
        )
    return value


def _from_file(file: Path | None) -> Iterator[tuple[str, _Value]]:
    path = file or Path(FILE_NAME)
    if file is None and not path.is_file():
        return
    text = _read(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.", "Fix that line; strings need quotes.") from None
    for section, table in document.items():
        place = f"{path}:{_line_of(text, section, None)}"
        known = [*_SECTIONS, _PRICES]
        if section not in known:
            raise _unknown("section", f"[{section}]", place, section, known)
        if not isinstance(table, dict):
            raise ConfigError(f"{place}: {section} must be a table.", f"Write [{section}] on a line of its own.")
        for name, raw in table.items():
            yield f"{section}.{name}", _Value(raw, f"{path}:{_line_of(text, section, name)}", str(path))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"There is no config file {path}.", "Name an existing one with --config.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.", "It must be a UTF-8 text file.") from None


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, _Value]]:
    if environ.get(_BASE_URL_VARIABLE):
        yield "api.base_url", _Value(environ[_BASE_URL_VARIABLE], _BASE_URL_VARIABLE, _BASE_URL_VARIABLE, text=True)
    names = {_PREFIX + key.replace(".", "_").upper(): key for key in (*_HINTS, _REASK) if key not in _TABLES}
    for variable, raw in environ.items():
        if not variable.startswith(_PREFIX) or variable.startswith(f"{_PREFIX}_") or variable == f"{_PREFIX}COMPLETE":
            continue  # _ASYNCGEO_COMPLETE and the like belong to shell completion
        if variable not in names:
            raise _unknown("variable", variable, "environment", variable, list(names))
        yield names[variable], _Value(raw, variable, variable, text=True)


def _by_names_of_today(given: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    """What one source says; what it says by a name of 0.1 under the name of today, which wins where both are there."""
    values = dict(given)
    if (old := values.pop(_REASK, None)) is None:
        return values
    try:
        is_wanted = msgspec.convert(old.raw, bool, strict=not old.text)
    except msgspec.ValidationError:
        remedy = 'It is called review now: review = "contradictions" for true, review = "nothing" for false.'
        raise ConfigError(f"{old.place}: {_REASK} = {old.raw!r} is not allowed.", remedy) from None
    values.setdefault("verify.review", old._replace(raw="contradictions" if is_wanted else "nothing"))
    return values


_REASK: Final = "verify.reask"


def _from_flags(flags: Mapping[str, tuple[str, object]]) -> dict[str, _Value]:
    return {
        key: _Value(raw, flag, flag, text=isinstance(raw, str)) for key, (flag, raw) in flags.items() if raw is not None
    }


def _convert(key: str, value: _Value) -> object:
    section, _, name = key.partition(".")
    hint = ModelPrice if section == _PRICES else _HINTS.get(key)
    if hint is None:
        known = [k.partition(".")[2] for k in _HINTS if k.startswith(f"{section}.")]
        raise _unknown("key", f"{name} in [{section}]", value.place, name, known)
    if section == _PRICES:
        _check_price(f"prices.{name!r}", value.raw, value.place, ModelPrice)
    try:
        return msgspec.convert(value.raw, hint, strict=not value.text)
    except msgspec.ValidationError as error:
        shown = "{…}" if key == "api.headers" else repr(value.raw)  # there may be a key in it
        raise ConfigError(
            f"{value.place}: {key} = {shown} is not allowed: {str(error)[:1].lower()}{str(error)[1:]}.",
            f"{key} takes {_allowed(hint)}.",
        ) from None


def _check_price(table: str, raw: object, place: str, struct: type[Price]) -> None:
    """Raise ConfigError for a key that no price has."""
    if not isinstance(raw, dict):
        return
    fields = struct.__struct_fields__
    for name, value in raw.items():
        if name not in fields:
            raise _unknown("key", f"{name} in [{table}]", place, name, list(fields))
        _check_price(f"{table}.{name}", value, place, Price)


def _allowed(hint: Any) -> str:
    """The values a type hint allows, in words."""
    if get_origin(hint) is Annotated:
        base, meta = get_args(hint)
        bounds = {"≥": meta.ge, ">": meta.gt}
        return " ".join([_allowed(base), *(f"{sign} {bound}" for sign, bound in bounds.items() if bound is not None)])
    if get_origin(hint) is Literal:
        return " or ".join(f'"{choice}"' for choice in get_args(hint))
    if isinstance(hint, types.UnionType) or (get_args(hint) and get_origin(hint) is not dict):
        return " or ".join(map(_allowed, get_args(hint)))
    words = {int: "a whole number", float: "a number", bool: "true or false", str: "text in quotes"}
    return words.get(
        hint, "a table of input, cached_input and output, USD per 1M tokens" if hint is ModelPrice else "a table"
    )


def _check_url(value: _Value | None) -> None:
    if value is None:
        return
    url = str(value.raw)
    if _USER.search(url):
        raise ConfigError(
            f"{value.place}: base_url = {without_user(url)!r} holds a user or a password.",
            f"Leave it out of the address. A key belongs in {KEY_VARIABLE}; anything else in a header: "
            '[api] headers = {authorization = "env:NAME"}, where the variable NAME holds "Basic …" or "Bearer …".',
        )
    if not _is_url(url):
        raise ConfigError(
            f"{value.place}: base_url = {url!r} is no address of an HTTP server.",
            f'It starts with http:// or https://, for example "{OPENAI_URL}" or "http://127.0.0.1:8000/v1".',
        )


def _check_extra(value: _Value | None) -> None:
    given = value.raw if value is not None and isinstance(value.raw, dict) else {}
    if value is not None and "stream" in given:
        raise ConfigError(
            f"{value.place}: stream in [api.extra] is not allowed: an answer is read whole.",
            "Remove it; a server that only streams is recognized by its error and asked accordingly.",
        )
    if value is not None and given.get("service_tier") == "flex":
        raise ConfigError(
            f"{value.place}: service_tier in [api.extra] would be booked at the standard price.",
            'Set service_tier = "flex" under [api], or give --flex.',
        )


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and " " not in text
    except ValueError:  # a port that is none, brackets that do not close
        return False


def _unknown(noun: str, shown: str, place: str, name: str, known: list[str]) -> ConfigError:
    cutoff = 0.85 if name.startswith(_PREFIX) else 0.6  # the long prefix alone makes variables alike
    near = difflib.get_close_matches(name, known, n=1, cutoff=cutoff)
    remedy = f"Did you mean {near[0]}?" if near else f"Known are: {', '.join(known)}."
    return ConfigError(f"{place}: unknown {noun} {shown}.", remedy)


def _line_of(text: str, section: str, key: str | None) -> int:
    """The line where a section, or a key of it, stands; the section's or line 1 when it is written otherwise."""
    found, inside = 1, False
    header = re.compile(rf"\s*\[+\s*[\"']?{re.escape(section)}[\"']?\s*(\.\s*[\"']?{re.escape(key or '')}[\"']?\s*)?\]")
    assignment = re.compile(rf"\s*[\"']?{re.escape(key or section)}[\"']?\s*[.=]")
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            inside = header.match(line) is not None
            if inside:
                found = number
                if key is None or f"{key}" in line.partition(".")[2]:
                    return number
        elif (inside or key is None) and assignment.match(line):
            return number
    return found
