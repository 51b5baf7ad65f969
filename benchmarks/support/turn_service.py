"""A scripted service that interrupts at a burst's first loud sample, and answers a fixed time after its last."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from realtime_widgets.audio import to_pcm16
from realtime_widgets.pcm import SAMPLE_RATE
from realtime_widgets.testing.wire import Message, response

if TYPE_CHECKING:
    from types import TracebackType

    import numpy.typing as npt
    from websockets.asyncio.server import Server, ServerConnection

#: What a burst reaches and silence does not, of full scale.
LEVEL = 0.05
#: So much silence after a loud sample makes it the burst's last, in samples.
_QUIET = SAMPLE_RATE * 40 // 1000
#: Between two deltas of 100 ms: five times as fast as it is spoken.
_DELTA_EVERY_S = 0.02
_ANSWER_BYTES_PER_MS = 48


def answer_sound(seconds: float, seed: int) -> bytes:
    """PCM16 of noise below 4 kHz, in which each few milliseconds are like no others: a place in it can be told."""
    noise = np.random.default_rng(seed).uniform(-0.4, 0.4, round(seconds * 8000)).astype(np.float32)
    return to_pcm16(noise, 8000)


@dataclass
class Turn:
    """One burst that was heard and its answer; times are of this process's `time.perf_counter()`, in seconds.

    Attributes
    ----------
    began
        When ``speech_started`` was sent.
    ended
        When the burst's last loud sample came.
    answered
        When the answer's first event was sent.
    answer
        Its sound, PCM16 at 24 kHz.
    sent_ms
        How much of it was sent.
    truncated_ms
        Where the client says that it was cut; None where it has not.
    """

    began: float
    ended: float = 0.0
    answered: float = 0.0
    answer: bytes = b""
    sent_ms: float = 0.0
    truncated_ms: int | None = None


class TurnService:
    """A Realtime server on loopback whose turns are bursts; an async context manager.

    Parameters
    ----------
    think_s
        From the last loud sample of a burst to the first event of its answer.
    answer_s
        Length of each answer.
    """

    def __init__(self, think_s: float, answer_s: float) -> None:
        self.turns: list[Turn] = []
        self.url = ""
        self._think_s, self._answer_s = think_s, answer_s
        self._server: Server | None = None

    async def __aenter__(self) -> TurnService:
        self._server = await serve(self._session, "127.0.0.1", 0, compression=None)
        self.url = f"http://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}/v1"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _session(self, socket: ServerConnection) -> None:
        session = _Session(socket, self.turns, self._think_s, self._answer_s)
        try:
            await session.run()
        except ConnectionClosed:
            pass
        finally:
            session.stop()


class _Session:
    def __init__(self, socket: ServerConnection, turns: list[Turn], think_s: float, answer_s: float) -> None:
        self._socket, self._turns = socket, turns
        self._think_s, self._answer_s = think_s, answer_s
        self._speaking = False
        self._quiet = 0
        self._heard = 0
        self._events = 0
        self._answering: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve until the connection ends."""
        await self._send({"type": "session.created", "session": {"type": "realtime"}})
        async for frame in self._socket:
            came = time.perf_counter()
            event = json.loads(frame)
            match event["type"]:
                case "session.update":
                    await self._send({"type": "session.updated", "session": event["session"]})
                case "input_audio_buffer.append":
                    await self._hear(np.frombuffer(base64.b64decode(event["audio"]), "<i2") / 32768, came)
                case "conversation.item.truncate":
                    turn = self._turns[int(event["item_id"].removeprefix("answer_"))]
                    turn.truncated_ms = event["audio_end_ms"]
                    place = {name: event[name] for name in ("item_id", "content_index", "audio_end_ms")}
                    await self._send({"type": "conversation.item.truncated", **place})

    def stop(self) -> None:
        """Say nothing more."""
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
        started = {"item_id": f"said_{number}", "audio_start_ms": start_ms}
        self._turns.append(Turn(time.perf_counter()))
        await self._send({"type": "input_audio_buffer.speech_started", **started})
        if self._answering and not self._answering.done():
            self.stop()
            await self._done(f"response_{number - 1}", "cancelled", "turn_detected")

    async def _answer(self, number: int) -> None:
        turn, said = self._turns[number], f"said_{number}"
        end_ms = self._heard * 1000 // SAMPLE_RATE
        await self._send({"type": "input_audio_buffer.speech_stopped", "item_id": said, "audio_end_ms": end_ms})
        await self._send({"type": "input_audio_buffer.committed", "item_id": said, "previous_item_id": None})
        item = {"id": said, "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
        for kind, status in (("added", "in_progress"), ("done", "completed")):
            whole = {**item, "status": status}
            await self._send({"type": f"conversation.item.{kind}", "previous_item_id": None, "item": whole})
        words = {"item_id": said, "content_index": 0, "transcript": f"Burst {number}."}
        await self._send({"type": "conversation.item.input_audio_transcription.completed", **words})
        turn.answer = answer_sound(self._answer_s, seed=number)
        response_id = f"response_{number}"
        message = Message(response_id, 0, f"answer_{number}", "A word or two of it.", turn.answer)
        deltas = message.deltas()
        await asyncio.sleep(turn.ended + self._think_s - time.perf_counter())
        turn.answered = time.perf_counter()
        created = response(response_id, "in_progress", spoken=True, asked_for=False)
        await self._send({"type": "response.created", "response": created})
        for emitted in message.opening(said):
            await self._send(emitted.event)
        for emitted in deltas:
            await self._send(emitted.event)
            if emitted.event["type"] == "response.output_audio.delta":
                turn.sent_ms += len(base64.b64decode(emitted.event["delta"])) / _ANSWER_BYTES_PER_MS
                await asyncio.sleep(_DELTA_EVERY_S)
        for emitted in message.closing(said):
            await self._send(emitted.event)
        await self._done(response_id, "completed")

    async def _done(self, response_id: str, status: str, reason: str | None = None) -> None:
        done = response(response_id, status, spoken=True, asked_for=False, reason=reason)
        await self._send({"type": "response.done", "response": done})

    async def _send(self, event: dict[str, Any]) -> None:
        self._events += 1
        await self._socket.send(json.dumps({"event_id": f"event_{self._events}", **event}))
