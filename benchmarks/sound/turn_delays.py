"""What is heard around a turn in JupyterLab: the wait beyond the think time, the stop, where an answer was cut.

Chromium's fake microphone plays bursts of tone, each over the answer to the previous one. A scripted service sends
`speech_started` when a burst's first loud sample arrives, and an answer a fixed think time after its last. Audio
worklets of the page record microphone and speaker, on the page's clock. The page renders audio in batches; its
output counts as heard when the batch is handed over (the context's base latency later). The latency of sound
devices is not included.

- The wait is from the burst's end at the microphone to the answer's first sound, minus the time of the service.
- The stop is measured from the time at which the service sends `speech_started`, and from the burst's begin at the
  microphone. For the former the service's clock is matched with the page's by asking the page for its time
  repeatedly; the quickest answer bounds the error, which is reported.
- The answers are noise, in which the last few milliseconds heard can be located: their end is where playback
  stopped, and the client's `audio_end_ms` is compared with it.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.signal
from playwright.async_api import async_playwright

from benchmarks.rows import Row
from benchmarks.servers.turn_service import LEVEL, TurnService
from benchmarks.support.busy_cells import BUSY_CELLS
from benchmarks.support.notebook_lab import notebook_lab
from devtools.browser.chromium import find_chromium
from devtools.sound.sound import microphone_wav, tone
from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.audio.samples import from_pcm16

if TYPE_CHECKING:
    from benchmarks.servers.turn_service import Turn
    from devtools.browser.page import LabPage, Tap
    from devtools.sound.sound import Recording

_THINK_S = 0.3
_BURST_S = 0.4
#: Not a multiple of a block's or a group's length, so that bursts begin anywhere in them.
_EVERY_S = 1.537
#: Two turns are not counted, in which page and kernel load what they need.
_SETTLE_S = 3.1
#: Longer than any answer is played.
_ANSWER_S = 4.0
_STATES = ("idle", "cell sleeps", "Python loop")
#: Output of the speaker above this counts as sound, relative to full scale.
_SOUND = 0.01
#: Length of the end of the heard audio that is located in the answer, and of the fade within it (ms).
_SOUGHT_MS, _FADING_MS = 40.0, 5.0
_BASE_LATENCY_MS = "() => 1000 * globalThis[Symbol.for('realtime_widgets.audio')].context.baseLatency"
#: Tolerance for the clocks' error: nothing of an answer is heard before the service sends it (ms).
_MARGIN_MS = 5.0
_CELL = """
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint="{url}", api_key="test")
await session.start()
session
"""


@dataclass
class Measured:
    """Results with one state of the kernel; times are in milliseconds.

    Attributes
    ----------
    waits
        From the burst's end to the answer, minus the think time.
    stops, barge_ins
        From `speech_started`, and from the burst's begin, to silence.
    cuts
        `audio_end_ms` minus the length that was heard.
    beyond
        Number of truncations beyond what the service had sent.
    missing
        Number of answers that were not heard, not stopped or not truncated.
    clock_error
        Largest error between the two clocks.
    underruns
        Number of underruns of the player.
    """

    waits: list[float] = field(default_factory=list)
    stops: list[float] = field(default_factory=list)
    barge_ins: list[float] = field(default_factory=list)
    cuts: list[float] = field(default_factory=list)
    beyond: int = 0
    missing: int = 0
    clock_error: float = 0.0
    underruns: int = 0


@dataclass(frozen=True)
class PageClock:
    """Conversion of this process's `time.perf_counter()` to the page's clock, exact to `error_ms`."""

    offset_ms: float
    error_ms: float

    @classmethod
    async def match(cls, page: LabPage, tries: int = 40) -> PageClock:
        """Ask the page for its time repeatedly; the quickest answer is the most exact."""
        known = []
        for _ in range(tries):
            asked = time.perf_counter()
            told = float(await page.page.evaluate("() => performance.now()"))
            answered = time.perf_counter()
            known.append(cls(told - (asked + answered) * 500, (answered - asked) * 500))
        return min(known, key=lambda clock: clock.error_ms)

    def ms(self, seconds: float) -> float:
        """Return the time on the page's clock, in milliseconds."""
        return seconds * 1000 + self.offset_ms


def prepare(quick: bool) -> None:
    """Find Chromium."""
    find_chromium()


def measure(quick: bool) -> list[Row]:
    """Measure with an idle kernel, and unless `quick` with busy ones as well."""
    states = _STATES[:1] if quick else _STATES
    measured = asyncio.run(_measure(states, 20.0 if quick else 50.0))
    return [row for state, one in measured.items() for row in _rows(f"kernel {state}", one)]


def _rows(state: str, measured: Measured) -> list[Row]:
    def row(measure: str, values: list[float], target_p95: float, note: str) -> Row:
        return Row("turn_delays", f"{measure}, {state}", tuple(values), target_p95=target_p95, note=note)

    gaps = f"{measured.underruns} underruns" + (f"; {measured.missing} turns lacking" if measured.missing else "")
    clocks = f"clocks matched to {measured.clock_error:.1f} ms"
    cuts = measured.cuts or [float("nan")]
    signed = f"{min(cuts):+.1f} to {max(cuts):+.1f}; {measured.beyond} beyond what was sent"
    return [
        row("end of speech to answer, less the think time", measured.waits, 120.0, gaps),
        row("speech_started to silence", measured.stops, 50.0, clocks),
        row("begin of speech to silence", measured.barge_ins, 300.0, "the service notices, nothing in the page"),
        row("truncated against heard", [abs(cut) for cut in measured.cuts], 20.0, signed),
    ]


async def _measure(states: tuple[str, ...], seconds: float) -> dict[str, Measured]:
    count = round((seconds + 20) * len(states) / _EVERY_S)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bursts = [(2 + number * _EVERY_S, tone(_BURST_S, level=0.5)) for number in range(count)]
        wav = microphone_wav(folder / "bursts.wav", bursts)
        async with (
            async_playwright() as playwright,
            notebook_lab(folder / "lab", playwright, "turn-delays") as lab,
            TurnService(_THINK_S, _ANSWER_S) as service,
        ):
            busy = [BUSY_CELLS[state].format(seconds=seconds) for state in states]
            page = await lab.open([_CELL.format(url=service.url), *busy], microphone=wav)
            await page.run_cell(0)
            await page.click("button[aria-label*='microphone']")
            speaker = await page.tap_speaker()
            await speaker.wait_for_sound()
            microphone = await page.tap_microphone()
            await asyncio.sleep(_SETTLE_S)
            hearing = _Hearing(page, service, microphone, speaker, seconds)
            return {
                state: await hearing.hear(number + 1 if busy[number] else None)
                for number, state in enumerate(states)
            }


@dataclass
class _Hearing:
    page: LabPage
    service: TurnService
    microphone: Tap
    speaker: Tap
    seconds: float

    async def hear(self, cell: int | None) -> Measured:
        """Record while the cell runs, or while the kernel is idle."""
        await self.microphone.read(clear=True)
        await self.speaker.read(clear=True)
        before, clock = await self._underruns(), await PageClock.match(self.page)
        begin = time.perf_counter()
        if cell is None:
            await asyncio.sleep(self.seconds)
        else:
            await self.page.run_cell(cell)
        end = time.perf_counter()
        said, heard = await self.microphone.read(), await self.speaker.read()
        heard = replace(heard, start_ms=heard.start_ms + await self.page.page.evaluate(_BASE_LATENCY_MS))
        after, again = await self._underruns(), await PageClock.match(self.page)
        measured = Measured(underruns=after - before)
        measured.clock_error = min(clock.error_ms, again.error_ms) + abs(clock.offset_ms - again.offset_ms)
        # The previous turn must have been heard from its begin, and the next one must have started.
        turns = [turn for turn in self.service.turns if begin < turn.began < end]
        for earlier, turn, later in zip(turns, turns[1:], turns[2:], strict=False):
            _add(measured, (earlier, turn, later), clock, said, heard)
        return measured

    async def _underruns(self) -> int:
        return int((await self.page.port_stats())[0]["underruns"])


def _add(
    measured: Measured, turns: tuple[Turn, Turn, Turn], clock: PageClock, said: Recording, heard: Recording
) -> None:
    """Add the results of one turn: the stop of the previous answer, and its own answer."""
    earlier, turn, later = turns
    began, over = clock.ms(turn.began), clock.ms(later.began)
    bursts = [each for each in said.loud_stretches(LEVEL) if began - 500 < each[0] < began + _MARGIN_MS]
    before, answered = clock.ms(earlier.answered) - _MARGIN_MS, clock.ms(turn.answered) - _MARGIN_MS
    sounds = heard.between(before, over).loud_stretches(_SOUND)
    # Sound that begins before an answer is sent is the rest of the previous answer.
    silent = max((end for begin, end in sounds if begin < answered), default=-np.inf)
    first = min((begin for begin, _ in sounds if begin >= answered), default=None)
    if not bursts or first is None or silent < began - _MARGIN_MS or earlier.truncated_ms is None:
        measured.missing += 1
        return
    onset, end = bursts[-1]
    measured.waits.append(first - end - (turn.answered - turn.ended) * 1000)
    measured.stops.append(silent - began)
    measured.barge_ins.append(silent - onset)
    measured.cuts.append(earlier.truncated_ms - _heard_ms(earlier, heard, silent))
    measured.beyond += earlier.truncated_ms > earlier.sent_ms


def _heard_ms(turn: Turn, heard: Recording, silent: float) -> float:
    """Return how much of the answer was heard: the place of its last sound before `silent`."""
    end = silent - _FADING_MS
    sought = heard.between(end - _SOUGHT_MS, end).resampled(SAMPLE_RATE)
    likeness = scipy.signal.correlate(from_pcm16(turn.answer), sought, mode="valid")
    return (int(np.argmax(likeness)) + len(sought)) * 1000 / SAMPLE_RATE + _FADING_MS
