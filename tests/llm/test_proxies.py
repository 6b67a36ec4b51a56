import pytest
from support.cases import for_each

from asyncgeo.errors import ConfigError
from asyncgeo.llm.proxies import proxy_of

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/v1", "http://model.localhost/v1", "http://localhost/v1", "https://[::1]/v1"]
)
def test_the_loopback_is_never_sent_to_a_proxy(url: str) -> None:
    """Not even to one that could not be used."""
    for proxy in (PROXY, "socks5://127.0.0.1:1080"):
        assert proxy_of(url, {"http": proxy, "https": proxy, "all": proxy}) is None


def test_the_scheme_of_the_endpoint_names_the_variable() -> None:
    """ALL_PROXY counts where the scheme's own is not set; a bare host is an HTTP proxy."""
    found = {"https": "http://one:1", "all": "two:2"}
    assert proxy_of("https://model.example/v1", found) == "http://one:1"
    assert proxy_of("http://model.example/v1", found) == "http://two:2"
    assert proxy_of("http://model.example/v1", {}) is None
    assert proxy_of("http://model.example/v1", {"all": ""}) is None


@for_each(
    ("url", "entries", "direct"),
    [
        ("https://model.example/v1", "model.example", True),
        ("https://a.model.example/v1", "model.example", True),
        ("https://a.model.example/v1", ".model.example", True),
        ("https://a.model.example/v1", "*.model.example", True),
        ("https://mymodel.example/v1", "model.example", False),
        ("https://model.example/v1", "*", True),
        ("https://model.example:8443/v1", "model.example:8443", True),
        ("https://model.example:8443/v1", "model.example:443", False),
        ("https://MODEL.example/v1", "other.example, Model.Example", True),
        ("http://10.1.2.3:8000/v1", "10.0.0.0/8", True),
        ("http://11.1.2.3:8000/v1", "10.0.0.0/8", False),
        ("http://10.1.2.3:8000/v1", "10.1.2.3", True),
        ("http://10.1.2.3:8000/v1", "2.3", False),
        ("http://[fd00::1]:8000/v1", "fd00::/8", True),
        ("http://[fd00::1]:8000/v1", "[fd00::1]", True),
        ("https://model.example/v1", " , ,", False),
    ],
)
def test_no_proxy_is_honoured(url: str, entries: str, *, direct: bool) -> None:
    """Names with what is below them, ports, addresses and networks."""
    found = proxy_of(url, {"http": PROXY, "https": PROXY, "no": entries})
    assert found == (None if direct else PROXY)


@for_each(
    ("proxy", "says"),
    [
        ("socks://127.0.0.1:1080/", "a SOCKS proxy"),
        ("socks5://user:secret@proxy.example:1080", "a SOCKS proxy"),
        ("SOCKS5H://proxy.example:1080", "a SOCKS proxy"),
        ("ftp://proxy.example:21", "no HTTP proxy"),
        ("http://proxy.example:99999", "no HTTP proxy"),
        ("http://", "no HTTP proxy"),
    ],
)
def test_a_proxy_that_is_not_spoken_to_in_http_is_refused(proxy: str, says: str) -> None:
    """With the variable's name and what to set instead; a password in it is not shown."""
    with pytest.raises(ConfigError) as caught:
        proxy_of("https://model.example/v1", {"all": proxy})
    assert f"ALL_PROXY names {says}" in caught.value.message
    assert "secret" not in str(caught.value)
    assert "HTTPS_PROXY=http://" in caught.value.remedy
