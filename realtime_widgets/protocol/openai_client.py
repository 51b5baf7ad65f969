"""Where a client of the openai package connects and how it authenticates; the package itself is not needed."""

from __future__ import annotations

from typing import Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.credentials import Secret, service_of

#: What the openai package puts where there is no key.
_NO_KEY = "<missing API key>"


def client_settings(client: Any) -> dict[str, Any]:
    """Read the address and the key of a client of the openai package.

    Parameters
    ----------
    client
        `OpenAI`, `AsyncOpenAI`, `AzureOpenAI` or `AsyncAzureOpenAI`, or whatever has their attributes.

    Returns
    -------
    dict
        ``base_url``, ``api_key`` (a `Secret` or None), ``token_provider`` (or None) and ``extra_headers``.

    Raises
    ------
    ConfigurationError
        Where it is no such client.
    """
    base_url = str(getattr(client, "base_url", "") or "")
    if not base_url or not hasattr(client, "api_key"):
        raise ConfigurationError(
            f"client= takes a client of the openai package, such as AsyncOpenAI(), not a {type(client).__name__}"
        )
    if service_of(base_url) == "azure":
        from realtime_widgets.protocol.endpoints import azure_base_url

        # The package's Azure clients still go by the path of the preview.
        base_url = azure_base_url(base_url)
    key = client.api_key if client.api_key != _NO_KEY else ""
    provider = getattr(client, "_api_key_provider", None) or getattr(client, "_azure_ad_token_provider", None)
    secret = key or (None if provider else getattr(client, "_azure_ad_token", None))
    names = {"organization": "OpenAI-Organization", "project": "OpenAI-Project"}
    told = {header: getattr(client, name, None) for name, header in names.items()}
    own = getattr(client, "_custom_headers", None) or {}
    return {
        "base_url": base_url,
        "api_key": Secret(secret) if secret else None,
        "token_provider": None if secret else provider,
        "extra_headers": {name: value for name, value in {**told, **own}.items() if isinstance(value, str)},
    }
