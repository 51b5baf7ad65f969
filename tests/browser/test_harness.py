"""The ground the browser tests stand on: a notebook with a microphone, driven as a person drives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from devtools.endpoints.echo import EchoEndpoint
from devtools.sound.sound import microphone_wav, tone

if TYPE_CHECKING:
    from pathlib import Path

    from devtools.browser.lab import Lab

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
    # More than are heard: which of them is on when the recording begins is the machine's affair.
    wav = microphone_wav(tmp_path / "tones.wav", [(1.0 + 1.5 * number, tone(0.5)) for number in range(80)])
    page = await lab.open([WIDGET, "print(loud.is_set(), len(heard) > 0)"], microphone=wav)
    await page.run_cell(0)
    await page.click(".listen")
    await page.expect(".status:text('listening')")
    tap = await page.tap_microphone()
    await tap.wait_for_sound()
    await tap.wait_for_silence()
    await tap.wait_for_sound()
    await tap.wait_for_silence()
    await tap.wait_for_sound()
    await page.run_cell(1)
    assert await page.output_text(1) == "True True"
    recording = await tap.read()
    # A busy browser leaves gaps in what it plays, but not in the pitch of what it does play.
    spectrum = np.abs(np.fft.rfft(recording.samples))
    hertz = np.fft.rfftfreq(len(recording.samples), 1 / recording.rate)[spectrum.argmax()]
    assert hertz == pytest.approx(440, abs=5)
    assert len(recording.onsets()) >= 3
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
    page = await lab.open(["1 / 0", "import time; time.sleep(600)"])
    await page.run_cell(0, expect_error=True)
    assert "ZeroDivisionError" in await page.output_text(0)
    sleeping = await page.start_cell(1, expect_error=True)
    await page.expect(".jp-InputPrompt:text('[*]:')")
    await page.interrupt_kernel()
    await sleeping
    assert "KeyboardInterrupt" in await page.output_text(1)


OPEN_TWO = """
async () => {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  globalThis.clone = stream.getTracks()[0].clone();
  stream.getTracks()[0].stop();
}
"""
THREAD = "import threading\ngo_on = threading.Event()\nthreading.Thread(target=go_on.wait, name='left').start()"
CHILD = "import subprocess\nchild = subprocess.Popen(['cat'], stdin=subprocess.PIPE)"


async def test_live_tracks_are_counted_whoever_holds_them(lab: Lab) -> None:
    page = await lab.open(["1"])
    assert await page.live_tracks() == 0
    begin = await page.now_ms()
    await page.page.evaluate(OPEN_TWO)
    assert await page.wait_for_tracks(1) == 0
    await page.page.evaluate("() => globalThis.clone.stop()")
    end = await page.now_ms()
    took = await page.wait_for_tracks(0, since=begin)
    assert 0 < took <= end - begin
    assert [live for _, live in await page.track_changes()] == [0, 1, 2, 1, 0]


async def test_an_unplugged_track_says_that_it_ended(lab: Lab) -> None:
    page = await lab.open(["1"])
    await page.page.evaluate(OPEN_TWO)
    await page.page.evaluate("() => { globalThis.clone.onended = () => { globalThis.toldEnd = true } }")
    assert await page.unplug_microphone() == 1
    await page.page.wait_for_function("() => globalThis.toldEnd")
    assert await page.live_tracks() == 0


async def test_outputs_and_cells_go_and_the_notebook_is_closed_and_opened(lab: Lab) -> None:
    page = await lab.open(["print('first')", "print('second')", "x = 3", "print(x)"])
    await page.run_all()
    await page.clear_output(0)
    assert [await page.output_text(index) for index in (0, 1)] == ["", "second"]
    await page.delete_cell(0)
    assert await page.output_text(0) == "second"
    await page.collapse_output(0)
    await page.expect(".jp-Placeholder")
    await page.expand_output(0)
    await page.new_view(0)
    await page.expect(".jp-LinkedOutputView")
    await page.save()
    await page.close_notebook()
    assert not await page.page.locator(".jp-Notebook").count()
    await page.open_notebook()
    assert await page.output_text(0) == "second"
    await page.run_cell(2)
    assert await page.output_text(2) == "3"


async def test_a_second_window_has_the_same_kernel(lab: Lab) -> None:
    first = await lab.open(["x = 1", "print(x)"])
    await first.run_cell(0)
    for elsewhere in (False, True):
        second = await lab.open_again(first, elsewhere=elsewhere)
        await second.run_cell(1)
        assert await second.output_text(1) == "1"
        await (second.crash() if elsewhere else second.close())
    assert await first.evaluate_in_kernel("x") == 1


async def test_kernels_restart_die_and_are_shut_down(lab: Lab) -> None:
    page = await lab.open(["import os; print(os.getpid())"])
    pids = []
    for end in (page.restart_kernel, page.kill_kernel, page.shut_down_kernel, page.start_kernel):
        await page.start_kernel()
        pids.append((await page.find_kernel()).pid)
        await page.run_cell(0)
        assert await page.output_text(0) == str(pids[-1])
        await end()
        if end == page.kill_kernel:
            await page.expect(".jp-Dialog")
            assert "appears to have died" in (await page.dismiss_dialogs())[0]
    assert len(set(pids)) == 4


async def test_the_network_is_cut_and_given_back(lab: Lab) -> None:
    page = await lab.open(["x = 1", "print(x)"], network=True)
    await page.run_cell(0)
    await page.network.cut()
    await page.wait_for_status("connecting", "disconnected")
    await page.network.restore()
    await page.wait_for_status("idle")
    page.network.hold()
    running = await page.start_cell(1)
    assert await page.output_text(1) == ""
    await page.network.restore()
    await running
    assert await page.output_text(1) == "1"


async def test_what_is_left_in_a_kernel_is_found(lab: Lab) -> None:
    page = await lab.open([THREAD, CHILD, "go_on.set()\nchild.communicate()"])
    before = await page.left_in_kernel()
    assert before["pid"] == (await page.find_kernel()).pid
    assert before["children"] == before["sessions"] == before["tasks"] == []
    await page.run_cell(0)
    await page.run_cell(1)
    during = await page.left_in_kernel()
    assert "left" in during["threads"]
    assert len(during["children"]) == 1
    await page.run_cell(2)
    after = await page.left_in_kernel()
    assert "left" not in after["threads"]
    assert after["children"] == []


async def test_sessions_and_their_connections_are_counted(lab: Lab) -> None:
    async with EchoEndpoint() as endpoint:
        page = await lab.open(
            [
                "from realtime_widgets import RealtimeSession\n"
                f'session = RealtimeSession(endpoint="{endpoint.url}", api_key="test")\nawait session.start()',
                "await session.close()\ndel session",
            ]
        )
        await page.run_cell(0)
        left = await page.left_in_kernel()
        assert len(left["sessions"]) == 1
        assert left["tasks"]
        assert endpoint.clients == 1
        await page.run_cell(1)
        await endpoint.until(lambda: endpoint.clients == 0)
        left = await page.left_in_kernel()
        assert (left["sessions"], left["tasks"]) == ([], [])


async def test_the_kernels_sign_is_watched(lab: Lab) -> None:
    page = await lab.open(["1"])
    await page.wait_for_status("idle")
    await page.watch_kernel_sign()
    await page.run_cell(0)
    await page.wait_for_status("idle")
    signs = await page.kernel_signs()
    assert signs[0] == signs[-1] == "idle"
    assert set(signs) == {"busy", "idle"}
    assert await page.unfinished_messages() == 0
