"""Keys and tokens: never shown, and read from the environment only for the service that they belong to."""

from __future__ import annotations

import asyncio
import inspect
import os
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from realtime_widgets.errors import ConfigurationError, ConnectionFailedError
from realtime_widgets.protocol.secrets import Secret, hidden

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    #: Returns a key or token; called each time a connection is opened. If it has a method `refused`, that is
    #: called with the reason when the service rejects the key, and the provider is asked again.
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


def service_of(base_url: str) -> Service:
    """Return the service that a URL belongs to, by its host."""
    host = (urlsplit(base_url).hostname or "").lower()
    if host == urlsplit(OPENAI_BASE_URL).hostname:
        return "openai"
    if host == urlsplit(XAI_BASE_URL).hostname:
        return "xai"
    return "azure" if host.endswith(_AZURE_HOSTS) else "other"


def key_variable(base_url: str) -> str:
    """Return the name of the environment variable with the key for a URL; empty if no key may be sent there."""
    service = service_of(base_url)
    if service == "other" or not _encrypted(base_url):
        return "OPENAI_API_KEY" if _same(base_url, os.environ.get("OPENAI_BASE_URL")) else ""
    named = os.environ.get("AZURE_OPENAI_ENDPOINT")
    if service == "azure" and named and urlsplit(named).netloc.lower() != urlsplit(base_url).netloc.lower():
        return ""
    return _VARIABLES[service]


def environment_key(base_url: str) -> Secret | None:
    """Return the key for a URL from the environment, or None.

    A service's key is sent to that service only, and encrypted; ``OPENAI_API_KEY`` is also sent to
    ``OPENAI_BASE_URL``. Any other address gets only a key that is passed for it.
    """
    return usable(hidden(os.environ.get(key_variable(base_url) or "", "")))


def usable(key: Secret) -> Secret | None:
    """Return a key, None for a blank one.

    Raises
    ------
    ConfigurationError
        If it holds what cannot be in a key.
    """
    key.check()
    return key or None


async def ask_provider(provider: TokenProvider, title: str) -> Secret:
    """Call a provider and return its key or token as a `Secret`.

    Parameters
    ----------
    provider
        The user's function; runs in a worker thread unless it is async.
    title
        The endpoint, as it is named in a sentence.

    Raises
    ------
    ConnectionFailedError
        If the provider fails or returns nothing.
    """
    try:
        token = hidden(provider() if inspect.iscoroutinefunction(provider) else await asyncio.to_thread(provider))
        if inspect.isawaitable(token):
            token = hidden(await token)
    except ConfigurationError:
        raise
    except Exception as error:
        raise ConnectionFailedError(
            f"there is no token for {title}: the provider raised {type(error).__name__}"
        ) from error
    if not isinstance(token, Secret) or not token:
        raise ConnectionFailedError(f"there is no token for {title}: the provider returned none")
    token.check()
    return token


def _encrypted(base_url: str) -> bool:
    return urlsplit(base_url).scheme in ("https", "wss")


def _same(base_url: str, other: str | None) -> bool:
    return bool(other) and plain_base(base_url) == plain_base(str(other))


def plain_base(url: str) -> str:
    """Return a base URL in the form in which it is compared and stored: without ``/realtime`` or a final slash."""
    return url.strip().rstrip("/").removesuffix("/realtime")
