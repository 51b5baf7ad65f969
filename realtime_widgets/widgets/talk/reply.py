"""A reply as a card: its words, its tool calls, and a button that plays it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import traitlets

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.conversation.turns import ToolCall
from realtime_widgets.tools.execution.calls import RunningCall
from realtime_widgets.widgets import messages as msg
from realtime_widgets.widgets.base import RealtimeWidget, Refresher, SessionReference, bundle
from realtime_widgets.widgets.sound.port import port_of, port_reference
from realtime_widgets.widgets.talk.entries import tool_card

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.core.playback.ledger import Part
    from realtime_widgets.reply import Reply
    from realtime_widgets.runtime.session_runtime import SessionRuntime
    from realtime_widgets.widgets.base import ShownSession


def reply_view(reply: Reply, session: ShownSession | None = None) -> ReplyCard:
    """Return the card of a reply, which plays at the player of its session, or in the page if it has none."""
    return ReplyView(reply, session) if session is not None else ClipReplyView(reply)


class ReplyCard(RealtimeWidget):
    """Shows a reply; the sound is in no trait and reaches no notebook.

    Parameters
    ----------
    reply : Reply
        The reply to show.
    **traits
        Of the kind of card.
    """

    _esm = bundle("reply.js")
    text = traitlets.Unicode().tag(sync=True)
    seconds = traitlets.Float().tag(sync=True)
    tools: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    usage = traitlets.Unicode().tag(sync=True)
    has_audio = traitlets.Bool().tag(sync=True)
    playing = traitlets.Bool(False, read_only=True).tag(sync=True)
    plays_itself = traitlets.Bool().tag(sync=True)
    #: Of the session whose player plays it, empty if there is none.
    port = port_reference()
    port_id = traitlets.Unicode().tag(sync=True)

    def __init__(self, reply: Reply, **traits: Any) -> None:
        self._reply = replace(reply, _view=None)  # which would keep its session alive
        super().__init__(
            text=reply.text,
            seconds=reply.seconds,
            tools=[msgspec.to_builtins(_card(result)) for result in reply.tool_calls],
            usage=str(reply.usage),
            has_audio=bool(reply.pcm),
            **traits,
        )
        self._listen(msg.ReplyReport, self._obey)

    def _obey(self, report: msg.ReplyReport, buffers: list[Any]) -> None:
        """Play the reply in the page that shows it: the sound goes there when it is asked for."""
        match report:
            case msg.PlayReply():
                self.plays_itself = False  # once
                self.set_trait("playing", True)
                from realtime_widgets.audio.samples import wav_bytes  # brings numpy, which the console never needs

                sound = wav_bytes(self._reply.audio, self._reply.rate)
                self._command(msg.ReplyClip(report.page_id), [sound])
            case msg.StopReply():
                self._command(msg.Silence())
            case msg.ReplyEnded():
                self.set_trait("playing", False)


class ReplyView(ReplyCard):
    """Plays a reply at its session's player, at once if it was not heard while it came; in the page later on.

    Once the session is over and nobody else holds it, the page plays the reply by itself.

    Parameters
    ----------
    reply : Reply
        The reply to show.
    session : RealtimeSession
        The session whose player to use.
    """

    def __init__(self, reply: Reply, session: ShownSession) -> None:
        self._session = SessionReference(session)
        self._engine = shared_engine()
        self._part: Part | None = None
        self._end_watching: Callable[[], object] | None = None
        port = port_of(session)
        super().__init__(reply, port=port, port_id=port.port_id)
        if reply.pcm and not reply.heard:
            self.play()

    def play(self) -> None:
        """Play the reply from its start."""
        if session := self._session.get():
            self._engine.call(self._play, session)

    def stop(self) -> None:
        """Stop playing it."""
        if session := self._session.get():
            self._engine.call(self._stop, session.runtime)

    def _obey(self, report: msg.ReplyReport, buffers: list[Any]) -> None:
        if self._session.get() is None:
            super()._obey(report, buffers)
            return
        match report:
            case msg.PlayReply():
                self.play()
            case msg.StopReply():
                self.stop()

    def _play(self, session: ShownSession) -> None:
        runtime = session.runtime
        runtime.perform(runtime.core.make_way())
        if self._end_watching is None:
            # Only while it plays: a notebook may hold many replies.
            self._end_watching = runtime.observe(Refresher(session, self._refresh), "state")
        self._part, commands = runtime.core.play_clip(self._reply.pcm)
        runtime.perform(commands)

    def _stop(self, runtime: SessionRuntime) -> None:
        if self._part in runtime.core.ledger.playing:
            runtime.perform(runtime.core.interrupt())

    def _refresh(self, session: ShownSession) -> None:
        self.set_trait("playing", self._part in session.runtime.core.ledger.playing)
        if not self.playing and self._end_watching is not None:
            self._end_watching()
            self._end_watching = None


class ClipReplyView(ReplyCard):
    """Plays a reply in the page that shows it, at once if it was not heard while it came.

    Parameters
    ----------
    reply : Reply
        The reply to show.
    """

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply, plays_itself=bool(reply.pcm) and not reply.heard)


def _card(result: Any) -> msg.ToolCard:
    call = ToolCall(result.call_id, "", "", result.name, result.arguments)
    return tool_card(RunningCall(call, result), result.name, result.arguments, closed=False)
