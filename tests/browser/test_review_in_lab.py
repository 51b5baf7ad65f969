"""A person reviews in JupyterLab what checks flagged, hears it, decides, and lets a tool run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.testing import Call, ScriptedServer, Talk

if TYPE_CHECKING:
    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

_SESSION = '''
from realtime_widgets import RealtimeSession, ReviewLog, ReviewQueue, checks
from realtime_widgets.testing import tone
session = RealtimeSession(endpoint="{url}", api_key="test", review=ReviewLog(keep_sound=True))

@session.tool(approval="always")
def open_valve(valve: int) -> str:
    """Open a valve."""
    return f"valve {{valve}} is open"

@session.check("output")
def rude(text):
    return checks.flag("a rude word", 0.8) if "nitwit" in text else None

session.check("input", checks.PersonalData(action="flag"))
'''
#: What was said is put into the log's sound, as a real talk would.
_SOUND = """
import dataclasses
for item in session.review.items():
    session.review.add(dataclasses.replace(item.flagged, heard=tone(800), spoken=tone(800)))
"""
_ASK = 'await session.ask("My mail is ann@example.com")\nNone'
_OPEN = 'session.say("Open the valve")'
_QUEUE = 'ReviewQueue(session, "Ann")'
_DECIDED = "[(d.judgement, d.note, d.reviewer) for item in session.review.items() for d in item.decisions]"
_NITWIT = "You are a <i>nitwit</i>, Ann."
#: Counts the sounds that the page plays by itself.
_COUNT_SOUNDS = """() => {
  const play = HTMLMediaElement.prototype.play;
  window.played = 0;
  HTMLMediaElement.prototype.play = function () { window.played += 1; return play.call(this); };
}"""


def talk_with_flags(talk: Talk) -> list[Any]:
    return [*talk.start(), *talk.text_turn("My mail is ann@example.com", f"Good morning to you. {_NITWIT}")]


async def test_what_was_flagged_is_read_heard_and_decided(lab: Lab) -> None:
    async with ScriptedServer(talk_with_flags(Talk())) as server:
        page = await lab.open([_SESSION.format(url=server.url), _QUEUE, _ASK, _SOUND, _DECIDED])
        await page.run_cell(0)
        await page.run_cell(1)
        await page.expect(".rw-review-empty:has-text('What checks flag appears here')")
        await page.run_cell(2)
        await page.expect(".rw-review-head:has-text('2 to decide')")
        await page.run_cell(3)
        await page.click(".rw-review-item:has-text('rude')")
        mark = await page.expect(".rw-review-detail mark")
        assert await mark.inner_text() == _NITWIT
        assert "My mail is" in await page.text(".rw-review-talk")
        await page.screenshot("flagged", ".rw-review")

        await page.page.evaluate(_COUNT_SOUNDS)
        await page.click("button:has-text('Hear the answer')")
        await page.expect("button[aria-pressed='true']:has-text('Stop')")
        await page.expect("button[aria-pressed='false']:has-text('Hear the answer')")
        assert await page.page.evaluate("window.played") == 1

        await page.page.locator(".rw-review-note").fill("in fun")
        await page.click(".rw-review-decide button:has-text('False alarm')")
        await page.expect(".rw-review-head:has-text('1 to decide')")
        await page.page.locator(".rw-review-box").focus()
        await page.page.keyboard.press("j")
        await page.expect(".rw-review-detail header:has-text('personal data')")
        await page.page.keyboard.press("r")
        await page.expect(".rw-review-head:has-text('nothing waits')")
        await page.run_cell(4)
        assert await page.output_text(4) == "[('right', '', 'Ann'), ('wrong', 'in fun', 'Ann')]"
        # The file holds none of it, and a second tab has it from the kernel.
        notebook: Any = await page.save()
        assert "nitwit" not in str(notebook.cells[1].outputs) + str(notebook.metadata.get("widgets", ""))
        again = await lab.open_again(page)
        await again.run_cell(1)
        await again.page.locator(".rw-review-head input").first.uncheck()
        await again.expect(".rw-review-item:has-text('rude')")


async def test_somebody_else_sees_no_decision_before_the_own_one(lab: Lab) -> None:
    async with ScriptedServer(talk_with_flags(Talk())) as server:
        decide = "session.review.decide(session.flagged[1].id, 'wrong', 'in fun', 'Ann')"
        cells = [_SESSION.format(url=server.url), _ASK, decide, "ReviewQueue(session, 'Bob')"]
        page = await lab.open([*cells, "session.review.agreement().share"])
        for cell in range(4):
            await page.run_cell(cell)
        await page.click(".rw-review-item:has-text('rude')")
        await page.expect(".rw-review-detail header:has-text('rude')")
        assert not await page.page.locator(".rw-review-others").count()
        await page.click(".rw-review-decide button:has-text('Right')")
        await page.expect(".rw-review-others:has-text('Ann: False alarm (in fun)')")
        await page.set_theme("dark")
        await page.screenshot("decided", ".rw-review")
        await page.run_cell(4)
        assert await page.output_text(4) == "0.0"


async def test_a_tool_that_waits_stands_in_the_queue_and_runs_from_there(lab: Lab) -> None:
    talk = Talk()
    call = Call("open_valve", {"valve": 3}, re.compile("3"))
    steps = [*talk.start(), *talk.function_call_turn("Open the valve", [call], "Open.")]
    async with ScriptedServer(steps) as server:
        page = await lab.open([_SESSION.format(url=server.url), _QUEUE, "session", _OPEN])
        for cell in range(4):
            await page.run_cell(cell)
        await page.expect(".rw-review .rw-approval:has-text('open_valve')")
        await page.expect(".rw-console .rw-approval:has-text('open_valve')")
        await page.screenshot("asks", ".rw-review")
        await page.click(".rw-review .rw-approve")
        await page.page.wait_for_function("() => !document.querySelector('.rw-approval')")
        await page.expect(".rw-console .rw-tool-done")
        await server.finished()


async def test_the_queue_is_readable_in_a_narrow_window(lab: Lab) -> None:
    talk = Talk()
    steps = [*talk.start(), *talk.text_turn("My mail is ann@example.com", "You are a nitwit, Ann.")]
    async with ScriptedServer(steps) as server:
        page = await lab.open([_SESSION.format(url=server.url), _ASK, _QUEUE], size=(420, 900))
        for cell in range(3):
            await page.run_cell(cell)
        await page.expect(".rw-review-detail")
        await page.screenshot("narrow")
        box = await page.page.locator(".rw-review-box").first.bounding_box()
        inside = await page.page.locator(".rw-review-decide").first.bounding_box()
        assert box is not None
        assert inside is not None
        assert inside["x"] + inside["width"] <= box["x"] + box["width"]
