import ssl

import pytest

from asyncgeo.llm.lost import decide, refused, too_long
from asyncgeo.llm.outcomes import Action

URL = "http://model.example/v1/chat/completions"


@pytest.mark.parametrize(
    ("location", "base"),
    [
        ("https://model.example/v1/chat/completions", "https://model.example/v1"),
        ("/openai/v1/chat/completions/", "http://model.example/openai/v1"),
        ("https://u:secret@other.example/login?next=1", "https://other.example/login?next=1"),
    ],
)
def test_a_redirect_says_where_to(location: str, base: str) -> None:
    """Relative ones too; the remedy is the base URL to set."""
    decision = refused(307, {"location": location}, b"", URL)
    assert decision is not None
    assert decision.action is Action.STOP
    assert decision.remedy.endswith(f"set api.base_url to {base}.")
    assert "secret" not in decision.message + decision.remedy


def test_a_redirect_to_hostile_text_stays_one_line() -> None:
    """Escape sequences in Location reach no terminal; one without Location is an end as well."""
    decision = refused(302, {"location": "https://x/\x1b[2J\r\n"}, b"", URL)
    assert decision is not None
    assert decision.message.isprintable()
    assert decision.remedy.isprintable()
    nowhere = refused(302, {}, b"", URL)
    assert nowhere is not None
    assert nowhere.action is Action.STOP


def test_replies_of_what_stands_before_the_model() -> None:
    """A proxy that wants a password, a port that speaks TLS; anything else is the model's own reply."""
    proxy = refused(407, {}, b"", URL)
    assert proxy is not None
    assert (proxy.kind, proxy.action) == ("proxy", Action.STOP)
    for words in (
        b"<center>The plain HTTP request was sent to HTTPS port</center>",
        b"Client sent an HTTP request to an HTTPS server.\n",
        b"Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
    ):
        found = refused(400, {}, words, URL)
        assert found is not None
        assert "https://" in found.remedy
    assert refused(400, {}, b'{"error":{"message":"no such parameter"}}', URL) is None
    assert refused(500, {}, b"", URL) is None


def certificate(code: int, words: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code, error.verify_message = code, words
    return error


@pytest.mark.parametrize(
    ("code", "remedy"), [(20, "SSL_CERT_FILE"), (18, "SSL_CERT_FILE"), (10, "clock"), (62, "host")]
)
def test_each_refused_certificate_has_its_remedy(code: int, remedy: str) -> None:
    """Unknown signer, itself, expired, another host; also where the library wraps it in an exception of its own."""
    outer = OSError("cannot connect")
    outer.__cause__ = certificate(code, "words")
    decision = decide(outer)
    assert (decision.kind, decision.action) == ("certificate", Action.STOP)
    assert remedy in decision.remedy


def test_a_tls_connection_that_breaks_is_asked_again() -> None:
    """Unlike one that no later try could open."""
    broke, never = ssl.SSLEOFError(8, "EOF occurred"), ssl.SSLError(1, "x")
    never.reason = "WRONG_VERSION_NUMBER"
    assert decide(broke).action is Action.RETRY
    assert decide(never).action is Action.STOP
    assert "http://" in decide(never).remedy


def test_what_the_transport_knows_is_kept() -> None:
    """Its own exceptions carry their decision."""
    assert decide(too_long(4 << 20)).message == "the reply is longer than 4 MB; the rest was not read"
