"""MCP servers that the service itself calls: what is sent of them, with their secrets kept from being shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.credentials import Secret
from realtime_widgets.tools.options import DEFAULT_APPROVAL_LIMIT_S

if TYPE_CHECKING:
    from collections.abc import Sequence

RequireApproval = Literal["always", "never"] | Mapping[str, Any]


@dataclass(frozen=True)
class HostedMcp:
    """An MCP server whose tools the service calls by itself; nothing of it runs here.

    Give it to ``RealtimeSession(tools=[...])`` or to ``session.tools.add``. What the service asks consent for
    is a card with buttons, and in ``session.calls``.

    Attributes
    ----------
    server_label : str
        What calls name it by.
    server_url : str
        Its address; or
    connector_id : str
        the id of one of the service's own connectors.
    authorization : str or Secret, optional
        Token for it. It goes to the service only, and is shown, logged and saved nowhere.
    headers : mapping
        Further headers of the service's requests to it, kept like `authorization`.
    allowed_tools : sequence of str or mapping, optional
        Names of the tools that may be called, or a filter in the protocol's shape; otherwise all.
    require_approval : {"always", "never"} or mapping
        Whether a person is asked before a call, or filters in the protocol's shape.
    server_description : str
        What it is good for, for the model.
    approval_limit : float or None
        Seconds without an answer after which a call counts as refused; None waits for ever.

    Raises
    ------
    ConfigurationError
        Where these cannot be.
    """

    server_label: str
    server_url: str = field(default="", repr=False)  # a query may hold a key
    connector_id: str = ""
    authorization: Secret | str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    allowed_tools: Sequence[str] | Mapping[str, Any] | None = None
    require_approval: RequireApproval = "always"
    server_description: str = ""
    approval_limit: float | None = DEFAULT_APPROVAL_LIMIT_S

    def __post_init__(self) -> None:
        if not isinstance(self.server_label, str) or not self.server_label.strip():
            raise ConfigurationError("a hosted MCP server needs a server_label, by which calls name it")
        if bool(self.server_url) == bool(self.connector_id):
            raise ConfigurationError(f"{self.server_label}: give server_url or connector_id, one of them")
        if self.server_url and not self.server_url.startswith(("https://", "http://")):
            raise ConfigurationError(f"{self.server_label}: server_url must begin with https://")
        if self.require_approval not in ("always", "never") and not isinstance(self.require_approval, Mapping):
            raise ConfigurationError(
                f'{self.server_label}: require_approval must be "always", "never" or filters such as '
                '{"never": {"tool_names": ["search"]}}'
            )
        if isinstance(self.allowed_tools, str):
            raise ConfigurationError(f"{self.server_label}: allowed_tools must be a list of names")
        if isinstance(self.authorization, str):
            object.__setattr__(self, "authorization", Secret(self.authorization))

    def definition(self) -> dict[str, Any]:
        """Return it as the protocol's ``session.tools`` has it; holds the secrets, so keep it out of logs."""
        allowed = self.allowed_tools
        approval = self.require_approval
        told: dict[str, Any] = {
            "type": "mcp",
            "server_label": self.server_label,
            "require_approval": dict(approval) if isinstance(approval, Mapping) else approval,
        }
        for name in ("server_url", "connector_id", "server_description"):
            if value := getattr(self, name):
                told[name] = value
        if isinstance(self.authorization, Secret):
            told["authorization"] = self.authorization.reveal()
        if self.headers:
            told["headers"] = dict(self.headers)
        if allowed is not None:
            told["allowed_tools"] = dict(allowed) if isinstance(allowed, Mapping) else list(allowed)
        return told


def without_secrets(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a definition of a hosted server, ours or as the service gives it back, without what is secret."""
    shown = dict(definition)
    if shown.get("authorization"):
        shown["authorization"] = "…"
    if isinstance(headers := shown.get("headers"), Mapping):
        shown["headers"] = dict.fromkeys(headers, "…")
    if isinstance(url := shown.get("server_url"), str) and "?" in url:
        shown["server_url"] = url.split("?", 1)[0] + "?…"
    return shown
