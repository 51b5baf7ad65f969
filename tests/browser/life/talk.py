"""A talk in a notebook whose life goes on in any order: what is done to it, and what must hold then."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from devtools.browser.notebooks import write_notebook
from devtools.browser.page import PATIENCE_S
from devtools.sound.sound import tone

if TYPE_CHECKING:
    from devtools.browser.lab import Lab
    from devtools.browser.page import LabPage
    from devtools.endpoints.echo import EchoEndpoint

#: How long after what ended it a microphone may stay open without a console that shows it, in milliseconds.
PROMISED_MS = 2000
#: Longest time until a session that nobody can see or reach has ended, in seconds: half a minute for a page that
#: may only be cut off, the grace, and closing.
END_S = 60.0

#: Consoles in the page that show their microphone as on, or being opened.
_SHOWN_ON = """
document.querySelectorAll(
  ".rw-mic-on, .rw-mic-muted, .rw-mic-talking, .rw-mic-ready, .rw-mic-opening"
).length
"""
#: Returns how long it took until no track was live without a console that shows it; null if it did not come.
_UNTIL_SHOWN = f"""
async (limit) => {{
  const changes = globalThis.__testTracksOfMicrophones.changes;
  const begin = performance.now();
  while (performance.now() - begin < limit) {{
    const live = changes.at(-1).live;
    if (live === 0 || (live === 1 && {_SHOWN_ON} > 0)) return performance.now() - begin;
    await new Promise((done) => setTimeout(done, 20));
  }}
  return null;
}}
"""
_CLICK = """
([selector, words]) => {
  const usable = [...document.querySelectorAll(selector)].filter((button) => !button.disabled);
  const found = usable.find((button) => button.innerText.includes(words));
  found?.click();
  return found !== undefined;
}
"""
_SETTLED = "() => !document.querySelector('.rw-mic-opening')"
#: Threads of ipykernel: one for each kind of widget in a page, which the page may leave behind.
_SUBSHELLS = re.compile("subshell")

SESSION, CLOSE = 0, 1


class Talk:
    """One notebook with a session, and the pages that show it; each action does nothing if a user could not do it.

    Parameters
    ----------
    lab, endpoint
        The fixture, and the service that the session talks to.
    page
        The first page, opened with `open_talk`.
    """

    def __init__(self, lab: Lab, endpoint: EchoEndpoint, page: LabPage) -> None:
        self.lab = lab
        self.endpoint = endpoint
        self.page = page
        self.second: LabPage | None = None
        self.threads: list[str] | None = None
        self._closed = False
        self._deleted = False
        self._speech: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Show a new session with its microphone on, in the notebook as it was written first."""
        await self.close_second()
        if not self._closed:
            await self.page.close_notebook()
        write_notebook(self.page.path, cells(self.endpoint))
        await self.page.open_notebook()
        self._closed = self._deleted = False
        await self.page.start_kernel()
        await self.page.run_cell(SESSION)
        await self.page.expect(".rw-mic-button")
        await self.switch_microphone()
        await self.page.wait_for_tracks(1)
        if self.threads is None:
            await self.endpoint.until(lambda: self.endpoint.clients == 1)
            self.threads = await self._threads()

    async def end(self) -> None:
        """Stop speaking."""
        if self._speech is not None:
            self._speech.cancel()
            await asyncio.gather(self._speech, return_exceptions=True)

    @property
    def _pages(self) -> list[LabPage]:
        return [self.page] if self.second is None else [self.page, self.second]

    # What happens

    async def run_again(self) -> None:
        """Run the session's cell again."""
        if not self._closed and not self._deleted:
            await self.page.run_cell(SESSION)

    async def clear_output(self) -> None:
        """Clear the output of the session's cell."""
        if not self._closed and not self._deleted:
            await self.page.clear_output(SESSION)

    async def delete_cell(self) -> None:
        """Delete the session's cell."""
        if not self._closed and not self._deleted:
            await self.page.delete_cell(SESSION)
            self._deleted = True

    async def close_session(self) -> None:
        """Close the session from a cell."""
        if not self._closed:
            await self.page.run_cell(CLOSE - self._deleted)

    async def restart_kernel(self) -> None:
        """Restart the kernel."""
        if not self._closed:
            await self.page.restart_kernel()

    async def kill_kernel(self) -> None:
        """Kill the kernel's process."""
        if not self._closed:
            await self.page.kill_kernel()

    async def close_notebook(self) -> None:
        """Close the notebook in JupyterLab, or open it again."""
        if self._closed:
            await self.page.open_notebook()
        else:
            await self.page.save()
            await self.page.close_notebook()
        self._closed = not self._closed

    async def reload(self) -> None:
        """Reload the page."""
        if not self._closed:
            await self.page.save()
            await self.page.reload()

    async def open_second(self) -> None:
        """Open the notebook in a second tab."""
        if self.second is None and not self._closed:
            await self.page.save()
            self.second = await self.lab.open_again(self.page)

    async def close_second(self) -> None:
        """Close the second tab."""
        if self.second is not None:
            await self.second.close()
            self.second = None

    async def lose_network(self) -> None:
        """Lose the network until the page has noticed, and have it back."""
        await self.page.network.cut()
        if not self._closed:
            await self.page.wait_for_status("connecting", "disconnected", "unknown")
            await self.check_tracks()
        await self.page.network.restore()
        if not self._closed:
            await self.page.start_kernel()

    async def switch_microphone(self) -> None:
        """Press the microphone's button."""
        await self._click(".rw-mic-button")
        await self.page.page.wait_for_function(_SETTLED)

    async def mute(self) -> None:
        """Press the button that mutes."""
        await self._click(".rw-mute-button")

    async def speak(self) -> None:
        """Begin to speak, and go on with it."""
        if await self.page.live_tracks() and self._speech is None:
            self._speech = asyncio.create_task(self._say())

    async def start_again(self) -> None:
        """Start a session that is over again, by the console's button."""
        await self._click("button", "Start again")

    async def _say(self) -> None:
        with suppress(Exception):  # the page may go while it speaks
            await self.page.say(tone(3.0))
        self._speech = None

    async def _click(self, selector: str, words: str = "") -> None:
        await self.page.page.evaluate(_CLICK, [selector, words])

    # What must hold

    async def check_tracks(self) -> None:
        """Check in every page that soon no microphone is open which no console shows as on."""
        for page in self._pages:
            took = await page.page.evaluate(_UNTIL_SHOWN, PATIENCE_S * 1000)
            assert took is not None, "a microphone stays open that no console shows as on"
            assert took <= PROMISED_MS, f"a microphone stayed open for {took:.0f} ms with no console that shows it"

    async def check_kernel(self) -> None:
        """Check that soon every session has ended but the user's own, and that nothing else is left."""
        if self._closed:
            await self.close_notebook()
        await self.page.dismiss_dialogs()
        await self.page.start_kernel()
        left: dict[str, Any] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                while not left or _unreachable(left) or self.endpoint.clients > _open(left):
                    left = await self.page.left_in_kernel()
        assert not _unreachable(left), f"sessions that nobody can reach go on: {_unreachable(left)}"
        assert self.endpoint.clients <= _open(left), "connections to the service are left"
        assert left["children"] == [], "child processes are left"
        extra = [name for name in await self._threads() if name not in (self.threads or [])]
        assert not extra, f"threads are left: {extra}"

    async def _threads(self) -> list[str]:
        threads: list[str] = (await self.page.left_in_kernel())["threads"]
        return [name for name in threads if not _SUBSHELLS.search(name)]


def cells(endpoint: EchoEndpoint) -> list[str]:
    """Return the cells of the notebook: one that shows a session, one that closes it."""
    return [
        "from realtime_widgets import RealtimeSession\n"
        f'session = RealtimeSession(endpoint="{endpoint.url}", api_key="test")\n'
        "await session.start()\nsession",
        "if 'session' in globals():\n    await session.close()",
    ]


async def open_talk(lab: Lab, endpoint: EchoEndpoint) -> Talk:
    """Open the notebook in a first page."""
    return Talk(lab, endpoint, await lab.open(cells(endpoint), spoken=True, network=True))


def _open(left: dict[str, Any]) -> int:
    return sum(session["state"] != "closed" for session in left["sessions"])


def _unreachable(left: dict[str, Any]) -> list[str]:
    return [each["state"] for each in left["sessions"] if each["state"] != "closed" and not each["names"]]
