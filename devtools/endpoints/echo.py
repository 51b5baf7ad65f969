"""An endpoint that sends back the audio that it receives, block by block, for tests and benchmarks."""

from __future__ import annotations

import base64
import time
from typing import Any

from devtools.endpoints.serving import Client, Endpoint
from realtime_widgets.testing.scripted_server import shapes

_DELTA_BYTES = 9600
_RESTART_S = 1.0


class EchoEndpoint(Endpoint):
    """A Realtime server whose single long response is the microphone's own audio, or a given one.

    Parameters
    ----------
    answer
        PCM16 at 24 kHz to send when the first audio arrives, instead of the echo.

    Attributes
    ----------
    received
        Every client event except audio, in order.
    sound
        All received audio, PCM16 at 24 kHz.
    """

    def __init__(self, answer: bytes = b"") -> None:
        super().__init__()
        self._answer = answer
        self.received: list[dict[str, Any]] = []
        self.sound = bytearray()
        self._restart = False

    async def serve(self, client: Client) -> None:
        """Send back the client's audio, in one response that starts with its first block."""
        number, speaking, deaf_until = 0, False, 0.0
        async for event in client.events():
            if self._restart:
                self._restart = False
                await _end(client, number)
                number, speaking, deaf_until = number + 1, False, time.monotonic() + _RESTART_S
            if event["type"] != "input_audio_buffer.append":
                self.received.append(event)
                self._tell()
                continue
            if time.monotonic() < deaf_until:
                continue
            part = _part(number)
            if not speaking:
                speaking = True
                await _begin(client, number)
                for start in range(0, len(self._answer), _DELTA_BYTES):
                    await client.send(shapes.audio_delta(part, self._answer[start : start + _DELTA_BYTES]))
            heard = base64.b64decode(event["audio"])
            self.sound += heard
            self._tell()
            if not self._answer:
                await client.send(shapes.audio_delta(part, heard))

    def got(self, kind: str) -> bool:
        """Return whether an event of that type has arrived."""
        return any(event["type"] == kind for event in self.received)

    def restart(self) -> None:
        """End the answer; after a second of silence the next one starts, as in a new turn."""
        self._restart = True


async def _begin(client: Client, number: int) -> None:
    part = _part(number)
    item = shapes.message(part["item_id"], status="in_progress")
    await client.send(
        shapes.response_created(shapes.response(part["response_id"])),
        shapes.output_item_added(part["response_id"], item),
        shapes.item_added(item),
        shapes.part_added(part, {"type": "audio"}),
    )


async def _end(client: Client, number: int) -> None:
    part = _part(number)
    item = shapes.message(part["item_id"], status="completed")
    await client.send(
        shapes.audio_done(part),
        shapes.output_item_done(part["response_id"], item),
        shapes.response_done(shapes.response(part["response_id"], "completed", [item])),
    )


def _part(number: int) -> dict[str, Any]:
    return shapes.place(f"resp_{number}", f"item_{number}")
