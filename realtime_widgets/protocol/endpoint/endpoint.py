"""Endpoints: where a session connects and how it authenticates, and how the user's words for one are read."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.dialects import DIALECTS, Dialect
from realtime_widgets.protocol.endpoint.capabilities import Capabilities
from realtime_widgets.protocol.endpoint.credentials import (
    OPENAI_BASE_URL,
    XAI_BASE_URL,
    Service,
    ask_provider,
    environment_key,
    key_variable,
    plain_base,
    service_of,
    usable,
)
from realtime_widgets.protocol.endpoint.urls import azure_base_url, check_base_url
from realtime_widgets.protocol.secrets import Secret, SecretTexts, hidden, made_without_locals, without_locals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_widgets.protocol.endpoint.credentials import TokenProvider

__all__ = ["OPENAI_BASE_URL", "Endpoint", "Secret", "resolve_endpoint"]

#: OpenAI's model if the user names none (current in November 2026).
OPENAI_DEFAULT_MODEL = "gpt-realtime-2.1"
#: Model with which OpenAI transcribes the user's speech, if the user names none.
OPENAI_DEFAULT_TRANSCRIPTION = "gpt-transcribe"
#: xAI's model if the user names none.
XAI_DEFAULT_MODEL = "grok-voice-latest"
#: Models of OpenAI that speak GPT-Live's protocol; ``gpt-live-transcribe`` is none of them.
_LIVE = re.compile(r"gpt-live(?:-\d|$)")
#: Model name of the embedded endpoint.
LOCAL_MODEL = "local-stand-in"


@made_without_locals
@dataclass(frozen=True)
class Endpoint:
    """A server of the Realtime protocol.

    Attributes
    ----------
    base_url : str
        ``http(s)://host[:port]/v1``; the WebSocket URL is made from it. Empty for the embedded endpoint
        until it has started.
    model : str
        Name of the model.
    transcription : str or None
        Model that transcribes what the user says; None switches transcription off.
    api_key : Secret or None
        Key or token; a string is stored as a `Secret`.
    local : bool
        Whether this is the endpoint that the session starts itself.
    token_provider : callable or None
        Function that returns the key or token for each new connection: a plain one runs in a thread, an async
        one on the session's own loop.
    dialect : {"auto", "ga", "2024", "xai"}
        Dialect of the server: ``"2024"`` is for servers that still speak the shapes of that year; ``"auto"`` means
        that of the service, or the one that the server's first events show.
    capabilities : Capabilities or None
        What it can do; None means what is known of the service.
    extra_headers : mapping of str to str
        Further headers of the handshake; stored as `SecretTexts`, which shows none of them.
    captions : bool
        Whether its sessions only write down what is said; see `Captions`.
    call_id : str
        Id of the running call that its sessions join; empty if they are talks of their own.
    brain : str
        Of the embedded endpoint: what answers, such as ``"script:talk.toml"``; empty if the environment chooses.

    Raises
    ------
    ConfigurationError
        If the URL is invalid, or holds more than an address, such as a password.
    """

    base_url: str
    model: str
    transcription: str | None = None
    api_key: Secret | None = None
    local: bool = False
    token_provider: TokenProvider | None = field(default=None, repr=False)
    dialect: Dialect = "auto"
    capabilities: Capabilities = None  # type: ignore[assignment]  # set below if it is None
    extra_headers: Mapping[str, str] | SecretTexts = field(default_factory=SecretTexts, repr=False)
    captions: bool = field(default=False, repr=False)
    call_id: str = field(default="", repr=False)
    brain: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.api_key, str):
            object.__setattr__(self, "api_key", usable(hidden(self.api_key)))
        if not isinstance(self.extra_headers, SecretTexts):
            object.__setattr__(self, "extra_headers", SecretTexts(self.extra_headers))
        if self.base_url or not self.local:
            check_base_url(self.base_url)
        if self.dialect not in DIALECTS:
            raise ConfigurationError(f"dialect must be one of {', '.join(DIALECTS)}, not {self.dialect!r}")
        if self.dialect == "auto" and (self.local or self.service != "other"):
            object.__setattr__(self, "dialect", "xai" if self.service == "xai" else "ga")
        if self.capabilities is None:
            known = Capabilities.of(self.service, self.model)
            without = self.dialect == "2024"  # the shapes of that year have no field for it
            object.__setattr__(self, "capabilities", replace(known, hosted_mcp=False) if without else known)

    @classmethod
    @without_locals
    def azure(
        cls,
        resource_url: str,
        deployment: str,
        *,
        api_key: str | Secret | TokenProvider | None = None,
        transcription: str | None = None,
    ) -> Endpoint:
        """Return the endpoint of an Azure OpenAI deployment.

        Parameters
        ----------
        resource_url
            ``https://<resource>.openai.azure.com``.
        deployment
            The deployment's name, used as the model.
        api_key
            The resource's key, or a function that returns a Microsoft Entra token (scope
            ``https://cognitiveservices.azure.com/.default``); default is ``AZURE_OPENAI_API_KEY``.
        transcription
            Name of the deployment that transcribes what the user says; None means no transcription.

        Raises
        ------
        ConfigurationError
            If the address is invalid, or there is no key.
        """
        return resolve_endpoint(f"azure:{resource_url}", api_key, deployment, transcription)

    @property
    def service(self) -> Service:
        """The service that it belongs to, by its address."""
        return service_of(self.base_url)

    @property
    def heard_by(self) -> str | None:
        """Model that transcribes what the user says; None if transcription is off or not supported."""
        return self.transcription if self.capabilities.transcription else None

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine, so that no proxy is used."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")

    @property
    def name(self) -> str:
        """Short name for the user."""
        if self.local:
            return "local"
        host = urlsplit(self.base_url).netloc
        return {"openai": "OpenAI", "xai": "xAI"}.get(self.service, host)

    @property
    def title(self) -> str:
        """The name as it is used in a sentence."""
        return "the local endpoint" if self.local else self.name

    @property
    def where(self) -> str:
        """The name in a sentence, with the address: for errors."""
        return f"{self.title} ({self.base_url})"

    def websocket_url(self) -> str:
        """URL of a session; one that only writes down names its model in its settings, a call has its own."""
        scheme, netloc, path, _, _ = urlsplit(self.base_url)
        secure = scheme in ("https", "wss")
        asked = {"intent": "transcription"} if self.captions else {"model": self.model}
        query = urlencode({"call_id": self.call_id} if self.call_id else asked)
        return urlunsplit(("wss" if secure else "ws", netloc, f"{path.rstrip('/')}/realtime", query, ""))

    def headers(self) -> SecretTexts:
        """Headers that authenticate; only the call that sends them opens them."""
        return SecretTexts({**self.extra_headers, **self._authorization(self.api_key)})

    async def fresh_headers(self) -> SecretTexts:
        """Headers that authenticate, with a new token if there is a token provider.

        Raises
        ------
        ConnectionFailedError
            If the provider returns no token.
        """
        if self.token_provider is None:
            return self.headers()
        token = await ask_provider(self.token_provider, self.title)
        return SecretTexts({**self.extra_headers, **self._authorization(token)})

    @property
    def awaits_key(self) -> bool:
        """Whether the user has yet to enter the key."""
        return getattr(self.token_provider, "given", True) is False

    def ask_again(self, code: int | None) -> bool:
        """Tell the user that the key was refused, if they can be asked for another one.

        Parameters
        ----------
        code
            HTTP status, or the code with which the connection was closed.

        Returns
        -------
        bool
            Whether the key was refused and the user is asked for another one.
        """
        refused = getattr(self.token_provider, "refused", None) if code in _KEY_REFUSED else None
        if callable(refused):
            refused(f"{self.title} refused this key: copy it again, or use another one.")
        return callable(refused)

    def refusal_cure(self, status: int) -> str:
        """Return what the user can do about the HTTP status with which the endpoint refused a session."""
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
        # Azure expects its keys in a header of its own, but Entra's tokens (JSON web tokens) as bearer tokens.
        if self.service == "azure" and not value.startswith("eyJ"):
            return {"api-key": value}
        return {"Authorization": f"Bearer {value}"}


#: HTTP status of a wrong key, and the code with which OpenAI closes a connection if it checks the key too late.
_KEY_REFUSED = (401, 3000)
#: Statuses that send a request on to another address.
_REDIRECTS = (300, 301, 302, 303, 307, 308)
_STATUS_CURES = {
    **dict.fromkeys(
        _REDIRECTS,
        "it sends requests on to another address, which gets neither the key nor the talk: name that address as "
        "endpoint= if you trust it",
    ),
    403: "the key has no access to this model or endpoint",
    404: "there is no Realtime endpoint at this address, or no such model",
    429: "too many requests or sessions: wait, or check the account's limits",
}


def _credentials(api_key: str | Secret | TokenProvider | None) -> dict[str, Any]:
    """Return the fields of `Endpoint` for a key or a provider of keys."""
    api_key = hidden(api_key)
    if isinstance(api_key, Secret):
        return {"api_key": api_key, "token_provider": None} if usable(api_key) else {}
    if api_key is None:
        return {}
    if callable(api_key):
        return {"api_key": None, "token_provider": api_key}
    raise ConfigurationError(
        f"api_key must be a string or a function that returns one, not {type(api_key).__name__}"
    )


@without_locals
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
    """Return the endpoint that the user means.

    Parameters
    ----------
    endpoint
        ``"local"``, ``"openai"``, ``"xai"``, ``"azure:https://<resource>.openai.azure.com"`` (``"azure"`` alone
        reads ``AZURE_OPENAI_ENDPOINT``), a base URL (``http(s)://…/v1`` or ``ws(s)://…``), an `Endpoint`, whose
        fields the other parameters replace, or None. None means ``OPENAI_BASE_URL`` if it is set, OpenAI if
        there is a key, and the embedded endpoint otherwise.
    api_key
        Key, or a function that returns a key or token for each connection. None means the variable of the
        service: ``OPENAI_API_KEY``, ``AZURE_OPENAI_API_KEY`` or ``XAI_API_KEY``. Each is sent to its service
        only, ``OPENAI_API_KEY`` also to ``OPENAI_BASE_URL``.
    model
        Name of the model (on Azure, of the deployment); the default depends on the endpoint.
    transcription
        Name of the model (on Azure, of the deployment) that transcribes; the default depends on the endpoint.
    client
        A client of the openai package (OpenAI, AzureOpenAI, or their async twins) whose address and key are
        used instead of `endpoint`.
    dialect
        Dialect of the server, if it is not the one known of it; see `Endpoint`.
    capabilities
        Values by the names of `Capabilities`, if they differ from what is known of the server.

    Raises
    ------
    ConfigurationError
        If the endpoint is not a URL, it is a service that needs a key and there is none, or the model speaks
        another protocol.
    """
    for name, value in (("model", model), ("transcription", transcription)):
        if isinstance(value, str) and value.startswith("sk-"):
            raise ConfigurationError(f"{name}= was given what looks like a key: pass that as api_key=")
    if client is not None:
        if endpoint is not None:
            raise ConfigurationError("give client= or endpoint=, not both: the client says where to connect")
        from realtime_widgets.protocol.endpoint.openai_client import client_settings

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
    if found.service != "azure" and _LIVE.match(found.model):  # Azure's are names of deployments
        raise ConfigurationError(
            f"{found.model!r} speaks another protocol than Realtime (at /v1/live), which this package lacks "
            f"yet, and is refused here with invalid_model: choose a Realtime model, such as {OPENAI_DEFAULT_MODEL}"
        )
    if found.service != "other" and not (found.api_key or found.token_provider or isinstance(endpoint, Endpoint)):
        variable = key_variable(found.base_url) or "OPENAI_API_KEY"
        raise ConfigurationError(
            f"{found.name} needs an API key: set {variable} in the kernel's environment, or pass api_key=; "
            'api_key="ask" asks for it and keeps it out of the notebook; endpoint="local" needs none'
        )
    return found


def _named(endpoint: str | None, keyed: bool, model: str | None, transcription: str | None) -> Endpoint:
    """Return the endpoint for a name or a URL, without its key."""
    configured = endpoint or os.environ.get("OPENAI_BASE_URL") or None
    if configured is None:
        configured = "openai" if keyed or environment_key(OPENAI_BASE_URL) else "local"
    if configured == "local":
        return Endpoint("", model or LOCAL_MODEL, transcription or LOCAL_MODEL, local=True)
    if configured == "azure" or configured.startswith("azure:"):
        base_url = azure_base_url(configured.removeprefix("azure").removeprefix(":"))
    else:
        base_url = plain_base({"openai": OPENAI_BASE_URL, "xai": XAI_BASE_URL}.get(configured, configured))
    check_base_url(base_url)
    return Endpoint(base_url, *_models(service_of(base_url), model, transcription))


def _models(service: Service, model: str | None, transcription: str | None) -> tuple[str, str | None]:
    if service == "xai":
        return model or XAI_DEFAULT_MODEL, transcription
    if service == "azure":
        if not model:
            raise ConfigurationError("Azure needs the name of the deployment: pass it as model=")
        return model, transcription
    return model or OPENAI_DEFAULT_MODEL, transcription or OPENAI_DEFAULT_TRANSCRIPTION
