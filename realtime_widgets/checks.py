"""Checks of what is said and heard, for `RealtimeSession.check`: verdicts, and ready checks.

A check returns None if a text passes, `flag`, `mask`, `replace_by`, `stop` or `end` otherwise. `WordList`,
`PersonalData`, `Secrets` and `PromptInjection` work on this machine; `Moderation` and `OnTopic` ask a service.
"""

from realtime_widgets.chat.checks import Moderation, OnTopic
from realtime_widgets.safety.flagged import Flagged, Said
from realtime_widgets.safety.ready.injection import PromptInjection
from realtime_widgets.safety.ready.personal import PersonalData
from realtime_widgets.safety.ready.secrets import Secrets
from realtime_widgets.safety.ready.words import WordList
from realtime_widgets.safety.verdict import Checked, Verdict, end, flag, mask, replace_by, stop

__all__ = [
    "Checked",
    "Flagged",
    "Moderation",
    "OnTopic",
    "PersonalData",
    "PromptInjection",
    "Said",
    "Secrets",
    "Verdict",
    "WordList",
    "end",
    "flag",
    "mask",
    "replace_by",
    "stop",
]
