"""The turns of a recording with their times, from its events and its player's reports. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.shown_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from realtime_widgets.recording.state import RecordedCall, TalkState
    from realtime_widgets.recording.writing.watching import Fact

_FIRST = ("response.output_audio.delta", "response.output_text.delta", "response.output_audio_transcript.delta")


@dataclass(frozen=True)
class RecordedTurn:
    """A question and its whole answer.

    Attributes
    ----------
    id : str
        As the session named it.
    spoken : bool
        Whether it began with speech.
    question, answer : str
        The words of both; of an interrupted answer possibly more than was heard.
    calls : tuple of RecordedCall
        The tool calls on the way.
    interrupted : bool
        Whether the answer was cut off.
    error : str
        Why it failed; empty if it did not.
    began : float
        When the session knew of it, in seconds since the recording began.
    asked : float
        When the question was complete: the user fell silent, or a message was sent.
    answered : float or None
        When the first words or sound of the answer came.
    heard : float or None
        When the player first reported that something of it was heard; None if it has no sound.
    done : float or None
        When the service had sent all of it.
    wait : float or None
        Seconds from the last sample of the user's speech, or the message, to the first sample of the answer that
        was heard; of an answer without sound, to its first words.
    heard_s : float
        How much of it was heard, in seconds.
    money : float or None
        US dollars; None if a part has no price.
    usage : dict
        Counts by name, as far as they are not 0.
    """

    id: str
    spoken: bool
    question: str
    answer: str
    calls: tuple[RecordedCall, ...]
    interrupted: bool
    error: str
    began: float
    asked: float
    answered: float | None
    heard: float | None
    done: float | None
    wait: float | None
    heard_s: float
    money: float | None
    usage: dict[str, Any] = field(repr=False)

    def __repr__(self) -> str:
        return visible(f"<turn at {self.asked:.1f} s: {self.question!r} -> {self.answer!r}>")


@dataclass
class _Times:
    """When things happened, by response and by item."""

    created: dict[str, float] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    done: dict[str, float] = field(default_factory=dict)
    heard: dict[str, float] = field(default_factory=dict)
    samples: dict[tuple[str, int], int] = field(default_factory=dict)
    #: Ends of questions, in order.
    asked: list[float] = field(default_factory=list)


def recorded_turns(
    state: TalkState, facts: Iterable[Fact], waits: Mapping[str, float | None]
) -> list[RecordedTurn]:
    """Return the turns of a talk, in order.

    Parameters
    ----------
    state
        The talk at its end.
    facts
        All that was recorded.
    waits
        How long each answer was waited for, by its items.
    """
    times = _times(facts)
    return [_turn(state, times, turn_id, fact, waits) for turn_id, fact in state.turns.items()]


def _times(facts: Iterable[Fact]) -> _Times:
    times = _Times()
    for fact in facts:
        at = float(fact.get("at") or 0.0)
        if isinstance(event := fact.get("server"), dict):
            _server(times, at, event)
        elif isinstance(event := fact.get("client"), dict):
            if event.get("type") in ("response.create", "input_audio_buffer.commit"):
                times.asked.append(at)
        elif isinstance(played := fact.get("played"), list):
            for item_id, index, samples in played:
                times.heard.setdefault(item_id, at)
                times.samples[item_id, index] = max(samples, times.samples.get((item_id, index), 0))
    return times


def _server(times: _Times, at: float, event: dict[str, Any]) -> None:
    kind = event.get("type")
    if kind == "input_audio_buffer.speech_stopped":
        times.asked.append(at)
    elif kind in ("response.created", "response.done"):
        response = event.get("response") or {}
        (times.created if kind == "response.created" else times.done)[str(response.get("id"))] = at
    elif kind in _FIRST:
        times.first.setdefault(str(event.get("response_id")), at)


def _turn(
    state: TalkState, times: _Times, turn_id: str, fact: Fact, waits: Mapping[str, float | None]
) -> RecordedTurn:
    responses = [str(each) for each in fact.get("responses") or ()]
    items = [str(each) for each in fact.get("items") or ()]
    began = state.turn_began[turn_id]
    created = min((times.created[each] for each in responses if each in times.created), default=began)
    before = [at for at in times.asked if at <= created]
    calls = [state.calls[each] for each in fact.get("calls") or () if each in state.calls]
    usage = dict(fact.get("usage") or {})
    return RecordedTurn(
        id=turn_id,
        spoken=bool(fact.get("spoken")),
        question=str(fact.get("question") or ""),
        answer=str(fact.get("answer") or ""),
        calls=tuple(calls),
        interrupted=bool(fact.get("interrupted")),
        error=str(fact.get("error") or ""),
        began=began,
        asked=before[-1] if before else created,
        answered=min((times.first[each] for each in responses if each in times.first), default=None),
        heard=min((times.heard[each] for each in items if each in times.heard), default=None),
        done=max((times.done[each] for each in responses if each in times.done), default=None),
        wait=next((waits[each] for each in items if waits.get(each) is not None), None),
        heard_s=sum(samples for (item, _), samples in times.samples.items() if item in items) / SAMPLE_RATE,
        money=usage.get("money"),
        usage=usage,
    )
