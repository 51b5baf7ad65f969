"""What tests of voice applications need: a scripted Realtime server, a speaker, a microphone and a clock.

May import `session` and what stands below it; nothing of the package imports it.
"""

from realtime_widgets.testing.clock import ManualClock
from realtime_widgets.testing.microphone import PlayedMicrophone
from realtime_widgets.testing.scripted_server.faults import duplicate, reorder
from realtime_widgets.testing.scripted_server.responses import tone
from realtime_widgets.testing.scripted_server.script import Script, ScriptNotFollowedError
from realtime_widgets.testing.scripted_server.server import ScriptedServer
from realtime_widgets.testing.scripted_server.steps import (
    close,
    cut,
    delay,
    emit,
    expect,
    expect_any_order,
    garbage,
    reconnect,
    stall,
)
from realtime_widgets.testing.scripted_server.talk import Call, Talk
from realtime_widgets.testing.speaker import PlayedSpeaker
from realtime_widgets.testing.tool_bench import ToolBench, call_tool

__all__ = [
    "Call",
    "ManualClock",
    "PlayedMicrophone",
    "PlayedSpeaker",
    "Script",
    "ScriptNotFollowedError",
    "ScriptedServer",
    "Talk",
    "ToolBench",
    "call_tool",
    "close",
    "cut",
    "delay",
    "duplicate",
    "emit",
    "expect",
    "expect_any_order",
    "garbage",
    "reconnect",
    "reorder",
    "stall",
    "tone",
]
