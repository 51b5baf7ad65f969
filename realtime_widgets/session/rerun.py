"""Says the person's side of a recording to another session, in real time, and records that."""

from __future__ import annotations

import json
from collections import deque
from typing import TYPE_CHECKING, Any

from realtime_widgets.core.conversation.message import Message
from realtime_widgets.errors import ConfigurationError, RecordingError, SessionClosedError
from realtime_widgets.runtime.sound.speakers import VirtualSpeaker
from realtime_widgets.session.talking.exchanges import say
from realtime_widgets.session.talking.talk import BLOCK_BYTES, BLOCK_MS, PATIENCE_S
from realtime_widgets.tools import Tool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from realtime_widgets.core.playback.ledger import Part, PlayedTo
    from realtime_widgets.recording.person import Act
    from realtime_widgets.recording.talk import RecordedTalk
    from realtime_widgets.runtime.session_runtime import SessionRuntime

#: How long an answer may be waited for if there was none in the recording, in seconds.
_SHORT_PATIENCE_S = 2.0
#: Services whose address need not be given.
_KNOWN = ("openai", "xai")


class Person:
    """Does what a person did, each at its time relative to the answers; on the I/O thread.

    Parameters
    ----------
    runtime
        The session, which is connected.
    acts
        What the person did.
    """

    def __init__(self, runtime: SessionRuntime, acts: Sequence[Act]) -> None:
        self._runtime = runtime
        self._acts = deque(acts)
        self._manual = runtime.settings.turn_detection is None
        self._sound = b""
        self._speaking = False
        self._heard: dict[Part, int] = {}
        self._heard_before = self._answers_before = 0
        self._patience = PATIENCE_S
        self._ended = runtime.clock.time()
        self._quiet_since: float | None = None

    async def act(self) -> None:
        """Do everything, and wait until the last answer was heard.

        Raises
        ------
        SessionClosedError
            If the session ends before.
        """
        runtime, clock = self._runtime, self._runtime.clock
        runtime.use_speaker(VirtualSpeaker(clock=clock, keep=False))
        runtime.on_positions.append(self._played_to)
        start, index = clock.time(), 0
        try:
            while not self._step():
                if runtime.state == "closed":
                    raise SessionClosedError(f"the session ended before all was said: {runtime.closed_reason}")
                self._say_block()
                index += 1
                await clock.sleep(max(0.0, start + index * BLOCK_MS / 1000 - clock.time()))
        finally:
            runtime.on_positions.remove(self._played_to)

    def _played_to(self, positions: list[PlayedTo]) -> None:
        self._heard.update(positions)

    def _say_block(self) -> None:
        """Send 20 ms: of what is being said, or of silence, which turn detection needs."""
        block, self._sound = self._sound[:BLOCK_BYTES], self._sound[BLOCK_BYTES:]
        if block or not self._manual:
            self._runtime.hear(block.ljust(BLOCK_BYTES, b"\0"))

    def _step(self) -> bool:
        """Begin and end what is due; returns whether all is over."""
        if self._speaking:
            if self._sound:
                return False
            self._speaking = False
            if self._manual:
                self._runtime.release()
            self._has_acted()
        if self._runtime.core.activity == "listening" and not self._waiting():
            if self._quiet_since is None:
                self._quiet_since = self._runtime.clock.time()
        else:
            self._quiet_since = None
        if not self._acts:
            return self._answer_over() is not None
        if self._is_due(self._acts[0]):
            self._begin(self._acts.popleft())
        return False

    def _begin(self, act: Act) -> None:
        runtime = self._runtime
        asks = bool(act.pcm) or (bool(act.item) and act.asks)
        self._patience = PATIENCE_S if act.asks else _SHORT_PATIENCE_S
        # Nobody had answered when words followed the person's own: what comes answers them together.
        if act.cue != "own" or self._answers_before < 0:
            self._answers_before = self._answers()
        if not asks:
            self._answers_before = -1
        if act.pcm:
            self._sound, self._speaking = act.pcm, True
            if self._manual:
                runtime.press()
            return
        if act.item:
            say(runtime, Message(act.item, act.words), act.asks)
        else:
            runtime.perform(runtime.core.interrupt())
        self._has_acted()

    def _has_acted(self) -> None:
        self._ended = self._runtime.clock.time()
        self._heard_before = sum(self._heard.values())
        self._quiet_since = None

    def _is_due(self, act: Act) -> bool:
        now = self._runtime.clock.time()
        if act.cue == "own":
            return now - self._ended >= act.seconds
        over = self._answer_over()
        if act.cue == "into":
            heard_s = (sum(self._heard.values()) - self._heard_before) / 24_000
            return over is not None or heard_s >= act.seconds
        return over is not None and now - over >= act.seconds

    def _answer_over(self) -> float | None:
        """Return since when the answer is over; None if it is not, or is still waited for."""
        now = self._runtime.clock.time()
        if self._quiet_since is None:
            return None
        if self._answers() > self._answers_before or now - self._ended >= self._patience:
            return self._quiet_since
        return None

    def _answers(self) -> int:
        return len(self._runtime.core.conversation.responses)

    def _waiting(self) -> bool:
        core = self._runtime.core
        undecided = core.user_speaking or core.interruptions.undecided or core.expects_response
        return undecided or self._runtime.state == "reconnecting"


def settings_again(recording: RecordedTalk, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a session that is as the recorded one was, but for some changes.

    Parameters
    ----------
    recording
        The recording.
    changes
        Arguments of `RealtimeSession` that go before; None is no change.

    Raises
    ------
    ConfigurationError
        If the endpoint of the recording is not known by its name, and none is given.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    was = recording.settings
    sound = was.get("audio") or {}
    came, went = sound.get("input") or {}, sound.get("output") or {}
    detection = came.get("turn_detection")
    made: dict[str, Any] = {
        "instructions": was.get("instructions", ""),
        "turn_detection": "push_to_talk" if detection is None else detection,
        "answers": "text" if was.get("output_modalities") == ["text"] else "speech",
        "tool_choice": was.get("tool_choice", "auto"),
        "max_output_tokens": was.get("max_output_tokens"),
        "truncation": was.get("truncation"),
        "speed": went.get("speed", 1.0),
    }
    if "endpoint" not in given and "client" not in given:
        made["endpoint"] = _endpoint(recording)
        made["voice"] = went.get("voice")
        if "model" not in given:
            made["model"] = recording.endpoint.get("model") or None
            made["reasoning"] = was.get("reasoning")
    return {**{name: value for name, value in made.items() if value is not None}, **given}


def _endpoint(recording: RecordedTalk) -> str:
    if recording.endpoint.get("name") == "local":
        return "local"
    if (service := recording.endpoint.get("service")) in _KNOWN:
        return str(service)
    raise ConfigurationError(
        f"the talk was with {recording.endpoint.get('name') or 'an endpoint'}, whose address is not in the "
        "recording: name one, such as endpoint='local'"
    )


def stand_ins(recording: RecordedTalk) -> list[Tool]:
    """Return tools that answer as the recorded ones did; a call that was not recorded is told so."""
    outputs: dict[tuple[str, str], deque[str]] = {}
    for call in recording.calls:
        outputs.setdefault((call.name, _same(call.arguments)), deque()).append(call.output)

    def tool(name: str, definition: dict[str, Any]) -> Tool:
        async def answer(**arguments: Any) -> str:
            left = outputs.get((name, _same(json.dumps(arguments))))
            if not left:
                raise RecordingError("this call is not in the recording: pass the functions, rerun(tools=[...])")
            return left.popleft() if len(left) > 1 else left[0]

        description, parameters = str(definition.get("description") or ""), definition.get("parameters")
        return Tool.given(answer, name, description, parameters, origin="the recording", options={})

    return [
        tool(name, definition) for name, definition in recording.tools.items() if definition.get("enabled", True)
    ]


def _same(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments or "{}"), sort_keys=True)
    except ValueError:
        return arguments


def free_name(path: Path) -> Path:
    """Return a name beside a recording that is not in use."""
    number = 1
    while (free := path.with_name(f"{path.stem}-again{'' if number == 1 else f'-{number}'}.rwz")).exists():
        number += 1
    return free
