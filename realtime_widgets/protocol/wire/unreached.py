"""Why no connection to an endpoint came about, in words: its refusal, its certificate, the proxy in between."""

from __future__ import annotations

import importlib.util
import os
import re
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec

from realtime_widgets.errors import ConnectionFailedError
from realtime_widgets.installing import install
from realtime_widgets.protocol.secrets import Secret, without_locals

if TYPE_CHECKING:
    from realtime_widgets.protocol.endpoint.endpoint import Endpoint
    from realtime_widgets.protocol.secrets import SecretTexts

#: Most characters of an endpoint's own text that are shown.
_LONGEST_TEXT = 300
#: What to do about status 429 of a server that is not one of the known services, and may be the user's own.
_TOO_MANY_SESSIONS = "close sessions that are not used any more, by close() or by restarting their kernel, or wait"
#: OpenSSL's numbers for a certificate that has expired, and for one of another host or address.
_EXPIRED, _OTHER_NAME = 10, (62, 64)


def refusal(
    endpoint: Endpoint, status: int, body: bytes | bytearray | None, sent: SecretTexts
) -> ConnectionFailedError:
    """Return the error for an HTTP status with which the endpoint refused a session.

    Parameters
    ----------
    endpoint
        Who refused.
    status
        The status.
    body
        What came with it; the text in an error object of the service's form is shown.
    sent
        Headers of the request, which are masked in that text.
    """
    text = sent.masked(_text_of(body))
    own = status == 429 and endpoint.service == "other"
    cure = _TOO_MANY_SESSIONS if own else endpoint.refusal_cure(status)
    # A refused key is not quoted, not even in part.
    told = f"{text} ({cure})" if text and status not in (401, 403) else cure
    return ConnectionFailedError(
        f"{endpoint.where} refused the session with HTTP {status}: {told}", http_status=status
    )


@without_locals
def session_proxy(endpoint: Endpoint) -> Secret | None:
    """Return the proxy of the environment for a WebSocket; raises as `request_proxy` does."""
    scheme, netloc, *_ = urlsplit(endpoint.websocket_url())
    if endpoint.loopback or proxy_bypass(netloc):
        return None
    # The order of the package websockets, which asks RFC 6455.
    names = ("wss", "socks", "https") if scheme == "wss" else ("ws", "socks", "https", "http")
    proxies = getproxies()
    proxy = next((proxies[name] for name in names if name in proxies), None)
    if proxy is not None and proxy == proxies.get("socks") and proxy.startswith("http://"):
        proxy = f"socks5h{proxy[4:]}"  # as some systems name it
    return _checked(endpoint, proxy, socks=True)


@without_locals
def request_proxy(endpoint: Endpoint, url: str) -> Secret | None:
    """Return the proxy of the environment for an HTTP request; None if there is none, or none is to be used.

    Parameters
    ----------
    endpoint
        Where the request goes.
    url
        Address of the request.

    Raises
    ------
    ConnectionFailedError
        If it cannot be used; the text never shows a password in its address.
    """
    scheme, netloc, *_ = urlsplit(url)
    if endpoint.loopback or proxy_bypass(netloc):
        return None
    return _checked(endpoint, getproxies().get(scheme), socks=False)


def _checked(endpoint: Endpoint, proxy: str | None, *, socks: bool) -> Secret | None:
    """Return a proxy if it can be used; `socks` says whether a SOCKS proxy can."""
    if proxy is None:
        return None
    hidden = Secret.unchecked(proxy, masks="@" in proxy)  # without a user it is named in errors
    if fault := _fault_of(proxy, socks):
        raise _by_proxy(endpoint, hidden, fault)
    return hidden


def _fault_of(proxy: str, socks: bool) -> str:
    if "://" not in proxy:
        return f"its address has no scheme: write http://{_without_user(proxy)}"
    try:
        parts = urlsplit(proxy)
        valid = bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port is not a number, or is too large
        valid = False
    if not valid:
        return "its address is not valid: write http://host:port"
    if parts.scheme in ("http", "https"):
        return ""
    if parts.scheme not in ("socks4", "socks4a", "socks5", "socks5h"):
        return f"{parts.scheme}:// is not a scheme for proxies: write http://host:port"
    if not socks:
        return "a SOCKS proxy serves sessions only: name an HTTP proxy, http://host:port"
    if importlib.util.find_spec("python_socks") is None:
        return f"a SOCKS proxy needs one more package: {install('python-socks[asyncio]')}"
    return ""


def proxy_refusal(endpoint: Endpoint, proxy: Secret | None, status: int) -> ConnectionFailedError:
    """Return the error for an HTTP status with which the proxy refused to connect."""
    if status == 407:
        why = "it asks for a user and a password, or refuses those given: write http://user:password@host:port"
    elif status == 403:
        why = f"it does not allow connections to {_host(endpoint)}: ask who runs it to allow them"
    else:
        why = f"it answered with HTTP {status}, as if it could not reach {_host(endpoint)} either"
    return _by_proxy(endpoint, proxy, why, http_status=status)


def unreached(
    endpoint: Endpoint, error: BaseException, limit_s: float, proxy: Secret | None = None
) -> ConnectionFailedError:
    """Return the error for what went wrong before a server answered.

    Parameters
    ----------
    endpoint
        Where the connection goes.
    error
        What was raised.
    limit_s
        How long was waited, in seconds.
    proxy
        Address of the proxy in between; None if there is none.
    """
    where = endpoint.where
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConnectionFailedError(f"{where} {_distrust(error)}", unreachable=True)
    if isinstance(error, TimeoutError):
        why = f"no answer within {limit_s:g} s"
        cure = f"{where} did not answer within {limit_s:g} s; check the network and the URL"
    elif isinstance(error, OSError):
        why = error.strerror or str(error)
        cure = f"{where} cannot be reached: {why}; is it running, is the URL right?"
    else:
        why = f"it does not answer as a proxy does ({type(error).__name__})"
        cure = f"{where} does not speak WebSocket: {type(error).__name__}; check the URL"
    if proxy is not None:
        return _by_proxy(endpoint, proxy, why, unreachable=True)
    return ConnectionFailedError(cure, unreachable=True)


def _distrust(error: ssl.SSLCertVerificationError) -> str:
    why = error.verify_message
    if error.verify_code == _EXPIRED:
        return f"has a certificate that is out of date ({why}): renew it, or set this machine's clock right"
    if error.verify_code in _OTHER_NAME:
        return f"has a certificate for another name ({why}): check the URL"
    return (
        f"has a certificate that this machine does not trust ({why}): if the server is yours, or your network "
        "looks into connections, set SSL_CERT_FILE to a file with the certificate that signed it; restart Python"
    )


def _by_proxy(
    endpoint: Endpoint,
    proxy: Secret | None,
    why: str,
    *,
    http_status: int | None = None,
    unreachable: bool = False,
) -> ConnectionFailedError:
    named = f"the proxy {_without_user(proxy.reveal())}" if proxy else "the proxy"
    names = [name for name in os.environ if name.lower().endswith("_proxy") and _names(name, proxy)]
    variable = names[0] if names else "the variable that names it"
    return ConnectionFailedError(
        f"{endpoint.where} cannot be reached through {named}: {why}. Correct {variable}, or add "
        f"{_host(endpoint)} to no_proxy to connect without a proxy",
        http_status=http_status,
        unreachable=unreachable,
    )


def _names(variable: str, proxy: Secret | None) -> bool:
    return proxy is not None and os.environ[variable] == proxy.reveal()


def _without_user(proxy: str) -> str:
    """Return a proxy's address without user, password, path and query, whether or not it is valid."""
    scheme, separator, rest = proxy.rpartition("://") if "://" in proxy else ("", "", proxy)
    return f"{scheme}{separator}{re.split('[/?#]', rest.rpartition('@')[2])[0]}"


def _host(endpoint: Endpoint) -> str:
    return urlsplit(endpoint.base_url).hostname or endpoint.title


def _text_of(body: bytes | bytearray | None) -> str:
    """Return the message of an error object of the service's form; empty if it is something else."""
    try:
        text = msgspec.json.decode(body or b"")["error"]["message"]
    except (msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError):
        return ""
    return " ".join(text.split())[:_LONGEST_TEXT] if isinstance(text, str) else ""
