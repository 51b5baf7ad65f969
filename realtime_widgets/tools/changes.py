"""What a person is told when a tool is replaced: how its signature and description differ now."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from realtime_widgets.tools.registry import ToolChange
    from realtime_widgets.tools.tool import Tool


def describe_change(change: ToolChange) -> str:
    """Return the lines in which the model's view of a replaced tool changed; empty where it did not."""
    old, new = change.old, change.new
    if old is None or new is None or old.definition() == new.definition():
        return ""
    compared = difflib.ndiff(_lines(old), _lines(new))
    shown = [line for line in compared if line.startswith(("- ", "+ "))]
    head = f"{new.name} is now version {new.version}; the model is told of the change:"
    return "\n".join([head, *shown])


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
