"""A request that never reached the model → what to do next.

In: the exception that it ended with, or a reply that comes from something in front of the model (a redirect, a proxy,
a server that speaks TLS). Out: a `Decision`, with its own remedy where the run must stop. Pure: it knows no request.

Exceptions are recognised by their names and those of their causes, so that no library of the transport is loaded here.
"""

import re
import ssl
from collections.abc import Mapping
from typing import Final
from urllib.parse import urljoin, urlsplit

from asyncgeo import errors
from asyncgeo.llm.outcomes import Action, Decision, broken

PATH: Final = "/chat/completions"

_SHOWN: Final = 300
"""Characters of somebody else's words that a message repeats."""
_URL_ERRORS: Final = {"UnsupportedProtocol", "InvalidURL", "InvalidUrlClientError", "NonHttpUrlClientError"}
_NOT_HTTP: Final = {"BadStatusLine", "BadHttpMessage", "LineTooLong", "InvalidHeader", "HttpProcessingError"}
"""What came is no HTTP, or more of it than anyone sends."""

_EXPIRED: Final = {9, 10}
_OTHER_HOST: Final = {62, 64}
"""Of OpenSSL's X509_V_ERR_*: not yet or no longer valid; issued for another name or address."""
_NO_TLS: Final = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"}
"""OpenSSL's reasons when the other side does not speak TLS."""
_NO_AGREEMENT: Final = re.compile(r"UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|HANDSHAKE_FAILURE|CERTIFICATE_REQUIRED")

_SPEAKS_TLS: Final = re.compile(rb"HTTP request (?:was sent )?to (?:an )?HTTPS (?:port|server)|SSL-enabled server port")
"""nginx, Go, Apache on a plain request to their TLS port."""
_ALERT: Final = r"\x15\x03"
"""The first bytes of a TLS alert, as they are spelled in the message about a bad status line."""

_PROXY_REMEDY: Final = (
    "Put the proxy's user and password into its address, HTTPS_PROXY=http://user:password@host:port, or set "
    "NO_PROXY=<host of the endpoint>."
)
_SCHEME_REMEDY: Final = "Write https:// instead of http:// in api.base_url (--base-url, OPENAI_BASE_URL)."


class LostError(Exception):
    """There is no reply, and the transport itself knows why."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.message)
        self.decision = decision


def decide(error: BaseException) -> Decision:
    """The decision on the exception that a request without any reply ended with."""
    links = _causes(error)
    for link in reversed(links):  # the innermost knows most
        if (found := _on_link(link)) is not None:
            return found
    words = _words(links[-1])
    names = {type(link).__name__ for link in links}
    if names & _URL_ERRORS:
        return Decision("bad_url", Action.STOP, f"the base URL cannot be asked: {words}")
    if "ContentEncodingError" in names or "DecodingError" in names:
        return broken(f"the reply cannot be decompressed: {words}")
    if names & _NOT_HTTP:
        return _not_http(words)
    return Decision("connection", Action.RETRY, f"no connection, or it broke: {words}", transport=True)


LONGEST_REPLY: Final = 4 * 2**20
"""Bytes of a reply: 100,000 tokens of Chinese, every character written as \\uXXXX, take 1 MB."""


def too_long(most: int) -> LostError:
    """The reply did not end within `most` bytes."""
    return LostError(broken(f"the reply is longer than {most >> 20} MB; the rest was not read"))


def speaks_tls() -> LostError:
    """The server closed a plain connection, and accepted one with TLS."""
    return LostError(_wrong_scheme("the server speaks https on this port, and was asked over http"))


def refused(status: int, headers: Mapping[str, str], body: bytes, url: str) -> Decision | None:
    """The decision on a reply of something in front of the model; None for the model's own. `url`: what was asked."""
    if _MOVED <= status < _REFUSED:
        return _redirected(status, headers.get("location", ""), url)
    if status == _NO_PROXY_USER:
        return Decision("proxy", Action.STOP, "the proxy wants a user and a password (HTTP 407)", remedy=_PROXY_REMEDY)
    if status == _REFUSED and _SPEAKS_TLS.search(body):
        return _wrong_scheme("the server speaks https on this port, and was asked over http")
    return None


_MOVED: Final = 300
_REFUSED: Final = 400
_NO_PROXY_USER: Final = 407


def _on_link(link: BaseException) -> Decision | None:
    """The decision that one exception of the chain is enough for."""
    name = type(link).__name__
    match link:
        case LostError():
            return link.decision
        case ssl.SSLCertVerificationError() if hasattr(link, "verify_code"):  # aiohttp's has none, and wraps one
            return _bad_certificate(link)
        case ssl.SSLError():
            return _no_tls(link)
        case _ if name == "ClientHttpProxyError":
            return _refused_by_proxy(int(getattr(link, "status", 0)))
        case TimeoutError() if name != "ConnectionTimeoutError":  # the SDK calls every lost connection a time-out
            return Decision("timeout", Action.RETRY, "no answer within api.timeout", transport=True, overload=True)
        case _:
            return None


def _bad_certificate(error: ssl.SSLCertVerificationError) -> Decision:
    """A certificate that is refused now is refused for ever."""
    said = f"its certificate is refused: {_clean(error.verify_message)}"
    if error.verify_code in _EXPIRED:
        remedy = "Renew the server's certificate, and check this machine's clock."
    elif error.verify_code in _OTHER_HOST:
        remedy = "Write the host in api.base_url as the certificate names it, or have it issued for this host too."
    else:
        remedy = (
            "Set SSL_CERT_FILE to a PEM file with the certificate that signed the server's (your company's root "
            "certificate, or the server's own where it signed itself)."
        )
    return Decision("certificate", Action.STOP, said, remedy=remedy)


def _no_tls(error: ssl.SSLError) -> Decision | None:
    """None for a TLS connection that broke: it is asked again."""
    reason = getattr(error, "reason", None) or ""  # only errors made by OpenSSL have one
    if reason in _NO_TLS:
        said = f"it does not speak TLS on this port, and was asked over https: {_words(error)}"
        remedy = "Write http:// instead of https:// in api.base_url, or name the port that speaks TLS."
        return Decision("tls", Action.STOP, said, remedy=remedy)
    if _NO_AGREEMENT.search(reason):
        remedy = (
            "The server wants another version of TLS, another cipher or a certificate of yours; put a local proxy that "
            "speaks so in between, and name that in api.base_url."
        )
        return Decision("tls", Action.STOP, f"no TLS connection can be agreed on: {_words(error)}", remedy=remedy)
    return None


def _wrong_scheme(said: str) -> Decision:
    return Decision("tls", Action.STOP, said, remedy=_SCHEME_REMEDY)


def _refused_by_proxy(status: int) -> Decision:
    if status == _NO_PROXY_USER:
        return Decision("proxy", Action.STOP, "the proxy wants a user and a password (HTTP 407)", remedy=_PROXY_REMEDY)
    said = f"the proxy does not connect to it (HTTP {status})"
    if _REFUSED <= status < _SERVER:
        remedy = "Have the proxy allow this host and port, or set NO_PROXY=<host of the endpoint>."
        return Decision("proxy", Action.STOP, said, remedy=remedy)
    return Decision("connection", Action.RETRY, said, transport=True)


_SERVER: Final = 500


def _redirected(status: int, location: str, url: str) -> Decision:
    """A POST is not sent anywhere else by itself: the key would go with it."""
    if not location:
        said = f"it redirects, and does not say where to (HTTP {status})"
        return Decision("redirect", Action.STOP, said, remedy="Check api.base_url: it usually ends in /v1.")
    target = _clean(urljoin(url, location))
    parts = urlsplit(target)
    shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
    base = shown._replace(path=shown.path.rstrip("/").removesuffix(PATH)).geturl()
    said = f"it redirects to {shown.geturl()} (HTTP {status})"
    return Decision("redirect", Action.STOP, said, remedy=f"If you trust that address, set api.base_url to {base}.")


def _not_http(words: str) -> Decision:
    if _ALERT in words:
        return _wrong_scheme("the server answers with TLS on this port, and was asked over http")
    return broken(f"the reply is no HTTP that can be read: {words}")


def _causes(error: BaseException | None) -> list[BaseException]:
    """The exception and what caused it, outermost first; the cause distinguishes a refusal from a time-out."""
    links: list[BaseException] = []
    while error is not None and error not in links:
        links.append(error)
        error = error.__cause__ or error.__context__
    return links


def _words(error: BaseException) -> str:
    """One exception on one line."""
    return _clean(f"{type(error).__name__}: {error}").removesuffix(": ")


def _clean(text: str) -> str:
    return errors.printable(" ".join(text.split())[:_SHOWN])
