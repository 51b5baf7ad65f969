"""A reply as a card: its words, its tool calls, and a button that plays it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from realtime_widgets.engine import shared_engine
from realtime_widgets.tool_calls import RunningTool
from realtime_widgets.turns import ToolCall
from realtime_widgets.widgets.base import RealtimeWidget, Refresher, bundle
from realtime_widgets.widgets.entries import tool_card
from realtime_widgets.widgets.ports import port_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_widgets.playback import Part
    from realtime_widgets.reply import Reply
    from realtime_widgets.session import RealtimeSession
    from realtime_widgets.widgets.messages import ReplyClip, Silence, ToolCard


def reply_view(reply: Reply, session: RealtimeSession | None = None) -> ReplyCard:
    """Return the card of a reply, which plays at the player of its session, or in the page where it has none."""
    return ReplyView(reply, session) if session is not None else ClipReplyView(reply)


class ReplyCard(RealtimeWidget):
    """Shows a reply; the sound is in no trait and reaches no notebook.

    Parameters
    ----------
    reply : Reply
        What to show.
    **traits
        Of the kind of card.
    """

    _esm = bundle("reply.js")
    text = traitlets.Unicode().tag(sync=True)
    seconds = traitlets.Float().tag(sync=True)
    tools: traitlets.List[ToolCard] = traitlets.List().tag(sync=True)
    usage = traitlets.Unicode().tag(sync=True)
    has_audio = traitlets.Bool().tag(sync=True)
    playing = traitlets.Bool(False, read_only=True).tag(sync=True)

    def __init__(self, reply: Reply, **traits: Any) -> None:
        self._reply = reply
        super().__init__(
            text=reply.text,
            seconds=reply.seconds,
            tools=[_card(result) for result in reply.tool_calls],
            usage=str(reply.usage),
            has_audio=bool(reply.pcm),
            **traits,
        )
        self.on_msg(self._on_message)

    def _on_message(self, widget: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        raise NotImplementedError


class ReplyView(ReplyCard):
    """Plays a reply at its session's player; by itself where the answer was not heard while it came.

    Parameters
    ----------
    reply : Reply
        What to show.
    session : RealtimeSession
        Whose player to use.
    """

    def __init__(self, reply: Reply, session: RealtimeSession) -> None:
        self._runtime = session.runtime
        self._engine = shared_engine()
        self._part: Part | None = None
        self._end_watching: Callable[[], object] | None = None
        port_of(session)
        super().__init__(reply)
        if reply.pcm and not reply.heard:
            self.play()

    def play(self) -> None:
        """Play the reply from its start."""
        self._engine.call(self._play)

    def stop(self) -> None:
        """Stop playing it."""
        self._engine.call(self._stop)

    def _on_message(self, widget: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        match content.get("type"):
            case "play":
                self.play()
            case "stop":
                self.stop()

    def _play(self) -> None:
        self._runtime.perform(self._runtime.core.interrupt())
        if self._end_watching is None:
            # Only while it plays: a notebook may hold many replies.
            self._end_watching = self._runtime.observe(Refresher(self._refresh))
        self._part, commands = self._runtime.core.play_clip(self._reply.pcm)
        self._runtime.perform(commands)

    def _stop(self) -> None:
        if self._part in self._runtime.core.ledger.playing:
            self._runtime.perform(self._runtime.core.interrupt())

    def _refresh(self) -> None:
        self.set_trait("playing", self._part in self._runtime.core.ledger.playing)
        if not self.playing and self._end_watching is not None:
            self._end_watching()
            self._end_watching = None


class ClipReplyView(ReplyCard):
    """Plays a reply in the page that shows it: the sound goes there when it is asked for.

    Parameters
    ----------
    reply : Reply
        What to show.
    """

    plays_itself = traitlets.Bool().tag(sync=True)

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply, plays_itself=bool(reply.pcm) and not reply.heard)

    def _on_message(self, widget: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        match content.get("type"):
            case "play":
                self.plays_itself = False  # once
                self.set_trait("playing", True)
                from realtime_widgets.audio import wav_bytes  # brings numpy, which the console never needs

                sound = wav_bytes(self._reply.audio, self._reply.rate)
                clip: ReplyClip = {"type": "sound", "page_id": str(content.get("page_id"))}
                self.send(clip, buffers=[sound])
            case "stop":
                silence: Silence = {"type": "silence"}
                self.send(silence)
            case "ended":
                self.set_trait("playing", False)


def _card(result: Any) -> ToolCard:
    call = ToolCall(result.call_id, "", "", result.name, result.arguments)
    return tool_card(RunningTool(call, result), result.name, result.arguments, closed=False)
