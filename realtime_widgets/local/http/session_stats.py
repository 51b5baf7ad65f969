"""Statistics of one session, computed from the events it sends. Pure: the time comes with each event."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

_BASE64_BYTES = 3 / 4


class Increment(NamedTuple):
    """By how much an event raises a statistic; `label` is the status or the code if the statistic has one."""

    stat: Literal["turns", "speech_seconds", "voice_seconds", "responses", "calls", "errors", "gaps"]
    amount: float = 1
    label: str | None = None


@dataclass
class SessionStats:
    """Statistics of one session.

    Attributes
    ----------
    began
        Time of its beginning, in seconds of the caller's clock.
    turns
        Number of the user's turns, detected or committed by the client.
    speech_seconds
        Speech that turn detection heard, in seconds.
    voice_seconds
        Speech that was sent, in seconds at 24 kHz PCM16; an estimate for other formats.
    responses
        Number of responses by status.
    calls
        Number of tool calls that were requested.
    errors
        Number of errors that were sent, by code.
    gaps
        Seconds from the detected end of each turn to the first sound of its answer.
    """

    began: float
    turns: int = 0
    speech_seconds: float = 0.0
    voice_seconds: float = 0.0
    responses: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    gaps: list[float] = field(default_factory=list)
    _speech_began_ms: float | None = None
    _turn_ended: float | None = None

    def add(self, event: dict[str, Any], at: float) -> list[Increment]:
        """Add an event that is sent at `at` seconds; return what it raised."""
        increments = self._increments(event, at)
        for stat, amount, label in increments:
            match stat:
                case "responses" | "errors":
                    getattr(self, stat)[label] += amount
                case "gaps":
                    self.gaps.append(amount)
                case _:
                    setattr(self, stat, getattr(self, stat) + amount)
        return increments

    def _increments(self, event: dict[str, Any], at: float) -> list[Increment]:
        match event["type"]:
            case "input_audio_buffer.speech_started":
                self._speech_began_ms, self._turn_ended = event["audio_start_ms"], None
            case "input_audio_buffer.speech_stopped" if self._speech_began_ms is not None:
                spoken_ms = max(0.0, event["audio_end_ms"] - self._speech_began_ms)
                self._speech_began_ms = None
                return [Increment("speech_seconds", spoken_ms / 1000)]
            case "input_audio_buffer.committed":
                self._turn_ended = at
                return [Increment("turns")]
            case "response.output_audio.delta":
                size = len(event["delta"]) * _BASE64_BYTES
                voice = Increment("voice_seconds", size / BYTES_PER_SAMPLE / SAMPLE_RATE)
                ended, self._turn_ended = self._turn_ended, None
                return [voice] if ended is None else [voice, Increment("gaps", at - ended)]
            case "response.function_call_arguments.done":
                return [Increment("calls")]
            case "response.done":
                return [Increment("responses", label=str(event["response"]["status"]))]
            case "error":
                return [Increment("errors", label=str(event["error"].get("code")))]
            case _:
                pass
        return []

    def summary(self, at: float) -> dict[str, Any]:
        """Return the statistics at `at` seconds for JSON; they contain nothing that was said."""
        gaps = sorted(self.gaps)
        return {
            "seconds": round(at - self.began, 1),
            "turns": self.turns,
            "speech_seconds": round(self.speech_seconds, 1),
            "voice_seconds": round(self.voice_seconds, 1),
            "responses": dict(self.responses),
            "calls": self.calls,
            "errors": dict(self.errors),
            "gap_seconds": round(gaps[len(gaps) // 2], 3) if gaps else None,
        }
