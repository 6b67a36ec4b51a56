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
    for section in ("input", "output", "api", "limits", "retry", "verify"):
        assert document[section].keys() == set(getattr(Settings(), section).__struct_fields__)


@pytest.mark.parametrize(("old", "review"), [(True, "contradictions"), (False, "nothing")])
def test_the_old_name_of_review_is_read(tmp_path: Path, *, old: bool, review: str) -> None:
    """`reask` of 0.1 means what it meant, in a file and in the environment; the name of today wins."""
    file = tmp_path / "config.toml"
    file.write_text(f"[verify]\nreask = {str(old).lower()}\n", encoding="utf-8")
    assert load(file, {}).verify.review == review
    assert load(file, {"ASYNCGEO_VERIFY_REVIEW": "all"}).verify.review == "all"
    assert load(None, {"ASYNCGEO_VERIFY_REASK": str(old).lower()}).verify.review == review


def test_what_the_old_name_of_review_cannot_mean_is_told_with_the_name_of_today(tmp_path: Path) -> None:
    """The remedy names both values."""
    file = tmp_path / "config.toml"
    file.write_text('[verify]\nreask = "maybe"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"verify\.reask = 'maybe' is not allowed") as raised:
        load(file, {})
    assert 'review = "contradictions"' in raised.value.remedy


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


CASES = tomllib.loads((Path(__file__).parent / "cases" / "bad_config.toml").read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["text"].strip() for case in CASES])
def test_a_mistake_in_the_file_names_place_key_and_remedy(write: Write, case: dict[str, str]) -> None:
    """The person sees the line to mend and what belongs there."""
    file = write(case["text"].lstrip("\n"))
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert case["says"] in caught.value.message
    assert str(file) in caught.value.message
    assert case["remedy"] in caught.value.remedy


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
    """Except the free-form tables."""
    defaults = {"api.extra", "api.headers"}
    for key in config._HINTS.keys() - defaults:
        section, name = key.split(".")
        value = getattr(getattr(Settings(), section), name)
        variable = f"ASYNCGEO_{section}_{name}".upper()
        assert load(None, {variable: str(value).lower()}).origin(key) == variable
