"""The person's side of a recorded talk: what was said and typed, each placed relative to the answers. Pure.

Spoken to another model, whose answers come sooner or last longer, an interruption is still one, as far into the
answer, and a pause is as long as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.recording.times import Span, spans_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.recording.state import TalkState
    from realtime_widgets.recording.writing.watching import Fact

#: What it waits for: time since its own last words; the end of the answer, and time; a time into the answer.
Cue = Literal["own", "answer", "into"]
#: Sound before and after what turn detection found, in seconds.
_MARGIN_S = 0.2
#: How long after its truncation the speech may seem to begin that stopped an answer, in seconds.
_TOGETHER_S = 0.3
#: Longest silence before the first words, in seconds.
_FIRST_S = 1.0


@dataclass(frozen=True)
class Act:
    """One thing that the person does.

    Attributes
    ----------
    cue, seconds
        When: see `Cue`.
    pcm
        What is said, PCM16 at 24 kHz; empty if it is typed, or the answer is only stopped.
    item
        What is typed or shown, as an item of the conversation; empty otherwise.
    asks
        Whether an answer is asked for, if it is typed; whether one was heard, if it is said.
    words
        The words, as far as they were recognized.
    """

    cue: Cue
    seconds: float
    pcm: bytes = field(default=b"", repr=False)
    item: dict[str, Any] = field(default_factory=dict, repr=False)
    asks: bool = True
    words: str = ""


class SpokenTalk(Protocol):
    """What is needed of a recording."""

    state: TalkState
    facts: list[Fact]

    @property
    def both(self) -> npt.NDArray[np.int16]:
        """Both sides, int16 of shape (n, 2) at 24 kHz."""


@dataclass
class _Deed:
    """Something that the person did, with its times in the recording."""

    span: Span
    kind: Literal["speech", "text", "stop"]
    words: str = ""
    item: dict[str, Any] = field(default_factory=dict)
    asks: bool = True


def acts_of(talk: SpokenTalk, longest_pause: float) -> list[Act]:
    """Return what the person did, in order.

    Parameters
    ----------
    talk
        The recording.
    longest_pause
        Longest pause that is kept, in seconds.

    Raises
    ------
    RecordingError
        If something was said, and the recording has no sound.
    """
    spans = spans_of(talk.state, talk.facts)
    deeds = sorted([*_spoken(talk, spans), *_typed(talk.facts)], key=lambda deed: deed.span)
    deeds = sorted([*deeds, *_stops(talk.facts, deeds, spans)], key=lambda deed: deed.span)
    answers = _answers(talk.state, spans)
    sound = talk.both[:, 0] if any(deed.kind == "speech" for deed in deeds) else None
    acts: list[Act] = []
    before = Span(0.0, 0.0)
    for number, deed in enumerate(deeds, 1):
        following = deeds[number] if number < len(deeds) else None
        cue, seconds = _cue(deed, before, answers)
        if not acts:
            seconds = min(seconds, _FIRST_S)
        pcm = b""
        if deed.kind == "speech" and sound is not None:
            begin, end = max(before.end, deed.span.begin - _MARGIN_S), deed.span.end + _MARGIN_S
            if following is not None:
                end = max(deed.span.end, min(end, following.span.begin))
            pcm = sound[round(begin * SAMPLE_RATE) : round(end * SAMPLE_RATE)].astype("<i2").tobytes()
        end = following.span.begin if following else float("inf")
        asks = deed.asks if deed.item else any(deed.span.begin <= span.begin < end for span in answers)
        acts.append(Act(cue, min(seconds, longest_pause), pcm, deed.item, asks, deed.words))
        before = deed.span
    return acts


def _cue(deed: _Deed, before: Span, answers: list[Span]) -> tuple[Cue, float]:
    begin = deed.span.begin
    between = [span for span in answers if span.begin < begin and span.end > before.end]
    if not between:
        return "own", max(0.0, begin - before.end)
    first, last = between[0], between[-1]
    if begin < last.end:
        return "into", max(0.0, begin - max(first.begin, before.end))
    return "answer", begin - last.end


def _answers(state: TalkState, spans: dict[str, Span]) -> list[Span]:
    """Return when answers were heard, in order; those that touch are one."""
    heard = sorted(
        spans[line.id] for line in state.lines.values() if line.kind == "message" and line.role == "assistant"
    )
    joined: list[Span] = []
    for span in heard:
        if joined and span.begin <= joined[-1].end:
            joined[-1] = Span(joined[-1].begin, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _spoken(talk: SpokenTalk, spans: dict[str, Span]) -> list[_Deed]:
    lines = talk.state.lines
    spoken = [line for line in lines.values() if line.role == "user" and line.source == "speech"]
    detected = {
        str(event["item_id"])
        for fact in talk.facts
        if (event := fact.get("server") or {}).get("type") == "input_audio_buffer.speech_stopped"
    }
    found = [_Deed(spans[line.id], "speech", line.text) for line in spoken if line.id in detected]
    return found + _pressed(talk.facts, {line.id: line.text for line in spoken if line.id not in detected})


def _pressed(facts: list[Fact], words: dict[str, str]) -> list[_Deed]:
    """Return what was said while a button was held: the sound since the last commit, up to its own."""
    found: list[_Deed] = []
    begin: float | None = None
    for fact in facts:
        event, at = fact.get("client") or fact.get("server") or {}, float(fact.get("at") or 0.0)
        match event.get("type"):
            case "input_audio_buffer.append" if begin is None:
                begin = at
            case "input_audio_buffer.clear":
                begin = None
            case "input_audio_buffer.committed":
                if begin is not None and (said := words.get(str(event.get("item_id")))) is not None:
                    found.append(_Deed(Span(begin, at), "speech", said))
                begin = None
    return found


def _typed(facts: list[Fact]) -> list[_Deed]:
    """Return the messages of the person; not those that were put back after a lost connection."""
    found: list[_Deed] = []
    restoring = connected = False
    asking: _Deed | None = None
    for fact in facts:
        if fact.get("state") in ("listening", "thinking", "speaking"):
            restoring = False
        if fact.get("join") in ("anew", "session"):
            connected = False  # nothing is put back into that connection
        if (fact.get("server") or {}).get("type") == "session.created":
            restoring, connected = connected, True
        event, at = fact.get("client") or {}, float(fact.get("at") or 0.0)
        if asking is not None and event.get("type") == "response.create":
            asking.asks = True
        if event.get("type") in ("response.create", "conversation.item.create", "input_audio_buffer.commit"):
            asking = None
        item = event.get("item") or {}
        is_message = item.get("type") == "message" and item.get("role") == "user"
        if restoring or not is_message or str(item.get("id", "")).startswith("rw_picture_"):
            continue
        content = item.get("content") or []
        words = " ".join(part.get("text", "") for part in content if part.get("type") == "input_text")
        shown = {"type": "message", "role": "user", "content": content}
        asking = _Deed(Span(at, at), "text", words, shown, asks=False)
        found.append(asking)
    return found


def _stops(facts: list[Fact], deeds: list[_Deed], spans: dict[str, Span]) -> list[_Deed]:
    """Return where an answer was stopped by a button: it was cut, and nobody spoke or typed over it."""
    found: list[_Deed] = []
    for fact in facts:
        event = fact.get("client") or {}
        if event.get("type") != "conversation.item.truncate":
            continue
        at, answer = float(fact["at"]), spans.get(str(event.get("item_id")))
        begin = answer.begin if answer else at
        if not any(deed.span.begin <= at + _TOGETHER_S and deed.span.end > begin for deed in deeds):
            stop = min(at, begin + float(event.get("audio_end_ms") or 0) / 1000) - 0.001
            found.append(_Deed(Span(stop, stop), "stop"))
    return found
