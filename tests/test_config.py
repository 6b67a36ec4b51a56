import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from asyncgeo import config
from asyncgeo.config import Settings, api_key, load
from asyncgeo.errors import ConfigError

REPOSITORY = Path(__file__).resolve().parents[1]
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(text: str) -> Path:
        (tmp_path / "config.toml").write_text(text, encoding="utf-8")
        return tmp_path / "config.toml"

    return write_file


def test_the_shipped_file_holds_the_defaults_and_every_key() -> None:
    """Deleting a line of config.toml changes nothing, and no setting is hidden from the person who tunes."""
    file = REPOSITORY / "config.toml"
    shipped = load(file, {})
    assert shipped == Settings(origins=shipped.origins)
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    for section in ("input", "output", "api", "limits", "retry"):
        assert document[section].keys() == set(getattr(Settings(), section).__struct_fields__)


def test_flags_beat_environment_beats_file_beats_defaults(write: Write) -> None:
    """Each value is the strongest one given, and knows where it came from."""
    file = write("[limits]\nrequests_per_minute = 1\ntokens_per_minute = 2\nmax_concurrency = 3\n")
    environ = {"ASYNCGEO_LIMITS_TOKENS_PER_MINUTE": "20", "ASYNCGEO_LIMITS_MAX_CONCURRENCY": "30"}
    settings = load(file, environ, {"limits.max_concurrency": ("--concurrency", 300)})
    limits = settings.limits
    assert (limits.requests_per_minute, limits.tokens_per_minute, limits.max_concurrency) == (1, 20, 300)
    assert limits.adaptive is True
    keys = ("requests_per_minute", "tokens_per_minute", "max_concurrency", "adaptive")
    assert [settings.origin(f"limits.{key}") for key in keys] == [
        str(file),
        "ASYNCGEO_LIMITS_TOKENS_PER_MINUTE",
        "--concurrency",
        "default",
    ]


def test_the_environment_is_read_as_text() -> None:
    """`false`, `auto` and numbers mean there what they mean in the file; the SDK's own name works too."""
    settings = load(
        None,
        {
            "ASYNCGEO_LIMITS_ADAPTIVE": "false",
            "ASYNCGEO_LIMITS_REQUESTS_PER_MINUTE": "auto",
            "ASYNCGEO_API_TIMEOUT": "2.5",
            "OPENAI_BASE_URL": "http://127.0.0.1:8000/v1",
            "OPENAI_API_KEY": "sk-secret",
        },
    )
    assert settings.limits.adaptive is False
    assert settings.limits.requests_per_minute == "auto"
    assert settings.api.timeout == 2.5
    assert settings.api.base_url == "http://127.0.0.1:8000/v1"
    assert "sk-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "said", "remedy"),
    [
        (
            "[limits]\n\nmax_concurency = 3",
            ":3: unknown key max_concurency in [limits]",
            "Did you mean max_concurrency?",
        ),
        ("# c\n[limit]\nx = 3", ":2: unknown section [limit]", "Did you mean limits?"),
        ("[limits]\nrequests_per_minute = 0", ":2: limits.requests_per_minute = 0", "a whole number ≥ 1"),
        ('[limits]\nrequests_per_minute = "atuo"', ":2: limits.requests_per_minute = 'atuo'", 'or "auto"'),
        ('[limits]\nrequests_per_minute = "500"', ":2: limits.requests_per_minute = '500'", "a whole number ≥ 1"),
        ("[limits]\nmax_concurrency = 1.5", ":2: limits.max_concurrency = 1.5", "a whole number"),
        ("[limits]\nadaptive = 1", ":2: limits.adaptive = 1", "true or false"),
        ("[api]\ntimeout = 0", ":2: api.timeout = 0", "a number > 0"),
        ('[api]\nresponse_format = "xml"', ":2: api.response_format = 'xml'", '"json_schema"'),
        ('[api]\nbase_url = "localhost:80"', ":2: base_url = 'localhost:80'", "http://"),
        ('[api]\nbase_url = "https://"', ":2: base_url", "http://"),
        ('[prices."m"]\ninput = 1\ncached_inptu = 1\noutput = 1', "unknown key cached_inptu", "cached_input"),
        ('[prices."m"]\ninput = 1', "prices.m", "cached_input"),
        ('[prices."m"]\ninput = -1\ncached_input = 0\noutput = 0', "prices.m", "USD"),
        ("api = 3", ":1: api must be a table", "[api]"),
        ("[limits", "is not valid TOML", "line"),
        ("[api]\nmodel = gpt", "is not valid TOML", "quotes"),
        ("[retry]\nmax_attempts = nan", "retry.max_attempts", "a whole number"),
    ],
)
def test_a_mistake_in_the_file_names_place_key_and_remedy(write: Write, text: str, said: str, remedy: str) -> None:
    """The person sees the line to mend and what belongs there."""
    file = write(text)
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert said in caught.value.message
    assert str(file) in caught.value.message
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"ASYNCGEO_LIMITS_MAX_CONCURENCY": "3"}, "ASYNCGEO_LIMITS_MAX_CONCURENCY"),
        ({"ASYNCGEO_LIMITS_MAX_CONCURRENCY": "many"}, "ASYNCGEO_LIMITS_MAX_CONCURRENCY"),
        ({"OPENAI_BASE_URL": "localhost"}, "OPENAI_BASE_URL"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(environ: dict[str, str], said: str) -> None:
    """As in the file."""
    with pytest.raises(ConfigError) as caught:
        load(None, environ)
    assert said in caught.value.message
    assert caught.value.remedy


def test_a_mistake_in_a_flag_names_the_flag() -> None:
    """As in the file."""
    with pytest.raises(ConfigError, match="--concurrency"):
        load(None, {}, {"limits.max_concurrency": ("--concurrency", 0)})


def test_a_file_that_was_named_must_exist(tmp_path: Path) -> None:
    """A forgotten file is not silently the defaults."""
    with pytest.raises(ConfigError, match="nothing"):
        load(tmp_path / "nothing.toml", {})


@pytest.mark.parametrize("bad", ["sk-se\ncret", "sk secret", "sk-ключ", "sk-\x1b[31m"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(bad: str) -> None:
    """The message must not carry the key."""
    with pytest.raises(ConfigError) as caught:
        api_key({"OPENAI_API_KEY": bad})
    assert "cret" not in str(caught.value)
    assert "ключ" not in str(caught.value)


def test_blanks_around_a_key_are_no_part_of_it() -> None:
    """A key pasted with a line end works; an empty one is none."""
    assert api_key({"OPENAI_API_KEY": " sk-1 \n"}) == "sk-1"
    assert api_key({"OPENAI_API_KEY": " "}) is None
    assert api_key({}) is None


def test_every_setting_can_come_from_the_environment() -> None:
    """Except the free-form table."""
    defaults = {"api.extra"}
    for key in config._HINTS.keys() - defaults:
        section, name = key.split(".")
        value = getattr(getattr(Settings(), section), name)
        variable = f"ASYNCGEO_{section}_{name}".upper()
        assert load(None, {variable: str(value).lower()}).origin(key) == variable
