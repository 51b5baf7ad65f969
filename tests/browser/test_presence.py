"""The microphone's light goes out with the console that shows it, and one page at a time has the sound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devtools.endpoints.echo import EchoEndpoint
from realtime_widgets.testing import ScriptedServer, Talk, expect, reconnect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from devtools.browser.lab import Lab
    from devtools.browser.page import LabPage

pytestmark = pytest.mark.browser


def cells(endpoint: EchoEndpoint) -> list[str]:
    return [
        "from realtime_widgets import RealtimeSession\n"
        f'session = RealtimeSession(endpoint="{endpoint.url}", api_key="test")\nsession',
        "await session.close()",
    ]


async def switch_on(page: LabPage) -> None:
    await page.click(".rw-mic-button[aria-pressed=false]:not(:disabled)")
    await page.wait_for_tracks(1)
    await page.expect(".rw-mic-on")


async def see_it_go_out(page: LabPage, what: Callable[[], Awaitable[object]]) -> None:
    await switch_on(page)
    await what()
    await page.wait_for_tracks(0)


async def test_a_microphone_goes_out_with_its_console_session_or_kernel(lab: Lab) -> None:
    async with EchoEndpoint() as endpoint:
        page = await lab.open(cells(endpoint), spoken=True)
        await page.run_cell(0)
        await switch_on(page)
        await page.collapse_output(0)
        await page.expand_output(0)
        assert await page.live_tracks() == 1
        await page.click(".rw-mic-button")
        await page.wait_for_tracks(0)

        await see_it_go_out(page, lambda: page.clear_output(0))
        await page.run_cell(0)
        await see_it_go_out(page, lambda: page.run_cell(0))
        await see_it_go_out(page, lambda: page.run_cell(1))
        await page.expect(".rw-mic-words:has-text('The session is closed')")
        await page.run_cell(0)
        await see_it_go_out(page, page.restart_kernel)
        await page.expect(".rw-status:has-text('The kernel is gone')")
        assert await page.page.locator(".rw-transcript textarea:enabled").count() == 0
        await page.run_cell(0)
        await see_it_go_out(page, page.kill_kernel)
        await page.expect(".rw-status:has-text('The kernel is gone')")
        await page.dismiss_dialogs()
        await page.start_kernel()
        await page.run_cell(0)
        await page.save()
        await see_it_go_out(page, page.close_notebook)
        await page.open_notebook()
        await page.run_cell(0)
        await see_it_go_out(page, lambda: page.delete_cell(0))


async def test_of_two_pages_one_has_the_sound_and_the_other_can_take_it(lab: Lab) -> None:
    async with EchoEndpoint() as endpoint:
        first = await lab.open(cells(endpoint), spoken=True)
        await first.run_cell(0)
        await switch_on(first)
        await first.save()
        second = await lab.open_again(first)
        await second.expect(".rw-mic:has-text('Sound is in another window')")
        assert await first.live_tracks() == 1
        await second.click("button:has-text('Play and talk here')")
        await first.wait_for_tracks(0)
        await first.expect(".rw-mic:has-text('Sound is in another window')")
        await switch_on(second)
        await second.crash()
        await first.page.wait_for_selector(".rw-mic:has-text('Sound is in another window')", state="detached")
        await switch_on(first)
        await first.reload()
        await switch_on(first)


async def test_an_earlier_session_says_so_leads_to_the_new_one_and_can_be_taken_up(lab: Lab) -> None:
    async with EchoEndpoint() as endpoint:
        show = cells(endpoint)[0]
        page = await lab.open([show.removesuffix("session"), "session", "session"], spoken=True)
        await page.run_cell(0)
        await page.run_cell(1)
        await switch_on(page)
        await page.run_cell(0)
        await page.wait_for_tracks(0)
        await page.run_cell(2)
        await page.expect(".rw-status:has-text('This is an earlier session')")
        old, new = page.cell(1), page.cell(2)
        assert await old.locator(".rw-mic-button:enabled, textarea:enabled").count() == 0
        assert await new.locator(".rw-mic-button:enabled").count() == 1
        await page.screenshot("earlier")


def _put(role: str, text: str) -> Any:
    kind = "output_text" if role == "assistant" else "input_text"
    content = [{"type": kind, "text": text}]
    return expect("conversation.item.create", item={"type": "message", "role": role, "content": content})


async def test_a_talk_goes_on_after_its_kernel_was_restarted(lab: Lab) -> None:
    first, second = Talk(), Talk()
    steps = [*first.start(), *first.text_turn("My name is Ada", "Hello Ada"), reconnect(), *second.start()]
    steps += [_put("user", "My name is Ada"), _put("assistant", "Hello Ada")]
    async with ScriptedServer([*steps, *second.text_turn("Who am I?", "You are Ada")]) as server:
        made = f'session = RealtimeSession(endpoint="{server.url}", api_key="test")\nsession'
        page = await lab.open([f"from realtime_widgets import RealtimeSession\n{made}"])
        await page.run_cell(0)
        await page.page.locator(".rw-transcript textarea").fill("My name is Ada")
        await page.page.keyboard.press("Enter")
        await page.expect(".rw-transcript :text('Hello Ada')")
        await page.restart_kernel()
        await page.expect(".rw-status:has-text('The kernel is gone')")
        await page.run_cell(0)
        await page.click("button:has-text('Continue the talk')")
        await page.expect(".rw-transcript :text('goes on with an earlier one: 2 messages')")
        await page.page.locator(".rw-transcript textarea").fill("Who am I?")
        await page.page.keyboard.press("Enter")
        await page.expect(".rw-transcript :text('You are Ada')")
