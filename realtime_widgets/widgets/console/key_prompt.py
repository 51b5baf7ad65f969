"""A field for an API key; the key goes into the kernel's memory and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.endpoint.asked_key import AskedKey
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, bundle

if TYPE_CHECKING:
    from realtime_widgets.protocol.secrets import Secret


class KeyPrompt(RealtimeWidget):
    """Asks for an API key: ``RealtimeSession(endpoint="openai", api_key=KeyPrompt())``.

    The session waits for the key when it connects. The key comes from the page once, in the binary part of a
    message; it is not a trait, so that neither the notebook nor the saved state of its widgets contains it.

    Parameters
    ----------
    service : str
        Name of the service, for the label.

    Attributes
    ----------
    given : bool
        Whether the key has arrived.
    problem : str
        What was wrong with the last key; never the key itself.
    """

    _esm = bundle("key_prompt.js")
    service = traitlets.Unicode("OpenAI", read_only=True).tag(sync=True)
    given = traitlets.Bool(False, read_only=True).tag(sync=True)
    problem = traitlets.Unicode("", read_only=True).tag(sync=True)

    def __init__(self, service: str = "OpenAI") -> None:
        self._key = AskedKey()
        super().__init__()
        self.set_trait("service", service)
        self._listen(msg.KeyReport, self._obey)

    async def __call__(self) -> Secret:
        """Wait for the key; a session calls this when it connects."""
        return await self._key.wait()

    def forget(self) -> None:
        """Forget the key; a session that connects then waits for another one."""
        self._show(forget=True)

    def refused(self, reason: str) -> None:
        """Forget the key, which the service refused, and ask for another one."""
        self._show(reason, forget=True)

    def _show(self, problem: str = "", forget: bool = False) -> None:
        if forget:
            self._key.forget()
        self.set_trait("problem", problem)
        self.set_trait("given", self._key.given)

    def _obey(self, report: msg.KeyReport, buffers: list[Any]) -> None:
        match report:
            case msg.Key():
                problem = self._take(bytes(buffers[0]))
                buffers.clear()  # the kernel keeps the last message for a while
                self._show(problem)
            case msg.Forget():
                self._show(forget=True)

    def _show_misfit(self, problem: str) -> None:
        super()._show_misfit(problem)
        self._show(problem)

    def _take(self, key: bytes) -> str:
        """Store a key; return what is wrong with it, empty if nothing is."""
        try:
            self._key.put(key.decode(errors="replace"))
        except ConfigurationError as error:
            return str(error)
        return ""
