"""The ground the browser tests stand on: a notebook with a microphone, driven as a person drives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.support.sound import microphone_wav, tone

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.lab import Lab

pytestmark = pytest.mark.browser

WIDGET = '''
import threading
import anywidget

class Listener(anywidget.AnyWidget):
    _esm = """
    async function listen(model, status) {
      try {
        const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
        const context = new AudioContext();
        const code = `registerProcessor("m", class extends AudioWorkletProcessor {
          process([[channel]]) { if (channel) this.port.postMessage(channel.slice()); return true; } })`;
        const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
        await context.audioWorklet.addModule(url);
        const node = new AudioWorkletNode(context, "m");
        node.port.onmessage = ({ data }) => model.send({}, undefined, [data.buffer]);
        context.createMediaStreamSource(stream).connect(node);
        status.textContent = "listening";
      } catch (error) {
        status.textContent = `refused: ${error.name}`;
      }
    }
    function render({ model, el }) {
      el.innerHTML = "<button class='listen'>listen</button> <span class='status'></span>";
      el.querySelector("button").onclick = () => listen(model, el.querySelector(".status"));
    }
    export default { render };
    """

heard = bytearray()
loud = threading.Event()

def collect(widget, content, buffers):
    import numpy as np
    heard.extend(buffers[0])
    if np.abs(np.frombuffer(buffers[0], np.float32)).max() > 0.1:
        loud.set()

listener = Listener()
listener.on_msg(collect)
listener
'''


async def test_sound_of_the_microphone_reaches_the_kernel(lab: Lab, tmp_path: Path) -> None:
    wav = microphone_wav(tmp_path / "tone.wav", [(1.0, tone(0.5)), (2.5, tone(0.5))], seconds=10)
    page = await lab.open([WIDGET, "print(loud.is_set(), len(heard) > 0)"], microphone=wav)
    await page.run_cell(0)
    await page.click(".listen")
    await page.expect(".status:text('listening')")
    tap = await page.tap_microphone()
    await tap.wait_for_sound()
    await tap.wait_for_silence()
    await tap.wait_for_sound()
    await page.run_cell(1)
    assert await page.output_text(1) == "True True"
    recording = await tap.read()
    first, second = recording.onsets()[:2]
    assert second - first == pytest.approx(1500, abs=30)
    assert first - await page.microphone_opened_ms() == pytest.approx(1000, abs=250)
    assert np.abs(recording.samples).max() < 1


async def test_a_refused_microphone_is_refused_in_the_page_too(lab: Lab) -> None:
    page = await lab.open([WIDGET], permission=False)
    await page.run_cell(0)
    await page.click(".listen")
    await page.expect(".status:text('refused: NotAllowedError')")


async def test_a_cell_is_edited_and_run_again_in_both_themes(lab: Lab) -> None:
    page = await lab.open(["x = 1", "x * 21"])
    await page.run_all()
    assert await page.output_text(1) == "21"
    await page.edit_cell(0, "x = 2")
    await page.run_cell(0)
    await page.run_cell(1)
    assert await page.output_text(1) == "42"
    light = await page.screenshot("light")
    await page.set_theme("dark")
    dark = await page.screenshot("dark")
    assert light.read_bytes() != dark.read_bytes()
    assert (await page.save()).cells[0].source == "x = 2"
    await page.reload()
    assert await page.output_text(1) == "42"


async def test_a_failing_cell_is_told_and_a_running_one_can_be_watched(lab: Lab) -> None:
    page = await lab.open(["1 / 0", "import time; time.sleep(30)"])
    await page.run_cell(0, expect_error=True)
    assert "ZeroDivisionError" in await page.output_text(0)
    sleeping = await page.start_cell(1, expect_error=True)
    await page.expect(".jp-InputPrompt:text('[*]:')")
    await page.interrupt_kernel()
    await sleeping
    assert "KeyboardInterrupt" in await page.output_text(1)
