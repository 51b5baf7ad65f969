"""Keys and tokens: kept out of sight, read from the environment for the service they belong to only."""

from __future__ import annotations

import asyncio
import inspect
import os
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from realtime_widgets.errors import ConfigurationError, ConnectionFailedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    #: Gives a key or token each time a connection is opened. One that has a method `refused` is told why the
    #: service did not take it, and asked again.
    TokenProvider = Callable[[], "str | Secret | Awaitable[str | Secret]"]

#: Base URL of OpenAI's service.
OPENAI_BASE_URL = "https://api.openai.com/v1"
#: Base URL of xAI's service.
XAI_BASE_URL = "https://api.x.ai/v1"

Service = Literal["openai", "azure", "xai", "other"]

_AZURE_HOSTS = (".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com")
_VARIABLES: dict[Service, str] = {
    "openai": "OPENAI_API_KEY",
    "azure": "AZURE_OPENAI_API_KEY",
    "xai": "XAI_API_KEY",
}


class Secret:
    """A key or token that no repr, log or traceback shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        value = value.strip()
        if not value.isascii() or not value.isprintable() or " " in value:
            raise ConfigurationError(
                "the API key holds characters that no key has (a space, a line break, an ellipsis?): copy it anew"
            )
        self._value = value

    def reveal(self) -> str:
        """Give the secret itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('…')"

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled")


def service_of(base_url: str) -> Service:
    """Tell whose service a URL is, by its host."""
    host = (urlsplit(base_url).hostname or "").lower()
    if host == urlsplit(OPENAI_BASE_URL).hostname:
        return "openai"
    if host == urlsplit(XAI_BASE_URL).hostname:
        return "xai"
    return "azure" if host.endswith(_AZURE_HOSTS) else "other"


def key_variable(base_url: str) -> str:
    """Name the environment variable with the key for a URL; empty where none is sent there."""
    service = service_of(base_url)
    if service == "other" or not _encrypted(base_url):
        return "OPENAI_API_KEY" if _same(base_url, os.environ.get("OPENAI_BASE_URL")) else ""
    named = os.environ.get("AZURE_OPENAI_ENDPOINT")
    if service == "azure" and named and urlsplit(named).netloc.lower() != urlsplit(base_url).netloc.lower():
        return ""
    return _VARIABLES[service]


def environment_key(base_url: str) -> Secret | None:
    """Read the key for a URL from the environment.

    A service's key is sent to that service alone, encrypted; ``OPENAI_API_KEY`` also to ``OPENAI_BASE_URL``,
    for whoever sets one sets the other. Any other address gets only a key that is given for it.
    """
    value = os.environ.get(key_variable(base_url) or "", "").strip()
    return Secret(value) if value else None


async def ask_provider(provider: TokenProvider, title: str) -> Secret:
    """Get a key or token from what the person gave for it; a plain function runs in a thread of its own.

    Raises
    ------
    ConnectionFailedError
        Where there is none to be had.
    """
    try:
        token = provider() if inspect.iscoroutinefunction(provider) else await asyncio.to_thread(provider)
        if inspect.isawaitable(token):
            token = await token
    except ConfigurationError:
        raise
    except Exception as error:
        raise ConnectionFailedError(
            f"the token for {title} could not be had: the provider raised {type(error).__name__}"
        ) from error
    if isinstance(token, Secret):
        return token
    if not isinstance(token, str) or not token.strip():
        raise ConnectionFailedError(f"the token for {title} could not be had: the provider gave none")
    return Secret(token)


def _encrypted(base_url: str) -> bool:
    return urlsplit(base_url).scheme in ("https", "wss")


def _same(base_url: str, other: str | None) -> bool:
    return bool(other) and plain_base(base_url) == plain_base(str(other))


def plain_base(url: str) -> str:
    """Bring a base URL into the one form in which it is kept."""
    return url.strip().rstrip("/").removesuffix("/realtime")
