"""A client between a model of the service, a player in memory and tools that a test ends."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from realtime_widgets.core.conversation.commands import Command, Send
from realtime_widgets.core.playback.commands import Play, Silence
from realtime_widgets.core.turn_taking.patience import WAKE
from realtime_widgets.protocol import events as ev
from tests.core.client import QUESTION, Client

if TYPE_CHECKING:
    from realtime_widgets.core.conversation.turns import Turn
    from realtime_widgets.core.playback.ledger import PlayedTo
    from tests.core.service import Service


#: Begin of the ids of the limits for the service.
LIMIT = f"rw_{WAKE}_"


class World(Client):
    def __init__(self, service: Service, limit_s: float | None = None, slow: bool = False) -> None:
        super().__init__(limit_s)
        #: Whether the service may take longer than it is waited for; if not, limits end when nothing else happens.
        self.slow = slow
        self.service = service
        self.wire: deque[ev.ClientEvent] = deque()
        self.answers: deque[list[PlayedTo]] = deque()
        self.known_active = False
        #: Responses of which nothing may play any more.
        self.stopped: set[str] = set()
        #: Requests that were sent while the client knew of a running response.
        self.overlapping: list[str] = []
        self.connected = True
        #: Item that the user was saying when the connection was lost.
        self.was_speaking: str | None = None
        service.created()
        self.read()

    def carry_out(self, command: Command) -> None:
        match command:
            case Send() if not self.connected:
                return
            case Send(event):
                if isinstance(event, ev.ResponseCreate) and self.known_active:
                    self.overlapping.append(event.event_id)
                self.wire.append(event)
            case Play(block):
                item = self.core.conversation.items.get(block.part.item_id)
                assert not (block.pcm and item and item.response_id in self.stopped), "a late delta plays"
                assert not self.core.interruptions.undecided, "it sounds before the verdict"
            case Silence():
                self.answers.append(self.player.clear())
        super().carry_out(command)

    def say(self, number: int) -> Turn:
        """Ask something that nobody else asks."""
        content = [{"type": "input_text", "text": f"Question {number}"}]
        return self.ask({**QUESTION, "content": content})

    def interrupt(self) -> None:
        """The user presses stop: nothing that has begun may be heard after that."""
        self.stopped |= set(self.core.conversation.responses)
        self.do(self.core.interrupt())

    def pass_time(self, long: bool = False) -> bool:
        """The oldest time limit is over; those for the service only after a `long` time."""
        wake = next((each for each in self.wakes if long or self.slow or not each.id.startswith(LIMIT)), None)
        if wake is None:
            return False
        self.wakes.remove(wake)
        self.do(self.core.wake(wake.id))
        return True

    def pass_seconds(self, seconds: float) -> None:
        """So much time passes, and nothing comes of the service."""
        for wake in [each for each in self.wakes if each.seconds <= seconds]:
            self.wakes.remove(wake)
            self.do(self.core.wake(wake.id))

    def cough(self) -> None:
        """Sound without words."""
        if self.connected:
            event = self.core.append_audio(bytes(4800))
            assert isinstance(event, ev.InputAppend)
            self.service.cough()

    def speak(self) -> None:
        """The user begins to speak, or ends; only a connected service hears it."""
        if self.connected:
            event = self.core.append_audio(b"s" * 48_000)
            assert isinstance(event, ev.InputAppend)
            self.service.speak()

    def close_microphone(self) -> None:
        """The microphone closes: no sound comes until the user speaks again."""
        self.do(self.core.microphone_closed("user"))

    def murmur(self) -> None:
        """The user says hardly anything and switches the microphone off; the service hears it afterwards."""
        if self.connected and not self.service.hears_speech:
            self.service.speak()
        self.close_microphone()

    def cut(self) -> None:
        """The connection is lost: what was on its way, both ways, never comes."""
        if not self.connected:
            return
        self.connected = self.known_active = False
        self.wire.clear()
        self.service.out.clear()
        self.was_speaking = self.core.speech.item_id
        self.service = self.service.successor()
        self.do(self.core.lost())

    def reconnect(self) -> None:
        if self.connected:
            return
        self.connected = True
        self.service.created()
        self.read()
        again = self.core.resumption.said_again
        goes_on = bool(again) and self.was_speaking == again[-1]
        self.service.said_again, self.service.goes_on = len(again) - goes_on, goes_on
        self.do(self.core.resume())

    def read(self) -> bool:
        """The client reads one server event."""
        if not self.service.out:
            return False
        for event in self.service.told(self.service.out.popleft()):
            if isinstance(event, ev.ResponseCreated):
                self.known_active = True
            elif isinstance(event, ev.ResponseDone):
                self.known_active = False
            self.receive(event)
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

    def play_out(self, steps: list[str]) -> None:
        """Let the steps of a property happen; heard is within received after each."""
        for number, step in enumerate(steps):
            match step:
                case "ask":
                    self.say(number)
                case "speak":
                    self.speak()
                case _:
                    self.act(step)
            for item in self.core.conversation:
                for _, part in self.core.ledger.item_parts(item.id):
                    assert 0 <= part.heard <= part.sent <= part.received

    def act(self, step: str) -> None:
        """Let the thing happen that a step of a property names."""
        match step:
            case "interrupt":
                self.interrupt()
            case "cough":
                self.cough()
            case "close":
                self.close_microphone()
            case "murmur":
                self.murmur()
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
        """Let everything happen that will happen without the user."""
        steps = (self.write, self.service.step, self.read, self.silenced, self.end_tool, self.hear)
        moved = True
        while moved:
            moved = sum(step() for step in steps) > 0 or self.pass_time() or self.pass_time(long=True)
