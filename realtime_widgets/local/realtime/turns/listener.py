"""The listening side of a session: buffers audio, finds turns, and has them recognised ahead of time."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from realtime_widgets.local.api.audio_formats import BYTES_PER_SECOND
from realtime_widgets.local.api.errors import RequestRefusedError
from realtime_widgets.local.api.names import new_id
from realtime_widgets.local.realtime.turns.idle import IdleWatch
from realtime_widgets.local.realtime.turns.input_audio import MAX_BUFFERED_MS, InputBuffer
from realtime_widgets.local.speech.turn_detector import ONSET_MS, PAUSE_MS, Decision, TurnDetector

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from realtime_widgets.local.inference.ears import Ears
    from realtime_widgets.local.inference.guesses import GuessedWords
    from realtime_widgets.local.inference.workers import Inference
    from realtime_widgets.local.models.interfaces import Recognition
    from realtime_widgets.local.realtime.turns.settings import TurnTaking

#: Least audio of a commit.
MIN_COMMIT_MS = 100
#: Longest audio by which a pause is judged: its last seconds tell how the user ends.
_JUDGED_MS = 10_000
#: New audio after which what was said so far is recognised again, where words are written along; and the longest
#: audio for which that is done.
_ALONG_MS, _LONGEST_ALONG_MS = 800, 30_000
#: Longest audio that may wait to be heard before the client has to wait as well.
_BACKLOG_MS = 60_000


@dataclass(frozen=True)
class Utterance:
    """Audio that became an item, in the wire's format, and its recognition under way."""

    item_id: str
    data: bytes
    encoding: str
    recognition: asyncio.Task[Recognition]


class TurnEvents(Protocol):
    """Receives the events of turns."""

    def turn_started(self, item_id: str, audio_start_ms: int) -> None:
        """Handle the beginning of speech; `item_id` is the item it will become."""

    def turn_stopped(self, utterance: Utterance, audio_end_ms: int) -> None:
        """Handle the end of a turn."""

    def stayed_silent(self, utterance: Utterance, audio_start_ms: int, audio_end_ms: int) -> None:
        """Handle a silence after an answer that lasted as long as allowed."""

    def turn_guessed(self, item_id: str, data: bytes, encoding: str, words: str) -> None:
        """Handle what was said if the turn is over, which is not decided; nothing of it may be told.

        Until `guess_dropped` or the turn's end.
        """

    def guess_dropped(self) -> None:
        """Handle that the turn is not over as it was guessed."""

    def words_so_far(self, item_id: str, text: str) -> None:
        """Handle what was said so far of an item that is not complete."""

    def listening_failed(self, error: Exception) -> None:
        """Handle a failure after which turns can no longer be detected in this session."""


class Listener:
    """Finds turns in the audio that is appended.

    Parameters
    ----------
    inference
        Runs the detector and the recogniser.
    events
        Receives the turns, always on the event loop.
    encoding
        The wire's format.
    """

    def __init__(self, inference: Inference, events: TurnEvents, encoding: str) -> None:
        self.language = "en"
        self._inference = inference
        self._events = events
        self._buffer = InputBuffer(encoding)
        self._taking: TurnTaking | None = None
        self._ears: Ears | None = None
        self._detector: TurnDetector | None = None
        self._idle = IdleWatch()
        self._deaf = False
        self._told_full = False
        self._unheard: asyncio.Queue[bytes] = asyncio.Queue()
        self._unheard_bytes = 0
        self._item_id = new_id("item")
        #: What is recognised on the guess that the turn is over; the last such guess, also if it was dropped; and
        #: the task that tells of it.
        self._guess: GuessedWords | None = None
        self._last_guess: GuessedWords | None = None
        self._telling: asyncio.Task[None] | None = None
        #: Whether words are written along, the recognition for that, and up to when it has heard.
        self._along = False
        self._writing: asyncio.Task[None] | None = None
        self._written_ms = 0.0
        self._task = asyncio.create_task(self._listen())

    def close(self) -> None:
        """Stop listening."""
        self._task.cancel()
        self._drop_guess()
        if self._writing is not None:
            self._writing.cancel()

    async def configure(
        self, encoding: str, taking: TurnTaking | None, language: str, along: bool = False
    ) -> None:
        """Change the format, the turn detection or the language; earlier audio is heard before.

        With `along` words are written down while they are said.
        """
        await self.settle()
        self.language, self._along = language, along
        if encoding != self._buffer.encoding:
            self._buffer.change_encoding(encoding)
            self._stop_detection()
        if taking is None or self._taking is None:
            self._stop_detection()
        elif self._detector is not None:
            self._detector.settings = taking.settings
        if taking is None or taking.idle_timeout_ms is None:
            self._idle.stop()
        self._taking = taking

    async def append(self, data: bytes) -> None:
        """Add audio in the wire's format.

        Raises
        ------
        RequestRefusedError
            If the buffer is full: once, and the audio is dropped.
        """
        if self._buffer.end_ms - self._buffer.start_ms >= MAX_BUFFERED_MS:
            if self._told_full:
                return
            self._told_full = True
            raise RequestRefusedError(
                "input_audio_buffer_full",
                f"The input audio buffer holds {MAX_BUFFERED_MS // 60_000} minutes; commit or clear it first.",
            )
        self._told_full = False
        begin_ms = self._buffer.end_ms
        self._buffer.append(data)
        if self._taking is None:
            self._write_along(self._buffer.start_ms, self._buffer.end_ms)
        if self._taking is None or self._deaf:
            return
        if self._detector is None:
            self._detector = TurnDetector(self._taking.settings, start_ms=begin_ms)
        self._unheard_bytes += len(data)
        self._unheard.put_nowait(data)
        if self._unheard_bytes * 1000 > _BACKLOG_MS * BYTES_PER_SECOND[self._buffer.encoding]:
            await self.settle()

    async def settle(self) -> None:
        """Wait until all audio so far has been heard."""
        await self._unheard.join()

    async def commit(self) -> Utterance:
        """Make an utterance of the buffered audio.

        Raises
        ------
        RequestRefusedError
            If it is shorter than 100 ms.
        """
        await self.settle()
        length_ms = self._buffer.end_ms - self._buffer.start_ms
        if length_ms < MIN_COMMIT_MS:
            raise RequestRefusedError(
                "input_audio_buffer_commit_empty",
                "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                f"but buffer only has {length_ms:.2f}ms of audio.",
            )
        start_ms = self._buffer.start_ms
        if self._detector is not None and not self._detector.speaking:
            start_ms = max(start_ms, self._turn_may_begin_ms(self._detector))
        utterance = self._cut(start_ms, self._buffer.end_ms)
        self._forget_turn()
        return utterance

    async def clear(self) -> None:
        """Drop the buffered audio and the turn under way."""
        await self.settle()
        self._buffer.drop_until(self._buffer.end_ms)
        self._forget_turn()
        if self._along:  # words may have been told of what is dropped
            self._begin_item()

    def answering(self) -> None:
        """Note that an answer is being made: silence does not count."""
        self._idle.stop()

    def answered(self, playback_ms: float) -> None:
        """Note that an answer was sent; silence counts from the end of its `playback_ms`."""
        if self._taking is not None and self._taking.idle_timeout_ms is not None:
            self._idle.answered(self._buffer.end_ms, playback_ms)

    def recognise(self, data: bytes, encoding: str) -> asyncio.Task[Recognition]:
        """Begin to recognise audio in the wire's format."""
        return self._watched(self._inference.recognise(data, encoding, self.language))

    @staticmethod
    def _watched(recognising: Coroutine[Any, Any, Recognition]) -> asyncio.Task[Recognition]:
        task = asyncio.create_task(recognising)
        # A session may end before anybody asks for the result, even if it is an error.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    def _write_along(self, start_ms: float, end_ms: float) -> None:
        """Recognise what was said so far, if enough is new."""
        new_ms = end_ms - max(self._written_ms, start_ms)
        due = new_ms >= _ALONG_MS and end_ms - start_ms <= _LONGEST_ALONG_MS
        if self._along and due and self._writing is None:
            self._written_ms = end_ms
            heard = self._buffer.between(start_ms, end_ms)
            self._writing = asyncio.create_task(self._write(self._item_id, heard))

    async def _write(self, item_id: str, heard: bytes) -> None:
        try:
            text = (await self._inference.recognise(heard, self._buffer.encoding, self.language)).text
        except Exception:  # the recognition of the whole item tells of it
            self._along = False
        else:
            if item_id == self._item_id:
                self._events.words_so_far(item_id, text)
        finally:
            self._writing = None

    def _begin_item(self) -> None:
        self._item_id = new_id("item")

    def _stop_detection(self) -> None:
        self._forget_turn()
        self._ears = self._detector = None

    def _forget_turn(self) -> None:
        self._drop_guess()
        if self._detector is not None:
            if self._detector.speaking:
                self._begin_item()
            self._detector.forget_turn()

    def _begin_guess(self, detector: TurnDetector, early: bool) -> None:
        """Recognise the turn as if it were over, unless that is done already; one at a time."""
        busy = self._last_guess is not None and self._last_guess.under_way
        if self._guess is not None or busy:
            return
        heard, encoding = self._buffer.between(detector.turn_start_ms, detector.now_ms), self._buffer.encoding
        self._guess = self._inference.guess_words(heard, encoding, self.language, early=early)
        if self._guess is not None:
            self._last_guess = self._guess
            self._telling = asyncio.create_task(self._tell(self._guess, heard, encoding))

    async def _tell(self, guess: GuessedWords, heard: bytes, encoding: str) -> None:
        try:
            words = (await guess.recognition()).text
        except Exception:  # the turn, if it is over, reports it
            return
        if self._guess is guess and words:
            self._events.turn_guessed(self._item_id, heard, encoding, words)

    def _drop_guess(self) -> None:
        if self._guess is not None:
            self._guess.drop()
            self._guess = None
            self._events.guess_dropped()
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None

    async def _listen(self) -> None:
        while True:
            data = await self._unheard.get()
            try:
                await self._hear(data)
            except Exception as error:
                # Without turn detection the client can still commit by itself.
                self._deaf = True
                self._events.listening_failed(error)
            finally:
                self._unheard_bytes -= len(data)
                self._unheard.task_done()

    async def _hear(self, data: bytes) -> None:
        if self._deaf or self._detector is None:
            return
        if self._ears is None:
            self._ears = await self._inference.ears(self._buffer.encoding)
            self._detector.chunk_ms = self._ears.chunk_ms
        second = BYTES_PER_SECOND[self._buffer.encoding]
        for start in range(0, len(data), second):
            for probability in await self._inference.hear(self._ears, data[start : start + second]):
                if self._decide(self._detector, probability) is Decision.PAUSED:
                    await self._judge(self._detector)
        if self._detector.speaking:
            self._write_along(self._detector.turn_start_ms, self._detector.now_ms)
        else:
            self._buffer.drop_until(min(self._turn_may_begin_ms(self._detector), self._idle.since_ms or math.inf))

    def _turn_may_begin_ms(self, detector: TurnDetector) -> float:
        return detector.now_ms - (detector.settings.prefix_padding_ms + 2 * ONSET_MS)

    async def _judge(self, detector: TurnDetector) -> None:
        """Ask whether the user who pauses has finished; audio that arrives meanwhile is heard afterwards."""
        taking = self._taking
        if taking is not None and detector.settings.judged_silence_ms is not None:
            since_ms = max(detector.turn_start_ms, detector.now_ms - _JUDGED_MS)
            heard = self._buffer.between(since_ms, detector.now_ms)
            finished = await self._inference.turn_end(heard, self._buffer.encoding, spare=taking.judges_if_idle)
            if finished is not None:
                detector.judge(finished)

    def _decide(self, detector: TurnDetector, probability: float) -> Decision | None:
        decision = detector.advance(probability)
        start_ms = detector.turn_start_ms
        if decision is Decision.STARTED:
            self._events.turn_started(self._item_id, round(start_ms))
        elif decision is Decision.RESUMED:
            self._drop_guess()
        elif detector.speaking and detector.fading_ms:
            self._begin_guess(detector, early=detector.silence_ms < PAUSE_MS)
        too_long = detector.speaking and detector.now_ms - start_ms >= MAX_BUFFERED_MS - 1000
        if decision is Decision.STOPPED or too_long:
            utterance = self._cut(start_ms, detector.now_ms)
            detector.forget_turn()
            self._idle.heard(detector.now_ms)
            self._events.turn_stopped(utterance, round(detector.now_ms))
        elif not detector.speaking:
            self._watch_silence(detector.now_ms)
        return decision

    def _watch_silence(self, now_ms: float) -> None:
        since_ms = self._idle.over(now_ms, self._taking.idle_timeout_ms if self._taking else None)
        if since_ms is not None:
            self._idle.stop()
            self._forget_turn()
            self._events.stayed_silent(self._cut(since_ms, now_ms), round(since_ms), round(now_ms))

    def _cut(self, start_ms: float, end_ms: float) -> Utterance:
        data = self._buffer.between(start_ms, end_ms)
        encoding = self._buffer.encoding
        recognition = self._watched(self._inference.accept(self._guess)) if self._guess else None
        self._guess = None
        item_id = self._item_id
        self._begin_item()
        self._buffer.drop_until(end_ms)
        return Utterance(item_id, data, encoding, recognition or self.recognise(data, encoding))
