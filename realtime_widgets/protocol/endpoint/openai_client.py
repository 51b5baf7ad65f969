"""Reads where a client of the openai package connects and how it authenticates, without importing the package."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.endpoint.credentials import service_of, usable
from realtime_widgets.protocol.endpoint.urls import azure_base_url
from realtime_widgets.protocol.secrets import Secret, SecretTexts, hidden

#: What the openai package stores if there is no key.
_NO_KEY = "<missing API key>"


def client_settings(client: Any) -> dict[str, Any]:
    """Return the address and the key of a client of the openai package.

    Parameters
    ----------
    client
        `OpenAI`, `AsyncOpenAI`, `AzureOpenAI` or `AsyncAzureOpenAI`, or any object with their attributes.

    Returns
    -------
    dict
        ``base_url``, ``api_key`` (a `Secret` or None), ``token_provider`` (or None) and ``extra_headers``.

    Raises
    ------
    ConfigurationError
        If it is not such a client.
    """
    base_url = str(getattr(client, "base_url", "") or "")
    if not base_url or not hasattr(client, "api_key"):
        raise ConfigurationError(
            f"client= takes a client of the openai package, such as AsyncOpenAI(), not a {type(client).__name__}"
        )
    for_azure = hasattr(client, "_azure_ad_token_provider")
    if service_of(base_url) == "azure" or (for_azure and urlsplit(base_url).path.rstrip("/") == "/openai"):
        # The package's Azure clients still use the path of the preview.
        base_url = azure_base_url(base_url)
    key = hidden(client.api_key if client.api_key != _NO_KEY else "")
    provider = getattr(client, "_api_key_provider", None) or getattr(client, "_azure_ad_token_provider", None)
    secret = key or (None if provider else hidden(getattr(client, "_azure_ad_token", None)))
    names = {"organization": "OpenAI-Organization", "project": "OpenAI-Project"}
    told = {header: getattr(client, name, None) for name, header in names.items()}
    own = getattr(client, "_custom_headers", None) or {}
    if for_azure and key and service_of(base_url) != "azure":
        # A gateway before Azure: the package sends keys in this header to any address.
        told["api-key"], secret = client.api_key, None
    return {
        "base_url": base_url,
        "api_key": usable(secret) if isinstance(secret, Secret) else None,
        "token_provider": None if secret else provider,
        "extra_headers": SecretTexts(
            {name: value for name, value in {**told, **own}.items() if isinstance(value, str)}
        ),
    }
