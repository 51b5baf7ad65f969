"""One session core with a player in memory, by hand: it carries out the core's commands and keeps them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from realtime_widgets.core.conversation.commands import AskApproval, Command, RunTool, Send, TurnEnded, Wake
from realtime_widgets.core.playback.commands import Play, Silence
from realtime_widgets.core.session import SessionCore
from realtime_widgets.runtime.sound.speakers import VirtualPlayer

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.turns import ToolCall, Turn
    from realtime_widgets.protocol import events as ev

QUESTION: dict[str, Any] = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "Well?"}],
}


class Client:
    def __init__(self, limit_s: float | None = None, truncates: bool = True) -> None:
        self.core = SessionCore(limit_s, truncates)
        self.player = VirtualPlayer()
        self.sent: list[ev.ClientEvent] = []
        self.wakes: deque[Wake] = deque()
        self.running: list[ToolCall] = []
        #: Ids of the hosted calls that wait for the user's decision.
        self.asking: list[str] = []
        self.ended: list[Turn] = []
        self.silences = 0

    def do(self, commands: list[Command]) -> list[str]:
        """Carry out commands and return the types of the events that went out."""
        before = len(self.sent)
        for command in commands:
            self.carry_out(command)
        self.wakes.extend(self.core.begin_limits())
        return [event.type for event in self.sent[before:]]

    def carry_out(self, command: Command) -> None:
        match command:
            case Send(event):
                self.sent.append(event)
            case Play(block):
                self.player.push(block)
            case Silence():
                self.silences += 1
            case Wake():
                self.wakes.append(command)
            case RunTool(call):
                self.running.append(call)
            case AskApproval(request):
                self.asking.append(request.id)
            case TurnEnded(turn):
                self.ended.append(turn)

    def receive(self, *events: ev.AnyServerEvent) -> list[str]:
        return [kind for event in events for kind in self.do(self.core.receive(event))]

    def ask(self, question: dict[str, Any] = QUESTION) -> Turn:
        turn, commands = self.core.ask(question)
        self.do(commands)
        return turn
