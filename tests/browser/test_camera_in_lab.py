"""A camera, a screen and streams of ipywebrtc in JupyterLab: what the model sees, and what it hears of them."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from PIL import Image

from realtime_widgets.testing import Call, ScriptedServer, Talk, expect

if TYPE_CHECKING:
    from pathlib import Path

    from devtools.browser.lab import Lab, LabPage

pytestmark = pytest.mark.browser

_SESSION = """
from realtime_widgets import Camera, RealtimeSession
session = RealtimeSession(endpoint="{url}", api_key="test")
session
"""
#: Video tracks that are alive in the page.
_COUNT_TRACKS = """() => {
  window.videos = [];
  for (const name of ["getUserMedia", "getDisplayMedia"]) {
    const open = navigator.mediaDevices[name].bind(navigator.mediaDevices);
    navigator.mediaDevices[name] = async (options) => {
      const stream = await open(options);
      window.videos.push(...stream.getVideoTracks());
      return stream;
    };
  }
}"""
_LIVE = "() => window.videos.filter((track) => track.readyState === 'live').length"
#: Whether sound comes in at the port.
_LOUD = """() => [...globalThis[Symbol.for("realtime_widgets.ports")].ports.values()].some(
  (port) => port.inputLevel.rms > 0.05,
)"""
#: Counts the bytes that recorders of the page have made so far.
_COUNT_RECORDED = """() => {
  const { start } = MediaRecorder.prototype;
  window.recorded = 0;
  MediaRecorder.prototype.start = function () {
    this.addEventListener("dataavailable", ({ data }) => (window.recorded += data.size));
    return start.call(this, 100);
  };
}"""
#: How many bytes a recorder of ipywebrtc has made, once it has any.
_RECORDED = """
import asyncio
while not recorder.audio.value:
    await asyncio.sleep(0.05)
len(recorder.audio.value)
"""
_REFUSE_SCREEN = """() => {
  navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException("x", "NotAllowedError"));
}"""
FRAME = {"type": "message", "role": "user", "content": ...}


def frames(server: ScriptedServer) -> list[Image.Image]:
    """The pictures that the service got."""
    found = []
    for event in server.received_of("conversation.item.create"):
        for part in event["item"].get("content", []):
            if part["type"] == "input_image":
                found.append(Image.open(io.BytesIO(base64.b64decode(part["image_url"].partition(",")[2]))))
    return found


async def opened(lab: Lab, server: ScriptedServer, camera: str, *more: str, **options: Any) -> LabPage:
    page = await lab.open([_SESSION.format(url=server.url), "await session.start()", camera, *more], **options)
    await page.page.evaluate(_COUNT_TRACKS)
    for cell in range(3):
        await page.run_cell(cell)
    return page


async def test_pictures_go_by_a_click_cost_what_is_said_and_old_ones_leave_the_context(lab: Lab) -> None:
    talk = Talk()
    items = [step for _ in range(3) for step in talk._client_items(FRAME)]
    steps = [*talk.start(), *items, expect("conversation.item.delete")]
    async with ScriptedServer(steps) as server:
        page = await opened(lab, server, "camera = Camera(session, size=320, keep=2, look=False)\ncamera")
        await page.expect(".rw-camera:has-text('Camera off')")
        await page.screenshot("off", ".rw-camera")
        await page.click("button[aria-label='Camera']")
        await page.expect(".rw-camera:has-text('Next: 320 by')")
        assert await page.page.evaluate(_LIVE) == 1
        await page.page.wait_for_function("() => document.querySelector('.rw-camera-preview').videoWidth > 0")
        for sent in ("1 picture sent", "2 pictures sent", "3 pictures sent"):
            await page.click("button:has-text('Send a picture')")
            await page.expect(f".rw-camera:has-text('{sent}')")
        await page.expect(".rw-camera:has-text('the model has the last 2')")
        await server.finished()
        await page.screenshot("on", ".rw-camera")
        assert [picture.width for picture in frames(server)] == [320] * 3
        created = [event["item"]["id"] for event in server.received_of("conversation.item.create")]
        assert server.received_of("conversation.item.delete")[0]["item_id"] == created[0]
        await page.expect('.rw-shown:has-text("picture of the user\'s camera, 320 by")')

        # Off is off: by the button, by code, and if nobody sees it.
        await page.click("button[aria-label='Camera']")
        await page.expect(".rw-camera:has-text('Camera off')")
        assert await page.page.evaluate(_LIVE) == 0
        await page.click("button[aria-label='Camera']")
        await page.expect(".rw-camera-on")
        await page.clear_output(2)
        await page.page.wait_for_function(f"({_LIVE})() === 0")


async def test_the_model_looks_if_the_user_allows_it(lab: Lab) -> None:
    talk = Talk()
    call = Call("look", {"reason": "to see the plant"}, re.compile("image"))
    refused = Call("look", {}, re.compile("the camera is off"))
    steps = [*talk.start(), *talk.function_call_turn("What is this?", [refused], "Please switch it on.")]
    steps += talk.function_call_turn("And now?", [call], "A plant.")
    async with ScriptedServer(steps, whenever=talk.whenever()) as server:
        ask = "import asyncio\nasking = asyncio.create_task(session.ask({!r}))"
        page = await opened(
            lab,
            server,
            "Camera(session, size=200)",
            ask.format("What is this?"),
            ask.format("And now?"),
            "print(await asking)",
            theme="dark",
        )
        await page.run_cell(3)
        await page.click(".rw-approve")
        await page.run_cell(5)
        assert await page.output_text(5) == "Please switch it on."
        await page.click("button[aria-label='Camera']")
        await page.expect(".rw-camera-on")
        await page.page.wait_for_function("() => document.querySelector('.rw-camera-preview').videoWidth > 0")
        await page.run_cell(4)
        await page.expect(".rw-approval:has-text('to see the plant')")
        assert not frames(server)
        await page.click(".rw-approve")
        await page.run_cell(5)
        assert await page.output_text(5) == "A plant."
        await page.expect(".rw-camera:has-text('the model looked')")
        await page.screenshot("looked", ".rw-camera")
        assert [picture.width for picture in frames(server)] == [200]


async def test_a_camera_that_is_not_allowed_and_a_screen_that_is_not_shared_are_told(lab: Lab) -> None:
    talk = Talk()
    async with ScriptedServer(talk.start(), whenever=talk.whenever()) as server:
        cells = "Camera(session, look=False)", 'Camera(session, source="screen", look=False)'
        page = await opened(lab, server, *cells, permission=False, size=(420, 900))
        await page.run_cell(3)
        await page.page.evaluate(_REFUSE_SCREEN)
        await page.click("button[aria-label='Camera']")
        await page.expect(".rw-camera .rw-problem:has-text('do not allow this page to use the camera')")
        await page.click("button[aria-label='Screen']")
        await page.expect(".rw-camera .rw-problem:has-text('No screen or window was shared')")
        await page.screenshot("refused")


def write_video(path: Path, seconds: float = 30.0) -> None:
    """A film of a moving bar with a tone."""
    times = np.arange(960) / 48_000
    tone = (np.sin(2 * np.pi * 400 * times) * 12_000).astype(np.int16).reshape(1, -1)  # whole periods
    with av.open(str(path), "w") as file:
        video: Any = file.add_stream("libvpx", rate=10)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        audio: Any = file.add_stream("libopus", rate=48_000)
        for index in range(int(seconds * 10)):
            pixels = np.zeros((120, 160, 3), np.uint8)
            pixels[:, (index * 4) % 150 : (index * 4) % 150 + 10] = (255, 200, 0)
            file.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            for part in range(5):
                block = av.AudioFrame.from_ndarray(tone, "s16", "mono")
                block.sample_rate, block.pts = 48_000, (index * 5 + part) * 960
                file.mux(audio.encode(block))
        file.mux(video.encode())
        file.mux(audio.encode())


async def test_a_film_is_heard_and_seen_and_the_answer_is_a_stream(lab: Lab, tmp_path: Path) -> None:
    talk = Talk()
    film = tmp_path / "film.webm"
    write_video(film)
    steps = [*talk.start(), expect("input_audio_buffer.append"), *talk._client_items(FRAME)]
    async with ScriptedServer(steps) as server:
        source = f"from ipywebrtc import AudioRecorder, VideoStream\nfilm = VideoStream.from_file({str(film)!r})\n"
        page = await opened(
            lab,
            server,
            source + "session.microphone.source = film\nfilm",
            "camera = Camera(session, source=film, look=False)\ncamera",
            "recorder = AudioRecorder(stream=session.player.stream)\nrecorder",
            "recorder.recording = True",
            "recorder.recording = False",
            _RECORDED,
            "session.microphone.source = None\nsession.microphone.source_id",
        )
        await page.run_cell(3)
        await page.click("button[aria-label='Your microphone']")
        await page.expect(".rw-mic-on")
        await page.page.wait_for_function(_LOUD)
        await page.click("button[aria-label='Stream']")
        await page.expect(".rw-camera-on")
        await page.page.wait_for_function("() => document.querySelector('.rw-camera-preview').videoWidth > 0")
        await page.click("button:has-text('Send a picture')")
        await page.expect(".rw-camera:has-text('1 picture sent')")
        await server.finished()
        await page.screenshot("film")
        assert frames(server)[0].size == (160, 120)
        assert await page.page.evaluate(_LIVE) == 0  # no camera and no microphone was opened
        heard = np.frombuffer(server.heard(), np.int16).astype(float)
        loud = int(np.argmax(np.abs(heard)))
        spectrum = np.abs(np.fft.rfft(heard[max(0, loud - 6_000) : loud + 6_000], 24_000))
        assert abs(int(np.argmax(spectrum)) - 400) < 20
        # What the player plays is a stream that others record.
        await page.page.evaluate(_COUNT_RECORDED)
        for cell in (4, 5):
            await page.run_cell(cell)
        await page.page.wait_for_function("() => window.recorded > 0")
        await page.run_cell(6)
        await page.run_cell(7)
        assert int(await page.output_text(7)) > 100
        await page.run_cell(8)
        assert await page.output_text(8) == "''"
        await page.expect(".rw-mic-off")


async def test_a_camera_stream_of_ipywebrtc_sends_pictures_by_time(lab: Lab) -> None:
    talk = Talk()
    steps = [*talk.start(), *talk._client_items(FRAME), *talk._client_items(FRAME)]
    more = ["conversation.item.create", "conversation.item.delete"]  # time goes on
    async with ScriptedServer(steps, ignored=more) as server:
        source = "from ipywebrtc import CameraStream\nseen = CameraStream.facing_user(audio=False)\n"
        page = await opened(lab, server, source + "Camera(session, source=seen, size=160, every=1, look=False)")
        await page.click("button[aria-label='Stream']")
        await page.expect(".rw-camera:has-text('Pictures are sent every 1 s')")
        await page.expect(".rw-camera:has-text('sent by time')")
        await server.finished()
        await page.click("button[aria-label='Stream']")
        await page.expect(".rw-camera:has-text('Stream off')")
        assert {picture.width for picture in frames(server)} == {160}
