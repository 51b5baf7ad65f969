"""The MCP servers among a session's tools: what is shown of them, which tools they give, which calls ask. Pure."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.api.errors import SERVER_ERROR, RequestRefusedError, invalid_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_widgets.local.mcp.policy import McpPolicy

#: What a client never gets back.
_SECRET = ("authorization", "headers")
#: Largest number of servers that a session has.
MAX_SERVERS = 16
_LONGEST_NAME = 64
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: Headers that say where a request goes and where it ends: the endpoint sets them.
_OURS = frozenset(
    ("host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect")
)


def is_mcp(tool: Mapping[str, Any]) -> bool:
    """Whether an entry of ``tools`` is an MCP server."""
    return tool.get("type") == "mcp"


def shown_tools(tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return entries of ``tools`` as clients see them: without what is secret."""
    return [{key: value for key, value in tool.items() if not (is_mcp(tool) and key in _SECRET)} for tool in tools]


def shown_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a session's configuration as clients see it."""
    shown = dict(config)
    if shown.get("tools"):
        shown["tools"] = shown_tools(shown["tools"])
    return shown


def complete_tools(
    tools: Sequence[dict[str, Any]], known: Mapping[str, Mapping[str, Any]], policy: McpPolicy, param: str
) -> list[dict[str, Any]]:
    """Check the MCP servers among `tools`, and add what the session knows of them.

    Parameters
    ----------
    tools
        Entries of the right shape.
    known
        The session's servers by label. A label alone means the server that it stood for; a server at the same
        address keeps its secrets, which clients do not get back and so cannot repeat.
    policy
        What may be reached.
    param
        Path of `tools` in the event.

    Raises
    ------
    RequestRefusedError
        If a server has no address or may not be reached, labels are not unique, or the package ``mcp`` is missing.
    """
    complete = []
    labels: set[str] = set()
    for index, tool in enumerate(tools):
        if not is_mcp(tool):
            complete.append(tool)
            continue
        path = f"{param}[{index}]"
        given = {key: value for key, value in tool.items() if value is not None}
        label = given["server_label"]
        if label in labels:
            raise invalid_value(f"Invalid value for '{path}.server_label': it is there twice.", path)
        labels.add(label)
        earlier = known.get(label, {})
        for name in ("connector_id", "tunnel_id"):
            if name in given:
                text = f"'{name}' is not supported here: give the 'server_url' of an MCP server."
                raise invalid_value(text, f"{path}.{name}")
        if "server_url" not in given:
            if not earlier:
                path = f"{path}.server_url"
                raise RequestRefusedError(
                    "missing_required_parameter", f"Missing required parameter: '{path}'.", path
                )
            given = {**earlier, **given}
        elif given["server_url"] == earlier.get("server_url"):
            given = {key: earlier[key] for key in _SECRET if key in earlier} | given
        _check_headers(given, path)
        policy.check(given["server_url"], f"{path}.server_url")
        complete.append(given)
    if len(labels | set(known)) > MAX_SERVERS:
        raise invalid_value(f"A session may have {MAX_SERVERS} MCP servers.", param)
    if labels and importlib.util.find_spec("mcp") is None:
        text = (
            "Tools of MCP servers need the package mcp where this endpoint runs: "
            'pip install "realtime-widgets[mcp]", then start it again.'
        )
        raise RequestRefusedError("mcp_not_installed", text, param, SERVER_ERROR)
    return complete


def _check_headers(given: Mapping[str, Any], path: str) -> None:
    texts = [given.get("authorization", "")]
    for name, value in (given.get("headers") or {}).items():
        if not _HEADER.fullmatch(name) or name.lower() in _OURS:
            path = f"{path}.headers"
            raise invalid_value(f"Invalid value for '{path}': there is a name that cannot be set.", path)
        texts.append(value)
    if not all(text.isascii() and text.isprintable() for text in texts):
        raise invalid_value(f"Invalid value for '{path}': a header must be one line of ASCII text.", path)


def request_headers(definition: Mapping[str, Any]) -> dict[str, str]:
    """Return the further headers of requests to a server."""
    headers = dict(definition.get("headers") or {})
    if token := definition.get("authorization"):
        headers = {name: value for name, value in headers.items() if name.lower() != "authorization"}
        headers["Authorization"] = f"Bearer {token}"
    return headers


def allowed(definition: Mapping[str, Any], tool: Mapping[str, Any]) -> bool:
    """Whether a tool of a server is among those that the client allows."""
    wanted = definition.get("allowed_tools")
    if wanted is None:
        return True
    if isinstance(wanted, Mapping):
        return _fits(wanted, tool)
    return tool["name"] in wanted


def asks(definition: Mapping[str, Any], tool: Mapping[str, Any]) -> bool:
    """Whether a call of a tool needs the user's consent; as in the service, it does where nothing is said."""
    rule = definition.get("require_approval") or "always"
    if isinstance(rule, str):
        return rule == "always"
    always, never = rule.get("always"), rule.get("never")
    if always is not None and _fits(always, tool):
        return True
    if never is not None:
        return not _fits(never, tool)
    return always is None


def _fits(wanted: Mapping[str, Any], tool: Mapping[str, Any]) -> bool:
    names, read_only = wanted.get("tool_names"), wanted.get("read_only")
    hint = bool((tool.get("annotations") or {}).get("readOnlyHint"))
    return (names is None or tool["name"] in names) and (read_only is None or hint is read_only)


@dataclass(frozen=True)
class HostedTool:
    """A tool of a server.

    Attributes
    ----------
    server_label
        The server.
    name
        Its name there.
    asks
        Whether a call needs the user's consent.
    """

    server_label: str
    name: str
    asks: bool


@dataclass(frozen=True)
class Offer:
    """The tools of one response, as a brain knows them: as functions.

    Attributes
    ----------
    functions
        Function tools in the protocol's shape.
    tool_choice
        The protocol's choice among them.
    hosted
        Those that belong to servers, by the names that the brain knows.
    """

    functions: list[dict[str, Any]]
    tool_choice: str | dict[str, Any] = "auto"
    hosted: dict[str, HostedTool] = field(default_factory=dict)

    def name_of(self, server_label: str, name: str) -> str:
        """Return the name by which the brain knows a server's tool."""
        for known, tool in self.hosted.items():
            if (tool.server_label, tool.name) == (server_label, name):
                return known
        return _legal(name)


def offer(
    tools: Sequence[dict[str, Any]],
    tool_choice: str | Mapping[str, Any],
    listed: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Offer:
    """Return the tools of a response as functions.

    A server's tool keeps its name if no other tool has it; otherwise the server's label stands before it.

    Parameters
    ----------
    tools
        Entries of ``tools``.
    tool_choice
        The protocol's choice among them.
    listed
        The tools of the servers that have listed theirs, by label.
    """
    functions = [tool for tool in tools if not is_mcp(tool)]
    found = [
        (definition, tool)
        for definition in tools
        if is_mcp(definition)
        for tool in listed.get(definition["server_label"], ())
        if allowed(definition, tool)
    ]
    taken = {tool["name"] for tool in functions}
    shared = Counter(_legal(tool["name"]) for _, tool in found)
    hosted: dict[str, HostedTool] = {}
    for definition, tool in found:
        label, name = definition["server_label"], _legal(tool["name"])
        if name in taken or shared[name] > 1:
            name = _legal(f"{label}_{tool['name']}")
        name = _free(name, taken)
        taken.add(name)
        hosted[name] = HostedTool(label, tool["name"], asks(definition, tool))
        schema = tool.get("input_schema") or {"type": "object", "properties": {}}
        described = {"description": text} if (text := tool.get("description")) else {}
        functions.append({"type": "function", "name": name, **described, "parameters": schema})
    return _chosen(Offer(functions, "auto", hosted), tool_choice)


def _chosen(offer: Offer, choice: str | Mapping[str, Any]) -> Offer:
    if isinstance(choice, str) or not is_mcp(choice):
        return Offer(offer.functions, choice if isinstance(choice, str) else dict(choice), offer.hosted)
    label, tool_name = choice["server_label"], choice.get("name")
    names = {
        name
        for name, tool in offer.hosted.items()
        if tool.server_label == label and tool_name in (None, tool.name)
    }
    functions = [tool for tool in offer.functions if tool["name"] in names]
    return Offer(functions, "required" if functions else "auto", offer.hosted)


def _legal(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", name)[:_LONGEST_NAME] or "tool"


def _free(name: str, taken: set[str]) -> str:
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name[: _LONGEST_NAME - 5]}_{number}"
    return candidate
