"""Where a session connects and how it authenticates."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from realtime_widgets.errors import ConfigurationError

#: Base URL of OpenAI's service.
OPENAI_BASE_URL = "https://api.openai.com/v1"
#: Model asked of OpenAI where the person names none (current in November 2026).
OPENAI_DEFAULT_MODEL = "gpt-realtime-2.1"
#: Model that OpenAI transcribes the user's speech with where the person names none.
OPENAI_DEFAULT_TRANSCRIPTION = "gpt-transcribe"
#: Model name of the embedded endpoint.
LOCAL_MODEL = "local-stand-in"


class Secret:
    """A key or token that no repr, log or traceback shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Give the secret itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('…')"

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled")


@dataclass(frozen=True)
class Endpoint:
    """A server of the Realtime protocol.

    Attributes
    ----------
    base_url : str
        ``http(s)://host[:port]/v1``; the WebSocket URL is made from it. Empty for the embedded endpoint
        until it has started.
    model : str
        Model asked for.
    transcription : str or None
        Model that writes down what the user says; None switches that off.
    api_key : Secret or None
        Sent as a bearer token.
    local : bool
        Whether this is the endpoint that the session starts itself.
    """

    base_url: str
    model: str
    transcription: str | None = None
    api_key: Secret | None = None
    local: bool = False

    @property
    def name(self) -> str:
        """How a person would call it."""
        if self.local:
            return "local"
        host = urlsplit(self.base_url).netloc.rpartition("@")[2]
        return "OpenAI" if host == urlsplit(OPENAI_BASE_URL).netloc else host

    @property
    def title(self) -> str:
        """The name as it stands in a sentence."""
        return "the local endpoint" if self.local else self.name

    def websocket_url(self) -> str:
        """URL of a conversation session."""
        scheme, netloc, path, _, _ = urlsplit(self.base_url)
        secure = scheme in ("https", "wss")
        query = urlencode({"model": self.model})
        return urlunsplit(("wss" if secure else "ws", netloc, f"{path.rstrip('/')}/realtime", query, ""))

    def headers(self) -> dict[str, str]:
        """Headers that authenticate; hold the secret, so keep them out of logs."""
        return {"Authorization": f"Bearer {self.api_key.reveal()}"} if self.api_key else {}


def _key(api_key: str | Secret | None, *variables: str) -> Secret | None:
    if isinstance(api_key, Secret):
        return api_key
    value = api_key or next((os.environ[name] for name in variables if os.environ.get(name)), None)
    return Secret(value) if value else None


def resolve_endpoint(
    endpoint: str | Endpoint | None = None,
    api_key: str | Secret | None = None,
    model: str | None = None,
    transcription: str | None = None,
) -> Endpoint:
    """Find the endpoint that a person means.

    Parameters
    ----------
    endpoint
        ``"local"``, ``"openai"``, a base URL (``http(s)://…/v1`` or ``ws(s)://…``), an `Endpoint`, or None:
        then ``OPENAI_BASE_URL`` if set, OpenAI if there is a key, and the embedded endpoint otherwise.
    api_key
        Key for it; otherwise ``OPENAI_API_KEY`` from the environment.
    model, transcription
        Model names; defaults depend on the endpoint.

    Raises
    ------
    ConfigurationError
        Where the endpoint is no URL, or OpenAI is meant and there is no key.
    """
    if isinstance(endpoint, Endpoint):
        return endpoint
    configured = endpoint or os.environ.get("OPENAI_BASE_URL") or None
    if configured is None:
        configured = "openai" if _key(api_key, "OPENAI_API_KEY") else "local"
    if configured == "local":
        return Endpoint("", model or LOCAL_MODEL, transcription or LOCAL_MODEL, local=True)
    key = _key(api_key, "OPENAI_API_KEY")
    if configured == "openai":
        configured = OPENAI_BASE_URL
        if key is None:
            raise ConfigurationError(
                "OpenAI needs an API key: set OPENAI_API_KEY in the kernel's environment or pass api_key=; "
                'endpoint="local" talks without one'
            )
    parts = urlsplit(configured)
    if parts.scheme not in ("http", "https", "ws", "wss") or not parts.netloc:
        raise ConfigurationError(
            f'endpoint must be "local", "openai" or a URL such as http://127.0.0.1:8000/v1, not {configured!r}'
        )
    base_url = configured.rstrip("/").removesuffix("/realtime")
    return Endpoint(base_url, model or OPENAI_DEFAULT_MODEL, transcription or OPENAI_DEFAULT_TRANSCRIPTION, key)
