"""Checks of a function before its schema is made: its name, whether it is async, the length of its description."""

from __future__ import annotations

import functools
import inspect
import re
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ToolDefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Longest tool description that the service accepts, in characters.
MAX_DESCRIPTION = 1_024
_LEGAL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling `function` returns a coroutine; sees through partials and callable objects."""
    target, _ = without_partials(function)
    return inspect.iscoroutinefunction(target) or inspect.iscoroutinefunction(type(target).__call__)


def without_partials(function: Callable[..., Any]) -> tuple[Callable[..., Any], frozenset[str]]:
    """Return the function inside any partials, and the names of the arguments that they bind."""
    bound: set[str] = set()
    while isinstance(function, functools.partial):
        bound |= function.keywords.keys()
        function = function.func
    return function, frozenset(bound)


def checked_name(name: str | None, target: Callable[..., Any]) -> str:
    """Return the name of a tool: `name`, or its function's own if that is None.

    Raises
    ------
    ToolDefinitionError
        If the service would not accept the name, or `target` cannot be called.
    """
    if inspect.isclass(target) or not callable(target):
        raise ToolDefinitionError(
            f"{target!r:.80} cannot be a tool; pass a function, a method or an object with __call__"
        )
    found = name if name is not None else getattr(target, "__name__", type(target).__name__)
    if _LEGAL_NAME.fullmatch(found):
        return found
    if found == "<lambda>":
        raise ToolDefinitionError("a lambda has no name to call it by; write a def, or pass name='...'")
    raise ToolDefinitionError(
        f"{found!r:.80} cannot be a tool's name: 1 to 64 of the characters a-z, A-Z, 0-9, _ and - are "
        "allowed; pass another with name='...'"
    )


def cut_description(text: str) -> str:
    """Return a description, shortened to the length that the service accepts."""
    if len(text) <= MAX_DESCRIPTION:
        return text
    return text[: MAX_DESCRIPTION - 1].rsplit(maxsplit=1)[0] + "…"
