"""The decisions of one session: events, player reports and requests in, state and commands out. Pure."""

from __future__ import annotations

import binascii
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from realtime_widgets.core.answer_settings import of_further_rounds
from realtime_widgets.core.checks.input import WAKE as CHECK
from realtime_widgets.core.checks.input import InputChecks
from realtime_widgets.core.checks.output import OutputChecks
from realtime_widgets.core.conversation.approvals import McpApprovals
from realtime_widgets.core.conversation.commands import AskApproval, Command, RunTool, Send, Wake, end_turn
from realtime_widgets.core.conversation.function_calls import MAX_ROUNDS, CallLedger
from realtime_widgets.core.conversation.items import Conversation, Response
from realtime_widgets.core.conversation.notices import Notices
from realtime_widgets.core.conversation.pending_items import PendingItems
from realtime_widgets.core.conversation.retrieval import Retrievals
from realtime_widgets.core.conversation.turns import ToolCall, Turn, TurnLedger
from realtime_widgets.core.error_events import RATE_LIMIT, ErrorEvents
from realtime_widgets.core.overdue import Overdue
from realtime_widgets.core.playback.ledger import Part, PlayedTo
from realtime_widgets.core.playback.voice import VoiceOutput
from realtime_widgets.core.reconnect.policy import REPEATS
from realtime_widgets.core.reconnect.resumption import Resumption
from realtime_widgets.core.turn_taking.editing import Editing
from realtime_widgets.core.turn_taking.interruption import Interruptions
from realtime_widgets.core.turn_taking.out_of_band import Asides
from realtime_widgets.core.turn_taking.patience import WAKE, Patience
from realtime_widgets.core.turn_taking.response_queue import REQUEST_KEY, Request, ResponseQueue
from realtime_widgets.core.turn_taking.truncation import HistoryTruncation
from realtime_widgets.core.turn_taking.unnamed_responses import UnnamedResponses
from realtime_widgets.core.turn_taking.user_speech import UserSpeech
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from realtime_widgets.safety.verdict import Verdict

    Handler = Callable[[Any], list[Command] | None]

#: What can be different for those who watch a session: what it does and with which settings; items and notices;
#: tool calls and requests for consent; what it costs; what the player has and what was heard.
Topic = Literal["state", "conversation", "calls", "money", "playback"]
_LAST_ROUND = (
    "Tools were called {} times for this question, which is the limit (max_rounds): the answer comes without."
)
_TOO_MANY_ROUNDS = "The model called tools again after {} times, the limit (max_rounds); its turn ends here."
_GIVEN_UP = "Nobody waits for this answer any more: what follows from its tools was not asked for."
_STATE: tuple[Topic, ...] = ("state",)
_TALK: tuple[Topic, ...] = ("conversation",)
_BOTH: tuple[Topic, ...] = ("state", "conversation")


class SessionCore:
    """State of one session and what follows from each thing that happens to it.

    Parameters
    ----------
    false_interruption_s
        How long to wait for words after a sound that stopped an answer, in seconds; with None every sound counts
        as speech.
    truncates
        Whether the service can truncate an item.
    max_rounds
        Times the model may call tools for one question; after that it has to answer without.
    ids
        Numbers of the session's own ids; those of the core before it, if the session begins anew.
    """

    def __init__(
        self,
        false_interruption_s: float | None = None,
        truncates: bool = True,
        max_rounds: int = MAX_ROUNDS,
        ids: Iterator[int] | None = None,
    ) -> None:
        self.conversation = Conversation()
        self.voice = VoiceOutput()
        self.ledger = self.voice.ledger
        self.ids = ids or count(1)
        self._turns = TurnLedger(self.new_id)
        self.turns = self._turns.all
        self._calls = CallLedger(self.conversation, max_rounds)
        self.calls = self._calls.all
        self.approvals = McpApprovals(self.conversation, self.new_id)
        self.notices = Notices(self.conversation, self.new_id, lambda: self._changed.add("conversation"))
        self.notice = self.notices.tell
        self.settings: ev.JsonObject = {}
        self.updates = 0
        self.keep_spoken_audio = False
        self.asides = Asides(self.conversation)
        self.retrievals = Retrievals()
        self._changed: set[Topic] = set()
        self._queue = ResponseQueue()
        own = PendingItems()
        self._truncation = HistoryTruncation(self.conversation, self.ledger, self.new_id, own, truncates)
        self.editing = Editing(self.conversation, self.new_id, self._truncation.rewrite, own)
        self.interruptions = Interruptions(
            self.conversation,
            self.voice,
            self._truncation,
            self._queue,
            self._turns,
            self.new_id,
            self.notice,
            self._continue,
            false_interruption_s,
        )
        self.resumption = Resumption(
            self.conversation, self.voice, self._calls, self.asides, self._queue, self._turns, own=own
        )
        self.speech = UserSpeech(
            self.interruptions,
            self._queue,
            self.resumption.history,
            self.new_id,
            self.notice,
            self._ask_spoken,
            self.conversation.drop,
        )
        self._errors = ErrorEvents(
            self._queue,
            self.asides,
            self.resumption,
            self.retrievals,
            self._turns,
            self.speech,
            self.notices,
        )
        self.errors = self._errors.by_event
        self._overdue = Overdue(
            self.conversation,
            self.voice,
            self._queue,
            self.asides,
            self._turns,
            self.approvals,
            self.speech,
            self._errors,
            self.notice,
            Patience(self.new_id),
            self.receive,
        )
        self._unnamed = UnnamedResponses(
            self.conversation, self._queue, lambda: self.expects_response, self.new_id, self.receive
        )
        self.output_checks = OutputChecks(
            self.conversation,
            self.voice,
            self.interruptions,
            self._truncation,
            self._turns,
            self.new_id,
            self._play,
            self._end_part,
            self._request,
            self._speed,
        )
        self.input_checks = InputChecks(
            self.conversation,
            self.speech,
            self._truncation,
            self.output_checks,
            self.new_id,
            self.notice,
            self.interrupt,
            self._ask_instead,
        )
        self._limit, self._check = f"rw_{WAKE}_", f"rw_{CHECK}_"
        self._routes = self._all_routes()

    def _all_routes(self) -> dict[type, tuple[tuple[Handler, ...], tuple[Topic, ...]]]:
        """Who handles each type of event, in order, and what it changes for those who watch."""
        fold, interruptions, speech = self.conversation.apply, self.interruptions, self.speech
        said = self.input_checks.words
        words = ((fold,), _TALK)
        answer: tuple[tuple[Handler, ...], tuple[Topic, ...]] = ((self._unnamed.belongs, fold), _TALK)
        item: tuple[tuple[Handler, ...], tuple[Topic, ...]] = (self._item,), _BOTH
        return {
            ev.SessionCreated: ((speech.configured, self._configured), _STATE),
            ev.SessionUpdated: ((speech.configured, self._configured, self._updated), _STATE),
            ev.ItemAdded: item,
            ev.ItemDone: item,
            ev.ItemDeleted: words,
            ev.ItemTruncated: words,
            ev.ItemRetrieved: ((self._retrieved,), _TALK),
            ev.SpeechStarted: ((fold, speech.started), _BOTH),
            ev.SpeechStopped: ((interruptions.sound_ended, speech.ended), _STATE),
            ev.InputCommitted: (
                (fold, interruptions.sound_ended, speech.committed, self.input_checks.committed),
                _BOTH,
            ),
            ev.InputTranscriptionDelta: ((said, interruptions.transcribed), _BOTH),
            ev.InputTranscriptionCompleted: ((said, interruptions.transcribed, speech.transcribed), _BOTH),
            ev.InputTranscriptionFailed: ((said, interruptions.untranscribed, speech.untranscribed), _BOTH),
            ev.InputTimeout: ((speech.idle, self._nobody_spoke), _BOTH),
            ev.ResponseCreated: ((self._response_created,), _BOTH),
            ev.ResponseDone: (
                (self._unnamed.ended, fold, self._ask_consent, interruptions.response_done, self._response_done),
                _BOTH,
            ),
            ev.OutputItemAdded: ((self._unnamed.belongs, fold, self._ask_consent), _BOTH),
            ev.OutputItemDone: ((self._unnamed.belongs, fold, self._ask_consent, self._output_item_done), _BOTH),
            ev.OutputTextDelta: answer,
            ev.OutputTextDone: answer,
            ev.OutputTranscriptDelta: answer,
            ev.OutputTranscriptDone: answer,
            ev.OutputAudioDelta: ((self._audio,), ()),
            ev.OutputAudioDone: ((self._unnamed.belongs, self._audio_done), _STATE),
            ev.FunctionArgumentsDelta: answer,
            ev.FunctionArgumentsDone: answer,
            ev.McpArgumentsDelta: answer,
            ev.McpArgumentsDone: answer,
            ev.McpCallFailed: words,
            ev.McpListToolsFailed: words,
            ev.ErrorEvent: ((self._errors.receive,), _BOTH),
        }

    @property
    def activity(self) -> Literal["speaking", "thinking", "listening"]:
        """What a user would say the other side is doing."""
        if self.voice.speaking:
            return "speaking"
        if self._queue.busy or self._calls.waiting or self.approvals.waiting:
            return "thinking"
        return "listening"

    def quiet(self) -> bool:
        """Whether nobody speaks and nothing is being worked on."""
        waits = self.user_speaking or self.expects_response or self.interruptions.undecided
        return self.activity == "listening" and not waits

    @property
    def user_speaking(self) -> bool:
        """Whether the user speaks, or holds the button of push-to-talk."""
        return self.speech.speaking

    @property
    def expects_response(self) -> bool:
        """Whether something was said that the service is about to answer by itself."""
        return self.speech.expected.pending

    def new_id(self, what: str) -> str:
        """Return an id of our own, unique in this session."""
        return f"rw_{what}_{next(self.ids)}"

    def begin_limits(self) -> list[Wake]:
        """Return the limits of what the service has to do from now on; called when the state has changed."""
        return self._overdue.patience.follow(self._overdue.waits())

    def take_changes(self) -> set[Topic]:
        """Return what has changed since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def receive(self, event: ev.AnyServerEvent) -> list[Command]:
        """Apply one server event."""
        route = self._routes.get(type(event))
        if route is None:
            return []
        handlers, topics = route
        self._changed.update(topics)
        commands: list[Command] = []
        if self.output_checks.used:
            event, commands = self.output_checks.look(event)
        for handler in handlers:
            commands += handler(event) or ()
        return commands

    def lost(self, repeats: int = REPEATS) -> list[Command]:
        """End what ended with the connection: it is gone, and another one will be tried.

        Parameters
        ----------
        repeats
            Times that a turn is asked for again whose connection was lost while it was being answered.
        """
        self._changed.update(_BOTH, ("calls",))
        settled = self.interruptions.settle() + self.output_checks.lost()
        self.input_checks.lost()
        asked = self._lost_consent()
        commands, lost = self.resumption.lost(self.expects_response, self.speech.taking.answers, repeats)
        for response in asked:
            commands += self._continue(response)
        self.interruptions.disconnected()
        self.retrievals.lost()
        self.speech.lost()
        self._unnamed.lost()
        self._overdue.lost()
        for what in lost:
            self.notice("error", f"Lost with the connection: {what}.")
        return settled + commands

    def resume(self) -> list[Command]:
        """Put the talk into a new session, which is open and configured."""
        self._changed.update(_BOTH)
        commands, lost = self.resumption.resume()
        for what in lost:
            self.notice("notice", f"The model does not know any more {what}: it could not be put back.")
        return commands

    def reopen(self) -> list[Command]:
        """End what ended with the session, which is to be started again: `resume` puts back the talk alone."""
        self._queue.drop_waiting()
        return self.lost(repeats=0)

    def ask(
        self, item: ev.JsonObject, settings: ev.JsonObject | None = None, keep_audio: bool = False
    ) -> tuple[Turn, list[Command]]:
        """Put a user item into the conversation and ask for its answer."""
        self._changed.update(_BOTH)
        turn = self._turns.begin(keep_audio)
        turn.settings = of_further_rounds(settings or {})
        create = self.put(item)
        self._turns.asked(turn, create.event.event_id)
        return turn, [create, *self._request(turn.id, settings or {})]

    def answer(self, settings: ev.JsonObject) -> tuple[Turn, list[Command]]:
        """Ask for an answer without a question."""
        self._changed.update(_BOTH)
        turn = self._turns.begin(keep_audio=True)
        turn.settings = of_further_rounds(settings)
        return turn, self._request(turn.id, settings)

    def put(self, item: ev.JsonObject) -> Send:
        """Put an own item into the conversation and ask for nothing."""
        create = ev.ItemCreate(event_id=self.new_id("item"), item=item)
        self.resumption.own.sent(create.event_id, item)
        return Send(create)

    def forget(self, item_id: str) -> list[Command]:
        """Have the model forget an own item, which the user still sees."""
        self._changed.update(_TALK)
        item = self.conversation.items.get(item_id)
        return self._truncation.forget(item) if item else []

    def ask_aside(
        self, item: ev.JsonObject, context: bool = True, settings: ev.JsonObject | None = None
    ) -> tuple[Turn, list[Command]]:
        """Ask outside the conversation, whatever happens in it; neither question nor answer becomes part of it."""
        self._changed.update(_BOTH)
        turn = self._turns.begin(keep_audio=True)
        asked = self.asides.request(turn, self.new_id("aside"), item, context, settings or {})
        return turn, asked

    def append_audio(self, pcm: bytes) -> ev.ClientEvent:
        """Make the event of captured sound."""
        return self.speech.append(pcm)

    def hear(self, pcm: bytes) -> list[Command]:
        """Apply a block of captured sound."""
        return [Send(self.append_audio(pcm))]

    def missed(self, size: int) -> None:
        """Note captured sound that could not be sent, in bytes; a talk goes on without it."""

    def play_clip(self, pcm: bytes, gives_way: bool = False) -> tuple[Part, list[Command]]:
        """Play sound that is not an item of the conversation; it can be interrupted like an answer.

        With `gives_way` it also ends as soon as sound of an answer comes.
        """
        self._changed.update(_STATE)
        part = Part(self.new_id("clip"), 0)
        if gives_way:
            self.voice.give_way(part)
        self.voice.push(part, pcm)
        self.voice.finish(part)
        return part, [*self.voice.due()]

    def press(self) -> list[Command]:
        """Begin a push-to-talk turn: what is being said stops."""
        return self.make_way() + self.speech.press()

    def release(self, ask: bool = True) -> list[Command]:
        """End a push-to-talk turn and ask for its answer; without `ask` it was never said."""
        self._changed.update(_BOTH)
        return self.speech.release(ask)

    def microphone_closed(self, reason: str) -> list[Command]:
        """End what is being said, since no more sound comes; see `UserSpeech.microphone_closed`."""
        self._changed.update(_BOTH)
        return self.speech.microphone_closed(reason)

    def interrupt(self) -> list[Command]:
        """Stop what is being said or made; if that is nothing, what waits to be asked. Tools go on."""
        waits = not (self._queue.active_id or self._queue.in_flight or self.ledger.playing)
        self.speech.give_up()
        commands = self.make_way()
        if waits:
            for turn_id in self._queue.drop_waiting():
                commands += self._stopped(self._turns.get(turn_id))
        return commands

    def make_way(self) -> list[Command]:
        """Stop what is being said or made, for something else that the user does."""
        self._changed.update(_BOTH)
        return self.interruptions.interrupt()

    def give_up(self, turn: Turn) -> list[Command]:
        """Ask for nothing more for a turn that nobody waits for; a response that has been asked for goes on."""
        turn.given_up = True
        if not self._queue.drop(turn.id):
            return []
        self._changed.update(_BOTH)
        return self._stopped(turn)

    def wake(self, wake_id: str) -> list[Command]:
        """Apply the end of a time limit; see `Wake`."""
        if wake_id.startswith(self._limit):
            overdue = self._overdue.time_is_up(wake_id)
            self._changed.update(() if overdue is None else _BOTH)
            return overdue or []
        self._changed.update(_BOTH)
        if wake_id.startswith(self._check):
            return self.input_checks.wake(wake_id)
        self.speech.expected.time_is_up(wake_id)
        return self.interruptions.time_is_up(wake_id)

    def silenced(self, positions: list[PlayedTo]) -> list[Command]:
        """Apply the player's final positions after a `Silence`, and truncate what was not heard."""
        self._changed.update(_BOTH, ("playback",))
        commands: list[Command] = []
        for cut in self.voice.silenced(positions):
            commands += self._truncation.cut(cut)
        return commands + self.voice.due()

    def played(self, positions: list[PlayedTo]) -> list[Command]:
        """Apply the player's positions; returns what is due next."""
        before = self.ledger.playing
        due = self.voice.played(positions)
        self._changed.add("playback")
        if self.ledger.playing != before:
            self._changed.add("state")
        return [*due]

    def tool_finished(self, call_id: str, output: str) -> list[Command]:
        """Send a call's output to the model; after the last one of a response, ask for the next response."""
        self._changed.update(_BOTH, ("calls",))
        call = self.calls[call_id]
        if call.answered:
            return []
        call.answered, call.output = True, output
        item = {"type": "function_call_output", "call_id": call_id, "output": output}
        event = ev.ItemCreate(event_id=self.new_id("output"), item=item)
        response = self.conversation.responses.get(call.response_id)
        # A call that was deleted has nothing that an output could answer.
        commands: list[Command] = [Send(event)] if call.item_id in self.conversation.items else []
        if response and not response.active:
            commands += self._continue(response)
        return commands

    def decide_approval(self, request_id: str, approve: bool, reason: str = "") -> list[Command]:
        """Answer an approval request of the service, once; after the last one its response continues."""
        self._changed.update(_BOTH, ("calls",))
        create = self.approvals.answer(request_id, approve, reason)
        if create is None:
            return []
        response = self.conversation.responses.get(self.approvals.requests[request_id].response_id)
        went_on = self._continue(response) if response and not response.active else []
        return [Send(create), *went_on]

    def decided(self, check_id: str, verdict: Verdict) -> list[Command]:
        """Apply the verdict of a `RunCheck`."""
        self._changed.update(_BOTH)
        return self.input_checks.decided(check_id, verdict) + self.output_checks.decided(check_id, verdict)

    def running_responses(self) -> list[Response]:
        """Return the responses that are being made, beside the conversation too."""
        return [response for response in self.conversation.responses.values() if response.active]

    def question_of(self, turn: Turn) -> str:
        """Return the user's words that a turn answers, as far as they are known."""
        return turn.question or self.conversation.words_before(turn.response_ids)

    def fail_open_turns(self, reason: str) -> list[Command]:
        """End every open turn: the connection is gone."""
        self._changed.update(_BOTH)
        commands: list[Command] = []
        for turn in self.turns.values():
            if not turn.done:
                turn.error = reason
                commands += end_turn(turn)
        return commands

    def _stopped(self, turn: Turn | None) -> list[Command]:
        if turn is None:
            return []
        turn.interrupted |= not turn.done
        return end_turn(turn)

    def _request(self, turn_id: str, settings: ev.JsonObject, any_response: bool = False) -> list[Command]:
        request = Request(self.new_id("response"), turn_id, settings, any_response)
        return self._send_all(self._queue.request(request))

    def _ask_instead(self, text: str) -> list[Command]:
        """Ask a written question in the place of what the user said."""
        content = [{"type": "input_text", "text": text}]
        return self.ask({"type": "message", "role": "user", "content": content})[1]

    def _speed(self) -> float:
        audio = self.settings.get("audio")
        output = audio.get("output") if isinstance(audio, dict) else None
        speed = output.get("speed") if isinstance(output, dict) else None
        return float(speed) if isinstance(speed, int | float) and speed > 0 else 1.0

    def _ask_spoken(self, any_response: bool) -> list[Command]:
        turn = self._turns.begin(self.keep_spoken_audio, spoken=True)
        return self._request(turn.id, {}, any_response)

    @staticmethod
    def _send_all(events: list[ev.ClientEvent]) -> list[Command]:
        return [Send(event) for event in events]

    def _configured(self, event: ev.SessionCreated | ev.SessionUpdated) -> None:
        self.settings = event.session

    def _updated(self, event: ev.SessionUpdated) -> None:
        self.updates += 1

    def _item(self, event: ev.ItemAdded | ev.ItemDone) -> list[Command]:
        if self.resumption.echo(event):
            return []
        self.conversation.apply(event)
        return self._ask_consent(event)

    def _ask_consent(self, event: ev.AnyServerEvent) -> list[Command]:
        asked = self.approvals.find(event, self._queue.active_id)
        if asked:
            self._changed.add("calls")
        return [AskApproval(request) for request in asked]

    def _retrieved(self, event: ev.ItemRetrieved) -> None:
        self.retrievals.came(event.item)

    def _nobody_spoke(self, event: ev.InputTimeout) -> None:
        self.notice("notice", "Nobody spoke for a while: the model speaks by itself.")

    def _output_item_done(self, event: ev.OutputItemDone) -> list[Command]:
        return self._run(self._calls.find(event.item, event.response_id))

    def _response_created(self, event: ev.ResponseCreated) -> list[Command]:
        if not self._unnamed.created(event):
            return []
        response_id = str(event.response["id"])
        self._errors.unnamed.clear()
        self.conversation.apply(event)
        response = self.conversation.responses[response_id]
        if self.asides.created(response):
            return []
        if self._queue.active_id:
            self._overdue.overtaken.add(self._queue.active_id)
        if self._queue.unwanted(response_id, response.metadata.get(REQUEST_KEY, "")):
            return self._unheard(response_id)
        # A server that does not echo metadata: only after a spoken turn or a silence can it have begun by itself.
        unnamed = "" if self.expects_response else None
        request = self._queue.created(response_id, response.metadata.get(REQUEST_KEY, unnamed))
        commands: list[Command] = []
        if request and request.any_response and self.expects_response and REQUEST_KEY not in response.metadata:
            # This response answers the user's last words, and takes the approval into account.
            commands = end_turn(self.turns[request.turn_id]) if request.turn_id in self.turns else []
            request = None
        if request is None and self.input_checks.refuses():
            self.speech.answered()
            return commands + self._unheard(response_id)
        if request is None or request.turn_id not in self.turns:
            commands += self.interruptions.answered(response_id) + self.speech.answered()
            self._turns.answered(self._turns.begin(self.keep_spoken_audio, spoken=True), response_id)
            return commands
        self._turns.answered(self.turns[request.turn_id], response_id)
        return commands + self._unheard(response_id) if request.abandoned else commands

    def _unheard(self, response_id: str) -> list[Command]:
        """End a response that nobody wants."""
        self.voice.mute([response_id])
        return [Send(ev.ResponseCancel(response_id=response_id))]

    def _audio(self, event: ev.OutputAudioDelta) -> list[Command]:
        part = Part(event.item_id, event.content_index)
        first = self.ledger.state(part) is None
        if (first or not event.response_id) and (began := self._unnamed.belongs(event)):
            return began + self._audio(event)
        if first:
            self.conversation.apply(event)
        if self.voice.is_muted(event.response_id):
            return []
        try:
            pcm = event.audio()
        except (binascii.Error, ValueError):
            self.notices.left_out("The service sent a piece of sound that cannot be decoded; it was left out.")
            return []
        if first:  # what comes after it changes nothing that can be seen
            self._changed.update(_BOTH)
        if self.output_checks.used:
            pcm = self.output_checks.hold(part, event.response_id, pcm)
        return self._play(part, event.response_id, pcm)

    def _play(self, part: Part, response_id: str, pcm: bytes) -> list[Command]:
        """Play sound of a response that has passed, or, of one beside the conversation, keep it for the reply."""
        if self.voice.is_muted(response_id):
            return []
        response = self.conversation.responses.get(response_id)
        if response and response.out_of_band and (aside := self.asides.turn(response_id)):
            aside.audio += pcm  # spoken into the reply, not into the room
            return []
        way = self.voice.make_way() if pcm else []
        pcm = self.voice.push(part, pcm)
        turn = self._turns.of_response.get(response_id)
        if turn and turn.keep_audio:
            turn.audio += pcm
        return [*way, *self.voice.due()]

    def _audio_done(self, event: ev.OutputAudioDone) -> list[Command]:
        part = Part(event.item_id, event.content_index)
        if self.voice.is_muted(event.response_id) or self.output_checks.holds_end(part):
            return []
        return self._end_part(part)

    def _end_part(self, part: Part) -> list[Command]:
        self.voice.finish(part)
        return [*self.voice.due()]

    def _run(self, call: ToolCall | None) -> list[Command]:
        if call is None:
            return []
        if turn := self._turns.of(call.response_id):
            self._calls.begin(call, turn)
        return [RunTool(call)]

    def _response_done(self, event: ev.ResponseDone) -> list[Command]:
        response_id = str(event.response.get("id") or "")
        response = self.conversation.responses[response_id]
        commands: list[Command] = []
        for call in self._calls.unnoticed(response.item_ids, response_id):
            commands += self._run(call)
        if not self.voice.is_muted(response_id):
            for item_id in response.item_ids:  # what the server forgot to close must not play for ever
                if not self.output_checks.holding(item_id):
                    self.voice.finish_item(item_id)
        commands += self.output_checks.response_done(response)
        self._overdue.overtaken.discard(response_id)
        self._errors.unnamed.clear()
        if response.status == "completed":
            self.resumption.said_times = 0
            self.notices.passed(RATE_LIMIT)
        commands += self._truncation.response_done(response)
        commands += self.voice.due()
        if response.out_of_band:
            return commands + self._end_aside(response)
        self.speech.response_over()
        commands += self._send_all(self._queue.done(response_id))
        return commands + self._continue(response)

    def _end_aside(self, response: Response) -> list[Command]:
        if self.output_checks.waits(response, lambda: self._end_aside(response)):
            return []
        aside = self.asides.done(response)
        return end_turn(aside) if aside else []

    def _continue(self, response: Response) -> list[Command]:
        """After a response: wait for its tools, ask for the next one, or end the turn."""
        turn = self._turns.of(response.id)
        calls = self._calls.of(response.id)
        approvals = self.approvals.of(response.id)
        if any(not call.answered for call in calls) or any(request.open for request in approvals):
            return []
        if turn is None or turn.done or self.interruptions.waits(response):
            return []
        checks = self.output_checks
        if checks.replaced(response.id) or checks.waits(response, lambda: self._continue(response)):
            return []
        if response.status == "failed":
            turn.error, turn.error_code = response.error or "the response failed", response.error_code
            self.notice(turn.told_as, f"The answer failed: {turn.error}")
        elif calls and response.status == "completed" and not turn.interrupted:
            if (commands := self._next_round(turn)) is not None:
                return commands
        elif (
            response.status == "completed"
            and not turn.interrupted
            and any(not self.approvals.taken_in(request) for request in approvals)
        ):
            if (commands := self._next_round(turn, any_response=True)) is not None:
                return commands
        elif response.status == "incomplete":
            self.notice("notice", f"The answer is incomplete: {response.reason or 'the service stopped it'}.")
        turn.interrupted |= response.status == "cancelled"
        return end_turn(turn)

    def _next_round(self, turn: Turn, any_response: bool = False) -> list[Command] | None:
        """Ask for the response to outputs of tools; None if the model has called too many times."""
        rounds, most = len(turn.response_ids), self._calls.max_rounds
        if turn.given_up:
            self.notice("notice", _GIVEN_UP)
            return None
        if rounds > most:
            self.notice("error", _TOO_MANY_ROUNDS.format(most))
            return None
        if rounds == most:
            self.notice("notice", _LAST_ROUND.format(most))
        return self._request(turn.id, self._calls.settings(turn), any_response)

    def _lost_consent(self) -> list[Response]:
        """Return the ended responses whose requests for consent nobody can answer any more."""
        gone = self.approvals.lost()
        for request in gone:
            self.notice("notice", f"Whether {request.name} may run was asked over a connection that is gone.")
        ids = dict.fromkeys(request.response_id for request in gone)
        found = [self.conversation.responses[each] for each in ids if each in self.conversation.responses]
        return [response for response in found if not response.active]
