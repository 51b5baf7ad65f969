"""The widgets; each has a TypeScript twin of the same name in `js/src/widgets`.

Imports `reply`, `runtime` and what stands below them; sessions are known by the protocols of `base`.
"""

from realtime_widgets.widgets.console import RealtimeConsole, console_of
from realtime_widgets.widgets.key_prompt import KeyPrompt
from realtime_widgets.widgets.microphone import Microphone
from realtime_widgets.widgets.player import AudioPlayer
from realtime_widgets.widgets.reply import ReplyCard, reply_view
from realtime_widgets.widgets.status import SessionStatus
from realtime_widgets.widgets.transcript import Transcript

__all__ = [
    "AudioPlayer",
    "KeyPrompt",
    "Microphone",
    "RealtimeConsole",
    "ReplyCard",
    "SessionStatus",
    "Transcript",
    "console_of",
    "reply_view",
]
