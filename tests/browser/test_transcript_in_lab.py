"""The transcript as a user has it: markdown, formulas, words in step, editing, searching, images, a new talk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.testing import ScriptedServer, Talk, expect, stall, tone
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.steps import Emit

if TYPE_CHECKING:
    from devtools.browser.lab import Lab
    from devtools.browser.page import LabPage
    from realtime_widgets.testing.scripted_server.steps import Step

pytestmark = pytest.mark.browser

_SESSION = """
from realtime_widgets import RealtimeSession
session = RealtimeSession(endpoint="{url}", api_key="test")
session
"""
_ANSWER = r"""## A rate

It is `k = 0.8` and **not** more, so $k = \frac{a}{b}$:

```python
print("<b>hi</b>")
```

| t | k |
|---|---|
| 40 | 0.8 |

See [the docs](https://example.org/docs) or [this](javascript:window.hacked=1).
<img src=x onerror="window.hacked=1"> ![far](https://example.org/far.png)

$$
\int_0^1 x^2 \, dx
$$
"""
_PASTE = """async () => {
  const canvas = new OffscreenCanvas(64, 48);
  canvas.getContext("2d").fillRect(0, 0, 64, 48);
  const file = new File([await canvas.convertToBlob()], "plot.png", { type: "image/png" });
  const data = new DataTransfer();
  data.items.add(file);
  const field = document.querySelector(".rw-composer textarea");
  field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def deletion() -> Step:
    def gone(matched: Any) -> dict[str, Any]:
        return shapes.item_deleted(matched[-1]["item_id"])

    return expect("conversation.item.delete").then(Emit(gone))


async def say(page: LabPage, text: str) -> None:
    await page.page.fill(".rw-composer textarea", text)
    await page.page.press(".rw-composer textarea", "Enter")


async def test_answers_are_shown_as_what_they_are_and_nothing_in_them_runs(lab: Lab) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("How fast?", _ANSWER), stall()]) as server:
        page = await lab.open([_SESSION.format(url=server.url), "await session.start()"])
        await page.run_cell(0)
        await page.run_cell(1)
        loaded: list[str] = []
        page.page.on("request", lambda request: loaded.append(request.url))
        await say(page, "How fast?")
        await page.expect(".rw-markdown h2:has-text('A rate')")
        await page.expect(".rw-markdown pre code:has-text('<b>hi</b>')")
        await page.expect(".rw-markdown td:has-text('0.8')")
        await page.expect(".rw-math math mfrac")
        await page.expect(".rw-math[data-display=true] math")
        link = await page.expect(".rw-markdown a[href='https://example.org/docs']")
        assert await link.get_attribute("rel") == "noopener noreferrer"
        assert await page.page.locator(".rw-markdown [href^=javascript]").count() == 0
        assert await page.page.locator(".rw-markdown img").count() == 0
        assert await page.page.evaluate("window.hacked") is None
        assert not [url for url in loaded if "example.org" in url]
        await page.expect(".rw-turn-assistant time")
        await page.screenshot("markdown", ".rw-console")
        await page.set_theme("dark")
        await page.screenshot("dark", ".rw-console")
        server.resume()


async def test_what_was_said_is_edited_deleted_and_found(lab: Lab) -> None:
    talk = Talk()
    steps = [*talk.start(), *talk.text_turn("One?", "The first."), *talk.text_turn("Two?", "The second.")]
    new = {"role": "assistant", "content": [{"type": "output_text", "text": "The other."}]}

    def added(matched: Any) -> dict[str, Any]:
        sent = matched[-1]
        return shapes.item_added({**sent["item"], "status": "completed"}, sent.get("previous_item_id"))

    steps += [deletion(), expect("conversation.item.create", item=new).then(Emit(added)), deletion(), stall()]
    async with ScriptedServer(steps) as server:
        page = await lab.open([_SESSION.format(url=server.url), "await session.start()"])
        await page.run_cell(0)
        await page.run_cell(1)
        await say(page, "One?")
        await page.expect(".rw-turn-assistant:has-text('The first.')")
        await say(page, "Two?")
        entry = await page.expect(".rw-entry:has(.rw-turn-assistant):has-text('The second.')")
        await entry.hover()
        await entry.locator("button[aria-label=Edit]").click()
        await page.page.locator(".rw-editor textarea").fill("The other.")
        await page.screenshot("edit", ".rw-console")
        await page.click(".rw-editor button:has-text('Save')")
        await page.expect(".rw-turn-assistant:has-text('The other.'):has-text('edited')")

        await page.click(".rw-talk-bar button[aria-label=Search]")
        await page.page.fill(".rw-talk-bar input", "the first")
        await page.expect(".rw-talk-bar:has-text('1 found')")
        assert await page.page.locator(".rw-entry").count() == 1
        await page.page.press(".rw-talk-bar input", "Escape")

        first = await page.expect(".rw-entry:has(.rw-turn-user):has-text('One?')")
        await first.hover()
        await first.locator("button[aria-label=Delete]").click()
        await first.locator("button[aria-label='Really delete']").click()
        await page.page.wait_for_selector(".rw-turn-user:has-text('One?')", state="detached")
        await server.stalled()
        server.resume()


async def test_a_pasted_image_goes_with_the_words(lab: Lab) -> None:
    talk = Talk()
    item = {"role": "user", "content": [{"type": "input_text", "text": "What is it?"}, {"type": "input_image"}]}
    async with ScriptedServer([*talk.start(), *talk.text_turn(..., "Black."), stall()]) as server:
        page = await lab.open([_SESSION.format(url=server.url), "await session.start()"])
        await page.run_cell(0)
        await page.run_cell(1)
        await page.page.evaluate(_PASTE)
        await page.expect(".rw-attached img")
        await page.page.fill(".rw-composer textarea", "What is it?\nIn two lines.")
        await page.screenshot("pasted", ".rw-console")
        await page.click("button[aria-label=Send]")
        await page.expect(".rw-turn-assistant:has-text('Black.')")
        await page.expect(".rw-turn-user .rw-image img")
        assert await page.page.locator(".rw-attached").count() == 0
        [sent] = server.received_of("conversation.item.create")
        assert [part["type"] for part in sent["item"]["content"]] == [part["type"] for part in item["content"]]
        server.resume()


async def test_words_appear_as_they_are_said(lab: Lab) -> None:
    talk = Talk()
    words = "It was a dark and stormy night, and nobody was on the road."
    turn = [*talk._asked("Tell me."), *talk._answer(words, tone(4000), asked_for=True)]
    async with ScriptedServer([*talk.start(), *turn, stall()]) as server:
        page = await lab.open([_SESSION.format(url=server.url), "await session.start()"])
        await page.run_cell(0)
        await page.run_cell(1)
        await page.wait_for_port()
        await say(page, "Tell me.")
        unsaid = await page.expect(".rw-unsaid:has-text('on the road.')")
        assert words not in await unsaid.inner_text()
        await page.expect(".rw-voice-here")
        await page.screenshot("in_step", ".rw-console")
        await page.page.wait_for_selector(".rw-unsaid", state="detached")
        await page.expect(f".rw-turn-assistant .rw-text:text-is('{words}')")
        server.resume()


@pytest.mark.models
async def test_a_new_conversation_begins_from_the_beginning(lab: Lab) -> None:
    page = await lab.open(
        ['from realtime_widgets import RealtimeSession\nsession = RealtimeSession(endpoint="local")\nsession']
    )
    await page.run_cell(0)
    await say(page, "Hello?")
    await page.expect(".rw-turn-assistant:has-text('stand-in')")
    await page.click("button[aria-label='Your microphone']")
    await page.expect(".rw-mic-on")
    await page.click("button[aria-label='New conversation']")
    await page.click("button[aria-label='Really begin a new conversation']")
    await page.expect(".rw-notice:has-text('from the beginning')")
    await page.page.wait_for_selector(".rw-turn-user", state="detached")
    await page.expect(".rw-mic-on")
    await say(page, "Hello again?")
    await page.expect(".rw-turn-assistant")
