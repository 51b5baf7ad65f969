"""What else a person does with a session in JupyterLab: changes a tool, loses the endpoint, stops, types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from devtools.endpoints.echo import EchoEndpoint
from devtools.sound.sound import MICROPHONE_RATE, microphone_wav, tone
from realtime_widgets.audio.samples import to_pcm16

if TYPE_CHECKING:
    from pathlib import Path

    from devtools.browser.lab import Lab

pytestmark = [pytest.mark.browser, pytest.mark.models]

_SESSION = """
from realtime_widgets import RealtimeSession
session = RealtimeSession("You are a lab assistant.")
session
"""
_SLOW_TOOL = '''
import threading
go_on = threading.Event()

@session.tool
def count_samples(rack: int) -> str:
    """Count the samples in a rack."""
    go_on.wait(600)
    return f"The old code counts {rack} samples."
'''
_QUICK_TOOL = '''
@session.tool
def count_samples(rack: int) -> str:
    """Count the samples in a rack."""
    return f"The new code counts {rack} samples."
'''


async def test_a_tool_changed_in_mid_call_answers_with_the_new_code_next_time(lab: Lab) -> None:
    page = await lab.open(
        [
            _SESSION,
            _SLOW_TOOL,
            "import asyncio\nfirst = asyncio.create_task(session.ask('Count the samples in rack 7.'))",
            "reply = await session.ask('Count the samples in rack 8.')\nprint(reply)",
            "print(await first)",
        ]
    )
    for cell in (0, 1, 2):
        await page.run_cell(cell)
    await page.expect(".rw-tool-running")
    await page.edit_cell(1, _QUICK_TOOL)
    await page.run_cell(1)
    await page.run_cell(3)
    assert await page.output_text(3) == "The new code counts 8 samples."
    await page.edit_cell(3, "go_on.set()")
    await page.run_cell(3)
    await page.run_cell(4)
    assert "The old code counts 7 samples." in await page.output_text(4)


async def test_a_killed_endpoint_is_told_at_once_and_the_kernel_goes_on(lab: Lab) -> None:
    page = await lab.open(
        [
            _SESSION,
            "reply = await session.ask('Hello, what can you do?')",
            "import os, signal, threading\n"
            "from realtime_widgets.local.server.child_process import EmbeddedEndpoint\n"
            "endpoint = EmbeddedEndpoint.shared()\n"
            "told = threading.Event()\nwaited_in_vain = []\n"
            "@session.tool\ndef wait_for_it() -> str:\n"
            '    """Wait for the kettle to boil."""\n'
            "    os.kill(endpoint.pid, signal.SIGKILL)\n"
            # Far longer than at once, and half of the time for which a lost service is tried again.
            "    if not told.wait(30):\n        waited_in_vain.append(True)\n",
            "try:\n    await session.ask('Wait for the kettle to boil.')\n"
            "except Exception as error:\n    print(type(error).__name__, error)\n"
            "told.set()\nprint('slow' if waited_in_vain else 'quick')",
            "print(1 + 1, session.state, endpoint.alive)",
        ]
    )
    for cell in range(5):
        await page.run_cell(cell)
    told = await page.output_text(3)
    assert told.startswith("ConnectionFailedError")
    assert "connection to the local endpoint was lost" in told
    assert told.endswith("quick")
    assert await page.output_text(4) == "2 closed False"
    problem = await page.expect(".rw-console [role=alert]")
    assert "lost" in await problem.inner_text()
    assert not await page.page.locator(".rw-tool-running").count()


async def test_the_stop_button_ends_the_answer_where_the_model_is_told_it_did(lab: Lab) -> None:
    answer = to_pcm16(tone(30, level=0.3), MICROPHONE_RATE)
    async with EchoEndpoint(answer) as endpoint:
        page = await lab.open(
            [
                "from realtime_widgets import RealtimeSession\n"
                f'session = RealtimeSession(endpoint="{endpoint.url}", api_key="test")\nsession',
                "session.usage",
            ]
        )
        await page.run_cell(0)
        speaker = await page.tap_speaker()
        await page.click("button[aria-label*='microphone']")
        await speaker.wait_for_sound()
        await page.click("button[aria-label*='Stop']")
        await speaker.wait_for_silence()
        await endpoint.until(lambda: endpoint.got("conversation.item.truncate"))
        recording = await speaker.read()
    # The tone has no pause, so what was played is what sounded; a gap of the player would not count.
    played = sum(end - begin for begin, end in recording.loud_stretches(gap_ms=5))
    assert "response.cancel" in [event["type"] for event in endpoint.received]
    (truncate,) = (event for event in endpoint.received if event["type"] == "conversation.item.truncate")
    assert truncate["audio_end_ms"] == pytest.approx(played, abs=20)
    assert truncate["audio_end_ms"] < len(answer) / 48


async def test_a_refused_microphone_tells_the_cure_and_typing_still_works(lab: Lab) -> None:
    page = await lab.open([_SESSION, "console_state = session.state"], permission=False)
    await page.run_cell(0)
    await page.click("button[aria-label*='microphone']")
    problem = await page.expect(".rw-problem")
    text = await problem.inner_text()
    assert re.search("Allow", text)
    await page.click(".rw-composer textarea")
    await page.page.keyboard.type("Who are you?")
    await page.page.keyboard.press("Enter")
    answer = await page.expect(".rw-turn-assistant .rw-words")
    await page.page.wait_for_function(
        "() => document.querySelector('.rw-turn-assistant .rw-words').innerText.length > 30"
    )
    assert "stand-in" in await answer.inner_text()


async def test_a_message_typed_while_a_cell_runs_is_answered_aloud(lab: Lab) -> None:
    page = await lab.open([_SESSION, "await session.start()", "import time; time.sleep(600)"])
    await page.run_cell(0)
    await page.run_cell(1)
    speaker = await page.tap_speaker()
    busy = await page.start_cell(2)
    await page.click(".rw-composer textarea")
    await page.page.keyboard.type("Who are you?")
    await page.page.keyboard.press("Enter")
    await speaker.wait_for_sound()
    await page.expect(".jp-InputPrompt:text('[*]:')")
    await page.interrupt_kernel()
    with pytest.raises(AssertionError, match="KeyboardInterrupt"):
        await busy


async def test_a_reloaded_page_goes_on_with_the_talk(lab: Lab) -> None:
    page = await lab.open(
        [_SESSION, "reply = await session.ask('Hello!')\nreply", "reply = await session.ask('Who are you?')"]
    )
    await page.run_cell(0)
    await page.run_cell(1)
    notebook = await page.save()
    assert "audio" not in str(notebook.cells[1].outputs).lower().replace("has_audio", "")
    await page.reload()
    await page.expect(".rw-console .rw-turn-assistant")
    speaker = await page.tap_speaker()
    await page.run_cell(2)
    await speaker.wait_for_sound()
    assert await page.page.locator(".rw-turn-assistant").count() == 2


async def test_push_to_talk_sends_only_what_is_said_while_it_is_held(lab: Lab, tmp_path: Path) -> None:
    wav = microphone_wav(tmp_path / "tone.wav", [(0.0, tone(300))])
    async with EchoEndpoint() as endpoint:
        page = await lab.open(
            [
                "from realtime_widgets import RealtimeSession\n"
                f'session = RealtimeSession(endpoint="{endpoint.url}", api_key="test",\n'
                '    turn_detection="push_to_talk")\n'
                "await session.start()\nsession"
            ],
            microphone=wav,
        )
        await page.run_cell(0)
        await page.click("button[aria-label*='microphone']")
        button = await page.expect("button[aria-label*='Hold'], button[aria-label*='hold']")
        assert not endpoint.sound
        await button.hover()
        await page.page.mouse.down()
        speaker = await page.tap_speaker()
        await speaker.wait_for_sound()
        # Less than 100 ms would be too short to be heard.
        await endpoint.until(lambda: len(endpoint.sound) > 48 * 300)
        await page.page.mouse.up()
        await endpoint.until(lambda: endpoint.got("input_audio_buffer.commit"))
        sent = len(endpoint.sound)
        await speaker.wait_for_silence()
        assert len(endpoint.sound) == sent > 0
    kinds = [event["type"] for event in endpoint.received if event["type"] != "session.update"]
    assert kinds[:2] == ["input_audio_buffer.clear", "input_audio_buffer.commit"]


async def test_a_reply_shows_and_plays_itself_where_no_console_did(lab: Lab) -> None:
    page = await lab.open(
        [
            _SESSION.replace("\nsession\n", ""),
            "reply = await session.ask('Who are you?')",
            "reply",
        ]
    )
    await page.run_cell(0)
    await page.run_cell(1)
    await page.run_cell(2)
    speaker = await page.tap_speaker()
    await speaker.wait_for_sound()
    await page.click(".rw-reply button[aria-label='Stop']")
    await speaker.wait_for_silence()
    await page.click(".rw-reply button[aria-label='Play the reply']")
    await speaker.wait_for_sound()
    assert "stand-in" in await page.text(".rw-reply")
