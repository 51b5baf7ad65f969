"""The widgets; each has a TypeScript twin of the same name in the room of that name of `js/src/widgets`.

Imports `reply`, `runtime` and what stands below them; sessions are known by the protocols of `base`.
"""

from realtime_widgets.widgets.console.console import RealtimeConsole, console_of
from realtime_widgets.widgets.console.key_prompt import KeyPrompt
from realtime_widgets.widgets.console.status import SessionStatus
from realtime_widgets.widgets.sound.microphone import Microphone
from realtime_widgets.widgets.sound.player import AudioPlayer
from realtime_widgets.widgets.talk.reply import ReplyCard, reply_view
from realtime_widgets.widgets.talk.transcript import Transcript

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
