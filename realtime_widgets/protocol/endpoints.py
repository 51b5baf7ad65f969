"""Where a session connects and how it authenticates."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.capabilities import Capabilities
from realtime_widgets.protocol.credentials import (
    OPENAI_BASE_URL,
    XAI_BASE_URL,
    Secret,
    Service,
    ask_provider,
    environment_key,
    key_variable,
    plain_base,
    service_of,
)
from realtime_widgets.protocol.dialects import DIALECTS, Dialect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_widgets.protocol.credentials import TokenProvider

__all__ = ["OPENAI_BASE_URL", "Endpoint", "Secret", "resolve_endpoint"]

#: Model asked of OpenAI where the person names none (current in November 2026).
OPENAI_DEFAULT_MODEL = "gpt-realtime-2.1"
#: Model that OpenAI transcribes the user's speech with where the person names none.
OPENAI_DEFAULT_TRANSCRIPTION = "gpt-transcribe"
#: Model asked of xAI where the person names none.
XAI_DEFAULT_MODEL = "grok-voice-latest"
#: Model name of the embedded endpoint.
LOCAL_MODEL = "local-stand-in"


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
        Key or token for it; a string is kept as a `Secret`.
    local : bool
        Whether this is the endpoint that the session starts itself.
    token_provider : callable or None
        Gives the key or token anew for each connection: a function (run in a thread), or an async one (run on
        the session's own loop).
    dialect : str
        ``"ga"``, ``"2024"`` for servers that still speak the shapes of that year, ``"xai"``, or ``"auto"``: then
        the service's own, or what the server's first events show.
    capabilities : Capabilities or None
        What it can do; what is known of the service otherwise.
    extra_headers : mapping
        Further headers of the handshake; taken for secrets.

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
    token_provider: TokenProvider | None = field(default=None, repr=False)
    dialect: Dialect = "auto"
    capabilities: Capabilities = None  # type: ignore[assignment]  # set below where it is not given
    extra_headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.api_key, str):
            object.__setattr__(self, "api_key", Secret(self.api_key) if self.api_key.strip() else None)
        if self.base_url or not self.local:
            _check_url(self.base_url)
        if self.dialect not in DIALECTS:
            raise ConfigurationError(f"dialect must be one of {', '.join(DIALECTS)}, not {self.dialect!r}")
        if self.dialect == "auto" and (self.local or self.service != "other"):
            object.__setattr__(self, "dialect", "xai" if self.service == "xai" else "ga")
        if self.capabilities is None:
            known = Capabilities.of(self.service)
            without = self.local or self.dialect == "2024"  # the shapes of that year have no word for it
            object.__setattr__(self, "capabilities", replace(known, hosted_mcp=False) if without else known)

    @classmethod
    def azure(
        cls,
        resource_url: str,
        deployment: str,
        *,
        api_key: str | Secret | TokenProvider | None = None,
        transcription: str | None = None,
    ) -> Endpoint:
        """Name a deployment of Azure OpenAI.

        Parameters
        ----------
        resource_url
            ``https://<resource>.openai.azure.com``.
        deployment
            The deployment's name, which stands for the model.
        api_key
            The resource's key, or a function that gives a Microsoft Entra token (scope
            ``https://cognitiveservices.azure.com/.default``); otherwise ``AZURE_OPENAI_API_KEY``.
        transcription
            Name of the deployment that writes down what the user says; nothing is written down without.

        Raises
        ------
        ConfigurationError
            Where the address is none, or there is no key.
        """
        return resolve_endpoint(f"azure:{resource_url}", api_key, deployment, transcription)

    @property
    def service(self) -> Service:
        """Whose service it is, as far as its address says."""
        return service_of(self.base_url)

    @property
    def heard_by(self) -> str | None:
        """Model that is asked to write down what the user says; None where that is off or cannot be had."""
        return self.transcription if self.capabilities.transcription else None

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
        return {"openai": "OpenAI", "xai": "xAI"}.get(self.service, host)

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
        return {**self.extra_headers, **self._authorization(self.api_key)}

    async def fresh_headers(self) -> dict[str, str]:
        """Headers that authenticate, with a token that was asked for just now where somebody provides it.

        Raises
        ------
        ConnectionFailedError
            Where the provider gives none.
        """
        if self.token_provider is None:
            return self.headers()
        token = await ask_provider(self.token_provider, self.title)
        return {**self.extra_headers, **self._authorization(token)}

    @property
    def awaits_key(self) -> bool:
        """Whether a person has still to give the key."""
        return getattr(self.token_provider, "given", True) is False

    def ask_again(self, code: int | None) -> bool:
        """Tell the person who gave the key that it was refused; whether another one can be asked for.

        Parameters
        ----------
        code
            HTTP status, or the code with which a connection was closed; other ones concern no key.
        """
        refused = getattr(self.token_provider, "refused", None) if code in _KEY_REFUSED else None
        if callable(refused):
            refused(f"{self.title} refused this key: copy it anew, or take another one.")
        return callable(refused)

    def refusal_cure(self, status: int) -> str:
        """Say what to do about an HTTP status with which the endpoint refuses a session."""
        if status == 401 and not (self.api_key or self.token_provider):
            return (
                "it asks for a key and none was given: pass api_key= (a key in the environment is sent to the "
                "service it belongs to, and OPENAI_API_KEY to OPENAI_BASE_URL, but to no other address)"
            )
        if status == 401:
            variable = key_variable(self.base_url)
            return f"the API key is wrong or has expired: check {f'{variable} or ' if variable else ''}api_key="
        return _STATUS_CURES.get(status, "see the endpoint's log")

    def _authorization(self, secret: Secret | None) -> dict[str, str]:
        if secret is None:
            return {}
        value = secret.reveal()
        # Azure takes its keys in a header of their own, and Entra's tokens (JSON web tokens) as others do.
        if self.service == "azure" and not value.startswith("eyJ"):
            return {"api-key": value}
        return {"Authorization": f"Bearer {value}"}


#: HTTP status of a wrong key, and the code with which OpenAI closes a connection that it opened all the same.
_KEY_REFUSED = (401, 3000)
_STATUS_CURES = {
    403: "the key has no access to this model or endpoint",
    404: "there is no Realtime endpoint at this address, or no such model",
    429: "too many requests or sessions: wait, or check the account's limits",
}


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
            'endpoint must be "local", "openai", "xai", "azure:https://…" or a URL such as '
            f"http://127.0.0.1:8000/v1, not {url!r}"
        )


def _credentials(api_key: str | Secret | TokenProvider | None) -> dict[str, Any]:
    """Tell a key from what provides one."""
    if isinstance(api_key, Secret):
        return {"api_key": api_key, "token_provider": None}
    if isinstance(api_key, str):
        return {"api_key": Secret(api_key), "token_provider": None} if api_key.strip() else {}
    if api_key is None:
        return {}
    if callable(api_key):
        return {"api_key": None, "token_provider": api_key}
    raise ConfigurationError(f"api_key must be a text or a function that gives one, not {type(api_key).__name__}")


def resolve_endpoint(
    endpoint: str | Endpoint | None = None,
    api_key: str | Secret | TokenProvider | None = None,
    model: str | None = None,
    transcription: str | None = None,
    *,
    client: Any = None,
    dialect: Dialect | None = None,
    capabilities: Mapping[str, Any] | None = None,
) -> Endpoint:
    """Find the endpoint that a person means.

    Parameters
    ----------
    endpoint
        ``"local"``, ``"openai"``, ``"xai"``, ``"azure:https://<resource>.openai.azure.com"`` (``"azure"`` alone
        takes ``AZURE_OPENAI_ENDPOINT``), a base URL (``http(s)://…/v1`` or ``ws(s)://…``), an `Endpoint`, or
        None: then ``OPENAI_BASE_URL`` if set, OpenAI if there is a key, and the embedded endpoint otherwise.
        Of an `Endpoint`, what else is given here replaces its own.
    api_key
        Key for it, or a function that gives a key or token for each connection. Otherwise the service's own
        variable: ``OPENAI_API_KEY``, ``AZURE_OPENAI_API_KEY`` or ``XAI_API_KEY``. Each is sent to its service
        alone, ``OPENAI_API_KEY`` also to ``OPENAI_BASE_URL``.
    model, transcription
        Model names; defaults depend on the endpoint. On Azure they are names of deployments.
    client
        A client of the openai package (OpenAI, AzureOpenAI, or their async twins) instead of `endpoint`: its
        address and key are taken.
    dialect, capabilities
        What differs from what is known of the endpoint; see `Endpoint` and `Capabilities`.

    Raises
    ------
    ConfigurationError
        Where the endpoint is no URL, or a service is meant and there is no key.
    """
    if client is not None:
        if endpoint is not None:
            raise ConfigurationError("give client= or endpoint=, not both: the client says where to connect")
        from realtime_widgets.protocol.openai_client import client_settings

        settings = client_settings(client)
        base_url = plain_base(settings.pop("base_url"))
        found = Endpoint(base_url, *_models(service_of(base_url), model, transcription), **settings)
    elif isinstance(endpoint, Endpoint):
        found = endpoint
    else:
        found = _named(endpoint, bool(_credentials(api_key)), model, transcription)
    changes: dict[str, Any] = _credentials(api_key)
    if not (
        changes or found.api_key or found.token_provider or isinstance(endpoint, Endpoint) or client is not None
    ):
        changes["api_key"] = None if found.local else environment_key(found.base_url)
    for name, value in (("model", model), ("transcription", transcription), ("dialect", dialect)):
        if value:
            changes[name] = value
    if dialect == "2024" and dialect != found.dialect:
        found = replace(found, dialect=dialect, capabilities=replace(found.capabilities, hosted_mcp=False))
    if capabilities:
        changes["capabilities"] = found.capabilities.changed(capabilities)
    found = replace(found, **changes)
    if found.service != "other" and not (found.api_key or found.token_provider or isinstance(endpoint, Endpoint)):
        variable = key_variable(found.base_url) or "OPENAI_API_KEY"
        raise ConfigurationError(
            f"{found.name} needs an API key: set {variable} in the kernel's environment, or pass api_key=; "
            'api_key="ask" asks for it and keeps it out of the notebook; endpoint="local" talks without one'
        )
    return found


def _named(endpoint: str | None, keyed: bool, model: str | None, transcription: str | None) -> Endpoint:
    """Make the endpoint of a name or a URL, still without a key."""
    configured = endpoint or os.environ.get("OPENAI_BASE_URL") or None
    if configured is None:
        configured = "openai" if keyed or environment_key(OPENAI_BASE_URL) else "local"
    if configured == "local":
        return Endpoint("", model or LOCAL_MODEL, transcription or LOCAL_MODEL, local=True)
    if configured == "azure" or configured.startswith("azure:"):
        base_url = azure_base_url(configured.removeprefix("azure").removeprefix(":"))
    else:
        base_url = plain_base({"openai": OPENAI_BASE_URL, "xai": XAI_BASE_URL}.get(configured, configured))
    _check_url(base_url)
    return Endpoint(base_url, *_models(service_of(base_url), model, transcription))


def azure_base_url(resource_url: str) -> str:
    """Give the base URL of a resource of Azure OpenAI, by the path that is generally available.

    Raises
    ------
    ConfigurationError
        Where it is the address of no resource, or none is set.
    """
    url = resource_url.strip() or os.environ.get("AZURE_OPENAI_ENDPOINT", "").strip()
    if not url:
        raise ConfigurationError(
            'Azure needs the resource\'s address: endpoint="azure:https://<resource>.openai.azure.com", or '
            "AZURE_OPENAI_ENDPOINT in the kernel's environment"
        )
    _check_url(url)
    scheme, netloc, *_ = urlsplit(url)
    return urlunsplit((scheme, netloc, "/openai/v1", "", ""))


def _models(service: Service, model: str | None, transcription: str | None) -> tuple[str, str | None]:
    if service == "xai":
        return model or XAI_DEFAULT_MODEL, transcription
    if service == "azure":
        if not model:
            raise ConfigurationError("Azure needs the name of the deployment: pass it as model=")
        return model, transcription
    return model or OPENAI_DEFAULT_MODEL, transcription or OPENAI_DEFAULT_TRANSCRIPTION
