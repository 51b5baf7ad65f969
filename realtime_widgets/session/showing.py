"""What of the notebook is shown to the model: objects, once or whenever they change. On the user's threads."""

from __future__ import annotations

import logging
import uuid
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.conversation.message import Message, ShownObject, shown_message
from realtime_widgets.errors import ConfigurationError, RealtimeWidgetsError
from realtime_widgets.session.lifetime.notebook import watch_notebook
from realtime_widgets.shown_text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_widgets.images import Detail, Picture
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.sources.objects import As

log = logging.getLogger(__name__)

#: Default budgets in tokens, of what is shown once, and of a variable each time that it has changed.
TOKENS, WATCH_TOKENS = 1_000, 500


@dataclass(frozen=True)
class Shown:
    """What was shown to the model.

    Attributes
    ----------
    title
        What it is.
    kind
        ``"image"`` or ``"text"``.
    tokens
        Its tokens, estimated.
    text
        Its text; empty if an image says all.
    size
        Width and height of its image in pixels; None if it has none.
    left_out
        What was not shown, in a sentence; empty if all was.
    item_id
        Id of its item in the conversation.
    """

    title: str
    kind: str
    tokens: int
    text: str = field(repr=False)
    size: tuple[int, int] | None
    left_out: str
    item_id: str
    message: Message = field(repr=False, compare=False)

    def __repr__(self) -> str:
        left_out = f" ({self.left_out})" if self.left_out else ""
        return visible(f"<shown as {self.kind}: {self.title}, about {self.tokens:,} tokens{left_out}>")


def make(value: object, note: str, name: str, *, as_: As, tokens: int, detail: Detail, sees: bool) -> Shown:
    """Return an object as it is to be shown; see `look_at` for the parameters and what is raised."""
    from realtime_widgets.sources.objects import look_at  # brings what encodes tools' results

    if not isinstance(note, str):
        raise ConfigurationError(f"note must be text, not {type(note).__name__}")
    look = look_at(value, as_=as_, tokens=tokens, detail=detail, sees=sees, name=name)
    shown = ShownObject(look.title, note.strip(), look.text, look.tokens, look.left_out)
    item_id = f"shown_{uuid.uuid4().hex[:20]}"
    message = shown_message(item_id, shown, look.pictures, look.detail)
    size = _size(look.pictures)
    kind = "image" if look.pictures else "text"
    return Shown(look.title, kind, look.tokens, look.text, size, look.left_out, item_id, message)


def name_of(value: object) -> str:
    """Return the name of the notebook that refers to an object, if there is one."""
    notebook = watch_notebook()
    if notebook is None or isinstance(value, str | int | float | bool | type(None)):
        return ""
    names = [name for name, each in notebook.names.items() if each is value and not name.startswith("_")]
    own = getattr(value, "__name__", None)
    return "" if own in names else next(iter(names), "")


class ShowingSession(Protocol):
    """A session that shows objects."""

    @property
    def runtime(self) -> SessionRuntime:
        """Its I/O side."""

    def show(self, value: object, note: str = "", *, tokens: int = TOKENS) -> Shown:
        """Show an object."""


@dataclass
class _Watched:
    """A variable that is watched, and what the model has of it."""

    note: str
    tokens: int
    seen: str = ""
    item_id: str = ""


class Watches:
    """The variables that a session watches; they keep neither it nor what they refer to alive.

    Parameters
    ----------
    session
        The session.
    """

    def __init__(self, session: ShowingSession) -> None:
        self._session = weakref.ref(session)
        self._watched: dict[str, _Watched] = {}
        self._following = False

    def add(self, name: str, note: str, tokens: int) -> None:
        """Watch a variable, and show what it is now; see `RealtimeSession.watch`."""
        from realtime_widgets.sources.objects import LEAST_TOKENS

        notebook = watch_notebook()
        if notebook is None:
            raise ConfigurationError("watch() follows the variables of a notebook, and there is none: use show()")
        if not isinstance(name, str) or not name.isidentifier():
            raise ConfigurationError(f"watch() takes the name of a variable, such as 'df', not {name!r:.80}")
        if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < LEAST_TOKENS:
            raise ConfigurationError(f"tokens must be a whole number of {LEAST_TOKENS} or more, not {tokens!r}")
        before = self._watched.get(name, _Watched(note, tokens))
        self._watched[name] = _Watched(note, tokens, item_id=before.item_id)
        if not self._following:
            self._following = True
            look, listeners = weakref.WeakMethod(self.look), notebook.on_cell

            def after_cell(names: Mapping[str, Any]) -> None:
                if (call := look()) is None or not call(names):
                    listeners.remove(after_cell)

            listeners.append(after_cell)
        self.look(notebook.names)

    def remove(self, name: str) -> None:
        """Stop watching a variable."""
        self._watched.pop(name, None)

    def look(self, names: Mapping[str, Any]) -> bool:
        """Show the variables that have changed; returns False once there is nothing to watch any more."""
        session = self._session()
        if session is None or session.runtime.state == "closed" or not self._watched:
            self._following = False
            return False
        for name, watched in list(self._watched.items()):
            try:
                self._look_at(session, name, watched, names)
            except RealtimeWidgetsError as error:
                shared_engine().call(session.runtime.problem, f"The variable {name} cannot be shown: {error}")
            except Exception as error:
                log.exception("the variable %s cannot be watched", name)
                shared_engine().call(
                    session.runtime.problem,
                    f"The variable {name} cannot be watched: {type(error).__name__}: {error}",
                )
        return True

    def _look_at(self, session: ShowingSession, name: str, watched: _Watched, names: Mapping[str, Any]) -> None:
        from realtime_widgets.sources.fingerprint import fingerprint

        if name not in names:
            if watched.seen:
                watched.seen = ""
                self._forget(session, watched)
                session.show(f"The variable {name} was deleted.", tokens=watched.tokens)
            return
        value = names[name]
        seen = fingerprint(value)
        if seen == watched.seen:
            return
        note = " ".join(
            filter(None, (f"{name} has changed:" if watched.seen else f"{name} is now:", watched.note))
        )
        watched.seen = seen
        before = watched.item_id
        watched.item_id = session.show(value, note, tokens=watched.tokens).item_id
        if before:
            shared_engine().call(session.runtime.forget, before)

    def _forget(self, session: ShowingSession, watched: _Watched) -> None:
        item_id, watched.item_id = watched.item_id, ""
        if item_id:
            shared_engine().call(session.runtime.forget, item_id)


def _size(pictures: tuple[Picture, ...]) -> tuple[int, int] | None:
    return (pictures[0].width, pictures[0].height) if pictures else None
