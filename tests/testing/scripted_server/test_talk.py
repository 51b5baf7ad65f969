"""The turns that `Talk` writes, played against a client that does what is expected."""

from __future__ import annotations

import base64
import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.audio.pcm import duration_ms
from realtime_widgets.protocol.events import OtherEvent, decode
from realtime_widgets.testing import Call, Script, Talk, tone
from realtime_widgets.testing.scripted_server.steps import Send

if TYPE_CHECKING:
    from realtime_widgets.testing.scripted_server.steps import Action, Step

Event = dict[str, Any]
ITEM = ["conversation.item.added", "conversation.item.done"]
OPENED = ["response.output_item.added", "conversation.item.added", "response.content_part.added"]
CALL_OPENED = ["response.output_item.added", "conversation.item.added"]
ITEM_DONE = ["conversation.item.done", "response.output_item.done"]
AUDIO_DONE = ["response.output_audio.done", "response.output_audio_transcript.done", "response.content_part.done"]
TEXT_DONE = ["response.output_text.done", "response.content_part.done"]
ENDED = ["response.done", "rate_limits.updated"]
SPOKEN = ["response.created", *OPENED, *AUDIO_DONE, *ITEM_DONE, *ENDED]
WRITTEN = ["response.created", *OPENED, *TEXT_DONE, *ITEM_DONE, *ENDED]
VAD = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    *ITEM,
]
TRANSCRIBED = "conversation.item.input_audio_transcription.completed"


class Player:
    """Plays a script against given client events; at each stall it resumes."""

    def __init__(self, steps: list[Step]) -> None:
        self.script = Script(steps)
        self.events: list[Event] = []
        self.stalled_at: list[int] = []
        self._take(self.script.connect())

    def send(self, type: str, **fields: Any) -> None:
        self._take(self.script.receive({"type": type, **fields}))
        assert self.script.problem is None, self.script.report()

    def say(self, text: str, **fields: Any) -> None:
        content = [{"type": "input_text", "text": text}]
        self.send(
            "conversation.item.create",
            item={"type": "message", "role": "user", "content": content, **fields},
        )

    def answer_call(self, call_id: str, output: str) -> None:
        item = {"type": "function_call_output", "call_id": call_id, "output": output}
        self.send("conversation.item.create", item=item)

    @property
    def types(self) -> list[str]:
        """Types of what the server sent, without deltas."""
        return [event["type"] for event in self.events if not event["type"].endswith(".delta")]

    def of(self, type: str) -> list[Event]:
        return [event for event in self.events if event["type"] == type]

    def _take(self, actions: list[Action]) -> None:
        self.events += [json.loads(json.dumps(action.event)) for action in actions if isinstance(action, Send)]
        while self.script.stalled:
            self.stalled_at.append(len(self.events))
            self._take(self.script.resume())

    def check(self) -> None:
        """Hold what is true of every talk."""
        assert self.script.finished, self.script.report()
        order: list[str | None] = [None]
        for event in self.events:
            assert not isinstance(decode(json.dumps(event)), OtherEvent), event
            if event["type"] == "conversation.item.added":
                assert event["previous_item_id"] == order[-1]
                order.append(event["item"]["id"])
            elif event["type"] == "conversation.item.done":
                assert event["previous_item_id"] == order[order.index(event["item"]["id"]) - 1]
        assert len(set(order)) == len(order)
        for done in self.of("response.done"):
            usage = done["response"]["usage"]
            assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def test_start_takes_the_configuration_over():
    player = Player(Talk().start(model="m"))
    player.send("session.update", session={"type": "realtime", "instructions": "Be brief."})
    player.check()
    created, updated = (event["session"] for event in player.events)
    assert (created["model"], created.get("instructions")) == ("m", None)
    assert (updated["model"], updated["instructions"]) == ("m", "Be brief.")


@pytest.mark.parametrize("item_id", [None, "my_own"])
def test_text_turn(item_id: str | None):
    player = Player(Talk().text_turn("Hi", "Hello there, you."))
    player.say("Hi", **({"id": item_id} if item_id else {}))
    player.send("response.create", response={"metadata": {"asked": "by me"}})
    player.check()
    assert player.types == [*ITEM, *WRITTEN]
    assert "".join(event["delta"] for event in player.of("response.output_text.delta")) == "Hello there, you."
    assert player.events[0]["item"]["id"] == (item_id or "item_1")
    created, done = (player.of(f"response.{name}")[0]["response"] for name in ("created", "done"))
    assert (created["status"], created["output"], created["usage"]) == ("in_progress", [], None)
    assert (done["status"], done["output_modalities"]) == ("completed", ["text"])
    assert done["output"][0]["content"] == [{"type": "output_text", "text": "Hello there, you."}]
    assert created["metadata"] == done["metadata"] == {"asked": "by me"}


@pytest.mark.parametrize(
    ("transcript", "types"),
    [
        ("before", [*VAD, TRANSCRIBED, *SPOKEN]),
        ("after", [*VAD, *SPOKEN, TRANSCRIBED]),
        (None, [*VAD, *SPOKEN]),
    ],
)
def test_spoken_turn(transcript: Any, types: list[str]):
    voice = tone(1_234)
    player = Player(Talk().spoken_turn("Who are you?", "A mere script.", voice, transcript=transcript))
    player.check()
    assert player.types == types
    deltas = player.of("response.output_audio.delta")
    assert b"".join(base64.b64decode(event["delta"]) for event in deltas) == voice
    words = player.of("response.output_audio_transcript.delta")
    assert "".join(event["delta"] for event in words) == "A mere script."
    kinds = [event["type"] for event in player.events if event["type"].endswith(".delta")]
    assert len(list(itertools.groupby(kinds))) > 2  # words and sound are interleaved
    assert player.of("response.done")[0]["response"]["usage"]["output_token_details"]["audio_tokens"] == 25


def test_push_to_talk_turn():
    player = Player(Talk().push_to_talk_turn("Who are you?", "A script."))
    player.send("input_audio_buffer.append", audio="")
    player.send("input_audio_buffer.commit")
    player.send("response.create")
    player.check()
    assert player.types == ["input_audio_buffer.committed", *ITEM, TRANSCRIBED, *SPOKEN]


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_function_call_turn_with_preamble(order: list[int]):
    calls = [Call("rate", {"temperature": 40}, output="0.5"), Call("broken", "{not json")]
    player = Player(Talk().function_call_turn("How fast?", calls, "Fast.", preamble="Let me see."))
    player.say("How fast?")
    player.send("response.create")
    for index in order:
        player.answer_call(*[("call_1", "0.5"), ("call_2", '{"error": "…"}')][index])
    player.send("response.create")
    player.check()
    assert player.types == [
        *ITEM,
        "response.created",
        *OPENED,
        *CALL_OPENED,
        *CALL_OPENED,
        *TEXT_DONE,
        *ITEM_DONE,
        "response.function_call_arguments.done",
        *ITEM_DONE,
        "response.function_call_arguments.done",
        *ITEM_DONE,
        *ENDED,
        *ITEM,
        *ITEM,
        *WRITTEN,
    ]
    done = player.of("response.function_call_arguments.done")
    assert [event["arguments"] for event in done] == ['{"temperature": 40}', "{not json"]
    pieces = player.of("response.function_call_arguments.delta")
    assert "".join(event["delta"] for event in pieces) == '{"temperature": 40}{not json'
    output = player.of("response.done")[0]["response"]["output"]
    assert [item["type"] for item in output] == ["message", "function_call", "function_call"]
    opened = [event["output_index"] for event in player.of("response.output_item.added")]
    assert opened == [0, 1, 2, 0]


def test_a_spoken_function_call_turn_without_preamble():
    player = Player(Talk().function_call_turn(..., [Call("now", {})], "It is noon.", spoken=True))
    player.say("What time is it?")
    player.send("response.create")
    player.answer_call("call_1", "12:00")
    player.send("response.create")
    player.check()
    assert player.types[2:5] == ["response.created", *CALL_OPENED]
    assert player.types[-len(SPOKEN) :] == SPOKEN


def test_a_wrong_output_is_reported():
    script = Script(Talk().function_call_turn(..., [Call("rate", {}, output="0.5")], "Fast."))
    script.connect()
    script.receive(
        {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}}
    )
    script.receive({"type": "response.create"})
    item = {"type": "function_call_output", "call_id": "call_1", "output": "0.6"}
    script.receive({"type": "conversation.item.create", "item": item})
    assert 'differs:  item.output: expected "0.5", came "0.6"' in script.report()


def barge_in(player: Player, milliseconds: int = 300) -> None:
    place = {"item_id": "item_2", "content_index": 0}
    player.send("conversation.item.truncate", audio_end_ms=milliseconds, **place)


def test_barge_in_while_the_response_runs():
    talk = Talk()
    player = Player(talk.barge_in_turn("Tell me.", "one two three four", "Stop!", "Sorry."))
    barge_in(player)
    player.check()
    cancelled, completed = (event["response"] for event in player.of("response.done"))
    closed = [*AUDIO_DONE, *ITEM_DONE, *ENDED]
    assert player.types == [
        *VAD,
        TRANSCRIBED,
        "response.created",
        *OPENED,
        VAD[0],
        *closed,
        "conversation.item.truncated",
        *VAD[1:],
        TRANSCRIBED,
        *SPOKEN,
    ]
    assert (cancelled["status"], completed["status"]) == ("cancelled", "completed")
    assert cancelled["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert cancelled["output"][0]["status"] == "incomplete"
    before_stall = player.events[: player.stalled_at[0]]
    sound = [event["delta"] for event in before_stall if event["type"] == "response.output_audio.delta"]
    assert 0 < duration_ms(sum(len(base64.b64decode(delta)) for delta in sound)) < 1_200
    assert player.of("conversation.item.truncated")[0]["audio_end_ms"] == 300
    assert [item if isinstance(item, str) else item([]) for item in talk.item_ids] == [
        "item_1",
        "item_2",
        "item_3",
        "item_4",
    ]


def test_barge_in_after_the_response_is_done():
    player = Player(Talk().barge_in_turn("Tell me.", "one two", "Stop!", "Sorry.", after_done=True))
    barge_in(player)
    player.check()
    assert player.types == [
        *VAD,
        TRANSCRIBED,
        *SPOKEN,
        VAD[0],
        "conversation.item.truncated",
        *VAD[1:],
        TRANSCRIBED,
        *SPOKEN,
    ]
    assert player.events[player.stalled_at[0] - 2]["type"] == "response.done"


def test_barge_in_before_anything_was_heard():
    player = Player(Talk().barge_in_turn("Tell me.", "one two", "Stop!", "Sorry.", share=0, truncate=False))
    player.check()
    assert "conversation.item.truncated" not in player.types
    assert player.events[player.stalled_at[0] - 1]["type"] == "response.content_part.added"


def test_a_truncation_at_another_place_is_reported():
    script = Script(Talk().barge_in_turn("a", "one two", "b", "c", after_done=True, heard_ms=400))
    script.connect()
    script.resume()
    place = {"item_id": "item_2", "content_index": 0}
    script.receive({"type": "conversation.item.truncate", "audio_end_ms": 300, **place})
    assert "differs:  audio_end_ms: expected 400, came 300" in script.report()


def test_turns_follow_each_other():
    talk = Talk()
    steps = [
        *talk.text_turn("one", "1"),
        *talk.spoken_turn("two", "2"),
        *talk.function_call_turn("three", [Call("a", {}), Call("b", {})], "3"),
        *talk.push_to_talk_turn("four", "4"),
    ]
    player = Player(steps)
    player.say("one", id="mine")
    player.send("response.create")
    player.say("three")
    player.send("response.create")
    player.answer_call("call_2", "")
    player.answer_call("call_1", "")
    player.send("response.create")
    player.send("input_audio_buffer.commit")
    player.send("response.create")
    player.check()
    starts = player.of("input_audio_buffer.speech_started")
    assert [event["audio_start_ms"] for event in starts] == [0]
    assert len({event["event_id"] for event in player.events}) == len(player.events)
