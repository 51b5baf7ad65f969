"""What is heard of answers that arrive unevenly: gaps, delay, and how soon playback recovers from a stall.

An endpoint speaks in real time, 20 ms at a time, and delays its blocks by traces of jitter. Each block is sent at
the same time through session, kernel and JupyterLab, and directly to the same player in a bare page. Each trace
starts with players that have measured no jitter yet, so the first answer is reported separately. The delay is from
the time at which a word is due without jitter to its first sample at the player (without the latency of sound
devices).
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from playwright.async_api import async_playwright

from benchmarks.rows import Row
from benchmarks.servers.traced_answers import BLOCK_MS, TracedAnswers
from benchmarks.support.bare_page import harness_page
from benchmarks.support.needs import browser_with_plain_page
from benchmarks.support.notebook_lab import notebook_lab
from devtools.browser import page_scripts as scripts
from devtools.browser.chromium import chromium_flags, find_chromium
from devtools.browser.page import Tap
from devtools.sound.delay_traces import NONE, STALL, TRACES, UP_TO_80
from devtools.sound.heard_words import PHRASE_MS, heard_words, places_ms, speech

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from playwright.async_api import Page, Playwright

    from devtools.browser.page import LabPage
    from devtools.sound.delay_traces import Trace
    from devtools.sound.heard_words import Word

#: An answer that was sent completely has ended after this silence, which is longer than a pause.
_OVER_MS = 700
#: Longest time from the end of a stall until its delay has recovered, in milliseconds.
_BACK_MS = 1500
#: A delay has recovered when it is this close to the delay without jitter, in milliseconds.
_NEAR_MS = 60
_BEGIN = """
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint="{url}", api_key="test")
await session.start()
session
"""
_END = "await session.close()"


@dataclass(frozen=True)
class Heard:
    """One answer as a player output it; times are milliseconds since the first block was sent.

    Attributes
    ----------
    words
        The words that were heard.
    delays
        Delay of each word against the time at which it was due.
    underruns
        Number of underruns that the player counted.
    """

    words: tuple[Word, ...]
    delays: tuple[float, ...]
    underruns: int

    @property
    def silence_ms(self) -> float:
        """Silence within words."""
        return sum(word.silence_ms for word in self.words)

    def continuous_ms(self, trace: Trace) -> float:
        """How long after the end of the stall the last gap ended."""
        gaps = [word.resumed_ms for word in self.words if word.silence_ms]
        return max(0.0, max(gaps, default=0.0) - trace.stall_at_ms - trace.stall_ms)

    def back_ms(self, trace: Trace, usual: float) -> float:
        """Return how long after the stall a word had the `usual` delay again, or if none had, the last word."""
        end = trace.stall_at_ms + trace.stall_ms
        delays = zip(self.words, self.delays, strict=True)
        near = (word.start_ms for word, by in delays if word.start_ms > end and by < usual + _NEAR_MS)
        return next(near, self.words[-1].start_ms) - end


@dataclass(frozen=True)
class Player:
    """The newest player of a page, and a recording of its output."""

    page: Page
    tap: Tap

    async def underruns(self) -> int:
        """Return the number of underruns that it has counted."""
        return int((await self.page.evaluate(scripts.PORT_STATS))[-1]["underruns"])

    async def heard(self, phrases: int, began: float, before: int) -> Heard:
        """Return what it played of the answer that was sent from `began` on, in milliseconds since 1970."""
        recording = await self.tap.read(clear=True)
        origin = float(await self.page.evaluate("() => performance.timeOrigin"))
        recording = replace(recording, start_ms=recording.start_ms + origin - began)
        words = tuple(heard_words(recording, phrases))
        due = places_ms(phrases)
        delays = tuple(word.start_ms - at for word, at in zip(words, due, strict=True))
        return Heard(words, delays, await self.underruns() - before)


def prepare(quick: bool) -> None:
    """Find Chromium and build the plain page."""
    browser_with_plain_page()


def measure(quick: bool) -> list[Row]:
    """Measure every trace in a notebook and in a bare page, or a few of them if `quick`."""
    traces = (NONE, UP_TO_80, STALL) if quick else TRACES
    heard = asyncio.run(_measure(traces, 2 if quick else 3, 2 if quick else 5))
    usual = float(np.median(_delays(heard[NONE][0][1:])))
    return [row for trace in traces for row in _rows(trace, *heard[trace], usual)]


async def _measure(
    traces: Sequence[Trace], later: int, phrases: int
) -> dict[Trace, tuple[list[Heard], list[Heard]]]:
    """Return the answers of each trace, in order, as heard in the notebook and in the bare page."""
    heard = {}
    with tempfile.TemporaryDirectory() as name, harness_page() as harness:
        async with (
            async_playwright() as playwright,
            TracedAnswers() as endpoint,
            notebook_lab(Path(name) / "lab", playwright, "jitter") as lab,
            _browser(playwright) as bare,
        ):
            cells = [_BEGIN.format(url=endpoint.url), _END] * len(traces)
            page = await lab.open(cells)
            for number, trace in enumerate(traces):
                await page.run_cell(2 * number)
                players = [await _notebook_player(page, number), await _bare_player(bare, harness, endpoint)]
                # Recovering from a stall takes a while, and the answers after it would not differ.
                count, length = (1, 6) if trace.stall_ms else (1 + later, phrases)
                answers = [await _speak(endpoint, players, trace, length, seed) for seed in range(count)]
                heard[trace] = ([one[0] for one in answers], [one[1] for one in answers])
                await page.run_cell(2 * number + 1)
    return heard


@asynccontextmanager
async def _browser(playwright: Playwright) -> AsyncIterator[Page]:
    flags = chromium_flags(None, grant=True)
    browser = await playwright.chromium.launch(executable_path=find_chromium(), args=flags)
    try:
        yield await browser.new_page()
    finally:
        await browser.close()


async def _notebook_player(page: LabPage, number: int) -> Player:
    await page.page.wait_for_function(
        f"(count) => ({scripts.PORT_STATS})().filter(({{ state }}) => state.active).length === count",
        arg=number + 1,
    )
    return Player(page.page, await page.tap_speaker(newest=True))


async def _bare_player(page: Page, harness: str, endpoint: TracedAnswers) -> Player:
    await page.goto(f"{harness}?scene=bare&socket={endpoint.bare_url}")
    await page.wait_for_function(f"() => ({scripts.PORT_STATS})().some(({{ state }}) => state.active)")
    return Player(page, Tap(page, await page.evaluate(scripts.TAP_SPEAKER, True)))


async def _speak(
    endpoint: TracedAnswers, players: list[Player], trace: Trace, phrases: int, seed: int
) -> list[Heard]:
    before = [await player.underruns() for player in players]
    for player in players:
        await player.tap.read(clear=True)
    arrivals = trace.arrivals(phrases * PHRASE_MS // BLOCK_MS, BLOCK_MS, seed)
    began = await endpoint.speak(speech(phrases), arrivals)
    for player in players:
        await player.tap.wait_for_silence(_OVER_MS)
    return [await player.heard(phrases, began, count) for player, count in zip(players, before, strict=True)]


def _rows(trace: Trace, notebook: list[Heard], bare: list[Heard], usual: float) -> list[Row]:
    first = _gaps(f"{trace.name}: underruns in the first answer", notebook[:1], bare[:1])
    if trace.stall_ms:
        return [first, *_recovery(trace, notebook[0], bare[0], usual)]
    later, bare_later = notebook[1:], bare[1:]
    name = f"{trace.name}: underruns in {len(later)} later answers"
    delays = _delays(later)
    return [
        first,
        _gaps(name, later, bare_later, target=0 if trace.up_to_ms <= UP_TO_80.up_to_ms else None),
        Row(
            "jitter",
            f"{trace.name}: heard after it was due",
            delays,
            peer="bare page",
            peer_values=_delays(bare_later),
            note=f"{np.median(delays) - usual:+.0f} ms against no jitter; first sound of the first and of each "
            f"later answer at {', '.join(f'{one.delays[0]:.0f}' for one in notebook)} ms",
        ),
    ]


def _gaps(name: str, notebook: list[Heard], bare: list[Heard], target: float | None = None) -> Row:
    counts = [sum(one.underruns for one in heard) for heard in (notebook, bare)]
    silences = [sum(one.silence_ms for one in heard) for heard in (notebook, bare)]
    note = f"{silences[0]:.0f} ms of silence in words; bare page {counts[1]}, {silences[1]:.0f} ms"
    return Row("jitter", name, (counts[0],), "", target=target, note=note)


def _recovery(trace: Trace, notebook: Heard, bare: Heard, usual: float) -> list[Row]:
    left = notebook.delays[-1] - usual
    how = "by shorter pauses and faster words" if left < _NEAR_MS else "not within the answer"
    return [
        Row(
            "jitter",
            f"{trace.name}: from its end to sound without gaps",
            (notebook.continuous_ms(trace),),
            target=1000,
            note=f"bare page {bare.continuous_ms(trace):.0f} ms",
        ),
        Row(
            "jitter",
            f"{trace.name}: from its end to the usual delay",
            (notebook.back_ms(trace, usual),),
            target=_BACK_MS,
            note=f"{how}; {left:+.0f} ms at its end, bare page {bare.delays[-1] - usual:+.0f} ms",
        ),
    ]


def _delays(heard: list[Heard]) -> tuple[float, ...]:
    return tuple(delay for one in heard for delay in one.delays)
