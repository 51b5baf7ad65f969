"""A person and the cards of tool calls in JupyterLab: consent, refusal, progress, cancelling, pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from devtools.endpoints.hosted_mcp import CALL, answered, asked, begins, says
from realtime_widgets.testing import Call, ScriptedServer, Talk

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

_ASK = "import asyncio\nasking = asyncio.create_task(session.ask('Go'))"
_ANSWER = "reply = await asking\nprint(reply)"


def _session(server: ScriptedServer, tool: str) -> str:
    return (
        "from realtime_widgets import RealtimeSession, progress\n"
        f'session = RealtimeSession(endpoint="{server.url}", api_key="test")\n'
        f"{tool}\nsession"
    )


_VALVE = '''
opened = []

@session.tool(approval="always")
def open_valve(valve: int) -> str:
    """Open a valve."""
    opened.append(valve)
    return f"<b>valve {valve}</b> is open"
'''


async def test_a_call_runs_only_when_it_is_allowed_on_its_card(lab: Lab) -> None:
    talk = Talk()
    allowed = talk.function_call_turn("Go", [Call("open_valve", {"valve": 3}, re.compile("3"))], "It is open.")
    refused = re.compile("did not allow this call")
    not_allowed = talk.function_call_turn("Go", [Call("open_valve", {"valve": 4}, refused)], "Then not.")
    async with ScriptedServer([*talk.start(), *allowed, *not_allowed]) as server:
        page = await lab.open([_session(server, _VALVE), _ASK, _ANSWER, "print(opened)"])
        await page.run_cell(0)
        await page.run_cell(1)
        card = await page.expect(".rw-approval")
        assert '"valve": 3' in await card.inner_text()
        await page.run_cell(3)
        assert await page.output_text(3) == "[]"
        await page.screenshot("asks", ".rw-console")
        await card.get_by_role("button", name="Allow", exact=True).click()
        await page.run_cell(2)
        assert await page.output_text(2) == "It is open."
        done = await page.expect(".rw-console .rw-tool-done")
        assert "<b>valve 3</b> is open" in await done.inner_text()
        assert not await done.get_by_role("button").count()
        await page.run_cell(1)
        await page.expect(".rw-approval")
        # The keyboard alone does it, too.
        await page.page.get_by_role("button", name="Refuse").focus()
        await page.page.keyboard.press("Enter")
        await page.run_cell(2)
        assert await page.output_text(2) == "Then not."
        await page.run_cell(3)
        assert await page.output_text(3) == "[3]"


_DOORS = '''
opened = []

@session.tool(approval="always", approval_limit=600, approve_by_voice=True)
def open_door(door: int) -> str:
    """Open a door."""
    opened.append(door)
    return f"door {door} is open"
'''


async def test_consent_is_asked_where_it_is_seen_and_given_by_a_word_or_for_good(lab: Lab) -> None:
    talk = Talk()
    steps = [*talk.start(), *talk.text_turn("Hello", "A long story. " * 300)]
    for door in (1, 2, 3, 4):
        call = Call("open_door", {"door": door}, re.compile("open"))
        steps += talk.function_call_turn("Go", [call], f"Door {door}.")
    async with ScriptedServer(steps) as server:
        story = "await session.ask('Hello')\nNone"
        page = await lab.open([_session(server, _DOORS), story, _ASK, _ANSWER, "print(opened)"])
        await page.run_cell(0)
        await page.run_cell(1)
        await page.page.locator(".rw-list").evaluate("list => { list.scrollTop = 0 }")
        await page.run_cell(2)
        asks = await page.expect(".rw-approval")
        await page.expect(".rw-countdown:has-text('refused in 9 min 5')")
        assert "say or type yes or no" in await asks.inner_text()
        await page.expect(".rw-status:has-text('Waiting for your consent')")
        box, console = await asks.bounding_box(), await page.page.locator(".rw-console").bounding_box()
        assert box is not None
        assert console is not None
        assert console["y"] < box["y"]
        assert box["y"] + box["height"] < console["y"] + console["height"]
        await page.screenshot("asks-pinned")
        await page.page.locator(".rw-transcript textarea").fill("Yes, please.")
        await page.page.keyboard.press("Enter")
        await page.run_cell(3)
        assert await page.output_text(3) == "Door 1."
        await page.run_cell(2)
        always = page.page.locator(".rw-approval").get_by_role("button", name="Always allow this tool")
        await always.click()
        await page.run_cell(3)
        assert await page.output_text(3) == "Door 2."
        await page.run_cell(2)
        await page.run_cell(3)
        assert await page.output_text(3) == "Door 3."
        assert not await page.page.locator(".rw-approval").count()
        last = page.page.locator(".rw-tool").last
        await last.locator("summary").click()
        await last.get_by_role("button", name="Ask me again").click()
        await page.expect(".rw-tool:has-text('allowed while it was allowed always')")
        assert not await page.page.get_by_role("button", name="Ask me again").count()
        await page.run_cell(2)
        await page.page.locator(".rw-approval").get_by_role("button", name="Allow", exact=True).click()
        await page.run_cell(3)
        assert await page.output_text(3) == "Door 4."
        await page.run_cell(4)
        assert await page.output_text(4) == "[1, 2, 3, 4]"


_SEND = '''
@session.tool(approval="always")
def send(to: str) -> str:
    """Send a message."""
    return "sent to " + to
'''


async def test_a_card_shows_characters_that_would_hide_what_is_allowed(lab: Lab) -> None:
    talk = Talk()
    hostile = "moc.live\u202e@\u200bbob <img src=x onerror=alert(1)> $x$"
    turn = talk.function_call_turn("Go", [Call("send", {"to": hostile}, re.compile("sent"))], f"Sent: {hostile}")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        page = await lab.open([_session(server, _SEND), _ASK, "await asking\nsession.conversation"])
        await page.run_cell(0)
        await page.run_cell(1)
        card = await page.expect(".rw-approval")
        assert "moc.live⟨U+202E⟩@⟨U+200B⟩bob" in await card.inner_text()
        await card.get_by_role("button", name="Allow", exact=True).click()
        await page.run_cell(2)
        exported = page.page.locator(".jp-RenderedMarkdown", has_text="Sent:")
        await exported.wait_for()
        text = await exported.inner_text()
        assert "Sent: moc.live⟨U+202E⟩@⟨U+200B⟩bob <img src=x onerror=alert(1)> $x$" in text
        assert not await exported.locator("img, mjx-container").count()
        await page.page.locator(".rw-console", has_text="Sent: moc.live⟨U+202E⟩").wait_for()
        spoken = await page.page.locator(".rw-console").inner_text()
        assert not re.search("[\u200b\u202e]", text + spoken)


_MEASURE = '''
import threading
from IPython.display import display, Image
go_on = threading.Event()
DOT = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63"
    "64f8cfc0f01f0005050201cb5a31320000000049454e44ae426082")

@session.tool
def measure(samples: int) -> str:
    """Measure samples."""
    print("warming up")
    display(Image(DOT))
    progress(f"sample 1 of {samples}", 1 / samples)
    while not go_on.wait(0.05):
        progress("still measuring", 0.5)
    return "measured"
'''


async def test_a_card_shows_progress_and_pictures_and_cancels_while_a_cell_runs(lab: Lab) -> None:
    talk = Talk()
    stopped = re.compile("the user stopped this call")
    turn = talk.function_call_turn("Go", [Call("measure", {"samples": 4}, stopped)], "Stopped.")
    async with ScriptedServer([*talk.start(), *turn]) as server:
        page = await lab.open([_session(server, _MEASURE), _ASK, _ANSWER, "import time; time.sleep(600)"])
        await page.run_cell(0)
        await page.run_cell(1)
        await page.expect(".rw-console .rw-tool-running .rw-tool-note:text('still measuring')")
        assert await page.page.locator(".rw-tool-running progress").get_attribute("value") == "0.5"
        picture = await page.expect(".rw-tool-running img")
        assert await picture.evaluate("image => image.complete && image.naturalWidth") == 1
        assert await page.output_text(1) == ""
        busy = await page.start_cell(3, expect_error=True)
        await page.click("button[aria-label='Cancel measure']")
        failed = await page.expect(".rw-console .rw-tool-error")
        assert "the user stopped this call" in await failed.inner_text()
        await page.interrupt_kernel()
        await busy
        await page.run_cell(2)
        assert await page.output_text(2) == "Stopped."


_DOCS = """
from realtime_widgets import HostedMcp
token = "-".join(["sesame", "token"])
session.tools.add(HostedMcp("docs", "https://docs.example.com/mcp", authorization=token))
"""


async def test_a_call_of_the_service_itself_waits_for_a_click_on_its_card(lab: Lab) -> None:
    allowed = [*Talk().start(), *asked(), answered(True), begins(2), *says(2, "There are three.", CALL)]
    denied = answered(False, reason="the user did not allow this call")
    refused = [*Talk().start(), *asked(), denied, begins(2), *says(2, "As you like.")]
    async with ScriptedServer(allowed) as willing, ScriptedServer(refused) as unwilling:
        page = await lab.open([_session(willing, _DOCS), _ASK, _ANSWER])
        await page.run_cell(0)
        await page.run_cell(1)
        card = await page.expect(".rw-approval")
        asks = await card.inner_text()
        assert "docs.search" in asks
        assert '"q": "tools"' in asks
        await page.screenshot("asks", ".rw-console")
        await card.get_by_role("button", name="Allow", exact=True).click()
        await page.run_cell(2)
        assert await page.output_text(2) == "There are three."
        done = await page.expect(".rw-console .rw-tool-done")
        assert "three pages" in await done.inner_text()
        assert not await page.page.locator(".rw-approval").count()

        await page.edit_cell(0, _session(unwilling, _DOCS))
        await page.run_cell(0)
        await page.run_cell(1)
        card = await page.expect(".rw-approval")
        await card.get_by_role("button", name="Refuse").click()
        await page.run_cell(2)
        assert await page.output_text(2) == "As you like."
        failed = await page.expect(".rw-console .rw-tool-error")
        assert "the user did not allow this call" in await failed.inner_text()
        notebook = await page.save()
        assert "sesame-token" not in str(notebook)
