"""A recording in JupyterLab: it shows itself as the console did, plays with its sound, and can be scrubbed."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from devtools.endpoints.echo import EchoEndpoint
from devtools.sound.sound import MICROPHONE_RATE
from devtools.sound.sound import tone as sine
from realtime_widgets import RealtimeSession, Recording
from realtime_widgets.audio.samples import to_pcm16
from realtime_widgets.testing import Call, ScriptedServer, Talk, tone
from tests.session.watching import HEARD

if TYPE_CHECKING:
    from pathlib import Path

    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

_SHOW = "from realtime_widgets import Recording\nRecording.load({path!r})"
_WATCH = """() => {
  window.sounds = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (...when) {
    const samples = this.buffer.getChannelData(1);
    window.sounds.push([this.buffer.duration, Math.max(...samples)]);
    return start.apply(this, when);
  };
}"""
_SEEK = """(place) => {
  const input = document.querySelector(".rw-replay input[type=range]");
  input.value = place;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}"""


def add(first: int, second: int) -> int:
    """Add two numbers."""
    return first + second


async def record(path: Path) -> float:
    talk = Talk()
    turns = [
        *talk.spoken_turn("How late?", "Noon.", tone(1_500)),
        *talk.function_call_turn(
            "1 + 2?", [Call("add", {"first": 1, "second": 2}, "3")], "Three. So $1 + 2 = 3$, for $5."
        ),
    ]
    async with ScriptedServer([*talk.start(model="gpt-realtime-2.1"), HEARD, *turns]) as server:
        session = RealtimeSession(endpoint=server.url, tools=[add])
        with session.record(path) as running:
            await session.talk(np.full(4_800, 0.1, np.float32), rate=24_000)
            await asyncio.sleep(0.6)  # so that the second question is not at the same place
            await session.ask("1 + 2?")
            seconds = running.seconds
        await session.close()
    return seconds


async def test_a_recording_is_played_and_scrubbed(lab: Lab, tmp_path: Path) -> None:
    seconds = await record(tmp_path / "talk.rwz")
    page = await lab.open([_SHOW.format(path=str(tmp_path / "talk.rwz"))])
    await page.run_cell(0)
    box = await page.expect(".rw-replay")
    await page.expect(".rw-replay button[aria-label='Play']:not([disabled])")
    text = await box.inner_text()
    assert "Talk with gpt-realtime-2.1" in text
    assert "How late?" in text and "Three." in text and "add" in text
    await page.expect(".rw-replay math")
    await page.screenshot("whole", ".rw-replay")
    await page.page.evaluate(_WATCH)
    # At an earlier place only what was said by then is there.
    await page.page.evaluate(_SEEK, 1.0)
    await page.page.wait_for_function("() => !document.querySelector('.rw-replay').innerText.includes('1 + 2?')")
    assert "How late?" in await box.inner_text()
    await page.click(".rw-replay button[aria-label='Play']")
    await page.page.wait_for_function("() => document.querySelector('.rw-replay').innerText.includes('Three.')")
    await page.expect(".rw-replay button[aria-label='Play']")  # it has come to its end
    [[length, loudest], *_] = await page.page.evaluate("() => window.sounds")
    assert length >= seconds - 1 and loudest > 0.1
    await page.click(".rw-replay summary:has-text('Where the time')")
    await page.expect(".rw-replay .rw-waterfall")
    await page.screenshot("waterfall", ".rw-replay")
    await page.click(".rw-replay button:has-text('Insert as cells below')")
    await page.page.wait_for_function("() => document.querySelectorAll('.jp-Cell').length > 3")
    await page.save()
    saved = page.path.read_text()
    assert "How late?" in saved and "fLaC" not in saved
    assert len(saved) < 60_000
    cells = json.loads(saved)["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    assert "**You:** How late?" in sources[2:]
    [call] = [cell for cell in cells if "".join(cell["source"]) == "add(first=1, second=2)"]
    assert call["outputs"][0]["data"]["text/plain"] in ("3", ["3"])
    sent = Recording.load(tmp_path / "talk.rwz").save(tmp_path / "talk.html")
    await page.page.goto(sent.as_uri())
    await page.expect("article math")
    said = await page.text("article:has(math)")
    assert "Three. So" in said and "$1" not in said and ", for $5." in said


async def test_what_the_page_played_is_in_the_recording_to_the_cut(lab: Lab, tmp_path: Path) -> None:
    answer = to_pcm16(sine(30, level=0.3), MICROPHONE_RATE)
    path = tmp_path / "talk.rwz"
    async with EchoEndpoint(answer) as endpoint:
        page = await lab.open(
            [
                "from realtime_widgets import RealtimeSession\n"
                f'session = RealtimeSession(endpoint="{endpoint.url}", api_key="test")\n'
                f"running = session.record({str(path)!r})\nsession",
                "running.stop()",
            ]
        )
        await page.run_cell(0)
        speaker = await page.tap_speaker()
        await page.click("button[aria-label='Your microphone']")
        await speaker.wait_for_sound(1_500)
        await page.click("button[aria-label*='Stop']")
        await speaker.wait_for_silence()
        await endpoint.until(lambda: endpoint.got("conversation.item.truncate"))
        heard = await speaker.read()
        await page.run_cell(1)
        (truncate,) = (event for event in endpoint.received if event["type"] == "conversation.item.truncate")
    recording = Recording.load(path)
    assert recording.complete
    played = recording.both[:, 1]
    loud = np.flatnonzero(np.abs(played) > 300)
    # In one piece: a report that comes late tears no hole into it.
    assert np.max(np.diff(loud)) < 240
    # As long as the service was told, and as long as the loudspeaker sounded.
    milliseconds = (loud[-1] - loud[0]) / 24
    assert milliseconds == pytest.approx(truncate["audio_end_ms"], abs=5)
    sounded = sum(end - begin for begin, end in heard.loud_stretches(gap_ms=5))
    assert milliseconds == pytest.approx(sounded, abs=25)
    assert recording.captured.any()


@pytest.mark.nightly  # 23 s; tests/recording/test_inserting.py has the same without a browser
async def test_cells_are_inserted_from_python_once_by_the_page_that_ran_the_cell(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "talk.rwz"
    await record(path)
    page = await lab.open([f"{_SHOW.format(path=str(path))}.insert_below()", "'the cell after it'"])
    other = await lab.open_again(page, elsewhere=True)
    await page.run_cell(0)
    assert "Inserted" in await page.output_text(0)

    async def sources() -> list[str]:
        await page.save()
        return ["".join(cell["source"]) for cell in json.loads(page.path.read_text())["cells"]]

    once = await sources()
    assert once[-1] == "'the cell after it'"
    assert once.count("**You:** How late?") == once.count("add(first=1, second=2)") == 1
    # Neither a tab that shows the notebook too nor a page that is loaded again inserts anything.
    assert await other.page.locator(".jp-Cell:has-text('add(first=1')").count() <= 1
    await other.close()
    await page.reload()
    await page.run_cell(len(once) - 1)
    assert await sources() == once
    await page.run_cell(0)  # the user asks again
    assert (await sources()).count("**You:** How late?") == 2
