"""A field for an API key; the key goes into the kernel's memory and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from realtime_widgets.asked_key import AskedKey
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.widgets.base import RealtimeWidget, bundle

if TYPE_CHECKING:
    from realtime_widgets.protocol.endpoints import Secret


class KeyPrompt(RealtimeWidget):
    """Asks for an API key: ``RealtimeSession(endpoint="openai", api_key=KeyPrompt())``.

    The session waits for the key when it connects. The key comes from the page once, in the binary part of a
    message; it is no trait, so that neither the notebook nor the saved state of its widgets has it.

    Parameters
    ----------
    service : str
        Whose key it is, for the label.

    Attributes
    ----------
    given : bool
        Whether the key is there.
    problem : str
        What was wrong with the last one, without it.
    """

    _esm = bundle("key_prompt.js")
    service = traitlets.Unicode("OpenAI", read_only=True).tag(sync=True)
    given = traitlets.Bool(False, read_only=True).tag(sync=True)
    problem = traitlets.Unicode("", read_only=True).tag(sync=True)

    def __init__(self, service: str = "OpenAI") -> None:
        self._key = AskedKey()
        super().__init__()
        self.set_trait("service", service)
        self.on_msg(self._on_message)

    async def __call__(self) -> Secret:
        """Wait for the key; a session calls this when it connects."""
        return await self._key.wait()

    def forget(self) -> None:
        """Forget the key; a session that connects waits for another one."""
        self._show(forget=True)

    def refused(self, reason: str) -> None:
        """Forget the key, for the service refused it, and ask for another one."""
        self._show(reason, forget=True)

    def _show(self, problem: str = "", forget: bool = False) -> None:
        if forget:
            self._key.forget()
        self.set_trait("problem", problem)
        self.set_trait("given", self._key.given)

    def _on_message(self, widget: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        match content:
            case {"type": "key"} if buffers:
                problem = self._take(bytes(buffers[0]))
                buffers.clear()  # the kernel keeps the last message for a while
                self._show(problem)
            case {"type": "forget"}:
                self._show(forget=True)

    def _take(self, key: bytes) -> str:
        """Keep a key; gives what is wrong with it."""
        try:
            self._key.put(key.decode(errors="replace"))
        except ConfigurationError as error:
            return str(error)
        return ""
