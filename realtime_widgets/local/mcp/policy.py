"""Which MCP servers the endpoint may reach for its clients, and how long it waits for them. Pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.local.api.errors import invalid_value

#: Longest wait until a server has listed its tools, and for the result of one call, in seconds.
LIST_S, CALL_S = 20.0, 60.0
_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9_.-]+")


@dataclass(frozen=True)
class AllowedHost:
    """A host that the endpoint's owner allows.

    Attributes
    ----------
    host
        Its name or address, in lower case.
    port
        The only port; None means any.
    scheme
        ``https``, or ``http`` where the owner takes a connection that others can read.
    """

    host: str
    port: int | None = None
    scheme: str = "https"

    @classmethod
    def read(cls, text: str) -> AllowedHost:
        """Read ``HOST``, ``HOST:PORT`` or ``http://HOST[:PORT]``.

        Raises
        ------
        ConfigurationError
            If it is nothing of that kind.
        """
        try:
            parts = urlsplit(text if "://" in text else f"https://{text}")
            host, port = parts.hostname or "", parts.port
        except ValueError:
            parts, host, port = SplitResult("", "", "", "", ""), "", None
        known = parts.scheme in _PORTS and (_NAME.fullmatch(host) or _address(host) is not None)
        if not known or parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
            raise ConfigurationError(
                "an allowed MCP server is a host such as mcp.example.com, mcp.example.com:8443 or "
                f"http://10.0.0.5:8000, not {text!r}"
            )
        return cls(host, port, parts.scheme)


@dataclass(frozen=True)
class McpPolicy:
    """What a session may do with MCP servers.

    Attributes
    ----------
    loopback
        Whether servers on this machine may be reached. An endpoint that other machines reach must not: they would
        get at what listens on this machine only.
    hosts
        Further hosts.
    list_s
        Longest wait until a server has listed its tools, in seconds.
    call_s
        Longest wait for the result of one call, in seconds.
    """

    loopback: bool = True
    hosts: tuple[AllowedHost, ...] = ()
    list_s: float = LIST_S
    call_s: float = CALL_S

    def check(self, url: str, param: str) -> None:
        """Refuse an address that may not be reached.

        Raises
        ------
        RequestRefusedError
            If it is no address of an MCP server, or of one that is not allowed; the text holds its host only.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise _malformed(param) from None
        if parts.scheme not in _PORTS or not host or "@" in parts.netloc or not _plain(url):
            raise _malformed(param)
        if self.loopback and _is_loopback(host):
            return
        for allowed in self.hosts:
            same = allowed.host == host and allowed.port in (None, port or _PORTS[parts.scheme])
            if same and parts.scheme in ("https", allowed.scheme):
                return
        shown = host[:100]
        secure = " Over plain http it needs '--allow-mcp http://HOST'." if parts.scheme == "http" else ""
        raise invalid_value(
            f"This endpoint does not reach the MCP server at '{shown}' for its clients. Start it by "
            f"'realtime-widgets serve --allow-mcp {shown}', or let your own process call the server, as "
            f"'session.mcp.add(...)' does.{secure}",
            param,
        )


def _malformed(param: str) -> Exception:
    text = f"Invalid value for '{param}': expected http(s)://host/path, without a user or password."
    return invalid_value(text, param)


def _plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url and "\\" not in url


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    """Whether a host is this machine for sure: names are not looked up, as they may mean another one later."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback
