"""Talking by Chat Completions with audio: a question and its answer at a time, over HTTP."""

from __future__ import annotations

from realtime_widgets.chat.audio_chat import AudioChat

__all__ = ["AudioChat"]
