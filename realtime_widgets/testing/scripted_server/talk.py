"""Builders of a conversation's turns as script steps, in the protocol's event orders."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.client_items import Chain, ClientItem, ItemId, accept_item
from realtime_widgets.testing.scripted_server.responses import FunctionCall, Message, response, tone
from realtime_widgets.testing.scripted_server.steps import (
    Emit,
    Expect,
    Step,
    emit,
    expect,
    expect_any_order,
    stall,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from realtime_widgets.testing.scripted_server.matching import Event

_MS_PER_WORD = 300
_SPEECH_MS = 1_000


@dataclass(frozen=True)
class Call:
    """A function call that the scripted model makes.

    Attributes
    ----------
    name : str
        The tool.
    arguments : mapping or str
        The arguments; text is sent as it is, valid JSON or not.
    output : object
        The output that the client is expected to send back: a text, or any matcher.
    """

    name: str
    arguments: Mapping[str, Any] | str
    output: Any = ...


class Talk:
    """Writes the steps of one conversation and keeps the ids and the order of its items.

    Each method returns the steps of one turn; combine them with faults and steps of your own. Ids count up:
    ``item_1``, ``resp_1``, ``call_1``. Items that the client creates keep the client's ids.

    Attributes
    ----------
    item_ids : list
        Ids of all items in the order of the conversation; for an item of the client, a function that returns
        the id.
    """

    def __init__(self) -> None:
        self.item_ids: list[ItemId] = []
        self._numbers = {kind: count(1) for kind in ("item", "resp", "call")}
        self._input_ms = 0
        self._last: ItemId = None
        self._chain = Chain()
        self._effective: Event = {
            "type": "realtime",
            "object": "realtime.session",
            "id": "sess_1",
            "model": "scripted",
            "output_modalities": ["audio"],
            "tools": [],
        }

    def start(self, **session: Any) -> list[Step]:
        """Open the session and accept its configuration.

        Parameters
        ----------
        **session
            Fields of the session, which replace the usual ones or are added to them.
        """
        self._effective.update(session)
        return [Emit(shapes.session_created(**self._effective)), self._configured()]

    def whenever(self) -> list[Expect]:
        """Return what a client may send at any time: changed settings, and images that tools returned."""
        place = self._chain.image_before
        echo = {"object": "realtime.item", "status": "completed"}
        images = accept_item(_holds_images, lambda matched: {**echo, **matched[-1]["item"]}, place)
        return [self._configured(), images]

    def text_turn(self, says: Any, answer: str) -> list[Step]:
        """Answer a typed message in text.

        Parameters
        ----------
        says
            The message that the user is expected to send, or any matcher.
        answer
            The answer that the model writes.
        """
        return [*self._asked(says), *self._answer(answer, None, asked_for=True)]

    def spoken_turn(
        self,
        heard: str,
        answer: str,
        audio: bytes | None = None,
        *,
        transcript: Literal["before", "after"] | None = "before",
    ) -> list[Step]:
        """Answer speech that the server's turn detection found, with speech.

        Parameters
        ----------
        heard
            Words that the user said.
        answer
            Words that the model says.
        audio
            Sound of the answer, PCM16 bytes (24 kHz, mono); a tone by default.
        transcript
            When the transcript of the user's speech arrives: before or after the answer; None for never.
        """
        started, user = self._speech_started()
        ended = self._speech_ended(user)
        answered = self._answer(answer, audio or _voice(answer), asked_for=False)
        words = [_transcribed(user, heard)]
        first, last = (words if transcript == when else [] for when in ("before", "after"))
        return [started, *ended, *first, *answered, *last]

    def push_to_talk_turn(self, heard: str, answer: str, audio: bytes | None = None) -> list[Step]:
        """Answer speech that the client commits before it asks for a response.

        Parameters are those of `spoken_turn`.
        """
        user = self._new_id("item")
        return [
            expect("input_audio_buffer.commit").then(*self._committed(user)),
            expect("response.create"),
            _transcribed(user, heard),
            *self._answer(answer, audio or _voice(answer), asked_for=True),
        ]

    def function_call_turn(
        self,
        says: Any,
        calls: Sequence[Call],
        answer: str,
        *,
        preamble: str = "",
        spoken: bool = False,
        marked: bool = False,
    ) -> list[Step]:
        """Answer a typed message with the help of tools.

        The calls open before the preamble's item is closed, as the service does it. The client has to send all
        outputs, in any order, before the one ``response.create`` for the answer.

        Parameters
        ----------
        says
            The message that the user is expected to send, or any matcher.
        calls
            The function calls that the model makes.
        answer
            The answer that the model makes of the outputs.
        preamble
            What the model says before the calls; when empty, there is no message item.
        spoken
            Whether the model speaks (a tone stands for the voice) or writes.
        marked
            Whether the preamble is marked as such, as gpt-realtime-2 and later do.
        """
        asked = self._asked(says)
        response_id = self._new_id("resp")
        parts: list[Message | FunctionCall] = []
        if preamble:
            message = self._message(response_id, preamble, _voice(preamble) if spoken else None)
            parts.append(replace(message, phase="commentary") if marked else message)
        made = [self._call(response_id, len(parts) + index, call) for index, call in enumerate(calls)]
        parts += made
        previous = [self._append(part.item_id) for part in parts]
        # Every item is open before the first one is closed.
        body = [
            step
            for part, before in zip(parts, previous, strict=True)
            for step in (*part.opening(before), *part.deltas())
        ]
        body += [step for part, before in zip(parts, previous, strict=True) for step in part.closing(before)]
        begun, done = _framed(response_id, parts, spoken=spoken, asked_for=True)
        outputs = [
            {"type": "function_call_output", "call_id": part.call_id, "output": call.output}
            for part, call in zip(made, calls, strict=True)
        ]
        voice = _voice(answer) if spoken else None
        return [
            *asked,
            begun,
            *body,
            *done,
            expect_any_order(*self._client_items(*outputs)),
            expect("response.create"),
            *self._answer(answer, voice, asked_for=True),
        ]

    def barge_in_turn(
        self,
        heard: str,
        answer: str,
        then_heard: str,
        then_answer: str,
        *,
        audio: bytes | None = None,
        after_done: bool = False,
        share: float = 0.5,
        truncate: bool = True,
        heard_ms: Any = int,
    ) -> list[Step]:
        """Begin a spoken turn, stall, and let the user interrupt it when the test resumes the script.

        Parameters
        ----------
        heard, answer, audio
            The turn that is interrupted, as in `spoken_turn`.
        then_heard, then_answer
            The interrupting turn.
        after_done
            Whether the response is complete by then, as most are, since they are made faster than they are
            played. With False it is cancelled.
        share
            Share (0 to 1) of the answer that is sent before it is cancelled.
        truncate
            Whether the client is expected to truncate the answer; pass False if nothing of it is heard.
        heard_ms
            The milliseconds expected in the truncation, or any matcher.
        """
        started, user = self._speech_started()
        ended = self._speech_ended(user)
        begun, closing = self._answer_in_two(
            answer,
            audio or _voice(answer),
            asked_for=False,
            share=1.0 if after_done else share,
            cancelled=not after_done,
        )
        before, after = ([*begun, *closing], []) if after_done else (begun, closing)
        answer_id = self.item_ids[-1]
        interrupting, second = self._speech_started()
        return [
            started,
            *ended,
            _transcribed(user, heard),
            *before,
            stall(),
            interrupting,
            *after,
            *([_truncation(answer_id, heard_ms)] if truncate else []),
            *self._speech_ended(second),
            _transcribed(second, then_heard),
            *self._answer(then_answer, _voice(then_answer), asked_for=False),
        ]

    def _configured(self) -> Expect:
        def effective(matched: Sequence[Event]) -> Event:
            self._effective = {**self._effective, **matched[-1]["session"]}
            return self._effective

        updated = Emit(shapes.session_updated(effective))
        return expect("session.update", session={"type": "realtime"}).then(updated)

    def _new_id(self, kind: str) -> str:
        return f"{kind}_{next(self._numbers[kind])}"

    def _append(self, item_id: ItemId) -> ItemId:
        """Put an item at the end of the conversation and return the id of the one before it."""
        previous, self._last = self._last, item_id
        self.item_ids.append(item_id)
        return previous

    def _client_items(self, *items: Mapping[str, Any]) -> list[Expect]:
        """Expect items of the client in any order."""
        arrivals: list[ItemId] = [self._last]
        expected = []
        for item in items:
            made = ClientItem(self._new_id("item"), arrivals, self._chain)
            self.item_ids.append(made)
            expected.append(accept_item(item, made.echo, made.previous))
        self._last = lambda matched: arrivals[-1]
        return expected

    def _asked(self, says: Any) -> list[Step]:
        content = ... if says is ... else [{"type": "input_text", "text": says}]
        item = {"type": "message", "role": "user", "content": content}
        return [*self._client_items(item), expect("response.create")]

    def _speech_started(self) -> tuple[Emit, str]:
        user = self._new_id("item")
        started = Emit(shapes.speech_started(user, self._input_ms))
        self._input_ms += _SPEECH_MS
        return started, user

    def _speech_ended(self, user: str) -> list[Emit]:
        return [Emit(shapes.speech_stopped(user, self._input_ms)), *self._committed(user)]

    def _committed(self, user: str) -> list[Emit]:
        previous = self._append(user)
        item = shapes.user_speech(user, status="completed")
        return [
            Emit(shapes.committed(user, previous)),
            Emit(shapes.item_added(item, previous)),
            Emit(shapes.item_done(item, previous)),
        ]

    def _message(self, response_id: str, text: str, audio: bytes | None) -> Message:
        return Message(response_id, 0, self._new_id("item"), text, audio)

    def _call(self, response_id: str, output_index: int, call: Call) -> FunctionCall:
        text = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)
        item_id, call_id = self._new_id("item"), self._new_id("call")
        return FunctionCall(response_id, output_index, item_id, call_id, call.name, text)

    def _answer(self, answer: str, audio: bytes | None, *, asked_for: bool) -> list[Emit]:
        begun, ended = self._answer_in_two(answer, audio, asked_for=asked_for)
        return [*begun, *ended]

    def _answer_in_two(
        self,
        answer: str,
        audio: bytes | None,
        *,
        asked_for: bool,
        share: float = 1.0,
        cancelled: bool = False,
    ) -> tuple[list[Emit], list[Emit]]:
        """Return the steps of one message's response: up to its deltas, and the rest."""
        response_id = self._new_id("resp")
        message = self._message(response_id, answer, audio)
        previous = self._append(message.item_id)
        body = [*message.opening(previous), *message.deltas(share)]
        begun, done = _framed(
            response_id, [message], spoken=audio is not None, asked_for=asked_for, cancelled=cancelled
        )
        closing = message.closing(previous, "incomplete" if cancelled else "completed")
        return [begun, *body], [*closing, *done]


def _holds_images(item: Event) -> bool:
    """Whether an item is a message of the user that holds nothing but images."""
    kinds = {part.get("type") for part in item.get("content", [])}
    return item.get("type") == "message" and kinds == {"input_image"}


def _voice(text: str) -> bytes:
    return tone(_MS_PER_WORD * len(text.split()))


def _transcribed(user: str, words: str) -> Emit:
    usage = {"type": "duration", "seconds": _SPEECH_MS // 1000}
    return Emit(shapes.transcribed(user, words, usage=usage))


def _truncation(item_id: str, heard_ms: Any) -> Expect:
    cut = expect("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=heard_ms)
    return cut.then(Emit(shapes.item_truncated(item_id, lambda matched: matched[-1]["audio_end_ms"])))


def _framed(
    response_id: str,
    parts: Sequence[Message | FunctionCall],
    *,
    spoken: bool,
    asked_for: bool,
    cancelled: bool = False,
) -> tuple[Emit, list[Emit]]:
    """Return the step that opens a response, and those that close it."""
    begun = response(response_id, "in_progress", spoken=spoken, asked_for=asked_for)
    done = response(
        response_id,
        "cancelled" if cancelled else "completed",
        parts,
        spoken=spoken,
        asked_for=asked_for,
        reason="turn_detected" if cancelled else None,
        item_status="incomplete" if cancelled else "completed",
    )
    limits = [{"name": "tokens", "limit": 40_000, "remaining": 39_000, "reset_seconds": 1.5}]
    return (
        Emit(shapes.response_created(begun)),
        [Emit(shapes.response_done(done)), emit("rate_limits.updated", rate_limits=limits)],
    )
