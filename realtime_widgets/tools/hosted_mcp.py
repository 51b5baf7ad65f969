"""MCP servers that the service itself calls, as it receives them; their secrets are never shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.secrets import MASK, Secret, SecretTexts, hidden, made_without_locals
from realtime_widgets.tools.options import DEFAULT_APPROVAL_LIMIT_S

if TYPE_CHECKING:
    from collections.abc import Sequence

RequireApproval = Literal["always", "never"] | Mapping[str, Any]


@made_without_locals
@dataclass(frozen=True)
class HostedMcp:
    """An MCP server whose tools the service calls itself; nothing of it runs here.

    Pass it to ``RealtimeSession(tools=[...])`` or to ``session.tools.add``. A call that needs consent is shown as
    a card with buttons, and is in ``session.calls``.

    Attributes
    ----------
    server_label : str
        Name of the server in its calls.
    server_url : str
        Address of the server; give this, `connector_id` or `tunnel_id`.
    connector_id : str
        Id of one of the service's own connectors.
    tunnel_id : str
        Id of a tunnel to a server that the service cannot reach otherwise.
    authorization : str or Secret, optional
        Token for the server; it is sent to the service only, and never shown, logged or saved.
    headers : mapping of str to str
        Further headers of the service's requests to the server, as secret as `authorization`.
    allowed_tools : sequence of str or mapping, optional
        Names of the tools that may be called, or a filter in the protocol's shape; None means all tools.
    require_approval : {"always", "never"} or mapping
        Whether the user is asked before a call, or filters in the protocol's shape.
    server_description : str
        What the server is for, as the model reads it.
    allowed_callers : sequence of str, optional
        Who may call its tools, as the service names callers; None leaves that to the service.
    defer_loading : bool, optional
        Whether the model gets its tools only when it looks for them; None leaves that to the service.
    approval_limit : float or None
        Seconds without an answer after which a call counts as denied; None means no limit.
    approve_by_voice : bool
        Whether a spoken or typed yes or no answers too; see `ToolOptions`.

    Raises
    ------
    ConfigurationError
        If the values do not fit together or are of the wrong kind.
    """

    server_label: str
    server_url: str = field(default="", repr=False)  # a query may hold a key
    connector_id: str = ""
    authorization: Secret | str | None = field(default=None, repr=False)
    headers: Mapping[str, str] | SecretTexts = field(default_factory=SecretTexts, repr=False)
    allowed_tools: Sequence[str] | Mapping[str, Any] | None = None
    require_approval: RequireApproval = "always"
    server_description: str = ""
    tunnel_id: str = ""
    allowed_callers: Sequence[str] | None = None
    defer_loading: bool | None = None
    approval_limit: float | None = DEFAULT_APPROVAL_LIMIT_S
    approve_by_voice: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.server_label, str) or not self.server_label.strip():
            raise ConfigurationError("a hosted MCP server needs a server_label, its name in calls")
        if sum(map(bool, (self.server_url, self.connector_id, self.tunnel_id))) != 1:
            raise ConfigurationError(f"{self.server_label}: give either server_url, connector_id or tunnel_id")
        if self.server_url and not self.server_url.startswith(("https://", "http://")):
            raise ConfigurationError(f"{self.server_label}: server_url must begin with https://")
        if self.require_approval not in ("always", "never") and not isinstance(self.require_approval, Mapping):
            raise ConfigurationError(
                f'{self.server_label}: require_approval must be "always", "never" or filters such as '
                '{"never": {"tool_names": ["search"]}}'
            )
        for name in ("allowed_tools", "allowed_callers"):
            if isinstance(getattr(self, name), str):
                raise ConfigurationError(f"{self.server_label}: {name} must be a list of names")
        if self.defer_loading is not None and not isinstance(self.defer_loading, bool):
            raise ConfigurationError(f"{self.server_label}: defer_loading must be True or False")
        authorization = hidden(self.authorization)
        if isinstance(authorization, Secret):
            authorization.check()
            object.__setattr__(self, "authorization", authorization)
        if not isinstance(self.headers, SecretTexts):
            object.__setattr__(self, "headers", SecretTexts(self.headers))

    def definition(self) -> dict[str, Any]:
        """Return the server as an entry of ``session.tools``; its secrets are opened when it is sent."""
        allowed = self.allowed_tools
        approval = self.require_approval
        told: dict[str, Any] = {
            "type": "mcp",
            "server_label": self.server_label,
            "require_approval": dict(approval) if isinstance(approval, Mapping) else approval,
        }
        if self.server_url:
            told["server_url"] = _told_url(self.server_url)
        for name in ("connector_id", "tunnel_id", "server_description", "authorization", "headers"):
            if value := getattr(self, name):
                told[name] = value
        if self.allowed_callers is not None:
            told["allowed_callers"] = list(self.allowed_callers)
        if self.defer_loading is not None:
            told["defer_loading"] = self.defer_loading
        if allowed is not None:
            told["allowed_tools"] = dict(allowed) if isinstance(allowed, Mapping) else list(allowed)
        return told


def _told_url(url: str) -> str | Secret:
    """Return an address; as a secret if it has a query, which may hold a key."""
    address, query, _ = url.partition("?")
    return Secret.unchecked(url, f"{address}?{MASK}") if query else url


def without_secrets(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a hosted server's definition, ours or the one that the service sends back, without its secrets."""
    shown = dict(definition)
    if shown.get("authorization"):
        shown["authorization"] = MASK
    if isinstance(headers := shown.get("headers"), Mapping):
        shown["headers"] = dict.fromkeys(headers, MASK)
    if isinstance(url := shown.get("server_url"), str) and "?" in url:
        shown["server_url"] = url.split("?", 1)[0] + f"?{MASK}"
    return shown
