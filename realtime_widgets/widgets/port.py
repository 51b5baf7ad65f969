"""The audio port: one internal widget that carries nothing but sound, positions and commands.

Twin of `js/src/port.ts`; the messages are in `messages.py`. Its comm handlers only hand over to the I/O
thread, where everything else here runs.
"""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING, Any, cast

import traitlets

from realtime_widgets.engine import shared_engine
from realtime_widgets.playback import Block, Part, PlayedTo
from realtime_widgets.speakers import InstantSpeaker, SpeakerListener
from realtime_widgets.widgets.base import RealtimeWidget, bundle

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_widgets.runtime import SessionRuntime
    from realtime_widgets.widgets import messages as msg

log = logging.getLogger(__name__)

#: Length of a captured block.
BLOCK_MS = 20.0
#: Longest message of the microphone while somebody speaks; shorter ones cost the kernel more than they save.
GROUP_MS = 60.0
#: How late a block of the first answer may come, in milliseconds; the page learns what the later ones need.
STARTUP_MS = 40.0
#: How long a page may take to load the port before sound counts as played to nobody, in seconds.
PAGE_GRACE_S = 3.0
#: How long a page may take to say where it fell silent, in seconds.
CLEAR_TIMEOUT_S = 1.0
#: How long a page may stay without a word while it should be playing, in seconds.
PAGE_SILENT_S = 4.0


class AudioPort(RealtimeWidget):
    """Sound between one session and the page that shows it; a `Speaker` of the session.

    Parameters
    ----------
    runtime
        The session's I/O side.
    """

    _esm = bundle("port.js")
    port_id = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(self, runtime: SessionRuntime) -> None:
        self._runtime = runtime
        self._engine = shared_engine()
        self._listener: SpeakerListener | None = None
        self._page: str | None = None
        self._generation = 0
        self._waiting: list[Block] = []
        self._nobody = InstantSpeaker()
        self._alone = False
        self._clearing: asyncio.TimerHandle | None = None
        #: Silences that the page has not answered.
        self._unanswered = 0
        self._watch: asyncio.TimerHandle | None = None
        self._microphone_on = False
        #: Called on the I/O thread with each report of the microphone and of the player.
        self.on_microphone: list[Callable[[msg.MicrophoneReport], None]] = []
        #: The page's last word on its player: counters, queue, start-up buffer.
        self.playback: msg.Playback | None = None
        super().__init__()
        self.on_msg(self._on_message)
        self._engine.run(self._open_port)

    @traitlets.default("port_id")
    def _new_port_id(self) -> str:
        return uuid.uuid4().hex

    def attach(self, listener: SpeakerListener) -> None:
        """Begin to serve a session."""
        self._listener = listener
        self._nobody.attach(listener)

    def detach(self) -> None:
        """Stop."""
        self._listener = None
        self._nobody.detach()

    def play(self, block: Block) -> None:
        """Send a block to the page; with no page yet it waits a little, with none at all it counts as heard."""
        if self._page is not None:
            self._send_block(block)
        elif self._alone:
            self._nobody.play(block)
        else:
            self._waiting.append(block)

    def silence(self) -> None:
        """Silence the page; it answers with its final positions."""
        self._waiting.clear()
        self._generation += 1
        if self._page is None:
            self._nobody.silence()
            return
        self._command({"type": "clear", "generation": self._generation})
        self._unanswered += 1
        if self._clearing is None:
            self._clearing = self._engine.loop.call_later(CLEAR_TIMEOUT_S, self._not_cleared)

    def close_microphone(self) -> None:
        """Close the page's microphone."""
        self._command({"type": "microphone", "open": False})

    def configure(self, input_mode: msg.InputMode) -> None:
        """Send the port's settings to the page."""
        self._command(
            {
                "type": "configure",
                "block_ms": BLOCK_MS,
                "group_ms": GROUP_MS,
                "startup_ms": STARTUP_MS,
                "input_mode": input_mode,
            }
        )

    def _open_port(self) -> None:
        self._runtime.use_speaker(self)
        self._engine.loop.call_later(PAGE_GRACE_S, self._no_page_came)

    def _on_message(self, widget: Any, content: Any, buffers: list[Any]) -> None:
        # On whatever thread the kernel handles comms: hand over and be done.
        self._engine.call(self._report, content, buffers)

    def _report(self, content: msg.PortReport, buffers: list[Any]) -> None:
        kind = content.get("type")
        if kind == "hello":
            self._hello(cast("msg.Hello", content))
            return
        if self._page is None:
            # A page that was given up, asleep or waiting for a click, is back.
            self._hello({"type": "hello", "page_id": str(content.get("page_id"))})
        elif content.get("page_id") != self._page:
            return
        match kind:
            case "audio":
                self._runtime.hear(bytes(buffers[0]))
                if playback := cast("msg.Audio", content).get("playback"):
                    self._played(playback)
            case "playback":
                self._played(cast("msg.Playback", content))
            case "cleared":
                if self._unanswered:  # else it is late, or nobody asked
                    self._cleared(cast("msg.Cleared", content)["positions"])
            case "interrupt":
                self._interrupted()
            case "talk":
                pressed = cast("msg.Talk", content)["pressed"]
                (self._runtime.press if pressed else self._runtime.release)()
            case "microphone":
                self._microphone(cast("msg.MicrophoneReport", content))
            case _:
                log.warning("the page sent a message of an unknown kind: %r", kind)

    def _hello(self, hello: msg.Hello) -> None:
        if self._page is not None and self._microphone_on:
            return  # another window shows the notebook while somebody talks in the first
        if self._page is not None:
            # The page was loaded anew: what it had not played is not heard any more.
            self._gone()
        self._page, self._alone = hello["page_id"], False
        self._command({"type": "activate", "page_id": self._page})
        self.configure("open" if self._runtime.settings.turn_detection else "push_to_talk")
        if self._generation:
            self._command({"type": "clear", "generation": self._generation})
        for block in self._waiting:
            self._send_block(block)
        self._waiting.clear()

    def _no_page_came(self) -> None:
        if self._page is None:
            self._alone = True
            for block in self._waiting:
                self._nobody.play(block)
            self._waiting.clear()

    def _send_block(self, block: Block) -> None:
        part = {"item_id": block.part.item_id, "content_index": block.part.content_index}
        if block.pcm:
            play = {"type": "play", "generation": self._generation, **part, "start": block.start}
            self._command(play, [block.pcm])
            self._expect_word()
        if block.last:
            self._command({"type": "end", "generation": self._generation, **part})

    def _command(self, command: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.send(command, buffers=buffers)

    def _played(self, report: msg.Playback) -> None:
        self.playback = report
        if self._listener and report["generation"] == self._generation and self._clearing is None:
            self._listener.played(_played_to(report["positions"]))
        self._stop_watch()
        if report["playing"]:
            self._expect_word()

    def _cleared(self, positions: list[msg.Position]) -> None:
        self._unanswered = max(0, self._unanswered - 1)
        if self._clearing is not None and not self._unanswered:
            self._clearing.cancel()
            self._clearing = None
        self._stop_watch()
        if self._listener:
            self._listener.silenced(_played_to(positions))

    def _not_cleared(self) -> None:
        self._clearing = None
        self._runtime.problem("The page did not say where it fell silent; its last known position is used.")
        while self._unanswered:
            self._cleared([])

    def _gone(self) -> None:
        """Answer for a page that will not: to every silence, and that it plays nothing any more."""
        while self._unanswered:
            self._cleared([])
        self._cleared([])

    def _interrupted(self) -> None:
        before = self._generation
        self._runtime.perform(self._runtime.core.interrupt())
        if self._generation == before:
            # Nothing was left to cut, but the page waits for a new generation.
            self._generation += 1
            self._command({"type": "clear", "generation": self._generation})

    def _microphone(self, report: msg.MicrophoneReport) -> None:
        self._microphone_on = report["state"] in ("opening", "on")
        if report["state"] == "on":
            self._runtime.start_soon()
        for listener in self.on_microphone:
            listener(report)

    def _expect_word(self) -> None:
        if self._watch is None:
            self._watch = self._engine.loop.call_later(PAGE_SILENT_S, self._page_gone)

    def _stop_watch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _page_gone(self) -> None:
        self._watch = None
        self._page, self._alone, self._microphone_on = None, True, False
        self._generation += 1  # a page that wakes up later must not play what it still holds
        self._runtime.problem(
            "The page does not play the sound: it was closed, is asleep, or its browser waits for a click "
            "before it lets it play. Show the session in an open notebook and click its microphone."
        )
        self._gone()


def _played_to(positions: list[msg.Position]) -> list[PlayedTo]:
    return [PlayedTo(Part(each["item_id"], each["content_index"]), each["played"]) for each in positions]
