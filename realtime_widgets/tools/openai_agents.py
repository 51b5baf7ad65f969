"""Makes tools of what `add` accepts besides functions: a `Tool`, or a ``FunctionTool`` of openai-agents."""

from __future__ import annotations

import base64
import binascii
import inspect
import json
import sys
import uuid
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ToolDefinitionError
from realtime_widgets.tools.options import ToolOptions
from realtime_widgets.tools.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def made_tool(function: Any, name: str | None, description: str | None, options: Mapping[str, Any]) -> Tool:
    """Return a tool for whatever was passed to `add`; raises as `Tool.of` does."""
    if isinstance(function, Tool):
        if name is not None or description is not None:
            raise ToolDefinitionError("a Tool has its name and description already; make a new one to change them")
        return replace(function, options=ToolOptions.of(options)) if options else function
    if is_function_tool(function):
        return tool_of_agents(function, name, description, options)
    return Tool.of(function, name=name, description=description, **options)


def is_function_tool(value: Any) -> bool:
    """Whether a value has the shape of a ``FunctionTool``, whichever package it comes from."""
    return (
        not inspect.isclass(value)
        and callable(getattr(value, "on_invoke_tool", None))
        and isinstance(getattr(value, "name", None), str)
        and isinstance(getattr(value, "params_json_schema", None), dict)
    )


def tool_of_agents(value: Any, name: str | None, description: str | None, options: Mapping[str, Any]) -> Tool:
    """Return a tool for a ``FunctionTool``, with its own schema, time limit and need for approval.

    If a function decides whether it needs approval, the user is always asked, because that function expects a
    running agent. Without an agent the tool receives None as its context.

    Parameters
    ----------
    value
        The ``FunctionTool``.
    name
        Name of the tool; None means its own.
    description
        Description of the tool; None means its own.
    options
        Fields of `ToolOptions` that replace the tool's own.

    Raises
    ------
    ToolDefinitionError
        If the tool relies on the runner of its own package.
    """
    called = name or value.name
    if getattr(value, "tool_input_guardrails", None) or getattr(value, "tool_output_guardrails", None):
        raise ToolDefinitionError(
            f"tool {called!r} has guardrails, which only the runner of its own package applies; check in the "
            "function itself, or ask the user with approval="
        )
    own: dict[str, Any] = {"approval": "always"} if getattr(value, "needs_approval", False) else {}
    if limit := getattr(value, "timeout_seconds", None):
        own["time_limit"] = limit
    tool = Tool.given(
        _invoking(value),
        called,
        description if description is not None else str(getattr(value, "description", "") or ""),
        value.params_json_schema,
        origin="a tool of openai-agents",
        options={**own, **options},
    )
    return replace(tool, enabled=getattr(value, "is_enabled", True) is not False)


def _invoking(value: Any) -> Callable[..., Any]:
    async def invoke(**arguments: Any) -> Any:
        text = json.dumps(arguments, ensure_ascii=False)
        result = value.on_invoke_tool(_context(value.name, text), text)
        result = await result if inspect.isawaitable(result) else result
        return [_plain(each) for each in result] if isinstance(result, list) else _plain(result)

    return invoke


def _context(name: str, arguments: str) -> Any:
    """Return a ``ToolContext`` of the package if it is loaded, otherwise an object like it."""
    fields = {
        "context": None,
        "tool_name": name,
        "tool_call_id": f"call_{uuid.uuid4().hex}",
        "tool_arguments": arguments,
    }
    agents = sys.modules.get("agents.tool_context")
    return agents.ToolContext(**fields) if agents else SimpleNamespace(**fields)


def _plain(result: Any) -> Any:
    """Return the content of a ``ToolOutputText`` or ``ToolOutputImage``; anything else unchanged."""
    kind = getattr(result, "type", None)
    if kind == "text" and isinstance(text := getattr(result, "text", None), str):
        return text
    url = getattr(result, "image_url", None)
    if kind == "image" and isinstance(url, str) and url.startswith("data:") and ";base64," in url:
        try:
            return base64.b64decode(url.split(";base64,", 1)[1])
        except binascii.Error:
            return result
    return result
