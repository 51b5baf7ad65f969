"""The stand-in brain: chooses tools, fills in their arguments, and is honest about everything else.

It is deterministic and works offline. It keeps no state between turns: what it knows of the conversation it reads
from the items.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.brain.language.numbers import find_numbers
from realtime_widgets.local.brain.language.words import REQUEST_VERBS, content_stems, stem, words_of
from realtime_widgets.local.brain.rules import pictures, small_talk
from realtime_widgets.local.brain.rules.brevity import Length, asked_length, shortened, without_length
from realtime_widgets.local.brain.rules.directions import Direction, read_direction
from realtime_widgets.local.brain.rules.embedding import SentenceEmbedder
from realtime_widgets.local.brain.rules.history import (
    Turn,
    closing_directions,
    fresh_outputs,
    last_told,
    read_turns,
    standing_directions,
)
from realtime_widgets.local.brain.rules.intent import (
    ASK_SCORE,
    SURE_SCORE,
    Embedder,
    descriptions,
    is_clear,
    is_likely,
    rank,
)
from realtime_widgets.local.brain.rules.obeying import perform
from realtime_widgets.local.brain.rules.phrasing import ask_for, ask_whether, say_result
from realtime_widgets.local.brain.slots.fill import Filled, fill, known_values
from realtime_widgets.local.brain.slots.strings import takes_a_phrase
from realtime_widgets.local.brain.tool_schema import read_tools
from realtime_widgets.local.models.interfaces import BrainRequest, CallTool, Say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from realtime_widgets.local.brain.tool_schema import Parameter, Tool

_AGAIN = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|now|and|so|please|can you|could you|let's|just|well|then|yes)[\s,.]+)*"
    r"(?:try|do|run|call|roll|repeat|go)?\s*(?:that|it|this|the (?:tool|call|same(?: thing)?))?\s*"
    r"(?:again|once more|one more time|another time|over)(?:[\s,.!]+(?:please|now|then|with the new code))*\W*$"
    r"|^\W*(?:please\s+)?(?:retry|re-?try|re-?run(?: (?:it|that))?|repeat the (?:call|tool)|same again)"
    r"(?:\s+please)?\W*$",
    re.IGNORECASE,
)
_FOLLOW_UP = re.compile(
    r"^\W*(?:and|or|but|now|then|ok(?:ay)?|what about|how about|what if|same|the same|this time|instead"
    r"|make (?:it|that)|try(?: it)?(?: again)?|again|do (?:it|that)(?: again)?|once more|only)\b",
    re.IGNORECASE,
)
_LONGEST_FOLLOW_UP = 9  # words
_LONGEST_AGAIN = 15
#: Stems of tools that say something themselves.
_SPEAKING = frozenset(map(stem, ("say", "speak", "announce", "read", "repeat")))
_CLAUSES = re.compile(
    r"\s*(?:,|;)?\s+(?:and then|and also|and|then)\s+|[.;!?]\s+(?:and\s+|then\s+)?", re.IGNORECASE
)


@dataclass(frozen=True)
class _Plan:
    """A tool to call, with the arguments that are known."""

    tool: Tool
    filled: Filled
    #: The parameter that was asked for just before, if it is filled now.
    told: Parameter | None = None

    @property
    def answered(self) -> bool:
        """Whether the user gave the value asked for, and it is not a name, which almost any words could be."""
        if self.told is None:
            return False
        return self.told.shape.kind not in ("string", "any") or takes_a_phrase(self.told)

    def call(self) -> CallTool:
        arguments = json.dumps(self.filled.arguments(), ensure_ascii=False, default=str)
        return CallTool(self.tool.name, arguments)

    def question(self) -> str:
        return ask_whether(self.tool, self.filled.values)


class StandInBrain:
    """A `Brain` that answers by rules and a sentence embedding; safe to call from several threads.

    Parameters
    ----------
    embed : callable
        Turns texts into unit vectors.
    clock : callable, optional
        Returns the present as a `datetime`, from which dates and times in requests are reckoned.
    """

    #: Whether it may be asked in vain: it keeps nothing, costs nothing and reaches nobody.
    may_guess = True

    def __init__(self, embed: Embedder, clock: Callable[[], datetime] = datetime.now) -> None:
        self._embed = embed
        self._clock = clock

    @classmethod
    def load(cls, model_file: Path | None = None, clock: Callable[[], datetime] = datetime.now) -> StandInBrain:
        """Load the sentence model.

        Raises
        ------
        LocalEndpointError
            If the model is missing or not the genuine one; the text says what to do.
        """
        brain = cls(SentenceEmbedder.load(model_file), clock)
        brain._embed(["Hello."])  # a model runs slowly the first time
        return brain

    def prepare(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Embed the definitions of `tools` ahead, so that the first turn is as fast as the others."""
        texts = [text for tool in read_tools(tools) for text in descriptions(tool)]
        if texts:
            self._embed(texts)

    def answer(self, request: BrainRequest) -> Iterator[Say | CallTool]:
        """Yield the parts of the answer to `request`, sentence by sentence or call by call."""
        turns = read_turns(request.items)
        closing = closing_directions(request.items)
        directed = [read_direction(text) for text in (request.direction, closing)]
        obeyed = next((one for one in directed if one.doable or one.silent), None)
        if obeyed is None and closing.endswith("?") and not (turns and turns[-1].kind == "user"):
            turns.append(Turn("user", closing))  # some clients bring what the user typed as the system's
        tools = read_tools(request.tools)
        if obeyed is not None and not _forced_tools(request.tool_choice, tools):
            if obeyed.answers and turns and turns[-1].kind in ("user", "output"):
                usual = list(self._usual_answer(request, turns, directed))
                yield from usual
                if any(isinstance(part, CallTool) for part in usual):
                    return  # the rest belongs to the answer with the result
            yield from map(Say, perform(obeyed, tools, request.instructions))
            return
        yield from self._usual_answer(request, turns, directed)

    def _usual_answer(
        self, request: BrainRequest, turns: Sequence[Turn], directed: Sequence[Direction]
    ) -> Iterator[Say | CallTool]:
        """Yield the answer to what the user said, or what tools returned."""
        others, shown = pictures.apart_from_tools(turns)
        asked = next((turn.text for turn in reversed(others) if turn.kind == "user"), "")
        texts = (request.direction, asked, *standing_directions(request.items), request.instructions)
        length = next(filter(None, map(asked_length, texts)), None)
        wishes = [wish for one in directed for wish in one.undoable]
        results = _results(others)
        if results is not None and shown:
            results += pictures.told(shown)
        forced = _forced_tools(request.tool_choice, read_tools(request.tools))
        if results is not None and (results or not (wishes or forced)):
            yield from map(Say, shortened(results or ["Is there anything else?"], length))
            return
        yield from _Answer(request, turns, self._embed, self._clock(), length=length, wishes=wishes).parts()


class _Answer:
    """One answer to a turn of the user."""

    def __init__(
        self,
        request: BrainRequest,
        turns: Sequence[Turn],
        embed: Embedder,
        now: datetime,
        *,
        length: Length | None,
        wishes: Sequence[str],
    ) -> None:
        self._turns = turns
        self._length = length
        self._wishes = wishes
        self._embed = embed
        self._now = now
        self._instructions = request.instructions if isinstance(request.instructions, str) else ""
        self._tools = read_tools(request.tools)
        self._forced = _forced_tools(request.tool_choice, self._tools)
        self._last_said = next((one.text for one in reversed(turns) if one.kind == "assistant" and one.text), "")
        self._may_call = request.tool_choice != "none"
        self._several_calls = request.parallel_tool_calls is not False

    def parts(self) -> Iterator[Say | CallTool]:
        """Yield the parts of the answer."""
        place = max((i for i, turn in enumerate(self._turns) if turn.kind == "user"), default=-1)
        turn = self._turns[place] if place >= 0 else None
        text = without_length(turn.text) if turn else ""
        if self._forced:
            yield self._forced_plan(text, place).call()
            return
        if self._wishes and (turn is None or self._turns[-1].kind != "user"):
            yield from map(Say, shortened(small_talk.cannot(self._wishes), self._length))
            return
        wish = read_direction(turn.text if turn else "", by_user=True)
        if self._is_dictation(wish):
            yield from map(Say, perform(wish, self._tools, self._instructions))
            return
        if turn is None:
            yield from map(Say, small_talk.greeting(self._tools, self._instructions))
            return
        plans = self._plans(text, place) if self._may_call and text else []
        if plans and plans[0].filled.missing:
            yield Say(ask_for(plans[0].filled.missing[0], plans[0].tool))
        elif plans:
            yield from (plan.call() for plan in (plans if self._several_calls else plans[:1]))
        elif pictures.asks_about(text) and (shown := pictures.last_shown(self._turns, place)):
            yield from map(Say, shortened(pictures.told(shown), self._length))
        elif (likely := self._likely(text, place)) is not None:
            yield Say(likely.question())
        elif wish.whole and wish.doable and self._talk(text) is None:
            yield from map(Say, perform(wish, self._tools, self._instructions))
        else:
            yield from map(Say, shortened(self._words(place, text), self._length))

    def _is_dictation(self, wish: Direction) -> bool:
        """Return whether the user only dictates words, or wants silence, and no tool is there for it."""
        dictated = wish.silent or (bool(wish.acts) and all(act.marked for act in wish.acts))
        return wish.whole and dictated and not any(_SPEAKING & tool.own_stems for tool in self._tools)

    def _words(self, place: int, text: str) -> list[str]:
        said = self._talk(text) if text else None
        if said is not None and not self._turns[place].pictures:
            return said
        if (tool := self._asked_how(text)) is not None:
            return small_talk.how_to(tool)
        if self._length is not None and self._length.words is not None:
            return ["Sorry."]
        return small_talk.no_match(text, self._tools, self._seen(place))

    def _seen(self, place: int) -> list[str]:
        """Return what to say of pictures that came with a turn, or before it without an answer between."""
        if shown := self._turns[place].pictures:
            return pictures.told(shown)
        if pictures.shown_since(self._turns, place):
            return pictures.mentioned(pictures.last_shown(self._turns, place))
        return []

    def _plans(self, text: str, place: int) -> list[_Plan]:
        """Return the calls that the user's turn at `place` asks for; empty if it asks for none."""
        if self._asked_how(text) is not None:
            return []
        if small_talk.is_yes(text) and (agreed := self._agreed(place)) is not None:
            return [agreed]
        if _wants_again(text):
            repeated = self._repeat(place)
            return [repeated] if repeated else []
        talk = self._talk(text)
        fits = rank(text, self._tools, self._embed, self._now)
        clear = is_clear(fits)
        if talk is not None and (not clear or fits[0].score < 0.75):
            pending = None if small_talk.is_cancel(text) or small_talk.is_help(text) else self._pending(place)
            # "Good night" may be what a message should say, "Nice" a city.
            return [pending] if pending and (pending.answered or not pending.filled.missing) else []
        pending = self._pending(place)
        if pending is not None and (not clear or fits[0].score < 0.7 or fits[0].tool == pending.tool):
            return [pending]
        changed = self._changed(text, place, clear, fits[0].tool if clear else None)
        if changed is not None:
            return [changed]
        if not clear:
            return []
        several = self._several(text)
        if several:
            return several
        return [_Plan(fits[0].tool, fill(fits[0].tool, text, self._now))]

    def _likely(self, text: str, place: int) -> _Plan | None:
        """Return a complete call that is probably meant, to ask the user about; None if no tool comes close."""
        if not self._may_call or not text or self._turns[place].pictures or self._talk(text) is not None:
            return None
        fits = rank(text, self._tools, self._embed, self._now)
        if is_clear(fits) or not is_likely(fits):
            return None
        filled = fill(fits[0].tool, text, self._now)
        return None if filled.missing or not filled.values else _Plan(fits[0].tool, filled)

    def _asked_how(self, text: str) -> Tool | None:
        """Return the tool whose use is asked about without the values that it needs."""
        if not small_talk.asks_how(text):
            return None
        fits = rank(text, self._tools, self._embed, self._now)
        if not fits or fits[0].score < ASK_SCORE:
            return None
        filled = fill(fits[0].tool, text, self._now)
        return fits[0].tool if filled.missing or not filled.values else None

    def _agreed(self, place: int) -> _Plan | None:
        """Return the call that was asked about just before the turn at `place`."""
        if place < 2 or self._turns[place - 1].kind != "assistant" or self._turns[place - 2].kind != "user":
            return None
        likely = self._likely(self._turns[place - 2].text, place - 2)
        return likely if likely and _was_said(self._turns[place - 1].text, likely.question()) else None

    def _talk(self, text: str) -> list[str] | None:
        return small_talk.small_talk(text, self._tools, self._instructions, self._last_said, self._now)

    def _several(self, text: str) -> list[_Plan]:
        """Return several calls if each clause clearly asks for another tool and is complete."""
        clauses = [clause for clause in _CLAUSES.split(text) if clause.strip()]
        if len(clauses) < 2 or len(clauses) > 4 or not all(map(self._may_be_request, clauses)):
            return []
        plans = []
        for clause in clauses:
            fits = rank(clause, self._tools, self._embed, self._now)
            if not fits or fits[0].score < SURE_SCORE:
                return []
            plan = _Plan(fits[0].tool, fill(fits[0].tool, clause, self._now))
            if plan.filled.missing:
                return []
            plans.append(plan)
        return plans if len({plan.tool.name for plan in plans}) == len(plans) else []

    def _may_be_request(self, clause: str) -> bool:
        """Return whether a clause is worded like a request, decided without the sentence model."""
        stems = content_stems(clause)
        opening = next((word.text for word in words_of(clause)), "")
        return opening in REQUEST_VERBS or any(stems & tool.own_stems for tool in self._tools)

    def _pending(self, place: int) -> _Plan | None:
        """Return the call that the last question was about, completed with the user's turn at `place`."""
        chain = [place]
        while True:
            before = self._turns[: chain[0]]
            if len(before) < 2 or before[-1].kind != "assistant" or before[-2].kind != "user":
                break
            chain.insert(0, chain[0] - 2)
        for start in range(len(chain) - 1):
            plan = self._follow(chain[start:])
            if plan is not None:
                return plan
        return None

    def _follow(self, chain: Sequence[int]) -> _Plan | None:
        """Replay a request and the answers to our questions; return None if there were no such questions."""
        fits = rank(self._turns[chain[0]].text, self._tools, self._embed, self._now)
        if not is_clear(fits):
            return None
        tool = fits[0].tool
        filled = fill(tool, self._turns[chain[0]].text, self._now)
        told: Parameter | None = None
        for place in chain[1:]:
            if not filled.missing or not _was_said(self._turns[place - 1].text, ask_for(filled.missing[0], tool)):
                return None
            asked = filled.missing[0]
            filled = fill(tool, self._turns[place].text, self._now, filled.values, asked)
            told = asked if asked in filled.values else None
        return _Plan(tool, filled, told)

    def _last_call(self, place: int) -> _Plan | None:
        for turn in reversed(self._turns[:place]):
            if turn.kind == "call":
                tool = next((one for one in self._tools if one.name == turn.tool), None)
                if tool is None:
                    return None
                values = known_values(tool, turn.arguments or {})
                return _Plan(tool, fill(tool, "", self._now, values))
        return None

    def _repeat(self, place: int) -> _Plan | None:
        return self._last_call(place)

    def _changed(self, text: str, place: int, clear: bool, chosen: Tool | None) -> _Plan | None:
        """Return the last call with the changes of the user's turn, as in "and at sixty degrees?"."""
        last = self._last_call(place)
        words = text.split()
        if last is None or len(words) > _LONGEST_FOLLOW_UP or (clear and chosen != last.tool):
            return None
        opened = _FOLLOW_UP.match(text) is not None
        if not opened and (clear or len(words) > 4 or not find_numbers(text)):
            return None
        fresh = fill(last.tool, _FOLLOW_UP.sub(" ", text), self._now).values
        changes = {
            parameter: value for parameter, value in fresh.items() if last.filled.values.get(parameter) != value
        }
        if not changes:
            return None
        merged = {**last.filled.values, **changes}
        return _Plan(last.tool, fill(last.tool, "", self._now, merged))

    def _forced_plan(self, text: str, place: int) -> _Plan:
        """Return the call that `tool_choice` demands; arguments that nobody gave are left out."""
        last = self._last_call(place) if _wants_again(text) else None
        if last is not None and last.tool in self._forced:
            return last
        pending = self._pending(place) if place >= 0 else None
        if pending is not None and pending.tool in self._forced:
            return pending
        fits = rank(text, self._forced, self._embed, self._now)
        tool = fits[0].tool if fits else self._forced[0]
        return _Plan(tool, fill(tool, text, self._now))


def _results(turns: Sequence[Turn]) -> list[str] | None:
    """Return what tools returned and was not told yet; None if no tool was called since the user spoke."""
    if outputs := fresh_outputs(turns):
        return [sentence for output in outputs for sentence in say_result(output.tool, output.text)]
    outputs, answer = last_told(turns)
    if not outputs:
        return None
    told = [say_result(output.tool, output.text) for output in outputs]
    return [sentence for one in told if " ".join(one) not in answer for sentence in one]


def _wants_again(text: str) -> bool:
    """Return whether the last call is to be repeated, as in "I fixed it, please try again"."""
    clauses = [clause for clause in re.split(r"[,.;:!?]\s+", text) if clause.strip()]
    return len(text.split()) <= _LONGEST_AGAIN and any(map(_AGAIN.match, [text, *clauses[-1:]]))


def _forced_tools(tool_choice: object, tools: Sequence[Tool]) -> list[Tool]:
    """Return the tools of which one must be called; empty if none must."""
    if tool_choice == "required":
        return list(tools)
    if isinstance(tool_choice, Mapping):
        inner = tool_choice.get("function")
        name = inner.get("name") if isinstance(inner, Mapping) else tool_choice.get("name")
        return [tool for tool in tools if tool.name == name]
    return []


def _was_said(said: str, question: str) -> bool:
    """Return whether `said`, perhaps cut short by an interruption, is our `question`."""
    asked = re.sub(r"\W+", " ", question).lower().strip()
    heard = re.sub(r"\W+", " ", said).lower().strip()
    return asked.startswith(heard)
