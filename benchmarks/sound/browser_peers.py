"""Microphone to speaker of comparable browser stacks with an echo in Python, compared with our widgets.

Measured as in `mic_to_speaker`, all on loopback. For the peers, which use WebRTC, the microphone's track and the
returned track are tapped in one audio context of the page. For our player the speaker's own worklet is tapped: the
time that the browser needs to bring a track into an audio context is not in our rows, and has its own row. Peers
keep their own settings. The first seconds, in which WebRTC adapts its buffer, are excluded.

``python -m benchmarks.peers`` makes the peers' environments; a full run makes those that are missing. Not
included: LiveKit, whose server is in no package of PyPI, npm or Debian; gradio's own audio streaming, which plays
files one after the other; ipywebrtc, whose recorder sends the kernel a recording when it has ended.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error, async_playwright

from benchmarks.peers.peer import OWN_ENDPOINT, PEERS
from benchmarks.rows import Row
from benchmarks.sound.mic_to_speaker import Run, Setting
from benchmarks.support.bare_page import Sound, harness_page
from benchmarks.support.needs import browser_with_plain_page, environment
from devtools.browser import microphone_tracks
from devtools.browser import page_scripts as scripts
from devtools.browser.chromium import chromium_flags, find_chromium
from devtools.browser.page import Tap
from devtools.sound.bursts import burst_delays

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Frame, Playwright

    from benchmarks.peers.peer import Peer

_CONNECT_S = 60.0
_SETTLE_S = 2.5
#: The delays (ms) of bursts that go from an audio context through a MediaStream back into it.
_THROUGH_A_STREAM = """
async (count) => {
  const context = new AudioContext();
  await context.resume();
  const source = `registerProcessor("onsets", class extends AudioWorkletProcessor {
    process(inputs) {
      inputs.forEach(([channel], input) => {
        const at = channel?.findIndex((value) => Math.abs(value) > 0.1) ?? -1;
        if (at >= 0) this.port.postMessage([input, currentTime + at / sampleRate]);
      });
      return true;
    }
  })`;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  const onsets = new AudioWorkletNode(context, "onsets", { numberOfInputs: 2, numberOfOutputs: 0 });
  const stream = context.createMediaStreamDestination();
  context.createMediaStreamSource(stream.stream).connect(onsets, 0, 1);
  const seen = [[], []];
  const last = [-1, -1];
  onsets.port.onmessage = ({ data: [input, time] }) => {
    if (time - last[input] > 0.1) seen[input].push(time);
    last[input] = time;
  };
  for (let burst = 0; burst < count; burst++) {
    const start = context.currentTime + 0.5 + 0.2137 * burst;
    const tone = new OscillatorNode(context);
    tone.connect(onsets, 0, 0);
    tone.connect(stream);
    tone.start(start);
    tone.stop(start + 0.05);
  }
  await new Promise((done) => setTimeout(done, 1000 + 213.7 * count));
  await context.close();
  return seen[1].map((time, burst) => 1000 * (time - seen[0][burst]));
}
"""


def prepare(quick: bool) -> None:
    """Find Chromium and build the plain page, and unless quick make the environments of the peers."""
    browser_with_plain_page()
    for peer in () if quick else PEERS:
        environment(peer.name, peer.make)


def measure(quick: bool) -> list[Row]:
    """Measure the bare page, our notebook (unless quick), and each peer that is installed or can be installed."""
    return asyncio.run(_measure(6.0 if quick else 16.0, quick))


async def _measure(seconds: float, quick: bool) -> list[Row]:
    heard: dict[Peer, tuple[float, ...]] = {}
    left_out = []
    with tempfile.TemporaryDirectory() as name:
        async with async_playwright() as playwright:
            run = Run(playwright, Path(name))
            bare = await run.in_bare_page(Sound(), seconds)
            through_a_stream = await _through_a_stream(playwright)
            notebooks = await run.in_notebook("notebook", [] if quick else [Setting()], seconds)
            for peer in (OWN_ENDPOINT, *PEERS):
                try:
                    if peer.ready:
                        heard[peer] = await _PeerRun(playwright, run.wav, seconds).listen(peer)
                    else:
                        left_out.append(f"{peer.name} (python -m benchmarks.peers makes its environment)")
                except (RuntimeError, TimeoutError, AssertionError, Error) as error:  # the others still count
                    print(f"{peer.name} is left out: {error}", file=sys.stderr)
                    left_out.append(f"{peer.name} (see the log)")
    note = f"without {', '.join(left_out)}" if left_out else ""
    return [
        Row("browser_peers", "bare page", bare.delays, note=note),
        *(_row("our widgets in JupyterLab", each.delays, bare.delays, each.note) for each in notebooks),
        Row("browser_peers", "a track into an audio context", through_a_stream, note="not in what is above it"),
        *(_row(peer.name, delays, bare.delays, peer.versions()) for peer, delays in heard.items()),
    ]


def _row(name: str, delays: tuple[float, ...], bare: tuple[float, ...], note: str = "") -> Row:
    return Row("browser_peers", name, delays, peer="bare page", peer_values=bare, note=note)


async def _through_a_stream(playwright: Playwright) -> tuple[float, ...]:
    flags = chromium_flags(None, grant=True)
    with harness_page() as url:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=flags)
        try:
            page = await browser.new_page()
            await page.goto(url)
            return tuple(await page.evaluate(_THROUGH_A_STREAM, 10))
        finally:
            await browser.close()


@dataclass
class _PeerRun:
    playwright: Playwright
    wav: Path
    seconds: float

    async def listen(self, peer: Peer) -> tuple[float, ...]:
        """Return the delays of the peer, in ms."""
        flags = chromium_flags(self.wav, grant=True)
        async with peer.page() as url:
            browser = await self.playwright.chromium.launch(executable_path=find_chromium(), args=flags)
            try:
                return await self._listen(await browser.new_context(), url, peer.button)
            finally:
                await browser.close()

    async def _listen(self, context: BrowserContext, url: str, button: str) -> tuple[float, ...]:
        called: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()

        def came(source: dict[str, Any]) -> None:
            if not called.done():
                called.set_result(source["frame"])

        await context.expose_binding("testTrackCame", came)
        await context.add_init_script(microphone_tracks.REMEMBER_MICROPHONES)
        await context.add_init_script(scripts.REMEMBER_CALLS)
        page = await context.new_page()
        await page.goto(url)
        if button:
            await page.frame_locator("iframe").get_by_role("button", name=button).click()
        frame = await asyncio.wait_for(called, _CONNECT_S)
        speaker = Tap(frame, await frame.evaluate(scripts.TAP_CALL))
        microphone = Tap(frame, await frame.evaluate(scripts.TAP_MICROPHONE))
        await speaker.wait_for_sound()
        await asyncio.sleep(_SETTLE_S)
        for tap in (microphone, speaker):
            await tap.onsets(clear=True)
        await asyncio.sleep(self.seconds)
        if delays := await burst_delays(microphone, speaker):
            return delays
        raise RuntimeError("nothing came back in time")
