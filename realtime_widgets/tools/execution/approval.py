"""Whether the user has to be asked before a call runs. Pure, except for the predicate of the tool's author."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from realtime_widgets.errors import ToolArgumentsError

if TYPE_CHECKING:
    from realtime_widgets.tools.output.call_output import CallOutput
    from realtime_widgets.tools.tool import Tool


def needs_approval(tool: Tool, arguments: str, output: CallOutput | None = None) -> bool:
    """Return whether the user has to approve a call.

    If the tool's own predicate fails, the user is asked. Arguments that do not fit the schema need no approval,
    because the tool will not be reached.

    Parameters
    ----------
    tool
        The tool that is called.
    arguments
        The arguments, JSON text.
    output
        Collector for the call's output, which keeps how the arguments were read.
    """
    approval = tool.options.approval
    if approval == "never":
        return False
    try:
        reading = tool.schema.read(arguments)
    except ToolArgumentsError:
        return False
    if output is not None:
        output.read_as = reading.read_as
    if not callable(approval):
        return True
    try:
        return bool(approval(MappingProxyType(reading.values)))
    except BaseException:  # also SystemExit: a predicate that fails must never let a call through
        return True
