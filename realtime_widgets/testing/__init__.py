"""What tests of voice applications need: a scripted Realtime server, a speaker, a microphone and a clock."""

from realtime_widgets.testing.clock import ManualClock
from realtime_widgets.testing.faults import duplicate, reorder
from realtime_widgets.testing.microphone import PlayedMicrophone
from realtime_widgets.testing.script import Script, ScriptNotFollowedError
from realtime_widgets.testing.scripted import ScriptedServer
from realtime_widgets.testing.speaker import PlayedSpeaker
from realtime_widgets.testing.steps import (
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
from realtime_widgets.testing.talk import Call, Talk
from realtime_widgets.testing.tool_bench import ToolBench, call_tool
from realtime_widgets.testing.wire import tone

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
