"""A scripted service that interrupts at a burst's first loud sample, and answers a fixed time after its last."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from devtools.endpoints.serving import Client, Endpoint
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import to_pcm16
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.responses import Message, response

if TYPE_CHECKING:
    import numpy.typing as npt

#: Level that bursts reach and silence does not, relative to full scale.
LEVEL = 0.05
#: Length of the silence after which a loud sample was the burst's last, in samples.
_QUIET = SAMPLE_RATE * 40 // 1000
#: Time between two deltas of 100 ms: five times the speed of speech.
_DELTA_EVERY_S = 0.02
_ANSWER_BYTES_PER_MS = 48


def answer_sound(seconds: float, seed: int) -> bytes:
    """Return PCM16 noise below 4 kHz, in which each few milliseconds are unique and can be located."""
    noise = np.random.default_rng(seed).uniform(-0.4, 0.4, round(seconds * 8000)).astype(np.float32)
    return to_pcm16(noise, 8000)


@dataclass
class Turn:
    """A burst that was received, and its answer; times are `time.perf_counter()` of this process, in seconds.

    Attributes
    ----------
    began
        Time at which ``speech_started`` was sent.
    ended
        Time at which the burst's last loud sample arrived.
    answered
        Time at which the answer's first event was sent.
    answer
        Audio of the answer, PCM16 at 24 kHz.
    sent_ms
        How much of the answer was sent, in milliseconds.
    truncated_ms
        Where the client truncated the answer, in milliseconds; None if it did not.
    """

    began: float
    ended: float = 0.0
    answered: float = 0.0
    answer: bytes = b""
    sent_ms: float = 0.0
    truncated_ms: int | None = None


class TurnService(Endpoint):
    """A Realtime server on loopback whose turns are bursts.

    Parameters
    ----------
    think_s
        Time from the last loud sample of a burst to the first event of its answer, in seconds.
    answer_s
        Length of each answer, in seconds.
    """

    def __init__(self, think_s: float, answer_s: float) -> None:
        super().__init__()
        self.turns: list[Turn] = []
        self._think_s, self._answer_s = think_s, answer_s

    async def serve(self, client: Client) -> None:
        """Answer the bursts that a client sends."""
        session = _Session(client, self.turns, self._think_s, self._answer_s)
        try:
            await session.run()
        finally:
            session.stop()


class _Session:
    def __init__(self, client: Client, turns: list[Turn], think_s: float, answer_s: float) -> None:
        self._client, self._turns = client, turns
        self._think_s, self._answer_s = think_s, answer_s
        self._speaking = False
        self._quiet = 0
        self._heard = 0
        self._answering: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve until the connection ends."""
        async for event in self._client.events():
            came = time.perf_counter()
            match event["type"]:
                case "input_audio_buffer.append":
                    await self._hear(np.frombuffer(base64.b64decode(event["audio"]), "<i2") / 32768, came)
                case "conversation.item.truncate":
                    turn = self._turns[int(event["item_id"].removeprefix("answer_"))]
                    turn.truncated_ms = event["audio_end_ms"]
                    await self._client.send(shapes.item_truncated(event["item_id"], event["audio_end_ms"]))

    def stop(self) -> None:
        """Stop the answer."""
        if self._answering:
            self._answering.cancel()

    async def _hear(self, samples: npt.NDArray[np.float64], came: float) -> None:
        loud = np.flatnonzero(np.abs(samples) > LEVEL)
        if loud.size:
            if not self._speaking:
                await self._begin(int(loud[0]))
            self._turns[-1].ended = came
            self._quiet = len(samples) - 1 - int(loud[-1])
        else:
            self._quiet += len(samples)
        self._heard += len(samples)
        if self._speaking and self._quiet >= _QUIET:
            self._speaking = False
            self.stop()
            self._answering = asyncio.create_task(self._answer(len(self._turns) - 1))

    async def _begin(self, offset: int) -> None:
        self._speaking = True
        number = len(self._turns)
        start_ms = (self._heard + offset) * 1000 // SAMPLE_RATE
        self._turns.append(Turn(time.perf_counter()))
        await self._client.send(shapes.speech_started(f"said_{number}", start_ms))
        if self._answering and not self._answering.done():
            self.stop()
            await self._done(f"response_{number - 1}", "cancelled", "turn_detected")

    async def _answer(self, number: int) -> None:
        turn, said = self._turns[number], f"said_{number}"
        end_ms = self._heard * 1000 // SAMPLE_RATE
        item = shapes.user_speech(said)
        await self._client.send(
            shapes.speech_stopped(said, end_ms),
            shapes.committed(said),
            shapes.item_added({**item, "status": "in_progress"}),
            shapes.item_done({**item, "status": "completed"}),
            shapes.transcribed(said, f"Burst {number}."),
        )
        turn.answer = answer_sound(self._answer_s, seed=number)
        response_id = f"response_{number}"
        message = Message(response_id, 0, f"answer_{number}", "A word or two of it.", turn.answer)
        deltas = message.deltas()
        await asyncio.sleep(turn.ended + self._think_s - time.perf_counter())
        turn.answered = time.perf_counter()
        created = response(response_id, "in_progress", spoken=True, asked_for=False)
        await self._client.send(
            shapes.response_created(created), *(emitted.event for emitted in message.opening(said))
        )
        for emitted in deltas:
            await self._client.send(emitted.event)
            if emitted.event["type"] == "response.output_audio.delta":
                turn.sent_ms += len(base64.b64decode(emitted.event["delta"])) / _ANSWER_BYTES_PER_MS
                await asyncio.sleep(_DELTA_EVERY_S)
        await self._client.send(*(emitted.event for emitted in message.closing(said)))
        await self._done(response_id, "completed")

    async def _done(self, response_id: str, status: str, reason: str | None = None) -> None:
        done = response(response_id, status, spoken=True, asked_for=False, reason=reason)
        await self._client.send(shapes.response_done(done))
