"""Tells the user in a line what became of a tool, and how the model's view of it differs from before."""

from __future__ import annotations

import difflib
import inspect
import json
import sys
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from realtime_widgets.shown_text import visible

if TYPE_CHECKING:
    from realtime_widgets.tools.registry import ToolChange
    from realtime_widgets.tools.tool import Tool

#: Longest signature with types that the line of a tool shows, in characters; a longer one is shown without types.
_MAX_SIGNATURE = 120
#: Longest default value that it shows.
_MAX_DEFAULT = 16


def describe_change(change: ToolChange) -> str:
    """Return what became of a tool that was added: a line, and below it what the model sees differently.

    Empty for one that was removed, or switched on or off.
    """
    old, new, reason = change.old, change.new, change.reason
    if new is None or reason is None:
        return ""
    shown = _typed_signature(new)
    if old is None:
        return visible(f"{shown} registered, version {new.version}")
    if not reason:
        return visible(f"{shown} unchanged, version {new.version}")
    head = f"{shown} registered, version {new.version}: {reason}"
    if not changes_the_model(change):
        return visible(head)
    compared = difflib.ndiff(_lines(old), _lines(new))
    lines = [line for line in compared if line.startswith(("- ", "+ "))]
    return visible("\n".join([f"{head}; the model is told of it:", *lines]))


def changes_the_model(change: ToolChange) -> bool:
    """Whether a replaced tool looks different to the model."""
    old, new = change.old, change.new
    return old is not None and new is not None and old.definition() != new.definition()


def print_change(change: ToolChange) -> None:
    """Print in a cell what became of a tool; outside IPython, only what the model sees differently."""
    interactive = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)() is not None
    if (interactive or changes_the_model(change)) and (text := describe_change(change)):
        print(text)


def _typed_signature(tool: Tool) -> str:
    """Return a tool's name, parameters and types as its author wrote them, in one line."""
    try:
        signature = inspect.signature(tool.function)
    except (TypeError, ValueError, NameError):  # written in C, or with a type that is unknown here
        return tool.signature
    if any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values()):
        return tool.signature  # a function that comes with a schema takes anything
    parameters = ", ".join(map(_parameter, signature.parameters.values()))
    returns = signature.return_annotation
    arrow = "" if returns is signature.empty else f" -> {_type(returns)}"
    written = " ".join(f"{tool.name}({parameters}){arrow}".split())
    return written if len(written) <= _MAX_SIGNATURE else tool.signature


def _parameter(parameter: inspect.Parameter) -> str:
    typed = parameter.annotation is not parameter.empty
    written = f"{parameter.name}: {_type(parameter.annotation)}" if typed else parameter.name
    if parameter.default is parameter.empty:
        return written
    return f"{written} = {_default(parameter.default)}" if typed else f"{written}={_default(parameter.default)}"


def _default(value: Any) -> str:
    """Return a default value if it is plain and short: a long text may be a key."""
    shown = repr(value) if type(value) in (str, int, float, bool, type(None)) else ""
    return shown if 0 < len(shown) <= _MAX_DEFAULT else "…"


def _type(annotation: Any) -> str:
    if isinstance(annotation, str):
        return annotation
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return "None" if annotation is type(None) else inspect.formatannotation(annotation)


def _lines(tool: Tool) -> list[str]:
    required = tool.parameters.get("required", [])
    lines = [f'"""{tool.description}"""'] if "\n" not in tool.description else tool.description.splitlines()
    for name, schema in tool.parameters.get("properties", {}).items():
        lines.append(
            f"{name}{'' if name in required else ' (optional)'}: {json.dumps(schema, ensure_ascii=False)}"
        )
    lines += [
        f"{name}: {json.dumps(schema, ensure_ascii=False)}"
        for name, schema in tool.parameters.get("$defs", {}).items()
    ]
    return lines
