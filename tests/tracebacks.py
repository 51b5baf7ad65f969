"""All that a notebook, a terminal or a reporter of errors can show of a failure, local variables included."""

from __future__ import annotations

from traceback import TracebackException
from typing import TYPE_CHECKING

from IPython.core.ultratb import VerboseTB

if TYPE_CHECKING:
    from collections.abc import Callable


def key() -> str:
    """A key; a function, since a verbose traceback shows the variables of a test's own line too."""
    return "-".join(("sk", "never", "to", "be", "seen", "8264"))


def leaks(*shown: BaseException | str, secret: Callable[[], str] = key) -> list[str]:
    """The lines that show a secret, with a word in its place: an assertion keeps what it compares."""
    texts = [everything_of(each) if isinstance(each, BaseException) else each for each in shown]
    return [line.replace(secret(), "SECRET") for text in texts for line in text.splitlines() if secret() in line]


def everything_of(error: BaseException) -> str:
    """The text of an error and of those behind it, as ``%xmode Verbose`` and a traceback with locals have it."""
    shown: list[str] = []
    behind: list[BaseException | None] = [error]
    while behind:
        each = behind.pop()
        if each is None or (text := f"{each} {each!r}") in shown:
            continue
        told = TracebackException.from_exception(each, capture_locals=True)
        verbose = VerboseTB().text(type(each), each, each.__traceback__)
        shown += [text, "".join(told.format()), verbose]
        behind += [each.__cause__, each.__context__]  # also the one that a plain traceback leaves out
    return "\n".join(shown)
