"""Talking by Chat Completions with audio, or by three stages: one question and answer at a time, over HTTP.

Imports `widgets`, `reply`, `runtime` and what stands below them; never `session`.
"""

from __future__ import annotations

from realtime_widgets.chat.audio_chat import AudioChat

__all__ = ["AudioChat"]
