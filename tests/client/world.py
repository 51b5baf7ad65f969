"""One session core between a model of the service, a player in memory and tools that a test ends."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from realtime_widgets.core import SessionCore
from realtime_widgets.protocol import events as ev
from realtime_widgets.speakers import VirtualPlayer
from realtime_widgets.turns import Command, Play, RunTool, Send, Silence, ToolCall, Turn, TurnEnded, Wake

if TYPE_CHECKING:
    from realtime_widgets.playback import PlayedTo
    from tests.client.service import Service

QUESTION: dict[str, Any] = {
    "type": "message",
    "role": "user",
    "content": [{"type": "input_text", "text": "Well?"}],
}


class World:
    def __init__(self, service: Service, limit_s: float | None = None) -> None:
        self.core = SessionCore(limit_s)
        self.service = service
        self.player = VirtualPlayer()
        self.sent: list[ev.ClientEvent] = []
        self.wire: deque[ev.ClientEvent] = deque()
        self.running: list[ToolCall] = []
        self.ended: list[Turn] = []
        self.answers: deque[list[PlayedTo]] = deque()
        self.known_active = False
        self.wakes: deque[str] = deque()
        #: Responses of which nothing may play any more.
        self.stopped: set[str] = set()
        #: Requests that were sent while the client knew of a running response.
        self.overlapping: list[str] = []
        self.connected = True
        #: Item that the user was saying when the connection was lost.
        self.was_speaking: str | None = None
        service.created()
        self.read()

    def do(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Send() if not self.connected:
                    pass
                case Send(event):
                    if isinstance(event, ev.ResponseCreate) and self.known_active:
                        self.overlapping.append(event.event_id)
                    self.sent.append(event)
                    self.wire.append(event)
                case Play(block):
                    item = self.core.conversation.items.get(block.part.item_id)
                    assert not (block.pcm and item and item.response_id in self.stopped), "a late delta plays"
                    assert not self.core.barge_in.undecided, "it sounds before the verdict"
                    self.player.push(block)
                case Wake():
                    self.wakes.append(command.id)
                case Silence():
                    self.answers.append(self.player.clear())
                case RunTool(call):
                    self.running.append(call)
                case TurnEnded(turn):
                    self.ended.append(turn)

    def ask(self) -> Turn:
        turn, commands = self.core.ask(QUESTION)
        self.do(commands)
        return turn

    def say(self, number: int) -> Turn:
        """Ask something that nobody else asks."""
        content = [{"type": "input_text", "text": f"Question {number}"}]
        turn, commands = self.core.ask({**QUESTION, "content": content})
        self.do(commands)
        return turn

    def interrupt(self) -> None:
        """The person presses stop: nothing that has begun may be heard after that."""
        self.stopped |= set(self.core.conversation.responses)
        self.do(self.core.interrupt())

    def pass_time(self) -> bool:
        """The oldest time limit is over."""
        if not self.wakes:
            return False
        self.do(self.core.wake(self.wakes.popleft()))
        return True

    def cough(self) -> None:
        """Sound without words."""
        if self.connected:
            event = self.core.append_audio(bytes(4800))
            assert isinstance(event, ev.InputAppend)
            self.service.cough()

    def speak(self) -> None:
        """The user begins to speak, or ends; only a connected service hears it."""
        if self.connected:
            event = self.core.append_audio(bytes(4800))
            assert isinstance(event, ev.InputAppend)
            self.service.speak()

    def cut(self) -> None:
        """The connection is lost: what was on its way, both ways, never comes."""
        if not self.connected:
            return
        self.connected = self.known_active = False
        self.wire.clear()
        self.service.out.clear()
        self.was_speaking = self.core.spoken.item_id
        self.service = self.service.successor()
        self.do(self.core.lost())

    def reconnect(self) -> None:
        if self.connected:
            return
        self.connected = True
        self.service.created()
        self.read()
        again = self.core.resumption.to_say_again
        goes_on = bool(again) and self.was_speaking == again[-1]
        self.service.said_again, self.service.goes_on = len(again) - goes_on, goes_on
        self.do(self.core.resume())

    def read(self) -> bool:
        """The client reads one server event."""
        if not self.service.out:
            return False
        event = self.service.out.popleft()
        if isinstance(event, ev.ResponseCreated):
            self.known_active = True
        elif isinstance(event, ev.ResponseDone):
            self.known_active = False
        self.do(self.core.receive(event))
        return True

    def write(self) -> bool:
        """One client event reaches the service."""
        if not self.wire:
            return False
        self.service.take(self.wire.popleft())
        return True

    def end_tool(self) -> bool:
        if not self.running:
            return False
        self.do(self.core.tool_finished(self.running.pop(0).call_id, '"done"'))
        return True

    def hear(self, samples: int = 2400) -> bool:
        """The player plays for a while."""
        if self.player.idle:
            return False
        self.player.advance(samples)
        self.do(self.core.played(self.player.positions()))
        return True

    def silenced(self) -> bool:
        """The player's word on where it fell silent arrives."""
        if not self.answers:
            return False
        self.do(self.core.silenced(self.answers.popleft()))
        return True

    def go_on(self) -> None:
        """A piece of the talk without delays."""
        self.write()
        self.write()
        self.service.step()
        while self.read():
            pass

    def act(self, step: str) -> None:
        """Let the thing happen that a step of a property names."""
        match step:
            case "interrupt":
                self.interrupt()
            case "cough":
                self.cough()
            case "time":
                self.pass_time()
            case "tool":
                self.end_tool()
            case "hear":
                self.hear(1000)
            case "silenced":
                self.silenced()
            case "cut":
                self.cut()
            case "reconnect":
                self.reconnect()
            case "write" | "step" | "read" | "go on" if not self.connected:
                pass
            case "write":
                self.write()
            case "step":
                self.service.step()
            case "read":
                self.read()
            case "go on":
                self.go_on()
            case _:
                raise ValueError(step)

    def settle(self) -> None:
        """Let everything happen that will happen without a person."""
        steps = (self.write, self.service.step, self.read, self.silenced, self.end_tool, self.hear)
        moved = True
        while moved:
            moved = sum(step() for step in steps) > 0 or self.pass_time()
