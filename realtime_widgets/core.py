"""The decisions of one session: server events, player reports and wishes in, state and commands out. Pure."""

from __future__ import annotations

import binascii
from itertools import count
from typing import Literal

from realtime_widgets.asides import Asides
from realtime_widgets.barge_in import BargeIn
from realtime_widgets.call_ledger import CallLedger
from realtime_widgets.conversation import Conversation, Response
from realtime_widgets.mcp_approvals import McpApprovals
from realtime_widgets.memory import Memory
from realtime_widgets.playback import Part, PlayedTo
from realtime_widgets.protocol import events as ev
from realtime_widgets.refusals import Refusals
from realtime_widgets.restore import Unacknowledged
from realtime_widgets.resumption import Resumption
from realtime_widgets.retrieval import Retrievals
from realtime_widgets.sequencer import REQUEST_KEY, Request, ResponseSequencer
from realtime_widgets.spoken_input import SpokenInput
from realtime_widgets.turn_ledger import TurnLedger
from realtime_widgets.turns import AskApproval, Command, Notice, RunTool, Send, ToolCall, Turn, end_turn
from realtime_widgets.voice import VoiceOutput


class SessionCore:
    """State of one session and what follows from each thing that happens to it.

    Parameters
    ----------
    false_interruption_s
        How long words are waited for after sound that stopped an answer, in seconds; None takes it for
        speech at once.
    truncates
        Whether the service can truncate an item.
    """

    def __init__(self, false_interruption_s: float | None = None, truncates: bool = True) -> None:
        self.conversation = Conversation()
        self.voice = VoiceOutput()
        self.ledger = self.voice.ledger
        self._ids = count(1)
        self._turns = TurnLedger(self.new_id)
        self.turns = self._turns.all
        self._calls = CallLedger(self.conversation)
        self.calls = self._calls.all
        self.approvals = McpApprovals(self.conversation, self.new_id)
        self.notices: list[Notice] = []
        self.settings: ev.JsonObject = {}
        self.updates = 0
        self.keep_spoken_audio = False
        self.asides = Asides(self.conversation)
        self.retrievals = Retrievals()
        self._sequencer = ResponseSequencer()
        own = Unacknowledged()
        self._memory = Memory(self.conversation, self.ledger, self.new_id, own, truncates)
        self.barge_in = BargeIn(
            self.conversation,
            self.voice,
            self._memory,
            self._sequencer,
            self._turns,
            self.new_id,
            self.notice,
            false_interruption_s,
        )
        self._abandoned, self._cut_responses = self.barge_in.abandoned, self.barge_in.cut_responses
        self.resumption = Resumption(
            self.conversation, self.voice, self._calls, self.asides, self._sequencer, self._turns, own=own
        )
        self.spoken = SpokenInput(self.barge_in, self._sequencer, self.resumption.keeper, self.new_id, self.notice)
        self._refusals = Refusals(
            self._sequencer,
            self.asides,
            self.resumption,
            self.retrievals,
            self._turns,
            self._abandoned,
            self.spoken.expectation,
            self.notice,
        )
        self.refusals = self._refusals.by_event

    @property
    def activity(self) -> Literal["speaking", "thinking", "listening"]:
        """What a person would say the other side is doing."""
        if self.voice.speaking:
            return "speaking"
        if self._sequencer.busy or self._calls.waiting or self.approvals.waiting:
            return "thinking"
        return "listening"

    def quiet(self) -> bool:
        """Whether nobody speaks and nothing is being worked on."""
        waits = self.user_speaking or self.expects_response or self.barge_in.undecided
        return self.activity == "listening" and not waits

    @property
    def user_speaking(self) -> bool:
        """Whether somebody speaks, or holds the button of push-to-talk."""
        return self.spoken.speaking

    @property
    def expects_response(self) -> bool:
        """Whether something was said that the service is about to answer by itself."""
        return self.spoken.expectation.pending

    def new_id(self, what: str) -> str:
        """Return an id of our own, unique in this session."""
        return f"rw_{what}_{next(self._ids)}"

    def lost(self) -> list[Command]:
        """The connection is gone and another one will be tried: what ended with it ends."""
        settled = self.barge_in.settle() + self._catch_up()
        asked = self._lost_consent()
        commands, lost = self.resumption.lost(self._abandoned, self.expects_response, self.spoken.taking.answers)
        for response in asked:
            commands += self._continue(response)
        self.barge_in.disconnected()
        self.retrievals.lost()
        self.spoken.lost()
        for what in lost:
            self.notice("error", f"Lost with the connection: {what}.")
        return settled + commands

    def resume(self) -> list[Command]:
        """A new session is open and configured: put the talk into it."""
        commands, lost = self.resumption.resume()
        for what in lost:
            self.notice("notice", f"The model does not know any more {what}: it could not be put back.")
        return commands

    def receive(self, event: ev.AnyServerEvent) -> list[Command]:
        """Fold one server event in."""
        if self.resumption.echo(event):
            return []
        self.conversation.apply(event)
        asked = self.approvals.take(event, self._sequencer.active_id)
        commands: list[Command] = [AskApproval(request) for request in asked]
        commands += self.barge_in.listen(event)
        commands += self.spoken.listen(event)
        commands += self._follow(event)
        return commands + self._catch_up()

    def _follow(self, event: ev.AnyServerEvent) -> list[Command]:
        match event:
            case ev.SessionCreated() | ev.SessionUpdated():
                self.settings = event.session
                self.updates += isinstance(event, ev.SessionUpdated)
            case ev.ResponseCreated():
                return self._response_created(str(event.response.get("id") or ""))
            case ev.OutputAudioDelta():
                return self._audio(event)
            case ev.OutputAudioDone():
                return self._audio_done(event)
            case ev.OutputItemDone():
                return self._run(self._calls.take(event.item, event.response_id))
            case ev.ResponseDone():
                return self._response_done(str(event.response.get("id") or ""))
            case ev.ErrorEvent():
                return self._refusals.take(event.error)
            case ev.ItemRetrieved():
                self.retrievals.came(event.item)
            case ev.InputTimeout():
                self.notice("notice", "Nobody spoke for a while: the model speaks by itself.")
            case _:
                pass
        return []

    def ask(
        self, item: ev.JsonObject, settings: ev.JsonObject | None = None, keep_audio: bool = False
    ) -> tuple[Turn, list[Command]]:
        """Put a user item into the conversation and ask for its answer."""
        turn = self._turns.begin(keep_audio)
        create = self.put(item)
        self._turns.asked(turn, create.event.event_id)
        return turn, [create, *self._request(turn.id, settings or {})]

    def put(self, item: ev.JsonObject) -> Send:
        """Put an own item into the conversation and ask for nothing."""
        create = ev.ItemCreate(event_id=self.new_id("item"), item=item)
        self.resumption.own.sent(create.event_id, item)
        return Send(create)

    def ask_aside(
        self, item: ev.JsonObject, context: bool = True, settings: ev.JsonObject | None = None
    ) -> tuple[Turn, list[Command]]:
        """Ask beside the conversation, whatever goes on in it; neither question nor answer becomes part of it."""
        turn = self._turns.begin(keep_audio=True)
        return turn, self.asides.request(turn, self.new_id("aside"), item, context, settings or {})

    def append_audio(self, pcm: bytes) -> ev.ClientEvent:
        """Pass on captured sound."""
        return self.spoken.append(pcm)

    def play_clip(self, pcm: bytes) -> tuple[Part, list[Command]]:
        """Play sound that is no item of the conversation; it can be interrupted like an answer."""
        part = Part(self.new_id("clip"), 0)
        self.voice.push(part, pcm)
        self.voice.finish(part)
        return part, self.voice.due()

    def press(self) -> list[Command]:
        """Begin a push-to-talk turn: what is being said stops."""
        return self.interrupt() + self.spoken.press()

    def release(self, ask: bool = True) -> list[Command]:
        """End a push-to-talk turn and ask for its answer; without `ask` it was never said."""
        said, commands = self.spoken.release(ask)
        if said:
            turn = self._turns.begin(self.keep_spoken_audio, spoken=True)
            commands += self._request(turn.id, {})
        return commands

    def interrupt(self, cancel: bool = True) -> list[Command]:
        """Stop what is being said; `cancel` tells the service, which on speech has noticed by itself."""
        return self.barge_in.interrupt(cancel) + self._catch_up()

    def wake(self, wake_id: str) -> list[Command]:
        """Take the end of a time limit; see `Wake`."""
        self.spoken.expectation.time_is_up(wake_id)
        return self.barge_in.time_is_up(wake_id) + self._catch_up()

    def silenced(self, positions: list[PlayedTo]) -> list[Command]:
        """Take the player's last word after a `Silence`: the model is told what was not heard."""
        return self.barge_in.silenced(positions)

    def played(self, positions: list[PlayedTo]) -> list[Command]:
        """Take the player's positions; hand over what is due next."""
        return self.voice.played(positions)

    def tool_finished(self, call_id: str, output: str) -> list[Command]:
        """Give a call's output to the model; after the last one of a response, ask for the next response."""
        call = self.calls[call_id]
        if call.answered:
            return []
        call.answered, call.output = True, output
        item = {"type": "function_call_output", "call_id": call_id, "output": output}
        event = ev.ItemCreate(event_id=self.new_id("output"), item=item)
        response = self.conversation.responses.get(call.response_id)
        commands: list[Command] = [Send(event)]
        if response and not response.active:
            commands += self._continue(response)
        return commands

    def decide_approval(self, request_id: str, approve: bool, reason: str = "") -> list[Command]:
        """Answer a request of the service for consent, once; after the last one its response goes on."""
        create = self.approvals.answer(request_id, approve, reason)
        if create is None:
            return []
        response = self.conversation.responses.get(self.approvals.requests[request_id].response_id)
        return [Send(create), *(self._continue(response) if response and not response.active else [])]

    def question_of(self, turn: Turn) -> str:
        """Return the user's words that a turn answers, as far as they are known."""
        return turn.question or self.conversation.words_before(turn.response_ids)

    def fail_open_turns(self, reason: str) -> list[Command]:
        """End every open turn: the connection is gone."""
        commands: list[Command] = []
        for turn in self.turns.values():
            if not turn.done:
                turn.error = reason
                commands += end_turn(turn)
        return commands

    def notice(self, kind: Literal["notice", "error"], text: str) -> None:
        """Tell the person something at the present end of the conversation."""
        order = self.conversation.order
        self.notices.append(Notice(self.new_id("notice"), kind, text, order[-1] if order else None))

    def _request(self, turn_id: str, settings: ev.JsonObject, any_response: bool = False) -> list[Command]:
        request = Request(self.new_id("response"), turn_id, settings, any_response)
        return self._send_all(self._sequencer.request(request))

    @staticmethod
    def _send_all(events: list[ev.ClientEvent]) -> list[Command]:
        return [Send(event) for event in events]

    def _catch_up(self) -> list[Command]:
        """Go on with responses that waited for what an interruption turned out to be."""
        ready, self.barge_in.ready = self.barge_in.ready, []
        return [command for each in ready for command in self._continue(self.conversation.responses[each])]

    def _response_created(self, response_id: str) -> list[Command]:
        response = self.conversation.responses[response_id]
        if self.asides.created(response):
            return []
        # A server that does not echo metadata: only after a spoken turn can it have begun by itself.
        unnamed = "" if self.expects_response else None
        request = self._sequencer.created(response_id, response.metadata.get(REQUEST_KEY, unnamed))
        commands: list[Command] = []
        if request and request.any_response and self.expects_response and REQUEST_KEY not in response.metadata:
            # What was just said is answered; that takes in the consent too.
            commands = end_turn(self.turns[request.turn_id]) if request.turn_id in self.turns else []
            request = None
        if request is None or request.turn_id not in self.turns:
            commands += self.barge_in.answered(response_id) + self.spoken.answered_by_itself()
            turn = self._turns.begin(self.keep_spoken_audio, spoken=True)
        else:
            turn = self.turns[request.turn_id]
        self._turns.answered(turn, response_id)
        if turn.id not in self._abandoned:
            return commands
        self._abandoned.remove(turn.id)
        self._cut_responses.add(response_id)
        return [*commands, Send(ev.ResponseCancel(response_id=response_id))]

    def _audio(self, event: ev.OutputAudioDelta) -> list[Command]:
        if event.response_id in self._cut_responses:
            return []
        try:
            pcm = event.audio()
        except (binascii.Error, ValueError):
            self.notice("error", "The service sent a piece of sound that cannot be decoded; it was left out.")
            return []
        part = Part(event.item_id, event.content_index)
        if aside := self.asides.turn(event.response_id):
            aside.audio += pcm  # spoken into the reply, not into the room
            return []
        pcm = self.voice.push(part, pcm)
        turn = self._turns.of(event.response_id)
        if turn and turn.keep_audio:
            turn.audio += pcm
        return self.voice.due()

    def _audio_done(self, event: ev.OutputAudioDone) -> list[Command]:
        if event.response_id in self._cut_responses:
            return []
        self.voice.finish(Part(event.item_id, event.content_index))
        return self.voice.due()

    def _run(self, call: ToolCall | None) -> list[Command]:
        if call is None:
            return []
        if turn := self._turns.of(call.response_id):
            turn.call_ids.append(call.call_id)
        return [RunTool(call)]

    def _response_done(self, response_id: str) -> list[Command]:
        response = self.conversation.responses[response_id]
        commands: list[Command] = []
        for call in self._calls.unnoticed(response.item_ids, response_id):
            commands += self._run(call)
        if response_id not in self._cut_responses:
            for item_id in response.item_ids:  # what the server forgot to close must not play for ever
                self.voice.finish_item(item_id)
        commands += self._memory.response_done(response)
        commands += self.voice.due()
        if response.out_of_band:
            aside = self.asides.done(response)
            return commands + (end_turn(aside) if aside else [])
        self.spoken.response_over()
        commands += self._send_all(self._sequencer.done(response_id))
        return commands + self._continue(response)

    def _continue(self, response: Response) -> list[Command]:
        """After a response: wait for its tools, ask for the next one, or end the turn."""
        turn = self._turns.of(response.id)
        calls = self._calls.of(response.id)
        approvals = self.approvals.of(response.id)
        if any(not call.answered for call in calls) or any(request.open for request in approvals):
            return []
        if turn is None or self.barge_in.waits(response):
            return []
        if response.status == "failed":
            turn.error, turn.error_code = response.error or "the response failed", response.error_code
            self.notice("error", f"The answer failed: {turn.error}")
        elif calls and response.status == "completed" and not turn.interrupted:
            return self._request(turn.id, {})
        elif (
            response.status == "completed"
            and not turn.interrupted
            and any(not self.approvals.taken_in(request) for request in approvals)
        ):
            return self._request(turn.id, {}, any_response=True)
        elif response.status == "incomplete":
            self.notice("notice", f"The answer is incomplete: {response.reason or 'the service stopped it'}.")
        turn.interrupted |= response.status == "cancelled"
        return end_turn(turn)

    def _lost_consent(self) -> list[Response]:
        """Give the ended responses whose requests for consent nobody can answer any more; they are asked anew."""
        gone = self.approvals.lost()
        for request in gone:
            self.notice("notice", f"Whether {request.name} may run was asked over a connection that is gone.")
        ids = dict.fromkeys(request.response_id for request in gone)
        found = [self.conversation.responses[each] for each in ids if each in self.conversation.responses]
        return [response for response in found if not response.active]
