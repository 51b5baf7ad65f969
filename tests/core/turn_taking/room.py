"""A session core, its player and a user who coughs or speaks over the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.protocol import events as ev
from tests.core import wire
from tests.core.client import Client
from tests.core.driving import MS

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.turns import Turn

LIMIT_S = 1.5
STORY = "It was a dark and stormy night, and the rain fell in torrents over all of London."


class Room(Client):
    """A room in which somebody coughs, or speaks, over an answer."""

    def __init__(
        self,
        transcription: dict[str, Any] | None = None,
        limit_s: float | None = LIMIT_S,
        truncates: bool = True,
        **detection: Any,
    ) -> None:
        super().__init__(limit_s, truncates)
        audio = {"input": {"turn_detection": {"type": "server_vad", **detection}, "transcription": transcription}}
        self.receive(wire.event("session.created", session={"audio": audio}))

    def answer(self, ms: int = 4000, done: bool = True) -> Turn:
        turn = self.ask()
        self.receive(
            wire.created("r1", {"request": self.sent[-1].event_id}),
            wire.output_added("r1", wire.message("a1")),
            wire.words("a1", STORY),
            wire.audio("a1", ms * MS),
        )
        if done:
            self.finish()
        return turn

    def finish(self, status: str = "completed") -> list[str]:
        state = "completed" if status == "completed" else "incomplete"
        part = {"type": "output_audio", "transcript": STORY}
        item = wire.message("a1", "assistant", part, status=state)
        return self.receive(wire.audio_done("a1"), wire.finished("r1", item, status=status))

    def hear(self, ms: int) -> None:
        """The player plays for so long."""
        for _ in range(ms // 20):
            self.player.advance(20 * MS)
            self.do(self.core.played(self.player.positions()))

    def silenced(self) -> list[str]:
        """The player answers the last silence."""
        return self.do(self.core.silenced(self.player.clear()))

    def cough(self, item: str = "u2", words: str | None = "") -> list[str]:
        """Sound over the answer, from its start to its transcript."""
        before = self.silences
        out = self.receive(wire.speech_started(item))
        out += self.silenced() if self.silences > before else []
        out += self.receive(wire.event("input_audio_buffer.speech_stopped", item_id=item), wire.committed(item))
        return out + (self.receive(wire.heard_words(item, words)) if words is not None else [])

    def pass_time(self) -> list[str]:
        wakes = list(self.wakes)
        self.wakes.clear()
        return [kind for wake in wakes for kind in self.do(self.core.wake(wake.id))]

    @property
    def heard(self) -> int:
        """Milliseconds that came out of the player."""
        return len(self.player.heard) // 2 // MS

    def texts(self) -> list[str]:
        """What was put behind answers, as text."""
        items = [event.item for event in self.sent if isinstance(event, ev.ItemCreate)]
        return [item["content"][0]["text"] for item in items if item.get("role") == "assistant"]
