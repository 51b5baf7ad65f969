"""`Recording`: a talk that was recorded, opened again."""

from __future__ import annotations

from realtime_widgets.recording.talk import RecordedTalk


class Recording(RecordedTalk):
    """A talk that was recorded by `RealtimeSession.record`; `load` opens it."""
