"""Checks the worklets in a real headless Chromium: run `npm run harness` first, then this file.

Needs Playwright for Python, NumPy and SciPy; the browser is taken from CHROMIUM or /usr/bin/chromium.
"""

from __future__ import annotations

import base64
import functools
import http.server
import json
import os
import tempfile
import threading
import wave
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from playwright.sync_api import BrowserType, Page, sync_playwright
from scipy.optimize import minimize_scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

DIST = Path(__file__).parent.parent / "dist"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
FAKE_MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
SOUND_WITHOUT_CLICK = "--autoplay-policy=no-user-gesture-required"
TONE_HZ = 1000.0


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves the harness without a log."""

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def write_tone(path: Path, rate: int = 48_000, seconds: float = 20.0) -> None:
    """Write the tone that the fake microphone plays."""
    samples = 0.4 * np.sin(2 * np.pi * TONE_HZ * np.arange(int(rate * seconds)) / rate)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def tone_to_rest(samples: npt.NDArray[Any], rate: float) -> tuple[float, float]:
    """Return the frequency of the tone in hertz, and its power relative to everything else in decibels."""
    time = np.arange(samples.size) / rate

    def rest(frequency: float) -> float:
        angle = 2 * np.pi * frequency * time
        basis = np.stack([np.sin(angle), np.cos(angle), np.ones_like(time)], axis=1)
        fit = basis @ np.linalg.lstsq(basis, samples, rcond=None)[0]
        return float(np.mean((samples - fit) ** 2))

    bounds = (TONE_HZ - 0.5, TONE_HZ + 0.5)
    found = minimize_scalar(rest, bounds=bounds, method="bounded", options={"xatol": 1e-7})
    return float(found.x), float(10 * np.log10(np.mean(samples**2) / found.fun))


def sounding(result: dict[str, Any]) -> tuple[npt.NDArray[Any], float]:
    """Return the tapped output from the first to the last audible sample, and its length in samples at 24 kHz."""
    heard = np.frombuffer(base64.b64decode(result["heard"]), "<f4")
    audible = np.flatnonzero(np.abs(heard) > 2e-3)
    part = heard[audible[0] : audible[-1] + 1]
    return part, part.size * 24_000 / result["stats"]["context_rate"]


def check_capture(page: Page) -> None:
    """Check that the capture worklet delivers a tone clean, complete and in order."""
    result = page.evaluate("checks.capture()")
    pcm = np.frombuffer(base64.b64decode(result["pcm"]), "<i2") / 32768.0
    frequency, ratio = tone_to_rest(pcm[24_000:72_000], 24_000)
    print(f"capture at {result['rate']} Hz: {frequency:.4f} Hz, tone to rest {ratio:.1f} dB")
    assert result["sequences"] == list(range(len(result["sequences"])))
    assert not any(size % 960 for size in result["sizes"])
    assert result["last"] == "off"
    assert ratio > 60
    assert abs(frequency - TONE_HZ) < 0.1


def check_playback(page: Page) -> None:
    """Check that as many samples sound as are reported."""
    result = page.evaluate("checks.playback(0)")
    _, length = sounding(result)
    stats = result["stats"]
    print(f"playback: a part of 36000 sounded for {length:.1f} samples, {stats['underruns']} underruns")
    assert abs(length - 36_000) <= 4
    assert stats["underruns"] == stats["dropped"] == 0
    assert np.allclose(np.diff(result["times"]), 128 / stats["context_rate"], atol=1e-6)


def check_clear(page: Page) -> None:
    """Check that a clear fades within 5 ms, and that its positions match what sounded."""
    result = page.evaluate("checks.playback(12000)")
    part, length = sounding(result)
    played = result["answer"]["positions"][0]["played"]
    # The ramp's loudest sample is the last one before the fade.
    fade_ms = (part.size - 1 - int(np.argmax(np.abs(part)))) / result["stats"]["context_rate"] * 1000
    print(f"clear: {played} samples reported, {length:.1f} sounded, faded in {fade_ms:.2f} ms")
    assert abs(length - played) <= 4
    assert fade_ms <= 5


def check_latency(page: Page) -> None:
    """Print how long the page takes to answer a clear, without a limit."""
    took = sorted(page.evaluate("checks.latency(40)"))
    print(f"clear to answer, {len(took)} times: median {took[len(took) // 2]:.1f} ms, max {took[-1]:.1f} ms")


def check_suspended(page: Page) -> None:
    """Check that a clear is answered while the browser blocks the sound, and that nothing counts as heard."""
    with page.expect_console_message(lambda message: message.text.startswith("RESULT")) as told:
        page.goto(page.url + "&suspended")
    result = json.loads(told.value.text.removeprefix("RESULT "))
    print(f"suspended: {result}")
    assert result["sound"] == "blocked"
    assert [position["played"] for position in result["positions"]] == [0]


@contextmanager
def harness(chromium: BrowserType, flags: list[str]) -> Iterator[Page]:
    """Open the harness in a browser of its own."""
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(QuietHandler, directory=str(DIST))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    browser = chromium.launch(executable_path=path, args=[*FLAGS, *flags])
    try:
        page = browser.new_page()
        page.on("pageerror", lambda error: print("page error:", error))
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html?scene=sound")
        page.wait_for_selector("body[data-ready]", state="attached")
        yield page
    finally:
        browser.close()
        server.shutdown()


def main() -> None:
    """Run every check."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        tone = Path(folder, "tone.wav")
        write_tone(tone)
        microphone = [*FAKE_MICROPHONE, f"--use-file-for-fake-audio-capture={tone}"]
        for check, flags in [
            (check_capture, [*microphone, SOUND_WITHOUT_CLICK]),
            (check_playback, [SOUND_WITHOUT_CLICK]),
            (check_clear, [SOUND_WITHOUT_CLICK]),
            (check_latency, [SOUND_WITHOUT_CLICK]),
            (check_suspended, []),
        ]:
            with harness(playwright.chromium, flags) as page:
                check(page)


if __name__ == "__main__":
    main()
