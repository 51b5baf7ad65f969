"""The camera: pictures of what the user shows, by a click, when the model looks, by time or by change."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.conversation.message import ShownObject, shown_message
from realtime_widgets.core.usage.cost import dollars
from realtime_widgets.errors import ConfigurationError, SessionClosedError
from realtime_widgets.images import Picture, check_detail, estimate_image_tokens
from realtime_widgets.sources.frames import (
    KEEP,
    SIZE,
    Frames,
    checked_change,
    checked_every,
    checked_keep,
    checked_size,
)
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, SessionReference, bundle, log_to_handlers_only
from realtime_widgets.widgets.sound.microphone import HIDDEN_OFF_MIN, IDLE_OFF_MIN
from realtime_widgets.widgets.sound.port import port_id_of
from realtime_widgets.widgets.sound.streams import stream_id

if TYPE_CHECKING:
    from realtime_widgets.images import Detail
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.widgets.base import ShownSession

#: How long the page may take to send a picture that the model asks for, in seconds.
TAKE_S = 10.0
_OFF = "the camera is off: ask the user to switch it on, then look again"
_WHY = {"click": "sent by you", "asked": "the model looked", "time": "sent by time", "change": "it changed"}
_NO_CAMERA = "this session takes no camera"


class Camera(RealtimeWidget):
    """Shows the model what the camera of the browser sees, or a screen, or a stream of ipywebrtc.

    It opens by a click in the page. A picture is sent by a click, when the model calls the tool `look` and the
    user allows it, and, if wanted, by time or when the picture changes; nothing else leaves the page.

    Parameters
    ----------
    session : RealtimeSession
        The session whose model sees the pictures.
    source : str or MediaStream of ipywebrtc
        ``"camera"``, ``"screen"``, or a stream such as a `CameraStream` or a `VideoStream`.
    size : int
        Longer side of a picture in pixels, 64 to 2,048.
    detail : str
        How closely the model looks: ``"low"``, ``"high"`` or ``"auto"``.
    every : float, optional
        Seconds after which a picture is sent by itself, 1 or more.
    on_change : bool or float
        Whether a picture is sent when it has changed; a number is the share of brightness that has to differ.
    keep : int
        Pictures that the model has at most: older ones are deleted from its context.
    look : bool
        Whether the model has a tool `look`; each call waits for the user's consent unless always allowed.
    idle_off, hidden_off : float or None, default 10
        Minutes without a picture, and in a hidden tab, after which it goes off; None is never.

    Attributes
    ----------
    state : str
        ``"off"``, ``"opening"``, ``"on"`` or ``"error"``.
    problem : dict
        ``code``, ``message`` and ``cure`` if it could not open, empty otherwise.
    estimate : str
        What the next picture costs, in words.
    last : dict
        What was sent last: ``thumbnail`` (a small data URI), ``text``, ``time``; empty before.
    total : str
        What all pictures cost, in words.

    Raises
    ------
    ConfigurationError
        If a setting cannot be, or the endpoint takes no images.
    """

    _esm = bundle("camera.js")
    port_id = traitlets.Unicode().tag(sync=True)
    kind = traitlets.Unicode("camera").tag(sync=True)
    source_id = traitlets.Unicode().tag(sync=True)
    size = traitlets.Int(SIZE).tag(sync=True)
    every = traitlets.Float(None, allow_none=True).tag(sync=True)
    change = traitlets.Float(None, allow_none=True).tag(sync=True)
    idle_off = traitlets.Float(None, allow_none=True).tag(sync=True)
    hidden_off = traitlets.Float(None, allow_none=True).tag(sync=True)
    estimate = traitlets.Unicode(read_only=True).tag(sync=True)
    total = traitlets.Unicode(read_only=True).tag(sync=True)
    last: traitlets.Dict[str, str] = traitlets.Dict(read_only=True).tag(sync=True)
    state = traitlets.Unicode("off", read_only=True)
    problem: traitlets.Dict[str, str] = traitlets.Dict(read_only=True)

    def __init__(
        self,
        session: ShownSession,
        *,
        source: Any = "camera",
        size: int = SIZE,
        detail: Detail = "auto",
        every: float | None = None,
        on_change: bool | float = False,
        keep: int = KEEP,
        look: bool = True,
        idle_off: float | None = IDLE_OFF_MIN,
        hidden_off: float | None = HIDDEN_OFF_MIN,
    ) -> None:
        session.runtime.endpoint.capabilities.check_images()
        if getattr(session, "camera_allowed", True) is False:
            raise ConfigurationError(_NO_CAMERA)
        self._session = SessionReference(session)
        self._engine = shared_engine()
        self._detail = check_detail(detail)
        self._frames = Frames(checked_keep(keep))
        self._numbers = count(1)
        self._asked: dict[int, Future[Picture]] = {}
        self._lock = threading.Lock()
        #: The pages whose cameras are on.
        self._on: set[str] = set()
        self._shape = (0, 0)
        #: The picture that the model is about to get by `look`.
        self._looked_at: Picture | None = None
        log_to_handlers_only()
        plain = source in ("camera", "screen") if isinstance(source, str) else False
        super().__init__(
            port_id=port_id_of(session),
            kind=source if plain else "stream",
            source_id="" if plain else stream_id(source),
            size=checked_size(size),
            every=checked_every(every),
            change=checked_change(on_change),
            idle_off=idle_off,
            hidden_off=hidden_off,
        )
        self._source = source  # which would be closed if nobody held it
        self._listen(msg.CameraMessage, self._obey)
        session.runtime.observe(self._end_with_session, "state")
        if look:
            session.tools.add(self._look_tool(), approval="always")
            self._engine.call(session.runtime.on_tool_images.append, self._looked)

    def stop(self) -> None:
        """Switch the camera off, in every page; only a click in the page opens it."""
        self._command(msg.CameraOff())

    def _look_tool(self) -> Any:
        def look(reason: str = "") -> bytes:
            """Look through the user's camera: take one picture of what it sees now.

            Parameters
            ----------
            reason
                Why you want to look, in a few words for the user.
            """
            return self._take().data

        return look

    def _take(self) -> Picture:
        """Return a picture of the page whose camera is on; in a worker thread."""
        with self._lock:
            if not self._on:
                raise RuntimeError(_OFF)
            number = next(self._numbers)
            taken = self._asked[number] = Future[Picture]()
        self._command(msg.TakePicture(number))
        try:
            return taken.result(TAKE_S)
        except FutureTimeoutError:
            raise RuntimeError(
                "the page sent no picture: its tab may be asleep; ask the user to look at it"
            ) from None
        finally:
            with self._lock:
                self._asked.pop(number, None)

    def _looked(self, tool: str, item_id: str) -> None:
        """Note that the model got a picture by `look`: older ones leave the context."""
        runtime = self._runtime()
        if tool == "look" and runtime is not None and self._looked_at is not None:
            taken, self._looked_at = self._looked_at, None
            self._bound(runtime, item_id, taken)

    def _bound(self, runtime: SessionRuntime, item_id: str, picture: Picture) -> None:
        tokens = estimate_image_tokens(picture.width, picture.height, self._detail)  # type: ignore[arg-type]
        for gone in self._frames.add(item_id, tokens):
            self._engine.call(runtime.forget, gone)  # after what was just sent

    def _obey(self, report: msg.CameraMessage, buffers: list[Any]) -> None:
        match report:
            case msg.CameraReport():
                self._reported(report)
            case msg.CameraPicture():
                picture = Picture("image/jpeg", bytes(buffers[0]), report.width, report.height)
                _ = picture.thumbnail  # made now, so that the I/O thread need not
                self._engine.call(partial(self._came, picture, report))

    def _reported(self, report: msg.CameraReport) -> None:
        with self._lock:
            (self._on.add if report.state == "on" else self._on.discard)(report.page_id)
        self._shape = (report.width, report.height)
        self.set_trait("state", report.state)
        self.set_trait("problem", msgspec.to_builtins(report.problem) if report.problem else {})
        self._engine.call(self._estimate)

    def _came(self, picture: Picture, report: msg.CameraPicture) -> None:
        session = self._session.get()
        with self._lock:
            asked = self._asked.get(report.number)
        if asked is not None:
            if not asked.done():
                self._looked_at = picture
                asked.set_result(picture)
        elif session is not None and report.number == 0:
            self._send_picture(session, picture)
        else:
            return
        self._note(picture, _WHY[report.why])

    def _send_picture(self, session: ShownSession, picture: Picture) -> None:
        tokens = estimate_image_tokens(picture.width, picture.height, self._detail)  # type: ignore[arg-type]
        source = "the user's screen" if self.kind == "screen" else "the user's camera"
        title = f"picture of {source}, {picture.width} by {picture.height}"
        item_id = f"frame_{uuid.uuid4().hex[:20]}"
        message = shown_message(item_id, ShownObject(title, tokens=tokens), (picture,), self._detail)  # type: ignore[arg-type]
        try:
            session.send_message(message)
        except SessionClosedError:
            return
        self._bound(session.runtime, item_id, picture)

    def _note(self, picture: Picture, why: str) -> None:
        runtime = self._runtime()
        cost = self._cost(runtime, estimate_image_tokens(picture.width, picture.height, self._detail))  # type: ignore[arg-type]
        text = f"{picture.width} by {picture.height} pixels, {cost}, {why}"
        self.set_trait("last", {"thumbnail": picture.thumbnail, "text": text, "id": uuid.uuid4().hex})
        frames = self._frames
        if frames.sent:
            sent = "1 picture" if frames.sent == 1 else f"{frames.sent} pictures"
            has = f"; the model has the last {frames.keep}" if frames.sent > frames.keep else ""
            self.set_trait("total", f"{sent} sent, {self._cost(runtime, frames.tokens)}{has}")

    def _estimate(self) -> None:
        width, height = self._shape
        if not width:
            self.set_trait("estimate", "")
            return
        scale = min(1.0, self.size / max(width, height))
        width, height = round(width * scale), round(height * scale)
        tokens = estimate_image_tokens(width, height, self._detail)  # type: ignore[arg-type]
        self.set_trait("estimate", f"{width} by {height} pixels, {self._cost(self._runtime(), tokens)}")

    def _cost(self, runtime: SessionRuntime | None, tokens: int) -> str:
        money = None if runtime is None else runtime.accounts.image_cost(tokens)
        told = "" if money is None else f", {dollars(money)}" if money else ", free"
        return f"about {tokens:,} tokens{told}"

    def _runtime(self) -> SessionRuntime | None:
        session = self._session.get()
        return None if session is None else session.runtime

    def _end_with_session(self) -> None:
        runtime = self._runtime()
        if runtime is None or runtime.state == "closed":
            self._command(msg.CameraOff())
