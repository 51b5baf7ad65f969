"""How long the user waits in JupyterLab: from the end of their speech to the first sound of the answer.

`python -m benchmarks.sound.heard_gap [FOLDER]` measures your own recordings. The folder contains them and a
`manifest.json`, a list of objects with `file`; the default is the repository's own ten. A JupyterLab, a kernel
with a session, its local endpoint and a Chromium run on this machine; Chromium's fake microphone plays the
recordings one after the other, each over the rest of the previous answer. Both ends are measured on the page's own
clock: the input of the microphone's worklet, and the output of the player's worklet (without the latency of sound
devices). The end of speech is the last 10 ms that reach 0.02 of full scale, the begin of the answer is the first
sample above 0.01.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy.signal
from playwright.async_api import async_playwright

from benchmarks.rows import Row
from benchmarks.support.clips import SHIPPED, speech_end
from benchmarks.support.notebook_lab import notebook_lab
from devtools.browser.chromium import find_chromium
from devtools.sound.sound import MICROPHONE_RATE, microphone_wav
from realtime_widgets.audio.samples import read_sound, resample
from realtime_widgets.local.speech.turn_detector import TurnSettings

if TYPE_CHECKING:
    import numpy.typing as npt

    from devtools.sound.sound import Recording

#: Silence after each recording, in seconds: enough for an answer to begin.
PAUSE_S = 3.0
#: Silence before the first recording, while the page and the models settle, in seconds.
LEAD_S = 4.0
#: The last recordings are the shortest.
_QUICK = 4
#: The silence that ends a turn. A shorter wait means a noisy recording, whose speech ended before it seems to.
_SILENCE_MS = float(TurnSettings().silence_duration_ms)
#: Largest acceptable median and 90th percentile, in milliseconds.
_MEDIAN_MS, _P90_MS = 500.0, 650.0
_CELL = """
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint="local")
await session.ask("Hello!")
session
"""


def load(folder: Path) -> list[tuple[str, npt.NDArray[np.float32]]]:
    """Return the name and samples (48 kHz) of each recording, cut at the end of its speech."""
    clips = []
    for entry in json.loads((folder / "manifest.json").read_text()):
        path = folder / entry["file"]
        if not path.is_file():
            continue
        samples, rate = read_sound(path)
        samples = resample(samples, rate, MICROPHONE_RATE)
        clips.append((path.stem, samples[: speech_end(samples, MICROPHONE_RATE)]))
    if not clips:
        sys.exit(f"{folder} holds none of the recordings that its manifest.json names")
    return clips


def offset_ms(microphone: Recording, spoken: npt.NDArray[np.float32]) -> float:
    """Return when the fake microphone's file began, on the page's clock, by correlation with the recording."""
    rate = 4000
    heard = np.abs(microphone.resampled(rate))
    said = np.abs(resample(spoken, MICROPHONE_RATE, rate))
    likeness = scipy.signal.correlate(heard, said, mode="full")
    lag = int(np.argmax(likeness)) - (len(said) - 1)
    return microphone.start_ms + lag / rate * 1000


def prepare(quick: bool) -> None:
    """Find Chromium."""
    find_chromium()


def measure(quick: bool) -> list[Row]:
    """Measure the repository's own recordings."""
    clips = load(SHIPPED)[-_QUICK if quick else 0 :]
    gaps = _listen_in_lab(clips)
    values = _counted(gaps)
    notes = ["the endpoint's own target, with the way through page, server and kernel in it"]
    if early := len(gaps) - len(values):
        notes.append(f"{early} left out, whose noise hides where its speech ends")
    if lost := len(clips) - len(gaps):
        notes.append(f"{lost} not answered")
    name, silence = "end of speech to first sound at the player", "silence"
    floor = (_SILENCE_MS,) * len(values)
    p90 = (float(np.percentile(values, 90)),)
    return [
        Row("heard_gap", name, values, "ms", silence, floor, limit=_MEDIAN_MS, note="; ".join(notes)),
        Row("heard_gap", f"{name}, p90", p90, "ms", silence, (_SILENCE_MS,), limit=_P90_MS),
    ]


def _counted(gaps: dict[str, float]) -> tuple[float, ...]:
    return tuple(gap for gap in gaps.values() if gap >= _SILENCE_MS)


def _listen_in_lab(clips: list[tuple[str, npt.NDArray[np.float32]]]) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        gaps = asyncio.run(listen(clips, Path(folder)))
    if not _counted(gaps):
        raise RuntimeError("no answer to any of the recordings was heard after the silence that ends a turn")
    return gaps


async def listen(clips: list[tuple[str, npt.NDArray[np.float32]]], folder: Path) -> dict[str, float]:
    """Return the milliseconds from the end of each recording to the answer's first sound."""
    starts, at = [], LEAD_S
    for _, samples in clips:
        starts.append(at)
        at += len(samples) / MICROPHONE_RATE + PAUSE_S
    wav = microphone_wav(
        folder / "microphone.wav", [(s, c) for s, (_, c) in zip(starts, clips, strict=True)], seconds=at
    )
    spoken, _ = read_sound(wav)
    async with async_playwright() as playwright, notebook_lab(folder / "lab", playwright, "heard-gap") as lab:
        page = await lab.open([_CELL], microphone=wav)
        await page.run_cell(0)
        speaker = await page.tap_speaker()
        await page.click("button[aria-label*='microphone']")
        await page.expect("button[aria-label*='microphone'][aria-pressed='true']")
        microphone = await page.tap_microphone()
        await asyncio.sleep(at)
        heard, said = await speaker.read(), await microphone.read()
    begin = offset_ms(said, spoken)
    onsets = heard.onsets(gap_ms=600)
    gaps = {}
    for start, (name, samples) in zip(starts, clips, strict=True):
        end = begin + (start + len(samples) / MICROPHONE_RATE) * 1000
        answer = next((onset for onset in onsets if end < onset < end + PAUSE_S * 1000), None)
        if answer is None:
            print(f"{name}: no answer was heard", file=sys.stderr)
        else:
            gaps[name] = answer - end
    return gaps


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED)
    clips = load(parser.parse_args().folder)
    gaps = _listen_in_lab(clips)
    for name, gap in gaps.items():
        print(f"{name:24} {gap:6.0f} ms")
    values = _counted(gaps)
    p50, p90 = np.percentile(values, [50, 90])
    print(
        f"end of speech to first sound at the player: median {p50:.0f} ms, p90 {p90:.0f} ms, "
        f"n = {len(values)} of {len(clips)}"
    )
    return 0 if len(gaps) == len(clips) else 1


if __name__ == "__main__":
    sys.exit(main())
