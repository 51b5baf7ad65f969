"""Small talk and talk about itself, for when no tool is meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from realtime_widgets.local.brain.rules.phrasing import abilities, ability, join_words
from realtime_widgets.local.brain.slots.choices import spoken_choices

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from realtime_widgets.local.brain.tool_schema import Tool

STAND_IN = "I am a small stand-in, not a language model."
_NO_TOOLS = "No tools are registered yet; write a Python function, make it a tool, and ask me again."
_HEARD_AT_MOST = 200

_COURTESIES = (
    r"(?:please|thanks|thank you|there|again|assistant|computer|everyone|my friend|then|now|so much|very much)"
)


def _pattern(*said: str) -> re.Pattern[str]:
    """Return a pattern for utterances that consist of one of `said` and courtesies."""
    opening = (
        r"(?:(?:oh|well|so|and|okay|ok|hey|hi|hello|um|uh|but|yes|great|thanks|thank you"
        r"|good (?:morning|afternoon|evening|day)|good)[\s,.!]+)*"
    )
    return re.compile(rf"^\W*{opening}(?:{'|'.join(said)})(?:[\s,.!?]+{_COURTESIES})*\W*$", re.IGNORECASE)


_HELLO = _pattern(
    r"hello",
    r"hi",
    r"hey",
    r"hiya",
    r"howdy",
    r"greetings",
    r"good (?:morning|afternoon|evening|day)",
    r"hello hello",
    r"hi hi",
    r"welcome",
    r"nice to meet you",
    r"how are you(?: doing)?(?: today)?",
    r"how do you do",
    r"what'?s up",
    r"how'?s it going",
)
_THANKS = _pattern(
    r"thanks?(?: you)?(?: (?:a lot|so much|very much|for (?:that|your help|everything)))?",
    r"cheers",
    r"much appreciated",
    r"(?:that(?:'s| is|'?s) )?(?:very |really )?(?:great|good|nice|perfect|wonderful|awesome"
    r"|cool|lovely|excellent)",
    r"well done",
    r"good job",
    r"great job",
)
_BYE = _pattern(
    r"(?:good ?)?bye(?: bye)?",
    r"see you(?: (?:later|soon|tomorrow))?",
    r"good ?night",
    r"that(?:'s| is) all",
    r"i'?m done",
    r"farewell",
)
_IDENTITY = _pattern(
    r"(?:who|what) (?:are|is) (?:you|this)(?: (?:exactly|really|called|anyway))?",
    r"what(?:'s| is) your name",
    r"who am i (?:talking|speaking) (?:to|with)",
    r"what am i (?:talking|speaking) (?:to|with)",
    r"are you (?:an? )?.{0,40}?(?:ai|a\.i\.|model|human|person|robot|bot|machine|chatgpt|gpt"
    r"|real|assistant|llm|program)\b.{0,20}",
    r"(?:tell me about|introduce) yourself",
    r"what kind of (?:model|assistant|ai|program|thing) are you",
    r"what model (?:are|is) (?:you|this)",
    r"which model (?:are|is) (?:you|this)",
    r"who made you",
)
_HEARING = _pattern(
    r"(?:can|do|did) you hear (?:me|that|this)(?: (?:now|well|clearly|ok(?:ay)?))?",
    r"are you (?:there|listening|awake|online|still there)",
    r"(?:mic(?:rophone)? )?(?:test(?:ing)?[\s,.]*)+(?:(?:one|1)[\s,.]*(?:two|2)[\s,.]*(?:three|3)?)?",
    r"is this (?:thing )?(?:on|working)",
)
_HELP = _pattern(
    r"(?:(?:can|could|will) you )?help(?: me)?",
    r"what can you do(?: for me)?",
    r"what (?:do|can) you (?:know|offer|help(?: me)? with)",
    r"how can you help(?: me)?",
    r"what (?:tools|functions|commands|abilities) (?:do you have|are there|can you use"
    r"|are (?:available|registered))",
    r"(?:list|show)(?: me)?(?: all)?(?: of)?(?: your| the)? tools",
    r"what (?:can|should) i (?:ask|say|do)(?: you)?",
    r"what are your (?:tools|abilities|capabilities)",
    r"(?:how does this|how do you) work",
)
_REPEAT = _pattern(
    r"(?:can you |could you |please )*(?:repeat (?:that|it|yourself|what you said)|say (?:that"
    r"|it)(?: again)?|what did you (?:just )?say|pardon(?: me)?|come again|sorry|excuse me|what was that|what)",
)
_TIME = re.compile(
    r"\bwhat(?:'s| is)?(?: the)?(?: current)? time\b|\bwhat time is it\b|\btell me the time\b", re.I
)
_DAY = re.compile(
    r"\bwhat(?:'s| is)?(?: the)? (?:day|date)(?: is it)?(?: today)?\b|\bwhat(?:'s| is) today'?s date\b"
    r"|\b(?:which|what) (?:day|date) is (?:it|today)\b",
    re.I,
)
_HOW = re.compile(
    r"\bhow (?:do|can|would|should) (?:i|we|one) (?:use|get|make|ask|call|start|send|set|tell|order|run)\b"
    r"|\bhow does .{1,40} work\b|\bwhat does .{1,40} do\b|\bwhat do you need\b"
    r"|\bwhat (?:can|should) i say (?:for|to)\b",
    re.I,
)
_NEVER_MIND = _pattern(
    r"never ?mind",
    r"cancel(?: (?:that|it))?",
    r"forget (?:it|that|about it)",
    r"stop(?: it)?",
    r"no(?: thanks?| thank you)?",
    r"nothing",
    r"leave it",
    r"don'?t bother",
    r"abort",
    r"i (?:don'?t|do not) know",
    r"(?:i have )?no idea",
    r"i(?:'m| am) not sure",
)
_ALONE = _pattern(
    r"yes",
    r"yeah",
    r"ok(?:ay)?",
    r"sure",
    r"all right",
    r"alright",
    r"right",
    r"hm+",
    r"mm+",
    r"uh-?huh",
    r"i see",
    r"got it",
    r"fine",
)


_YES = _pattern(
    r"yes(?:,? (?:do|please do|do it|do that|go ahead|of course))?",
    r"yeah",
    r"yep",
    r"yup",
    r"sure(?: thing)?",
    r"of course",
    r"please(?: do)?",
    r"do (?:it|that|so)",
    r"go (?:ahead|on|for it)",
    r"right",
    r"correct",
    r"exactly",
    r"ok(?:ay)?",
    r"that(?:'s| is) (?:right|correct|it)",
)


def is_yes(text: str) -> bool:
    """Return whether the user agrees and says nothing else."""
    return _YES.match(text) is not None


def is_repeat(text: str) -> bool:
    """Return whether the user wants to hear the last answer again."""
    return _REPEAT.match(text) is not None


def is_cancel(text: str) -> bool:
    """Return whether the user takes back a question or a request."""
    return _NEVER_MIND.match(text) is not None


def is_help(text: str) -> bool:
    """Return whether the user asks what can be done here."""
    return _HELP.match(text) is not None


def small_talk(
    text: str, tools: Sequence[Tool], instructions: str, last_said: str, now: datetime
) -> list[str] | None:
    """Return the answer to an utterance that is only small talk, sentence by sentence; None otherwise."""
    if is_repeat(text):
        return [f"I said: {last_said}"] if last_said else ["I have not said anything yet."]
    answers: tuple[tuple[re.Pattern[str], Callable[[], list[str]]], ...] = (
        (_HELLO, lambda: greeting(tools, instructions)),
        (_THANKS, lambda: ["You are welcome."]),
        (_BYE, lambda: ["Goodbye."]),
        (_IDENTITY, lambda: introduction(tools, instructions)),
        (_HEARING, lambda: [f"Yes, I can hear you. You said: {_quotation(text)}"]),
        (_HELP, lambda: what_it_can(tools)),
        (_NEVER_MIND, lambda: ["All right.", "I leave it at that."]),
        (_ALONE, lambda: ["All right.", "What shall I do?"]),
    )
    for pattern, answer in answers:
        if pattern.match(text):
            return answer()
    if _TIME.search(text):
        return [f"It is {now.hour}:{now.minute:02d}, by this machine's clock."]
    if _DAY.search(text):
        return [f"Today is {now:%A}, {now:%B} {now.day}, {now.year}."]
    return None


def greeting(tools: Sequence[Tool], instructions: str) -> list[str]:
    """Return a greeting: the one that the instructions quote, if they do."""
    scripted = _scripted_greeting(instructions)
    if scripted:
        return [scripted]
    name = _persona(instructions)
    hello = f"Hello, I am {name}." if name else "Hello."
    return [hello, *([abilities(tools)] if tools else [STAND_IN]), "What would you like to do?"]


def introduction(tools: Sequence[Tool], instructions: str) -> list[str]:
    """Return who the brain is, honestly."""
    name = _persona(instructions)
    who = [f"I go by {name} here."] if name else []
    return [
        STAND_IN,
        *who,
        "I run on this machine, without a network, and choose among the registered tools by what you say.",
        abilities(tools) or _NO_TOOLS,
    ]


def what_it_can(tools: Sequence[Tool]) -> list[str]:
    """Return what the brain can do with its tools."""
    if not tools:
        return ["Not much yet.", STAND_IN, _NO_TOOLS]
    return [abilities(tools), "Just ask in your own words.", STAND_IN]


def cannot(wishes: Sequence[str]) -> list[str]:
    """Return what to say to an application that wants what the brain cannot do."""
    return [*(f"I cannot {wish.rstrip('.!?')}." for wish in wishes), STAND_IN]


def asks_how(text: str) -> bool:
    """Return whether the user asks how something is done, instead of asking for it."""
    return _HOW.search(text) is not None


def how_to(tool: Tool) -> list[str]:
    """Return what to say so that a tool does its work."""
    needed = [one.spoken for one in tool.parameters if one.required]
    optional = [one.spoken for one in tool.parameters if not one.required]
    said = [f"I can {ability(tool)}."]
    if needed:
        said.append(f"Tell me {join_words(_with_the(needed))}.")
    if optional:
        said.append(f"You may also give {join_words(_with_the(optional))}.")
    listed = [one for one in tool.parameters if one.shape.kind == "choice" and len(one.shape.choices) < 8]
    said += [f"The {one.spoken} can be {join_words(spoken_choices(one.shape.choices), 'or')}." for one in listed]
    return said if len(said) > 1 else [*said, "Just ask for it."]


def _with_the(names: Sequence[str]) -> list[str]:
    return [f"the {name}" for name in names]


def no_match(text: str, tools: Sequence[Tool], seen: Sequence[str] = ()) -> list[str]:
    """Return what to say if nothing fits: what was heard, what the brain is, what it can do.

    Parameters
    ----------
    text
        What the user said.
    tools
        The tools of the session.
    seen
        What there is to say about a picture, which comes first.
    """
    if not text.strip():
        return [*seen, STAND_IN] if seen else ["I did not catch that."]
    return [*seen, f"I heard: {_quotation(text)}", STAND_IN, abilities(tools) or _NO_TOOLS]


def _quotation(text: str) -> str:
    flat = " ".join(text.split())
    if len(flat) > _HEARD_AT_MOST:
        flat = flat[:_HEARD_AT_MOST].rsplit(" ", 1)[0] + " and so on"
    return flat if flat.endswith((".", "!", "?")) else f"{flat}."


def _scripted_greeting(instructions: str) -> str:
    match = re.search(
        r"(?i:greet|say|begin|start|open|welcome)\w*[^.\"“\n]{0,60}?[\"“](?P<words>[^\"”\n]{2,200})[\"”]",
        instructions,
    )
    return match["words"].strip() if match else ""


def _persona(instructions: str) -> str:
    match = re.search(
        r"(?:[Yy]our name is|[Yy]ou(?: are|'re)(?: called| named)?)\s+(?P<name>[A-Z][a-z]+)(?=\s*[,.;!]|\s*$)",
        instructions,
    )
    return match["name"] if match else ""
