"""Asks the user for an API key: by a field in a notebook, or by a prompt of the terminal that does not echo it."""

from __future__ import annotations

import getpass
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.protocol.endpoint.endpoint import Endpoint

#: Value of ``api_key=`` that means: ask the user.
ASK = "ask"


def placeholder() -> str:
    """Stand for a key that the user has not been asked for yet."""
    raise ConfigurationError("nobody was asked for the key")


def ask_for_key(endpoint: Endpoint) -> Endpoint:
    """Ask the user for the key of an endpoint whose key is `placeholder`.

    In a notebook this shows a field, and the key is waited for when it is needed; in a terminal this prompts now.

    Raises
    ------
    ConfigurationError
        If there is nobody to ask, or no key is given.
    """
    if endpoint.local:
        return replace(endpoint, token_provider=None)
    shell = _notebook_shell()
    if shell is None:
        return replace(endpoint, token_provider=None, api_key=_from_terminal(endpoint.title))
    if not getattr(shell.kernel, "_allow_stdin", True):
        raise ConfigurationError(f"{_UNASKED}: this notebook runs unattended")
    from IPython.display import display

    from realtime_widgets.widgets import KeyPrompt  # brings ipywidgets, which few sessions ask a key with

    prompt = KeyPrompt(endpoint.title)
    display(prompt)  # type: ignore[no-untyped-call]
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
