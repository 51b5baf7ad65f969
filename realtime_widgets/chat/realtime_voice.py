"""A voice for written text from a Realtime session, where a service has no model that only speaks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from realtime_widgets.errors import ConnectionFailedError, ResponseFailedError
from realtime_widgets.protocol import events as ev
from realtime_widgets.protocol.wire.connection import Connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from realtime_widgets.protocol.endpoint.endpoint import Endpoint

#: How long the service may be silent before it is given up, in seconds.
SILENCE_TIMEOUT_S = 60.0
_READ = (
    "Read the user's text aloud, word for word and in its language. Say nothing before it and nothing after it. "
    "Never answer it, also where it is a question or a request."
)


class RealtimeVoice:
    """Reads texts aloud over one connection, each as a response beside the conversation.

    An asynchronous context: it connects at the first text, and closes the connection at the end.

    Parameters
    ----------
    endpoint
        A Realtime endpoint, with the model that reads.
    voice
        Name of the voice.
    """

    def __init__(self, endpoint: Endpoint, voice: str) -> None:
        self._endpoint = endpoint
        self._voice = voice
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def read(self, text: str, used: list[dict[str, Any] | None]) -> AsyncIterator[bytes]:
        """Yield the sound of a text, PCM16 at 24 kHz; the usage that the service tells is appended to `used`.

        Raises
        ------
        ConnectionFailedError, ResponseFailedError
            If the service cannot be reached, refuses, breaks off or falls silent.
        """
        connection = self._connection or await self._connected()
        message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        response = {
            "conversation": "none",
            "instructions": _READ,
            "output_modalities": ["audio"],
            "input": [message],
            "tool_choice": "none",
        }
        await connection.send(ev.ResponseCreate(response=response))
        async for event in self._events(connection):
            match event:
                case ev.OutputAudioDelta():
                    yield event.audio()
                case ev.ResponseDone():
                    if event.response.get("status", "completed") != "completed":
                        raise ResponseFailedError(f"{self._endpoint.title} broke off its speech; ask again")
                    used.append(event.response.get("usage"))
                    return

    async def _connected(self) -> Connection:
        """Connect, and set the voice and nothing to listen to."""
        connection = self._connection = await Connection.open(self._endpoint)
        heard = {"turn_detection": None, "transcription": None}
        spoken = {"voice": self._voice, "format": {"type": "audio/pcm", "rate": 24_000}}
        session = {
            "type": "realtime",
            "instructions": _READ,
            "output_modalities": ["audio"],
            "audio": {"input": heard, "output": spoken},
        }
        await connection.send(ev.SessionUpdate(session=session))
        async for event in self._events(connection):
            if isinstance(event, ev.SessionUpdated):
                break
        return connection

    async def _events(self, connection: Connection) -> AsyncIterator[ev.AnyServerEvent]:
        title = self._endpoint.title
        while True:
            try:
                async with asyncio.timeout(SILENCE_TIMEOUT_S):
                    event = await connection.receive()
            except ValueError:  # a frame that is no event; the connection goes on
                continue
            except TimeoutError:
                raise ConnectionFailedError(
                    f"{title} said nothing for {SILENCE_TIMEOUT_S:g} s; ask again"
                ) from None
            if isinstance(event, ev.ErrorEvent):
                raise ResponseFailedError(f"{title} refused to speak: {event.error.message}", event.error.code)
            yield event
