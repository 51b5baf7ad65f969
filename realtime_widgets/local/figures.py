"""What one session did, in numbers, folded from the events it sent. Pure; time comes in with each event."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from realtime_widgets.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE

_BASE64_BYTES = 3 / 4


@dataclass
class SessionFigures:
    """Numbers of one session.

    Attributes
    ----------
    began
        When it began, in the caller's seconds.
    turns
        Turns of the user, spoken ones by turn detection or by hand.
    speech_seconds
        Speech that turn detection heard.
    voice_seconds
        Speech that was sent, at 24 kHz PCM16 (of other formats the figure is an estimate).
    responses
        Responses by how they ended.
    calls
        Tool calls that were asked for.
    errors
        Errors that were told, by code.
    gaps
        Seconds from the end of each turn, as it was noticed, to the first sound of the answer to it.
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

    def sent(self, event: dict[str, Any], at: float) -> None:
        """Take an event that goes to the client at `at` seconds."""
        match event["type"]:
            case "input_audio_buffer.speech_started":
                self._speech_began_ms, self._turn_ended = event["audio_start_ms"], None
            case "input_audio_buffer.speech_stopped" if self._speech_began_ms is not None:
                self.speech_seconds += max(0.0, event["audio_end_ms"] - self._speech_began_ms) / 1000
                self._speech_began_ms = None
            case "input_audio_buffer.committed":
                self.turns += 1
                self._turn_ended = at
            case "response.output_audio.delta":
                size = len(event["delta"]) * _BASE64_BYTES
                self.voice_seconds += size / BYTES_PER_SAMPLE / SAMPLE_RATE
                if self._turn_ended is not None:
                    self.gaps.append(at - self._turn_ended)
                    self._turn_ended = None
            case "response.function_call_arguments.done":
                self.calls += 1
            case "response.done":
                self.responses[str(event["response"]["status"])] += 1
            case "error":
                self.errors[str(event["error"].get("code"))] += 1
            case _:
                pass

    def summary(self, at: float) -> dict[str, Any]:
        """Return the numbers as they stand at `at` seconds, as JSON has them; nothing anybody said is in them."""
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
