"""The model of the service with flaws that real servers have: it answers nothing, or without ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

import msgspec

from realtime_widgets.protocol import events as ev
from tests.core import wire
from tests.core.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

Flaw = Literal[
    "deaf",
    "ignores requests",
    "refuses without a name",
    "ignores cancel",
    "always busy",
    "begins nothing",
    "begins without id",
    "ends nothing",
    "ends without id",
    "names no response",
    "commits nothing",
    "never hears the end",
    "deletes what it says",
    "deletes nothing",
    "echoes no items",
]
FLAWS: tuple[Flaw, ...] = get_args(Flaw)


@dataclass
class FlawedService(Service):
    """Works as `Service` does, and tells the client less of it."""

    flaws: frozenset[Flaw] = frozenset()
    also_kept: ClassVar[tuple[str, ...]] = ("flaws",)

    def take(self, event: ev.ClientEvent) -> None:
        match event:
            case _ if "deaf" in self.flaws:
                pass
            case ev.ResponseCreate() if "ignores requests" in self.flaws:
                pass
            case ev.ResponseCreate() if "refuses without a name" in self.flaws:
                self.out.append(wire.error("server_error", text="Something broke."))
            case ev.ResponseCreate() if "always busy" in self.flaws:
                code = "conversation_already_has_active_response"
                self.out.append(wire.error(code, event.event_id))
            case ev.ResponseCancel() if "ignores cancel" in self.flaws:
                pass
            case _:
                super().take(event)

    def speak(self) -> None:
        if self._speech is None or self.flaws.isdisjoint({"commits nothing", "never hears the end"}):
            super().speak()
            return
        if "commits nothing" in self.flaws:
            self.out.append(wire.event("input_audio_buffer.speech_stopped", item_id=self._speech))
        self._speech = None

    def told(self, event: ev.AnyServerEvent) -> Iterator[ev.AnyServerEvent]:
        """What the client gets in place of an event."""
        match event:
            case ev.ResponseCreated() if "begins nothing" in self.flaws:
                return
            case ev.ResponseDone() if "ends nothing" in self.flaws:
                return
            case ev.ItemAdded() | ev.ItemDone() if "echoes no items" in self.flaws:
                return
            case ev.ResponseCreated() if not self.flaws.isdisjoint({"begins without id", "names no response"}):
                event = ev.ResponseCreated(response=_without_id(event.response))
            case ev.ResponseDone():
                yield from self._deleted(event)
                if not self.flaws.isdisjoint({"ends without id", "names no response"}):
                    event = ev.ResponseDone(response=_without_id(event.response))
            case ev.ContentEvent() | ev.OutputItemAdded() | ev.OutputItemDone() if (
                "names no response" in self.flaws
            ):
                event = msgspec.structs.replace(event, response_id="")
        yield event

    def _deleted(self, event: ev.ResponseDone) -> Iterator[ev.AnyServerEvent]:
        if "deletes nothing" in self.flaws:
            yield ev.ItemDeleted(item_id="")
        if "deletes what it says" in self.flaws:
            for item in event.response.get("output") or []:
                yield ev.ItemDeleted(item_id=item["id"])


def _without_id(response: ev.JsonObject) -> ev.JsonObject:
    return {name: value for name, value in response.items() if name != "id"}
