"""Whether a person has to be asked before a call runs. Pure, but for the predicate of the tool's author."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from realtime_widgets.errors import ToolArgumentsError

if TYPE_CHECKING:
    from realtime_widgets.tools.tool import Tool


def needs_approval(tool: Tool, arguments: str) -> bool:
    """Whether a person decides on this call; where the tool's own predicate fails, one does.

    Arguments that do not fit need nobody's consent: the tool will not be reached.
    """
    approval = tool.options.approval
    if approval == "never":
        return False
    try:
        parsed = tool.schema.parse(arguments)
    except ToolArgumentsError:
        return False
    if not callable(approval):
        return True
    try:
        return bool(approval(MappingProxyType(parsed)))
    except BaseException:  # also SystemExit: a predicate that fails must never let a call through
        return True
