"""The check of a server's address that the user wrote, and the base URL of an Azure resource."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.secrets import looks_like_a_key

if TYPE_CHECKING:
    from collections.abc import Collection


def check_url(
    url: str,
    title: str,
    *,
    schemes: Collection[str] = ("http", "https"),
    query: bool = False,
    expected: str,
    secrets: str,
) -> None:
    """Refuse a URL that is not the address of a server.

    No error shows what may be a secret.

    Parameters
    ----------
    url
        The URL as the user wrote it.
    title
        The server in a sentence, such as ``"the endpoint"``.
    schemes
        The schemes that are allowed.
    query
        Whether a query or a fragment is allowed.
    expected
        Text of the error for a URL without a host or with another scheme.
    secrets
        What to write instead of the user, password or query in the URL.

    Raises
    ------
    ConfigurationError
        If the URL cannot be parsed, has no host or another scheme, or holds a user, a password or a query.
    """
    wrong = ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        wrong = "port is not a number up to 65535" if "port" in str(error).lower() else "host cannot be read"
    if wrong:  # raised out here: the error quotes the part, which may be a password
        raise ConfigurationError(f"the URL of {title} cannot be used: its {wrong}")
    if "@" in parts.netloc or (not query and (parts.query or parts.fragment)):
        without = "user and password" if query else "user, password and query"
        place = f" at {host}" if host else ""
        raise ConfigurationError(f"write the URL of {title}{place} without {without}: {secrets}")
    if parts.scheme not in schemes or not host:
        raise ConfigurationError(expected)


def check_base_url(url: str) -> None:
    """Refuse what is not the base URL of an endpoint; raises as `check_url` does."""
    check_url(
        url,
        "the endpoint",
        schemes=("http", "https", "ws", "wss"),
        expected=(
            'endpoint must be "local", "openai", "xai", "azure:https://…" or a URL such as '
            f"http://127.0.0.1:8000/v1, not {_quoted(url)}"
        ),
        secrets="give the key as api_key= and the model as model=",
    )


def _quoted(url: str) -> str:
    if looks_like_a_key(url):
        return "a key, which belongs in api_key= or in the variable of its service"
    return repr(url)


def azure_base_url(resource_url: str) -> str:
    """Return the base URL of an Azure OpenAI resource, with the path of the generally available API.

    Parameters
    ----------
    resource_url
        ``https://<resource>.openai.azure.com``; if it is empty, ``AZURE_OPENAI_ENDPOINT`` is used.

    Raises
    ------
    ConfigurationError
        If it is not the address of a server, or neither is set.
    """
    url = resource_url.strip() or os.environ.get("AZURE_OPENAI_ENDPOINT", "").strip()
    if not url:
        raise ConfigurationError(
            'Azure needs the resource\'s address: endpoint="azure:https://<resource>.openai.azure.com", or '
            "AZURE_OPENAI_ENDPOINT in the kernel's environment"
        )
    check_base_url(url)
    scheme, netloc, *_ = urlsplit(url)
    return urlunsplit((scheme, netloc, "/openai/v1", "", ""))
