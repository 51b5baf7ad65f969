"""An API key that arrives later; callers that need it wait for it."""

from __future__ import annotations

import threading
from asyncio import shield, wrap_future
from concurrent.futures import Future

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.secrets import Secret


class AskedKey:
    """Holds the key that the user is asked for; its repr does not show it. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._future: Future[Secret] = Future()

    @property
    def given(self) -> bool:
        """Whether the key has arrived."""
        return self._future.done()

    def put(self, key: str) -> None:
        """Store the key in place of an earlier one.

        Raises
        ------
        ConfigurationError
            If the key is blank.
        """
        if not key.strip():
            raise ConfigurationError("the field was empty: copy the key into it")
        secret = Secret(key)
        with self._lock:
            if self._future.done():
                self._future = Future()
            self._future.set_result(secret)

    def forget(self) -> None:
        """Forget the key; callers that need one wait for the next."""
        with self._lock:
            if self._future.done():
                self._future = Future()

    async def wait(self) -> Secret:
        """Wait for the key, on any event loop."""
        return await shield(wrap_future(self._future))
