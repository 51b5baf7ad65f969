"""A recorded talk as the steps of a script: the service's side of it, for a client that says the same."""

from __future__ import annotations

import base64
from collections import deque
from typing import TYPE_CHECKING, Any

from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.steps import (
    Emit,
    Expect,
    Step,
    cut,
    delay,
    expect,
    expect_any_order,
    reconnect,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from realtime_widgets.recording.talk import RecordedEvent, RecordedTalk
    from realtime_widgets.testing.scripted_server.matching import Event

#: Shortest recorded pause that is kept, in seconds.
_SHORTEST_S = 0.02
#: Answers to what a client may do at any time, which are sent when it does so.
_ANSWERS = (
    "session.updated",
    "conversation.item.truncated",
    "conversation.item.deleted",
    "conversation.item.retrieved",
    "input_audio_buffer.cleared",
)
#: What the client has to send before the recorded service goes on.
_AWAITED = ("conversation.item.create", "response.create", "input_audio_buffer.commit")


class Cassette:
    """Makes the steps.

    Parameters
    ----------
    recording
        The talk.
    strict
        Whether what the client says and its tools return has to be as it was recorded; otherwise any will do.
    times
        Whether the recorded pauses are kept. If not, only an interruption comes as late as it did.

    Attributes
    ----------
    steps
        The script.
    whenever
        What the client may send at any time, with the answers to it.

    Raises
    ------
    RecordingError
        If the sound of an answer is missing or damaged.
    """

    def __init__(self, recording: RecordedTalk, strict: bool, times: bool) -> None:
        self._recording = recording
        self._strict, self._times = strict, times
        self._session: Event = {"type": "realtime", **recording.settings}
        self._left = deque(recording.events)
        self._ids: dict[str, Callable[[Sequence[Event]], str]] = {}
        self._asked: list[tuple[Any, _Asked]] = []
        self._last = 0.0
        self._connections = 0
        self.steps: list[Step] = []
        if not any(each.type == "session.created" for each in recording.events):
            self._open(shapes.session_created(**self._session))  # it was begun in the middle of a talk
        while self._left:
            self._take(self._left.popleft())
        while self.steps and not isinstance(self.steps[-1], Emit):
            self.steps.pop()  # nothing came of what the client said at the end
        self.whenever = self._whenever()

    def _take(self, event: RecordedEvent) -> None:
        if event.sender == "client":
            if event.type in _AWAITED:
                self._await(event)
        elif event.type == "session.created":
            self._open({**event.event})
        elif event.type not in _ANSWERS:
            self._send(event)

    def _open(self, created: Event) -> None:
        self._connections += 1
        if self._connections > 1:
            self.steps += [cut(), reconnect()]
        self._session = {**self._session, **(created.get("session") or {})}
        created.pop("event_id", None)
        self.steps += [Emit(created), self._configured()]

    def _configured(self) -> Expect:
        def effective(matched: Sequence[Event]) -> Event:
            return {**self._session, **matched[-1]["session"]}

        return expect("session.update").then(Emit(shapes.session_updated(effective)))

    def _await(self, event: RecordedEvent) -> None:
        self._last = event.at
        if event.type == "response.create":
            asked = _Asked()
            self._asked.append(((event.event.get("response") or {}).get("metadata"), asked))
            self.steps.append(expect(event.type, **({"response": asked} if event.event.get("response") else {})))
        elif event.type == "conversation.item.create":
            items = [event.event["item"]]
            if items[0].get("type") == "function_call_output":
                items += self._other_outputs()
            expected = [expect(event.type, item=self._item(item)) for item in items]
            self.steps.append(expected[0] if len(expected) == 1 else expect_any_order(*expected))
        else:
            self.steps.append(expect(event.type))

    def _other_outputs(self) -> list[Event]:
        """Take the outputs of the other calls of a response: they may come in any order."""
        outputs: list[Event] = []
        passed: list[RecordedEvent] = []
        while self._left and self._left[0].type != "response.create":
            event = self._left.popleft()
            item = event.event.get("item") or {}
            if event.type == "conversation.item.create" and item.get("type") == "function_call_output":
                outputs.append(item)
            else:
                passed.append(event)
        self._left.extendleft(reversed(passed))
        return outputs

    def _item(self, item: Event) -> _Item:
        made = _Item(item, self._strict)
        if item.get("id"):
            self._ids[str(item["id"])] = made.given_id
        return made

    def _send(self, event: RecordedEvent) -> None:
        if event.type == "input_audio_buffer.speech_started":
            self.steps.append(expect("input_audio_buffer.append"))
            if not self._times and (heard_s := self._heard_until_cut()):
                self.steps.append(delay(heard_s))
        if self._times and event.at - self._last >= _SHORTEST_S:
            self.steps.append(delay(round(event.at - self._last, 3)))
        self._last = event.at
        data = {name: value for name, value in event.event.items() if name != "event_id"}
        if isinstance(data.get("delta"), dict):
            data["delta"] = base64.b64encode(self._recording.sound_of(event)).decode()
        response = data.get("response")
        if isinstance(response, dict):
            data["response"] = self._with_metadata(response)
        self.steps.append(Emit(self._with_ids(data)))

    def _heard_until_cut(self) -> float:
        """Return how much of an answer was heard that the speech now interrupts, in seconds; 0 if it does not."""
        for event in self._left:
            if event.type == "response.created":
                return 0.0
            if event.sender == "client" and event.type == "conversation.item.truncate":
                return float(event.event.get("audio_end_ms") or 0) / 1000
        return 0.0

    def _with_metadata(self, response: Event) -> Event:
        """Return a response with the metadata of the request that it answers, as the client now gives it."""
        metadata = response.get("metadata")
        asked = next((each for recorded, each in self._asked if metadata and recorded == metadata), None)
        return response if asked is None else {**response, "metadata": asked.metadata}

    def _with_ids(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._with_ids(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._with_ids(each) for each in value]
        return self._ids.get(value, value) if isinstance(value, str) else value

    def _whenever(self) -> list[Expect]:
        def cut_at(matched: Sequence[Event]) -> Any:
            return matched[-1]["audio_end_ms"]

        def item(matched: Sequence[Event]) -> Any:
            return matched[-1]["item_id"]

        return [
            self._configured(),
            expect("conversation.item.truncate").then(Emit(shapes.item_truncated(item, cut_at))),
            expect("conversation.item.delete").then(Emit(shapes.item_deleted(item))),
            expect("response.cancel"),
            expect("input_audio_buffer.clear").then(Emit(shapes.event("input_audio_buffer.cleared"))),
        ]


class _Asked:
    """Matches a request for a response, and keeps the metadata by which the client knows the response again."""

    def __init__(self) -> None:
        self._metadata: Any = None

    def __call__(self, response: Any) -> bool:
        if isinstance(response, dict):
            self._metadata = response.get("metadata")
        return isinstance(response, dict)

    def metadata(self, matched: Sequence[Event]) -> Any:
        """Return the metadata."""
        return self._metadata


class _Item:
    """Matches an item of the client with the recorded one, and keeps the id that the client gives it."""

    def __init__(self, recorded: Event, strict: bool) -> None:
        self._recorded, self._strict = recorded, strict
        self._id = str(recorded.get("id") or "")
        words = ", ".join(str(each) for each in _essence(recorded, strict) if each)
        self.__name__ = f"the recording ({words})"

    def __call__(self, item: Any) -> bool:
        if not isinstance(item, dict) or _essence(item, self._strict) != _essence(self._recorded, self._strict):
            return False
        self._id = str(item.get("id") or self._id)
        return True

    def given_id(self, matched: Sequence[Event]) -> str:
        """Return the id."""
        return self._id


def _essence(item: Event, strict: bool) -> tuple[Any, ...]:
    """Return what makes an item of the client the same as another one."""
    kind = item.get("type")
    if kind != "message":
        return (kind, item.get("call_id"), *([item.get("output")] if strict else []))
    content = [part for part in item.get("content") or () if isinstance(part, dict)]
    kinds = [part.get("type") for part in content]
    words = [part.get("text") or part.get("transcript") for part in content]
    return (kind, item.get("role"), *kinds, *(words if strict else []))
