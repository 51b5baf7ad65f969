"""What all widgets share: their bundles, sends that stay off the running cell, throttled refreshing."""

from __future__ import annotations

import contextlib
import contextvars
import logging
import sys
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import anywidget
import msgspec
import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.widgets.kernel_status import keep_sign_still
from realtime_widgets.widgets.messages import PageError
from realtime_widgets.widgets.text_only import carries_binary, with_buffers

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

    from realtime_widgets.core.conversation.message import Message as UserMessage
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.tools import ToolRegistry
    from realtime_widgets.widgets.messages import Message

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent.parent / "static"
#: Shortest time between two refreshes of a widget, in seconds.
REFRESH_S = 0.1
#: Back-off: wait 30 times as long as the last refresh took, so that refreshing takes at most 3 % of the thread.
REFRESH_REST = 30
#: Characters of an error of the page that are shown.
MOST_OF_ERROR = 300


def bundle(name: str) -> Path:
    """Path of a file of the built front end.

    Raises
    ------
    ConfigurationError
        If the front end has not been built.
    """
    path = STATIC / name
    if not path.is_file():
        raise ConfigurationError(
            f"the front end is not built ({name} is missing): install the package with pip, "
            "or run `npm ci && npm run build` in js/"
        )
    return path


def log_to_handlers_only() -> None:
    """Log only to handlers that the user has set up, from now on: a widget shows the errors.

    Without a handler `logging` prints errors to stderr, which a kernel shows under whatever cell ran last. A
    script without widgets goes on to do so.
    """
    logger = logging.getLogger(__name__.partition(".")[0])
    if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.addHandler(logging.NullHandler())


@contextlib.contextmanager
def without_shell_parent() -> Iterator[None]:
    """Send on a comm without tying its replies to the shell that runs now.

    ipykernel 7.4 sends a comm's later messages to the shell that last sent on that comm, so that one trait
    update from a cell makes them wait for running cells. A send with an empty parent stores nothing, and the
    front end's own subshell stays in charge. The variable is private to ipykernel: if it is not as
    expected (ipykernel 6 has no subshells), nothing is changed.
    """
    variable = getattr(_kernel(), "_shell_parent", None)
    if not isinstance(variable, contextvars.ContextVar):
        yield
        return
    token = variable.set({})
    try:
        yield
    finally:
        variable.reset(token)


def forget_shell(comm: Any) -> None:
    """Let a comm's later messages go where they would without what was sent on it; see `without_shell_parent`."""
    with contextlib.suppress(AttributeError):
        del comm._reply_subshell_id


def asking_client() -> str:
    """Return the id of the front end's connection whose message is being handled on this thread, empty if none is.

    It is the same for a browser's cells and for its widgets: the session of their messages' headers.
    """
    if page := _page.get():
        return page
    get_parent = getattr(_kernel(), "get_parent", None)
    try:
        client = get_parent()["header"]["session"] if get_parent else ""
    except (LookupError, TypeError):  # nothing is being handled, or the kernel is of another kind
        return ""
    return client if isinstance(client, str) else ""


@contextlib.contextmanager
def as_client(client: str) -> Iterator[None]:
    """Handle a message of a page that is not the notebook's: `asking_client` returns this id meanwhile."""
    token = _page.set(client)
    try:
        yield
    finally:
        _page.reset(token)


_page: contextvars.ContextVar[str] = contextvars.ContextVar("page", default="")


def _kernel() -> Any:
    """Return the kernel that this process is, if it is ipykernel's."""
    kernel_class = getattr(sys.modules.get("ipykernel.kernelbase"), "Kernel", None)
    return kernel_class.instance() if kernel_class is not None and kernel_class.initialized() else None


class HearingSession(Protocol):
    """What a widget needs of a session that hears, answers or not; `RealtimeSession` and `Captions` have it."""

    @property
    def runtime(self) -> SessionRuntime:
        """The session's I/O side; use it on the I/O thread only."""

    @property
    def tools(self) -> ToolRegistry:
        """The session's tools, by name."""

    def talk_here(self) -> None:
        """Go on with it, although another session took its place; do not wait."""

    def start_again(self, keep_talk: bool) -> None:
        """Start it again after its end, with the talk so far or without it; do not wait."""


class ShownSession(HearingSession, Protocol):
    """What a widget needs of the talk that it shows; a `RealtimeSession` has it."""

    def interrupt(self) -> None:
        """Stop the answer that is being played."""

    def say(self, text: str) -> None:
        """Send a typed message."""

    def send_message(self, message: UserMessage, answer: bool = False) -> None:
        """Send a message that is made already."""


Session = TypeVar("Session", bound=HearingSession)


class RealtimeWidget(anywidget.AnyWidget):
    """Base of the package's widgets: its messages are typed both ways, and handled while a cell runs."""

    _css = bundle("widgets.css")
    _last_misfit = ""
    #: Called with each message that goes to the front ends, and its buffers.
    mirrors: tuple[Callable[[RealtimeWidget, dict[str, Any], list[Any]], None], ...] = ()
    #: Whether the page can send buffers; otherwise it sends them as text.
    binary = traitlets.Bool(read_only=True).tag(sync=True)

    @traitlets.default("binary")
    def _find_binary(self) -> bool:
        return carries_binary()

    def _command(self, command: Message, buffers: list[bytes] | None = None) -> None:
        self.send(msgspec.to_builtins(command), buffers=buffers)

    def _listen(self, reports: Any, handle: Callable[[Any, list[Any]], None]) -> None:
        """Call `handle` with each message of the page and its buffers, on the thread that handles comms.

        A message that is none of `reports` (a message's class, or a union of such) is logged and shown instead.
        """
        # A separate class, because msgspec would analyse a bare union again at each message.
        sent: Any = msgspec.defstruct("Sent", [("message", reports)])

        def read(widget: Any, content: Any, buffers: list[Any]) -> None:
            try:
                report = msgspec.convert({"message": content}, sent).message
            except msgspec.ValidationError as error:
                return self._tell_misfit(str(error))
            if report.buffer and not buffers:
                return self._tell_misfit(f"{type(report).__name__} came without its {report.buffer}")
            handle(report, buffers)

        self.on_msg(read)

    def _tell_misfit(self, reason: str) -> None:
        problem = (
            f"The page sent the widget {type(self).__name__} a message that it cannot read: {reason}. "
            "Reload the page and run the cell again."
        )
        if problem == self._last_misfit:  # a page that errs does so many times a second
            log.error("%s", problem)
        else:
            self._last_misfit = problem
            self._show_misfit(problem)

    def _handle_custom_msg(self, content: Any, buffers: Any) -> None:
        """Pass on a message of a page, unless it says that the page could not handle one of ours."""
        if isinstance(content, dict):
            try:
                content, buffers = with_buffers(content, buffers)
            except ValueError as error:
                return self._tell_misfit(str(error))
        if not isinstance(content, dict) or content.get("type") != "page_error":
            super()._handle_custom_msg(content, buffers)
            return
        try:
            told = msgspec.convert(content, PageError)
        except msgspec.ValidationError as misfit:
            return self._tell_misfit(str(misfit))
        self._show_misfit(
            f"The page could not do what the widget {type(self).__name__} asked for ({told.message!r}): "
            f"{told.problem[:MOST_OF_ERROR]}. Reload the page and run the cell again."
        )

    def _show_misfit(self, problem: str) -> None:
        """Report a message that could not be read: in the log, and in the talk if the widget is one's."""
        reference: SessionReference[Any] | None = getattr(self, "_session", None)
        session = reference.get() if reference is not None else None
        if session is None:
            log.error("%s", problem)
        else:
            shared_engine().call(session.runtime.problem, problem)

    def open(self) -> None:
        """Open the comm."""
        # With the cell as its parent: a notebook that runs without a page keeps the widgets of its cells only.
        super().open()
        forget_shell(self.comm)
        keep_sign_still(self.comm)

    def reopen(self) -> None:
        """Open the comm again if marimo has closed it, as it does when the cell that shows the widget runs again.

        marimo opens a comm in what ipywidgets calls for a new widget; in Jupyter only the user closes one.
        """
        if self.comm is not None and getattr(self.comm, "_closed", False):
            self._call_widget_constructed(self)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take a page's values, but not its code, which `js/src/saved_state.ts` takes out of what is saved."""
        super().set_state({name: value for name, value in sync_data.items() if name not in ("_esm", "_css")})

    def _send(self, msg: Any, buffers: Any = None) -> None:
        with without_shell_parent():
            super()._send(msg, buffers=buffers)
        for mirror in self.mirrors:
            mirror(self, msg, buffers or [])


class SessionReference(Generic[Session]):
    """A widget's reference to its session: strong until the session is over, weak while it is.

    ipywidgets keeps every widget that was not closed, so a plain reference would keep each session ever shown.
    """

    def __init__(self, session: Session) -> None:
        self._weak = weakref.ref(session)
        self._strong: Session | None = None
        session.runtime.observe(self._follow, "state")
        self._follow()

    def get(self) -> Session | None:
        """Return the session; None if it is over and nobody else holds it."""
        return self._weak()

    def _follow(self) -> None:
        session = self._weak()
        self._strong = None if session is None or session.runtime.state == "closed" else session


class Refresher(Generic[Session]):
    """Calls a function on the I/O thread soon after a change, less often the longer the call takes.

    It holds the session, which holds it: the last change of a session is shown even if nobody else holds it.
    """

    def __init__(self, session: Session, refresh: Callable[[Session], None]) -> None:
        self._session = session
        self._refresh = refresh
        self._timer: asyncio.TimerHandle | None = None
        self._rest = REFRESH_S

    def __call__(self) -> None:
        """Note a change; on the I/O thread."""
        if self._timer is None:
            self._timer = shared_engine().loop.call_later(self._rest, self._run)

    def _run(self) -> None:
        self._timer = None
        before = time.thread_time()
        self._refresh(self._session)
        self._rest = max(REFRESH_S, REFRESH_REST * (time.thread_time() - before))
