"""Consent for hosted tools in whatever order things happen, with services that go on by themselves or wait."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.core.conversation.commands import AskApproval, Command, Send
from realtime_widgets.protocol import events as ev
from tests.core import wire
from tests.core.client import Client


@dataclass
class HostingService:
    """A service whose first response to a question asks for consent.

    `goes_on` is what it does with an answer whose response has ended: whether it begins a response by itself.
    `waits` tells whether the response that asks ends at once or waits for the answer.
    """

    goes_on: bool
    waits: bool
    requests: int
    echoes: bool
    out: deque[ev.AnyServerEvent] = field(default_factory=deque)
    active: str = ""
    answers: list[str] = field(default_factory=list)
    #: Responses that were begun after an answer, by what asked for them.
    begun: list[str] = field(default_factory=list)
    refused: int = 0
    _pending: list[str] = field(default_factory=list)
    _asking: str = ""
    _speech: str = ""
    _approved: list[str] = field(default_factory=list)
    _metadata: Any = None
    _ids: Any = field(default_factory=lambda: count(1))

    def take(self, event: ev.ClientEvent) -> None:
        match event:
            case ev.ItemCreate(item={"type": "mcp_approval_response", "approval_request_id": request_id}):
                assert request_id in self._pending, "answered twice, or never asked"
                self._pending.remove(request_id)
                self.answers.append(request_id)
                self._approved.append(request_id)
                self.out.append(wire.added(dict(event.item)))
                if self._asking and not self._pending:  # the response that waited goes on
                    self._asking = ""
                    self._finish(calls=True)
                elif self.goes_on and not self._pending and not self.active and not self._speech:
                    self._begin(None, "itself")
            case ev.ItemCreate(item=item):
                self.out.append(wire.added({"id": f"item_{next(self._ids)}", **item}))
            case ev.ResponseCreate(event_id=event_id):
                if self.active:
                    self.refused += 1
                    self.out.append(wire.error("conversation_already_has_active_response", event_id))
                else:
                    self._begin(event.response.get("metadata"), "client")
            case _:
                pass

    def speak(self) -> None:
        """The user begins to speak, which cuts what runs, or ends, which is answered."""
        if not self._speech:
            self._speech = f"speech_{next(self._ids)}"
            self.out.append(wire.speech_started(self._speech))
            if self.active:
                self.out.append(wire.finished(self.active, status="cancelled", metadata=self._metadata))
                self.active = self._asking = ""
            return
        self.out.append(wire.committed(self._speech))
        self._speech = ""
        if self.active:
            self.out.append(wire.error("conversation_already_has_active_response"))
        else:
            self._begin(None, "speech")

    @property
    def hears(self) -> bool:
        return bool(self._speech)

    def step(self) -> bool:
        """End the running response, unless it waits for an answer."""
        if not self.active or self._asking:
            return False
        self._finish(calls=bool(self._approved))
        return True

    def _begin(self, metadata: Any, by: str) -> None:
        self.active = f"resp_{next(self._ids)}"
        self._metadata = metadata if self.echoes else None
        self.out.append(wire.created(self.active, self._metadata))
        if self.answers and not self._pending:
            self.begun.append(by)
        if self.answers or self._pending or by == "speech":
            return
        for index in range(self.requests):
            item = _request(f"ask_{next(self._ids)}")
            self._pending.append(item["id"])
            self.out.append(wire.output_added(self.active, item, index))
        if self.waits and self._pending:
            self._asking = self.active
        else:
            self._finish(calls=False)

    def _finish(self, calls: bool) -> None:
        items = []
        if calls:
            items = [
                {
                    "id": f"call_{next(self._ids)}",
                    "type": "mcp_call",
                    "name": "f",
                    "approval_request_id": request_id,
                }
                for request_id in self._approved
            ]
            self._approved = []
            items.append(wire.message(f"said_{next(self._ids)}"))
        self.out += [wire.output_done(self.active, item, 10 + index) for index, item in enumerate(items)]
        self.out.append(wire.finished(self.active, *items, metadata=self._metadata))
        self.active = ""


def _request(item_id: str) -> dict[str, Any]:
    return {"id": item_id, "type": "mcp_approval_request", "server_label": "s", "name": "f", "arguments": "{}"}


class Talk(Client):
    def __init__(self, service: HostingService) -> None:
        super().__init__()
        self.service = service
        self.wire: deque[ev.ClientEvent] = deque()
        self.asked: list[str] = []

    def carry_out(self, command: Command) -> None:
        match command:
            case Send(event):
                self.wire.append(event)
            case AskApproval(request):
                self.asked.append(request.id)
        super().carry_out(command)

    def write(self) -> bool:
        if self.wire:
            self.service.take(self.wire.popleft())
            return True
        return False

    def step(self) -> bool:
        """The service ends a response: nothing is on its way for as long as it takes to make one."""
        underway = self.wire or any(isinstance(event, ev.ResponseCreated) for event in self.service.out)
        return not underway and self.service.step()

    def read(self) -> bool:
        if self.service.out:
            self.receive(self.service.out.popleft())
            return True
        return False

    def speak(self) -> bool:
        self.service.speak()
        return True

    def decide(self, approve: bool = True) -> bool:
        if self.asking:
            self.do(self.core.decide_approval(self.asking.pop(), approve))
            return True
        return False

    def decide_again(self) -> bool:
        for request_id in self.asked:
            if request_id not in self.asking:
                self.do(self.core.decide_approval(request_id, False))
        return False


STEPS = ("write", "read", "decide", "decide_again", "step", "speak")


@given(
    goes_on=st.booleans(),
    waits=st.booleans(),
    echoes=st.booleans(),
    requests=st.integers(1, 3),
    steps=st.lists(st.sampled_from(STEPS), max_size=40),
)
def test_one_answer_a_request_and_one_response_to_them(
    goes_on: bool, waits: bool, echoes: bool, requests: int, steps: list[str]
) -> None:
    service = HostingService(goes_on, waits, requests, echoes)
    talk = Talk(service)
    detection = {"type": "server_vad", "create_response": True, "interrupt_response": True}
    talk.core.receive(wire.event("session.created", session={"audio": {"input": {"turn_detection": detection}}}))
    turn = talk.ask()
    for step in steps:
        getattr(talk, step)()
    if service.hears:
        talk.speak()
    while any((talk.write(), talk.step(), talk.read(), talk.decide())):
        pass
    assert sorted(service.answers) == sorted(talk.asked)
    assert "client" not in service.begun[1:], "what was begun after the answers takes them in"
    assert "itself" not in service.begun[1:]
    if "speak" not in steps:
        assert len(talk.asked) == requests
        assert len(service.begun) == (0 if waits else 1), "one response to the answers, whoever began it"
        assert talk.ended == [turn]
    assert all(each.done and not each.error for each in talk.core.turns.values())
    assert talk.core.quiet()
