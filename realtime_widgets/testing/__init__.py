"""What tests of voice applications need: a scripted Realtime server."""

from realtime_widgets.testing.script import (
    Script,
    ScriptNotFollowedError,
    close,
    cut,
    emit,
    expect,
    expect_any_order,
    reconnect,
    stall,
)
from realtime_widgets.testing.scripted import ScriptedServer
from realtime_widgets.testing.talk import Call, Talk
from realtime_widgets.testing.wire import tone

__all__ = [
    "Call",
    "Script",
    "ScriptNotFollowedError",
    "ScriptedServer",
    "Talk",
    "close",
    "cut",
    "emit",
    "expect",
    "expect_any_order",
    "reconnect",
    "stall",
    "tone",
]
