"""The address of an endpoint → the proxy that its requests go through, if any.

In: a URL, and what the environment says of proxies. Out: an http:// or https:// address, or None; a ConfigError for a
proxy that cannot be used, before anything is sent. It does not know what is sent.

    HTTPS_PROXY, HTTP_PROXY     by the scheme of the endpoint, ALL_PROXY where that one is not set (either case)
    NO_PROXY                    example.com (and all below it), .example.com, host:port, 10.0.0.0/8, *

An endpoint on this machine is never asked through a proxy.
"""

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from asyncgeo import config
from asyncgeo.errors import ConfigError, printable

_THIS_MACHINE: Final = {"127.0.0.1", "::1", "localhost"}
"""Other addresses of 127.0.0.0/8 are given by hand, also to containers and tunnels: NO_PROXY speaks of them."""


def proxy_of(url: str, environment: Mapping[str, str] | None = None) -> str | None:
    """The proxy for `url`. Raises ConfigError for one that is not spoken to in HTTP."""
    found = getproxies() if environment is None else environment
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in _THIS_MACHINE or host.endswith(".localhost") or _is_excepted(host, parts.port, found.get("no", "")):
        return None
    name = parts.scheme if found.get(parts.scheme) else "all"
    proxy = found.get(name, "").strip()
    if not proxy:
        return None
    return _checked(proxy if "://" in proxy else f"http://{proxy}", f"{name.upper()}_PROXY")


def _checked(proxy: str, variable: str) -> str:
    try:
        parts = urlsplit(proxy)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, brackets that do not close
        usable = False
    if usable:
        return proxy
    kind = "a SOCKS proxy, which is not supported" if proxy.lower().startswith("socks") else "no HTTP proxy"
    raise ConfigError(
        f"{variable} names {kind}: {printable(config.without_user(proxy))}.",
        "Set HTTPS_PROXY=http://host:port (HTTP_PROXY for an http:// endpoint) to an HTTP proxy, or\n"
        "NO_PROXY=<host of the endpoint> to use none.",
    )


def _is_excepted(host: str, port: int | None, no_proxy: str) -> bool:
    return any(_covers(entry.strip().lower(), host, port) for entry in no_proxy.split(",") if entry.strip())


def _covers(entry: str, host: str, port: int | None) -> bool:
    """Whether one entry of NO_PROXY speaks of this host."""
    if entry == "*":
        return True
    if (address := _address(host)) is not None:
        try:
            if address in ipaddress.ip_network(entry.strip("[]"), strict=False):
                return True
        except ValueError:  # a name, or with a port
            pass
    name, _, number = entry.rpartition(":")
    if number.isdecimal() and name:
        if number != str(port):
            return False
        entry = name.strip("[]")
    entry = entry.removeprefix("*").removeprefix(".")
    return host == entry or (address is None and host.endswith(f".{entry}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
