"""A key that a person is asked for: by a field in a notebook, or by the terminal, which shows nothing of it."""

from __future__ import annotations

import getpass
import sys
import threading
from asyncio import shield, wrap_future
from concurrent.futures import Future
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.endpoints import Endpoint, Secret

if TYPE_CHECKING:
    from collections.abc import Callable

#: What stands for a key where a person is to be asked.
ASK = "ask"


class AskedKey:
    """Holds the key that a person gives, some time or other; its repr shows none of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._future: Future[Secret] = Future()

    @property
    def given(self) -> bool:
        """Whether it is there."""
        return self._future.done()

    def put(self, key: str) -> None:
        """Take the key; raises `ConfigurationError` where it cannot be one."""
        if not key.strip():
            raise ConfigurationError("the field was empty: copy the key into it")
        secret = Secret(key)
        with self._lock:
            if self._future.done():
                self._future = Future()
            self._future.set_result(secret)

    def forget(self) -> None:
        """Forget it; who needs it waits for another one."""
        with self._lock:
            if self._future.done():
                self._future = Future()

    async def wait(self) -> Secret:
        """Wait for the key, on any loop."""
        return await shield(wrap_future(self._future))


def placeholder() -> str:
    """Stand for a key that a person has still to be asked for."""
    raise ConfigurationError("nobody was asked for the key")


def ask_for_key(endpoint: Endpoint) -> Endpoint:
    """Ask the person for the key of an endpoint that has `placeholder` for one.

    In a notebook a field is shown and the key waited for when it is needed; in a terminal it is asked for now.

    Raises
    ------
    ConfigurationError
        Where nobody can be asked, or no key is given.
    """
    if endpoint.local:
        return replace(endpoint, token_provider=None)
    shell = _notebook_shell()
    if shell is None:
        return replace(endpoint, token_provider=None, api_key=_from_terminal(endpoint.title))
    if not getattr(shell.kernel, "_allow_stdin", True):
        raise ConfigurationError(f"{_UNASKED}: this notebook runs with nobody before it")
    prompt = import_module("realtime_widgets.widgets").KeyPrompt(endpoint.title)
    import_module("IPython.display").display(prompt)
    return replace(endpoint, token_provider=prompt)


_UNASKED = 'api_key="ask" finds nobody to ask; set the key in the environment or pass api_key='


def _notebook_shell() -> Any:
    get_ipython: Callable[[], Any] | None = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_ipython() if get_ipython else None
    return shell if getattr(shell, "kernel", None) is not None else None


def _from_terminal(title: str) -> Secret:
    try:
        key = getpass.getpass(f"API key for {title}: ")
    except (EOFError, OSError):
        raise ConfigurationError(f"{_UNASKED}: there is no terminal") from None
    if not key.strip():
        raise ConfigurationError(f"no key for {title} was given")
    return Secret(key)
