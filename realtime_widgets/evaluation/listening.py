"""What is heard of the answers while a scenario goes on, and what came of each turn in the end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.conversation.heard import characters_at, heard_characters
from realtime_widgets.core.playback.ledger import to_ms
from realtime_widgets.errors import AudioError, ResponseFailedError
from realtime_widgets.evaluation.expectations import contains
from realtime_widgets.evaluation.results import CallResult, TurnResult
from realtime_widgets.session.talking import exchanges
from realtime_widgets.session.talking.talk import Conversing

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from realtime_widgets.core.conversation.items import Item
    from realtime_widgets.core.conversation.turns import Turn as SessionTurn
    from realtime_widgets.evaluation.scenarios.scenario import Turn
    from realtime_widgets.session.session import RealtimeSession

#: Longest wait for the last answer to be heard to its end, in seconds.
_QUIET_S = 60.0


class Listener:
    """Follows the turns of a session that begin from now on.

    Parameters
    ----------
    session
        The session, which has been started.
    """

    def __init__(self, session: RealtimeSession) -> None:
        self._session = session
        self._runtime = session.runtime
        self._known = shared_engine().run(lambda: set(self._runtime.core.turns))
        self._conversing: Conversing | None = None

    async def say(self, turn: Turn, pcm: bytes) -> str:
        """Say a turn, over the answer if one is being heard, and wait for its end; return what went wrong."""
        try:
            if not turn.spoken:
                if turn.interrupt:  # what is typed stops the answer, as `RealtimeSession.say` does
                    shared_engine().run(lambda: self._runtime.perform(self._runtime.core.make_way()))
                await self._session.ask(turn.text)
            else:
                await self._speak(pcm)
        except (ResponseFailedError, AudioError) as error:
            return str(error)
        return ""

    async def cough(self, pcm: bytes) -> str:
        """Make a sound of no words over the answer, and wait until the talk is over."""
        try:
            await self._speak(pcm)
        except AudioError:  # as it should be: nobody spoke
            return ""
        except ResponseFailedError as error:
            return str(error)
        return ""

    async def heard(self, word: str, number: int, tasks: Sequence[asyncio.Future[Any]]) -> bool:
        """Wait until a word of the answer to turn `number` (from 0) is heard; return whether it was.

        False also if all that was said is answered and over.
        """
        over = False

        def finish(task: object) -> None:
            nonlocal over
            over = all(task.done() for task in tasks)
            shared_engine().call(self._runtime.changed, "playback")

        for task in tasks:
            task.add_done_callback(finish)
        found: bool = await _io(
            self._runtime.until(
                lambda: contains(self._heard_words(number), word) or (over and self._is_quiet()) or self._closed(),
                topics=("playback", "conversation", "state"),
            )
        )
        return found and await _io(self._holds(number, word))

    async def quiet(self) -> None:
        """Wait until the last answer is heard to its end."""
        await _io(
            self._runtime.until(
                lambda: self._is_quiet() or self._closed(), _QUIET_S, topics=("state", "playback", "calls")
            )
        )

    def results(self, said: Sequence[str]) -> list[TurnResult]:
        """Return what came of each of the turns that were said, in order.

        If the service made more turns of them, the last one has the rest; if it made fewer, the last ones are
        without an answer.

        Parameters
        ----------
        said
            What was said in each, by which it is named if its words were not recognised.
        """
        return shared_engine().run(self._results, list(said))

    async def _speak(self, pcm: bytes) -> None:
        if self._conversing is not None:
            conversing = self._conversing
            await _io(_added(conversing, pcm))
            return
        self._conversing = conversing = Conversing(self._runtime)
        try:
            await _io(exchanges.talk(self._runtime, pcm, conversing=conversing))
        finally:
            self._conversing = None

    async def _holds(self, number: int, word: str) -> bool:
        return contains(self._heard_words(number), word)

    def _turns(self) -> list[SessionTurn]:
        turns = self._runtime.core.turns
        return [turn for turn_id, turn in turns.items() if turn_id not in self._known]

    def _heard_words(self, number: int) -> str:
        """Return what was heard so far of the answer to turn `number`."""
        turns = self._turns()
        if number >= len(turns):
            return ""
        core = self._runtime.core
        words = []
        for item in self._said_in(turns[number]):
            heard_ms = to_ms(sum(state.heard for _, state in core.ledger.item_parts(item.id)))
            words.append(item.text[: characters_at(item, core.ledger, heard_ms)])
        return " ".join(words)

    def _is_quiet(self) -> bool:
        core = self._runtime.core
        busy = core.user_speaking or core.interruptions.undecided or core.expects_response
        return not busy and core.activity == "listening" and all(turn.done for turn in self._turns())

    def _closed(self) -> bool:
        return self._runtime.state == "closed"

    def _results(self, said: list[str]) -> list[TurnResult]:
        groups: list[list[SessionTurn]] = [[] for _ in said]
        for place, turn in enumerate(turn for turn in self._turns() if turn.response_ids or turn.error):
            groups[min(place, len(said) - 1)].append(turn)
        return [self._result(words, turns) for words, turns in zip(said, groups, strict=True)]

    def _result(self, said: str, turns: Sequence[SessionTurn]) -> TurnResult:
        runtime = self._runtime
        core = runtime.core
        results = [
            running.result
            for turn in turns
            for call_id in turn.call_ids
            if (running := runtime.tools.get(call_id))
        ]
        money = [runtime.accounts.of_turn(turn, core.conversation).money for turn in turns]
        return TurnResult(
            " ".join(filter(None, (core.question_of(turn) for turn in turns))) or said,
            " ".join(filter(None, map(self._answer, turns))),
            tuple(
                CallResult(each.name, each.arguments, each.output, each.error or "") for each in results if each
            ),
            self._latency(turns),
            None if any(each is None for each in money) else sum(each for each in money if each is not None),
            any(turn.interrupted for turn in turns),
            next((turn.error for turn in turns if turn.error), "" if turns else "there was no answer"),
        )

    def _answer(self, turn: SessionTurn) -> str:
        """Return the words of an answer; of one that was cut off, those that were heard."""
        core = self._runtime.core
        if not turn.interrupted:
            return exchanges.answer_text(core.conversation, turn)
        items = [item for item in self._said_in(turn) if item.text]
        return " ".join(item.text[: heard_characters(item, core.ledger)].strip() for item in items)

    def _said_in(self, turn: SessionTurn) -> list[Item]:
        """Return the model's messages in a turn."""
        conversation = self._runtime.core.conversation
        ids = [item_id for each in turn.response_ids for item_id in conversation.responses[each].item_ids]
        items = [conversation.items.get(item_id) for item_id in ids]
        return [item for item in items if item is not None and item.role == "assistant"]

    def _latency(self, turns: Sequence[SessionTurn]) -> float | None:
        """Return how long the user waited for the last of these turns that was answered."""
        responses = self._runtime.core.conversation.responses
        items = {
            item_id
            for turn in turns
            for response_id in turn.response_ids
            for item_id in responses[response_id].item_ids
        }
        delays = [each.delay for each in self._runtime.timeline.turns() if items & set(each.item_ids)]
        return next((delay for delay in reversed(delays) if delay is not None), None)


async def _added(conversing: Conversing, pcm: bytes) -> None:
    conversing.add(pcm)


async def _io(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return await asyncio.wrap_future(shared_engine().submit(coroutine))
