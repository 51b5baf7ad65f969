"""Measure recognition over recordings of people: ``python -m benchmarks.recordings [FOLDER]``.

FOLDER contains sound files and a ``manifest.json``: a list of objects with ``file`` (path in the folder)
and ``text`` (what is said; empty without a transcript). Without FOLDER the clips of the test suite are
used. Word errors are counted as `devtools.sound.word_errors` describes. A number
in figures counts as recognised; "written out" counts it as wrong if the transcript has it in words.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.support.clips import SHIPPED
from devtools.sound.word_errors import word_errors
from realtime_widgets.audio.samples import read_sound, resample
from realtime_widgets.local.models.interfaces import RECOGNITION_RATE
from realtime_widgets.local.speech import load_recogniser

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from realtime_widgets.local.models.interfaces import Recogniser


@dataclass(frozen=True)
class Measurement:
    """Result of recognising one clip."""

    file: str
    said: str
    heard: str
    seconds: float
    compute_seconds: float
    errors: int
    words: int
    #: Errors and words if a number in figures is not the same as in words.
    written_out: tuple[int, int]

    @property
    def group(self) -> str:
        folder = Path(self.file).parts[0] if len(Path(self.file).parts) > 1 else "clips"
        return folder if self.said else f"{folder}, no transcript"


def measure(recogniser: Recogniser, folder: Path) -> list[Measurement]:
    """Recognise each clip of a folder's manifest, one after the other."""
    measurements = []
    for entry in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
        sound, rate = read_sound(folder / entry["file"])
        samples = resample(sound, rate, RECOGNITION_RATE)
        heard, compute_seconds = _timed(recogniser, samples)
        said = entry.get("text", "")
        errors, words = word_errors(said, heard) if said else (0, 0)
        written_out = word_errors(said, heard, figures=False) if said else (0, 0)
        seconds = samples.size / RECOGNITION_RATE
        measurements.append(
            Measurement(entry["file"], said, heard, seconds, compute_seconds, errors, words, written_out)
        )
    return measurements


def measure_without_speech(recogniser: Recogniser) -> list[Measurement]:
    """Recognise silence, hiss, rumble and hum without speech."""
    random = np.random.default_rng(0)
    measurements = []
    for seconds in (1, 3, 8):
        count = seconds * RECOGNITION_RATE
        times = np.arange(count) / RECOGNITION_RATE
        hiss = random.standard_normal(count)
        rumble = np.cumsum(hiss) - np.linspace(0, hiss.sum(), count)
        sounds = {
            "silence": np.zeros(count),
            "hiss": 0.02 * hiss,
            "rumble": 0.1 * rumble / np.abs(rumble).max(),
            "hum": 0.05 * np.sin(2 * np.pi * 50 * times) + 0.02 * np.sin(2 * np.pi * 150 * times),
        }
        for name, sound in sounds.items():
            heard, compute_seconds = _timed(recogniser, sound.astype(np.float32))
            file = f"nobody speaks/{name}, {seconds} s"
            measurements.append(Measurement(file, "", heard, seconds, compute_seconds, 0, 0, (0, 0)))
    return measurements


def _timed(recogniser: Recogniser, samples: npt.NDArray[np.float32]) -> tuple[str, float]:
    started = time.perf_counter()
    text = recogniser(samples).text
    return text, time.perf_counter() - started


def table(measurements: Sequence[Measurement]) -> str:
    """Return the figures by group and for all clips with a transcript, as a Markdown table."""
    rows = [
        "| clips | n | minutes | words | word errors | written out | exact | real-time factor | p50 ms | p95 ms "
        "| empty |",
        "|-|-|-|-|-|-|-|-|-|-|-|",
    ]
    for group in dict.fromkeys(item.group for item in measurements):
        rows.append(_row(group, [item for item in measurements if item.group == group]))
    transcribed = [item for item in measurements if item.said]
    if transcribed:
        rows.append(_row("all with transcript", transcribed))
    return "\n".join(rows)


def _row(name: str, items: Sequence[Measurement]) -> str:
    words = sum(item.words for item in items)
    errors = sum(item.errors for item in items)
    exact = sum(item.errors == 0 for item in items if item.said)
    seconds = sum(item.seconds for item in items)
    computed = np.array([item.compute_seconds for item in items])
    p50, p95 = np.percentile(computed, (50, 95)) * 1000
    empty = sum(not item.heard for item in items)
    wrong, written = (sum(item.written_out[each] for item in items) for each in (0, 1))
    rate = f"{errors / words:.1%} | {wrong / written:.1%} | {exact}" if words else "- | - | -"
    return (
        f"| {name} | {len(items)} | {seconds / 60:.1f} | {words} | {rate} "
        f"| {computed.sum() / seconds:.3f} | {p50:.0f} | {p95:.0f} | {empty} |"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recordings", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED, help="recordings with a manifest.json")
    parser.add_argument("--model", help="folder of a Whisper model for CTranslate2 to measure instead")
    parser.add_argument("--wrong", action="store_true", help="also print misrecognised texts")
    options = parser.parse_args(arguments)
    if not (options.folder / "manifest.json").is_file():
        parser.error(f"{options.folder} holds no manifest.json")
    recogniser = load_recogniser(options.model)
    measurements = measure(recogniser, options.folder)
    print(table(measurements + measure_without_speech(recogniser)))
    if options.wrong:
        for item in measurements:
            if item.errors:
                print(f"{item.file}: {item.errors} of {item.words}\n  said:  {item.said}\n  heard: {item.heard}")


if __name__ == "__main__":
    main()
