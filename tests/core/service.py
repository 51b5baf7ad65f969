"""A pure model of the service: takes client events, gives server events, a step at a time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from hypothesis import strategies as st

from realtime_widgets.protocol import events as ev
from tests.core import wire

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Silence after sound that ends what is being said.
SILENCE_BYTES = 24_000


@dataclass
class Plan:
    """What a response will hold: whether it speaks, and how many calls it makes."""

    spoken: bool = True
    calls: int = 0


@dataclass
class Service:
    """Runs one default response at a time, as PROTOCOL says; `out` holds what the client has not read yet."""

    interrupt_response: bool = True
    echoes_metadata: bool = True
    sends_item_done: bool = True
    transcribes: bool = False
    #: Whether silence ends what is being said; if not, only a commit does.
    hears_silence: bool = True
    #: What becomes of sound without words: nothing is said of it, its transcript is empty, it is answered all
    #: the same, or an answer that it cut is made again.
    coughs: Literal["unwritten", "empty", "answered", "made again"] = "empty"
    plans: deque[Plan] = field(default_factory=deque)
    out: deque[ev.AnyServerEvent] = field(default_factory=deque)
    active: str | None = None
    outputs: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    truncated: list[ev.ItemTruncate] = field(default_factory=list)
    refused: int = 0
    #: Ids and texts of all items in the conversation, in order.
    items: dict[str, str] = field(default_factory=dict)
    #: Calls that an output may answer.
    known_calls: set[str] = field(default_factory=set)
    #: Turns that a person says again when the first sound of a connection comes, and whether one goes on.
    said_again: int = 0
    goes_on: bool = False
    _coming: deque[list[ev.AnyServerEvent]] = field(default_factory=deque)
    _open: list[dict[str, Any]] = field(default_factory=list)
    _metadata: dict[str, str] | None = None
    _speech: str | None = None
    _ids: Any = field(default_factory=lambda: count(1))
    #: Names of what the service is besides, on each connection.
    also_kept: ClassVar[tuple[str, ...]] = ()

    def created(self) -> None:
        detection = {"create_response": True, "interrupt_response": self.interrupt_response}
        transcription = {"model": "whisper-1"} if self.transcribes else None
        sound = {"turn_detection": {"type": "server_vad", **detection}, "transcription": transcription}
        session = {"audio": {"input": sound}}
        self.out.append(wire.event("session.created", session=session))

    def take(self, event: ev.ClientEvent) -> None:
        match event:
            case ev.ItemCreate(item=item):
                if item["type"] == "function_call_output":
                    assert item["call_id"] in self.known_calls
                    self.outputs.append(item["call_id"])
                elif item["type"] == "function_call":
                    self.known_calls.add(item["call_id"])
                item = {"id": self._id("item"), **item}
                assert item["id"] not in self.items
                self.items[item["id"]] = "".join(part.get("text", "") for part in item.get("content", []))
                self.out += [wire.added(item), wire.done(item)]
            case ev.ResponseCreate(event_id=event_id, response=response):
                if self.active:
                    self.refused += 1
                    self.out.append(wire.error("conversation_already_has_active_response", event_id))
                else:
                    self._begin(response.get("metadata"))
            case ev.ResponseCancel(event_id=event_id, response_id=response_id):
                if self.active and response_id in (None, self.active):
                    self._cut("client_cancelled")
                else:
                    self.out.append(wire.error("response_cancel_not_active", event_id))
            case ev.ItemTruncate():
                self.truncated.append(event)
            case ev.ItemDelete(item_id=item_id):
                self.items.pop(item_id, None)
                self.out.append(wire.event("conversation.item.deleted", item_id=item_id))
            case ev.InputAppend():
                again, self.said_again = 2 * self.said_again + self.goes_on, 0
                self.goes_on = False
                for _ in range(again):
                    self.speak()
                if self.hears_silence and self.hears_speech and event.audio.endswith(bytes(SILENCE_BYTES)):
                    self.speak()
            case ev.InputClear():
                self._speech = None
            case ev.InputCommit():
                self._committed()
            case _:
                pass

    def told(self, event: ev.AnyServerEvent) -> Iterable[ev.AnyServerEvent]:
        """What the client gets for an event."""
        return (event,)

    def step(self) -> bool:
        """Go on with the running response; whether there was something to do."""
        if not self.active:
            return False
        if self._coming:
            self.out += self._coming.popleft()
        else:
            self._end("completed", [{**item, "status": "completed"} for item in self._open], None)
        return True

    def speak(self) -> None:
        """The user begins to speak, or ends."""
        if self._speech is None:
            self._speech = self._id("speech")
            self.out.append(wire.speech_started(self._speech))
            if self.active and self.interrupt_response:
                self._cut("turn_detected")
            return
        self._committed()
        if self.active:
            self.out.append(wire.error("conversation_already_has_active_response"))
        else:
            self._begin(None)

    def _committed(self) -> None:
        """What was said becomes an item."""
        if self._speech is None:
            self.out.append(wire.error("input_audio_buffer_commit_empty"))
            return
        item = wire.message(self._speech, "user", {"type": "input_audio", "transcript": None}, status="completed")
        self.items[self._speech] = ""
        self.out += [wire.committed(self._speech), wire.added(item), wire.done(item)]
        if self.transcribes:
            self.out.append(wire.heard_words(self._speech, f"Words of {self._speech}"))
        self._speech = None

    def cough(self) -> None:
        """Sound without words, from its start to its end, where nobody speaks."""
        if self._speech is not None:
            return
        item_id = self._id("cough")
        cut = bool(self.active and self.interrupt_response)
        self.out.append(wire.speech_started(item_id))
        if cut:
            self._cut("turn_detected")
        item = wire.message(item_id, "user", {"type": "input_audio", "transcript": None}, status="completed")
        self.items[item_id] = ""
        self.out += [wire.committed(item_id), wire.added(item), wire.done(item)]
        if self.coughs == "answered" and not self.active:
            self._begin(None)
        if self.transcribes and self.coughs != "unwritten":
            self.out.append(wire.heard_words(item_id, ""))
        if self.coughs == "made again" and cut:
            self._begin(None)

    @property
    def hears_speech(self) -> bool:
        return self._speech is not None

    def successor(self) -> Service:
        """The service as a new connection meets it: all of the old session is gone."""
        kept = (
            "interrupt_response",
            "echoes_metadata",
            "sends_item_done",
            "transcribes",
            "hears_silence",
            "coughs",
            "plans",
            "_ids",
        )
        new = type(self)()
        for name in (*kept, *self.also_kept):
            setattr(new, name, getattr(self, name))
        return new

    def _id(self, what: str) -> str:
        return f"{what}_{next(self._ids)}"

    def _begin(self, metadata: dict[str, str] | None) -> None:
        response_id = self.active = self._id("response")
        self._metadata = metadata if self.echoes_metadata else None
        self._open = []
        plan = self.plans.popleft() if self.plans else Plan()
        self.out.append(wire.created(response_id, self._metadata))
        if plan.spoken:
            self._plan_speech(response_id)
        for _ in range(plan.calls):
            self._plan_call(response_id)

    def _plan_speech(self, response_id: str) -> None:
        item = wire.message(self._id("answer"), status="in_progress")
        item_id = item["id"]
        self.items[item_id] = ""
        self._open.append(item)
        self._coming.append([wire.output_added(response_id, item), wire.added(item)])
        self._coming.append([wire.words(item_id, "Well, ", response_id), wire.audio(item_id, 4800, response_id)])
        self._coming.append([wire.audio(item_id, 4800, response_id), wire.words(item_id, "yes.", response_id)])
        if self.sends_item_done:
            final = {**item, "status": "completed"}
            closing = [wire.audio_done(item_id, response_id), wire.done(final)]
            self._coming.append([*closing, wire.output_done(response_id, final)])

    def _plan_call(self, response_id: str) -> None:
        call_id = self._id("call")
        item = wire.call(self._id("function"), call_id, arguments="", status="in_progress")
        self.known_calls.add(call_id)
        self.items[item["id"]] = ""
        final = {**item, "arguments": '{"x": 2}', "status": "completed"}
        self._open.append(final)
        self._coming.append([wire.output_added(response_id, item, 1), wire.added(item)])
        if self.sends_item_done:
            self._coming.append([wire.done(final), wire.output_done(response_id, final, 1)])

    def _cut(self, reason: str) -> None:
        # What was planned and has not begun never was; what is open is closed as incomplete.
        begun = {each.item["id"] for each in self.out if isinstance(each, ev.OutputItemAdded)} | {
            item["id"]
            for item in self._open
            if not any(self._begins(events, item["id"]) for events in self._coming)
        }
        unfinished = {
            each.item["id"] for events in self._coming for each in events if isinstance(each, ev.OutputItemDone)
        }
        closed = []
        for item in self._open:
            if item["id"] in begun:
                status = "incomplete" if item["id"] in unfinished or not self.sends_item_done else "completed"
                closed.append({**item, "status": status})
                if item["type"] == "message" and status == "incomplete":
                    self.out.append(wire.audio_done(item["id"], str(self.active)))
                if status == "incomplete" and self.sends_item_done:
                    self.out.append(wire.output_done(str(self.active), closed[-1]))
        self._coming.clear()
        self._end("cancelled", closed, {"type": "cancelled", "reason": reason})

    @staticmethod
    def _begins(events: list[ev.AnyServerEvent], item_id: str) -> bool:
        return any(isinstance(each, ev.OutputItemAdded) and each.item["id"] == item_id for each in events)

    def _end(self, status: str, items: list[dict[str, Any]], details: Any) -> None:
        for item in items:
            if item["type"] == "function_call" and item["status"] == "completed":
                self.calls.append(item["call_id"])
        self.out.append(
            wire.finished(str(self.active), *items, status=status, status_details=details, metadata=self._metadata)
        )
        self.active = None


PLANS = st.lists(st.builds(Plan, spoken=st.booleans(), calls=st.integers(0, 2)), max_size=4)
COUGHS = st.sampled_from(["unwritten", "empty", "answered", "made again"])
SERVICES = st.builds(
    Service,
    interrupt_response=st.booleans(),
    sends_item_done=st.booleans(),
    transcribes=st.booleans(),
    hears_silence=st.booleans(),
    coughs=COUGHS,
    plans=PLANS.map(deque),
)
