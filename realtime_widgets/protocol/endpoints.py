"""Where a session connects and how it authenticates."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, replace
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
        Sent as a bearer token; a string is kept as a `Secret`.
    local : bool
        Whether this is the endpoint that the session starts itself.

    Raises
    ------
    ConfigurationError
        Where the URL is none, or holds more than an address, such as a password.
    """

    base_url: str
    model: str
    transcription: str | None = None
    api_key: Secret | None = None
    local: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.api_key, str):
            object.__setattr__(self, "api_key", Secret(self.api_key) if self.api_key else None)
        if self.base_url or not self.local:
            _check_url(self.base_url)

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine, where no proxy stands in between."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")

    @property
    def name(self) -> str:
        """How a person would call it."""
        if self.local:
            return "local"
        host = urlsplit(self.base_url).netloc
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


def _check_url(url: str) -> None:
    """Refuse what is no base URL; the error shows nothing that may be a secret."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"the endpoint's URL cannot be used: {error}") from None
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(
            f"the URL of the endpoint at {host} must end with its path, without user, password or query: "
            "give the key as api_key= and the model as model="
        )
    if parts.scheme not in ("http", "https", "ws", "wss") or not host:
        raise ConfigurationError(
            f'endpoint must be "local", "openai" or a URL such as http://127.0.0.1:8000/v1, not {url!r}'
        )


def _key(api_key: str | Secret | None, *variables: str) -> Secret | None:
    if isinstance(api_key, Secret):
        return api_key
    values = [api_key, *(os.environ.get(name) for name in variables)]
    return next((Secret(value) for value in values if value and value.strip()), None)


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
        Of an `Endpoint`, what else is given here replaces its own.
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
        return replace(
            endpoint,
            api_key=_key(api_key) or endpoint.api_key,
            model=model or endpoint.model,
            transcription=transcription or endpoint.transcription,
        )
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
    base_url = configured.rstrip("/").removesuffix("/realtime")
    return Endpoint(base_url, model or OPENAI_DEFAULT_MODEL, transcription or OPENAI_DEFAULT_TRANSCRIPTION, key)
