"""The timeline of a reply over HTTP, from the steps that it took. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.timeline.turns import Mark, Span, TurnTimeline
from realtime_widgets.timeline.wave import Wave, peaks_of

if TYPE_CHECKING:
    from collections.abc import Sequence


class TimedStage(Protocol):
    """One step on the way to an answer, in seconds since the question was asked; `reply.Stage` is one."""

    @property
    def name(self) -> str:
        """What it was."""

    @property
    def begin_s(self) -> float:
        """When it began."""

    @property
    def first_s(self) -> float:
        """When it had its first result."""

    @property
    def end_s(self) -> float:
        """When it ended."""


class TimedReply(Protocol):
    """A reply with its steps; `Reply` is one."""

    @property
    def question(self) -> str:
        """The user's words."""

    @property
    def text(self) -> str:
        """The words of the answer."""

    @property
    def stages(self) -> Sequence[TimedStage]:
        """Its steps, in order of their ends."""

    @property
    def interrupted(self) -> bool:
        """Whether it was cut off."""

    @property
    def seconds(self) -> float:
        """Length of the speech in seconds."""

    @property
    def pcm(self) -> bytes:
        """The speech, mono PCM16."""

    @property
    def rate(self) -> int:
        """Its sample rate in hertz."""


#: Steps whose first result is sound, where they make sound.
_SPEAKING = ("answer", "speak")


def of_reply(reply: TimedReply, number: int) -> TurnTimeline:
    """Return the timeline of a reply of `AudioChat` or `SpeechPipeline`, the `number`-th one.

    Zero is when the question was asked, whole: these ways hear nothing while the user speaks. The answer is drawn
    as long as its sound lasts, from its first piece on.
    """
    spans = [_span(stage) for stage in reply.stages]
    voice: tuple[Wave, ...] = ()
    marks = [Mark("first byte", min((stage.first_s for stage in reply.stages), default=0.0))]
    sounding = [stage.first_s for stage in reply.stages if stage.name in _SPEAKING]
    if sounding and reply.seconds:
        # Rounds that only call tools have no sound, so of answers the last counts; of sentences the first.
        first = sounding[-1] if reply.stages[-1].name == "answer" else sounding[0]
        spans += [Span("silence", 0.0, first), Span("answer", first, first + reply.seconds)]
        marks.append(Mark("first sample", first))
        voice = (Wave(first, peaks_of(reply.pcm)),) if reply.rate == SAMPLE_RATE else ()
    elif reply.stages:
        marks.append(Mark("first words", reply.stages[-1].first_s))
    return TurnTimeline(
        number=number,
        question=reply.question,
        answer=reply.text,
        spans=tuple(sorted(spans, key=lambda span: (span.begin, span.end))),
        marks=tuple(marks) if reply.stages else (),
        zero=0.0,
        interrupted=reply.interrupted,
        voice=voice,
    )


def _span(stage: TimedStage) -> Span:
    if stage.name == "tools":
        return Span("tool", stage.begin_s, stage.end_s, "tools")
    return Span("step", stage.begin_s, stage.end_s, "model" if stage.name == "answer" else stage.name)
