"""Small stages for fast tests of the protocol: an ear for loudness, scripted words, tones for speech."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.local.models.interfaces import CallTool, Recognition, Say

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from realtime_widgets.local.models.interfaces import BrainRequest

RATE = 24_000
#: Words of a long answer, sentence by sentence.
LONG = [f"Sentence number {index} of a long answer." for index in range(40)]


def tone(seconds: float, hertz: float = 440.0, level: float = 0.3) -> bytes:
    """PCM16 of a tone at 24 kHz; above 2 kHz nobody recognises words in it."""
    times = np.arange(round(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * hertz * times) * level * 32767).astype("<i2").tobytes()


def silence(seconds: float) -> bytes:
    """PCM16 of silence at 24 kHz."""
    return bytes(round(seconds * RATE) * 2)


class LoudnessDetector:
    """Takes everything loud for speech."""

    chunk_samples = 512

    def __call__(self, chunk: npt.NDArray[np.float32]) -> float:
        return 0.95 if float(np.sqrt(np.mean(chunk**2))) > 0.05 else 0.02

    def reset(self) -> None:
        """Nothing to forget."""


class ToneRecogniser:
    """Hears "hello there" in a low tone and no words in a high one; `gate` holds it."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.heard_seconds: list[float] = []

    def __call__(self, samples: npt.NDArray[np.float32], language: str = "en") -> Recognition:
        self.gate.wait(30)
        self.heard_seconds.append(len(samples) / 16_000)
        if language != "en":
            raise ConfigurationError(f"no language {language!r}; choose 'en'")
        spectrum = np.abs(np.fft.rfft(samples))
        hertz = float(np.argmax(spectrum)) * 16_000 / len(samples)
        return Recognition("hello there" if hertz < 2000 else "", 0.1)


class ToneSynthesiser:
    """Half a second of tone for each sentence; `gate` holds it after `free` sentences."""

    voices = ("marin", "cedar")

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.free = 1
        self.spoken: list[tuple[str, str, float]] = []

    def stream(self, text: str, voice: str, speed: float = 1.0) -> Iterator[npt.NDArray[np.int16]]:
        self.spoken.append((text, voice, speed))
        if len(self.spoken) > self.free:
            self.gate.wait(30)
        yield np.frombuffer(tone(0.5, 300), dtype="<i2").astype(np.int16)


class ScriptedBrain:
    """Answers by the last words it was given."""

    def __init__(self) -> None:
        self.requests: list[BrainRequest] = []
        self.prepared: list[Any] = []

    def prepare(self, tools: Any) -> None:
        self.prepared.append(tools)

    def answer(self, request: BrainRequest) -> Iterator[Say | CallTool]:
        self.requests.append(request)
        last: Any = request.items[-1] if request.items else {"type": "message", "content": []}
        if last["type"] == "function_call_output":
            yield Say(f"The result is {last['output']}.")
            return
        part = last["content"][-1] if last.get("content") else {}
        words = part.get("text") or part.get("transcript") or ""
        if words == "long":
            yield from (Say(text) for text in LONG)
        elif words == "fail":
            raise RuntimeError("the brain broke")
        elif words == "tool":
            yield Say("I will look.")
            yield CallTool("weather", '{"city": "Oslo", "days": 3, "unit": "celsius"}')
            yield CallTool("clock", "{}")
        elif words != "nothing":
            yield Say(f"You said: {words}.")
