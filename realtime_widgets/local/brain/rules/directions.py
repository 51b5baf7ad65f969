"""Reads directions, as an application gives them for one answer: what to say, ask or tell, or to say nothing.

A direction is read sentence by sentence and clause by clause: a verb, whom it concerns, and what is to be said.
What is no direction ("You are a pilot.", "If they ask, say no.") is passed over, and what the brain cannot do is
kept as such, for it to say so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from realtime_widgets.local.brain.language.numbers import find_numbers
from realtime_widgets.local.brain.language.reported_speech import (
    PERSON,
    has_verb,
    is_question_clause,
    spoken_to,
    statement,
    whether,
    which,
)
from realtime_widgets.local.brain.rules.brevity import Length, asked_length, without_length

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Kind = Literal["literal", "told", "greet", "introduce", "answer", "unable"]


@dataclass(frozen=True)
class Act:
    """One thing to do in an answer.

    Attributes
    ----------
    kind : str
        ``literal``: say `text` as it is (`marked` if quotes, a colon or "exactly" show where it begins);
        ``told``: say `text`; ``greet`` somebody, whose name is `text` if it is known; ``introduce`` yourself;
        ``answer`` the user; ``unable``: `text` is something that the brain cannot do.
    """

    kind: Kind
    text: str = ""
    marked: bool = False


@dataclass(frozen=True)
class Direction:
    """What an answer is to do; `silent` means to say nothing, `whole` that nothing else was said."""

    acts: tuple[Act, ...] = ()
    silent: bool = False
    length: Length | None = None
    whole: bool = False

    @property
    def doable(self) -> list[Act]:
        """The acts that the brain can do."""
        return [act for act in self.acts if act.kind not in ("answer", "unable")]

    @property
    def answers(self) -> bool:
        """Whether what the user said is to be answered, too."""
        return any(act.kind == "answer" for act in self.acts)

    @property
    def undoable(self) -> list[str]:
        """What the brain cannot do, each as words that follow "I cannot"."""
        return [act.text for act in self.acts if act.kind == "unable"]


_QUOTED = re.compile(
    r"\"([^\"]+)\"|\u201c([^\u201d]+)\u201d|\u00ab([^\u00bb]+)\u00bb"
    r"|(?<![\w])['\u2018]([^'\u2019\n]{1,400}(?:['\u2019]\w[^'\u2019\n]{0,400}){0,4})['\u2019](?!\w)"
)
_KEPT = re.compile("\x00(\\d+)\x00")
_WHOM = rf"(?:{PERSON}s?|users?|callers?|customers?|them|him|her|me|us|everyone|everybody|all)"
_ADVERBS = r"(?:(?!reply|apply|supply)[a-z]+ly|please|just|also|now|then|first|next|finally|only|simply|always)"
_OPENING = re.compile(
    rf"^(?:{_ADVERBS}[\s,]+|(?:ok(?:ay)?|so|and|hey)[\s,]+"
    r"|(?:you|the assistant|the model|assistant) (?:should|must|will|shall|can|need to|have to|are to|may)\s+"
    r"|(?:your (?:task|job|next (?:turn|reply|message|answer)) is to|go ahead and"
    r"|(?:be sure|make sure|remember|try) to|(?:i|we)(?:'d| would) like you to|(?:i|we) (?:want|need) you to"
    r"|(?:can|could|would|will) you|let['\u2019]?s|use this turn to|take a moment to)\s+"
    r"|(?:start|begin|open|continue|end|finish|close)(?: (?:the|this|your) [a-z]+)? (?:by|with)\s+)",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"^(?:if|when|whenever|unless|once|while|until|after|before|in case|as soon as|every time|each time|should)\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"^(?:do not|don['\u2019]?t|never|avoid|refrain|no need|without)\b", re.IGNORECASE)
_SILENCE = re.compile(
    r"^(?:(?:say|answer|reply|respond(?: with)?|speak|do) (?:absolutely |just )?nothing\b"
    r"|(?:be|stay|remain|keep) (?:completely |entirely |totally )?(?:silent|quiet)\b|keep silence\b"
    r"|(?:do not|don['\u2019]?t|never) (?:say (?:anything|a (?:single )?word)|speak|reply|respond|answer|talk)"
    r"(?:$|[\s,]+(?:to|at|yet|now|anything|with|this|until|for)\b)"
    r"|no (?:reply|response|answer) (?:is )?(?:needed|required|necessary|wanted)\b"
    r"|(?:give|make|send) no (?:reply|response|answer)\b)",
    re.IGNORECASE,
)
_SPEAK_VERBS = (
    r"say|read|repeat|speak|answer|reply|respond|announce|output|pronounce|recite|utter|state|tell|return|play|use"
)
_SPEAK = rf"(?:{_SPEAK_VERBS})"
_VERBATIM = (
    r"(?:exactly|only|just|literally|verbatim|precisely|word[- ]for[- ]word|out loud|aloud|loudly|back"
    r"|as (?:it )?is"
    r"|as written|without (?:any )?changes?|unchanged)"
)
_FILLER = (
    rf"(?:{_VERBATIM}|(?:with|to|after|for|in) {_WHOM}|{_WHOM}|with|the|this|these|following|next|own|exact"
    r"|single|number|letter|text"
    r"|sentences?|words?|phrases?|messages?|lines?|paragraphs?|announcements?|passages?|statements?|notice"
    r"|greeting"
    r"|and nothing else|nothing else(?: but)?|nothing but|in (?:a|an) [\w-]+ (?:voice|tone)|below|here"
    r"|that|is|be|by"
    r"|saying|out)"
)
_COLON = re.compile(
    rf"^(?:{_SPEAK}|notify|inform|remind|warn|ask|begin|start|open)\b(?:[\s,]+{_FILLER}\b)*+\s*(?:[:\u2014]|\s-\s|\n)\s*(?P<words>\S.*)",
    re.I | re.S,
)
_IN_QUOTES = re.compile(
    rf"^(?:{_SPEAK}|greet|ask|tell|welcome)\b(?:[\s,]+{_FILLER}\b)*+[\s,:]*"
    r"\x00(?P<place>\d+)\x00(?!\s+(?:or|in [A-Z]))",
    re.I,
)
_NEXT_IS = re.compile(
    r"^(?:your|the) (?:next |only |whole |entire |first |opening )*"
    r"(?:reply|response|answer|message|output|sentence) (?:must|should|is to|will|has to)"
    rf" (?:be|say|read)(?:[\s,]+{_FILLER}\b)*+\s*(?::\s*(?P<words>\S.*)|\x00(?P<place>\d+)\x00)",
    re.I | re.S,
)
_EXACTLY = re.compile(
    rf"^{_SPEAK}\b(?=(?:[\s,]+{_FILLER}\b){{0,3}}[\s,]+"
    rf"(?:{_VERBATIM}|(?:the|this) (?:single )?(?:words?|phrase|sentence|number|letter))\b)"
    rf"(?:[\s,]+{_FILLER}\b)*+[\s,]+(?P<words>\S[^\n]*?)(?:,? (?:and )?nothing (?:else|more))?$",
    re.I,
)
_HELLO = re.compile(
    r"^(?:say|bid|wish)\s+(?:(?:a|an|the|your|"
    + _WHOM
    + r")\s+)*(?:[a-z]+\s+)??(?:hello|hi|hey|good (?:morning|afternoon|evening|day))\b"
    r"(?P<rest>.*)|^(?:greet|hail)\b(?P<rest2>.*)"
    r"|^(?:(?:generate|give|make|produce|deliver|provide|with)\s+)?(?:" + _WHOM + r"\s+)?"
    r"(?:a |an )?(?:[a-z]+ )?greeting\b(?P<rest3>.*)",
    re.I,
)
_WELCOME = re.compile(rf"^welcome\b(?:\s+{_WHOM}\b)?(?P<rest>.*)", re.I)
_BYE = re.compile(r"^(?:say|bid)\b.*?\b(?:good ?bye|bye|farewell|good ?night)\b", re.I)
_SELF = re.compile(
    rf"^(?:(?:introduce|present) yourself\b|(?:say|tell(?: {_WHOM})?|explain(?: to {_WHOM})?)"
    r"(?: briefly)? (?:who you are|what you (?:are|can do)|your name"
    r"|(?:something |a bit |a little )?about yourself))",
    re.I,
)
_THANK = re.compile(rf"^(?:thank|say (?:thanks|thank you) to)\s+{_WHOM}\b(?P<rest>.*)", re.I)
_SORRY = re.compile(rf"^(?:apologi[sz]e|say sorry)\b(?:\s+to {_WHOM}\b)?(?P<rest>.*)", re.I)
_WISH = re.compile(rf"^wish\s+{_WHOM}\s+(?P<what>.+)", re.I)
_CONGRATULATE = re.compile(rf"^congratulate\s+{_WHOM}\b(?P<rest>.*)", re.I)
_OFFER = re.compile(
    rf"^offer\b(?:\s+(?:{_WHOM}|your|some|any))*\s+(?:help|assistance|support)\b|^offer to (?:help|assist)\b", re.I
)
_COUNT = re.compile(r"^count\b(?P<what>.*)", re.I)
_ASK = re.compile(
    rf"^(?:ask|prompt|inquire|enquire|find out|query|check)\b(?:\s+(?:with |of |from )?{_WHOM}\b)?\s*(?P<what>.+)",
    re.I,
)
_TELL = (
    r"(?:tell|inform|remind|notify|assure|warn|advise|reassure|let|mention|announce|state|say|confirm|note|report"
    r"|explain|add|update)"
)
_THAT = re.compile(
    rf"^{_TELL}\b(?:\s+(?:to )?{_WHOM}\b)?(?:\s+know)?(?:\s+[a-z]+ly)?\s+that\s+(?P<clause>.+)", re.I
)
_TO_DO = re.compile(
    rf"^(?P<verb>tell|remind|ask|advise|invite|encourage)\s+{_WHOM}\s+(?P<no>not )?to\s+(?P<what>.+)", re.I
)
_TOLD = re.compile(
    rf"^(?:tell|inform|remind|notify|assure|warn|let)\s+{_WHOM}(?:\s+know)?[\s,]+(?P<clause>.+)", re.I
)
_ANSWER = re.compile(r"^(?:answer|reply|respond|help|assist|address|handle|continue)\b(?!\s+with\b)", re.I)
_SAY = re.compile(rf"^(?:say|(?:answer|reply|respond)\s+with)\s+(?P<words>.+?)(?:\s+to {_WHOM})?$", re.I)
#: What "say" is followed by when it does not stand before the words to be said.
_VAGUE = re.compile(
    r"^(?:your|their|his|her|its|a|an|some|something|anything|any|one|two|three|about|how|why|what|where|when|who"
    r"|which"
    r"|whether|if|it|in|as|more|less|so|again)\b",
    re.I,
)
_CANNOT = re.compile(
    r"^(?:(?:answer|reply|respond) with"
    r"|describe|explain|summari[sz]e|translate|write|sing|tell|discuss|give|recommend|suggest|talk|speak|list"
    r"|define|greet|compare|elaborate|say|compose|draft|make up|improvise|spell|recite|share|provide|offer|read"
    r"|mention|ask|inform)\b",
    re.I,
)
_VERBS = (
    rf"(?:{_SPEAK_VERBS}|greet|welcome|bid|wish|introduce|present|thank|apologi[sz]e|congratulate|offer|count|ask|prompt"
    r"|inquire|enquire|find out|check|inform|remind|notify|assure|warn|advise|let|mention|confirm|invite|encourage"
    r"|describe|explain|summari[sz]e|suggest|give|stay|be silent)"
)
_GERUND = re.compile(r"^(?P<stem>\w+?)ing\b")
_CLAUSES = re.compile(
    rf"(?:\s*,)?\s+(?:and then|then|and also|and|but)\s+(?=(?:{_ADVERBS} )*(?:not )?{_VERBS}\b)"
    rf"|\s*,\s+(?=(?:{_ADVERBS} )*{_VERBS}\b)",
    re.I,
)
_SENTENCES = re.compile(
    r"(?<![DM]r\.)(?<!Mrs\.)(?<![ap]\.m\.)(?<=[.!?])\s+|\s*;\s+|\n+\s*(?:[-*\u2022]\s+|\d+[.)]\s+)?"
)
_GERUNDS = {
    "greeting": "greet", "saying": "say", "asking": "ask", "telling": "tell", "introducing": "introduce",
    "welcoming": "welcome", "thanking": "thank", "reading": "read", "wishing": "wish", "offering": "offer",
    "informing": "inform", "reminding": "remind", "apologizing": "apologize", "apologising": "apologise",
    "announcing": "announce", "repeating": "repeat", "counting": "count", "mentioning": "mention",
    "explaining": "explain",
}  # fmt: skip
_NAME = re.compile(r"\b(?P<name>[A-Z][\w'\u2019-]+(?: [A-Z][\w'\u2019-]+)?)")
#: The brain speaks English only.
_IN_LANGUAGE = re.compile(r"\bin (?!English)[A-Z][a-z]+\s*$")
_MOST_COUNTED = 100
_LONGEST_SENTENCE = 1000  # characters; only words to be said as they are may be more


def read_direction(text: str, by_user: bool = False) -> Direction:
    """Read a direction.

    Parameters
    ----------
    text
        What an application wants of the next answer; it may hold other instructions too.
    by_user
        Whether it is what the user said: there "me" is the user.
    """
    text = text.strip()
    if not text:
        return Direction()
    reader = _Reader(text, by_user)
    reader.read()
    return Direction(
        tuple(reader.acts), reader.silent and not reader.acts, asked_length(reader.plain), not reader.passed
    )


class _Reader:
    def __init__(self, text: str, by_user: bool) -> None:
        self._quotes: list[str] = []
        self._text = text
        self.plain = _QUOTED.sub(self._keep, text)
        self._by_user = by_user
        self.acts: list[Act] = []
        self.silent = False
        #: Whether something was no direction.
        self.passed = False

    def read(self) -> None:
        rest = self.plain
        while rest.strip():
            rest = self._sentence(rest.strip())

    def _sentence(self, text: str) -> str:
        """Read the first sentence of `text`; return the rest."""
        first = _SENTENCES.split(text, maxsplit=1)
        sentence, rest = first[0], first[1] if len(first) > 1 else ""
        opened = _opened(text)
        if not _CONDITION.match(opened) and not _NEGATION.match(opened):
            # What stands after a colon goes on to the end, over sentences and lines.
            whole = _COLON.match(opened) or _NEXT_IS.match(opened)
            if whole is not None and (whole["words"] is None or "\x00" not in opened[: whole.start("words")]):
                return self._literal(whole)
        self._clauses(sentence.strip().rstrip(".!?").strip())
        return rest

    def _literal(self, match: re.Match[str]) -> str:
        words = match["words"]
        if words is None:
            self.acts.append(Act("literal", self._quotes[int(match["place"])], marked=True))
            return match.string[match.end() :].lstrip(" .!,")
        quoted = _KEPT.match(words)
        if quoted is not None:
            self.acts.append(Act("literal", self._quotes[int(quoted[1])], marked=True))
            return words[quoted.end() :].lstrip(" .!,")
        self.acts.append(Act("literal", _without_tags(self._restored(words).strip()), marked=True))
        return ""

    def _clauses(self, sentence: str) -> None:
        if not sentence or len(sentence) > _LONGEST_SENTENCE:
            self.passed = self.passed or bool(sentence)
            return
        opened = _opened(sentence)
        if _SILENCE.match(opened):
            self.silent = True
            return
        if _CONDITION.match(opened) or _NEGATION.match(opened):
            self.passed = True
            return
        for clause in _CLAUSES.split(sentence):
            self._clause(_opened(without_length(clause.strip(" ,"))))

    def _clause(self, clause: str) -> None:
        if _SILENCE.match(clause):
            self.silent = True
        elif not clause or asked_length(clause) is not None or _NEGATION.match(clause):
            return
        elif (act := self._act(clause)) is not None:
            self.acts.append(act)
        else:
            self.passed = True

    def _act(self, clause: str) -> Act | None:
        if (match := _IN_QUOTES.match(clause)) is not None:
            return Act("literal", self._quotes[int(match["place"])], marked=True)
        if (match := _EXACTLY.match(clause)) is not None:
            return Act("literal", statement(self._restored(match["words"])), marked=True)
        for pattern, act in _ACTS:
            if (match := pattern.match(clause)) is not None and (done := act(self, match)) is not None:
                return done
        if _CANNOT.match(clause):
            undoable = re.sub(r"\b(?:me|us)\b", "you", self._spoken(clause))
            return Act("unable", undoable[:1].lower() + undoable[1:])
        return None

    # One function for each kind of clause; None if it is not meant after all.

    def greeting(self, match: re.Match[str]) -> Act | None:
        whom = next(group for group in match.groups() if group is not None)
        if _IN_LANGUAGE.search(whom):
            return None
        name = _NAME.search(whom)
        return Act("greet", name["name"] if name else "")

    def welcome(self, match: re.Match[str]) -> Act:
        where = self._spoken(match["rest"]).strip(" ,")
        return Act(
            "told", statement(f"Welcome {where}" if where.startswith(("to ", "back", "home")) else "Welcome")
        )

    def answering(self, _: re.Match[str]) -> Act:
        return Act("answer")

    def introduction(self, _: re.Match[str]) -> Act:
        return Act("introduce")

    def goodbye(self, _: re.Match[str]) -> Act:
        return Act("told", "Goodbye.")

    def thanks(self, match: re.Match[str]) -> Act:
        return Act("told", statement(f"Thank you {self._reason(match['rest'])}"))

    def apology(self, match: re.Match[str]) -> Act:
        return Act("told", statement(f"I am sorry {self._reason(match['rest'])}"))

    def wish(self, match: re.Match[str]) -> Act:
        return Act("told", statement(f"I wish you {self._spoken(match['what'])}"))

    def congratulation(self, match: re.Match[str]) -> Act:
        reason = self._spoken(match["rest"]).strip()
        return Act(
            "told",
            statement(f"Congratulations {reason}" if reason.startswith(("on ", "for ")) else "Congratulations"),
        )

    def offer(self, _: re.Match[str]) -> Act:
        return Act("told", "How can I help you?")

    def count(self, match: re.Match[str]) -> Act | None:
        numbers = [round(found.value) for found in find_numbers(match["what"])]
        if not numbers or len(numbers) > 2:
            return None
        first, last = numbers if len(numbers) == 2 else (1, numbers[0])
        if not 0 < abs(last - first) <= _MOST_COUNTED:
            return None
        step = 1 if last > first else -1
        return Act("told", statement(", ".join(str(number) for number in range(first, last + step, step))))

    def question(self, match: re.Match[str]) -> Act | None:
        what = self._spoken(match["what"])
        if (clause := re.match(r"(?:if|whether)\s+(?:or not\s+)?(.+)", what, re.IGNORECASE)) is not None:
            return Act("told", whether(clause[1]))
        if (wanted := re.match(r"(?:again )?(?:for|about)\s+(.+)", what, re.IGNORECASE)) is not None:
            about = what.lower().startswith("about")
            return Act("told", _asking_about(wanted[1]) if about else _asking_for(wanted[1]))
        if is_question_clause(what):
            return Act("told", which(what))
        return None

    def request(self, match: re.Match[str]) -> Act:
        what = self._spoken(match["what"])
        if match["verb"].lower() == "ask" and not match["no"]:
            return Act("told", f"{statement(f'Could you please {what}')[:-1]}?")
        if match["verb"].lower() == "remind":
            return Act("told", statement(f"Please remember {'not ' if match['no'] else ''}to {what}"))
        return Act("told", statement(f"Please {'do not ' if match['no'] else ''}{what}"))

    def message(self, match: re.Match[str]) -> Act | None:
        clause = self._spoken(match["clause"])
        vague = _VAGUE.match(match["clause"]) is not None and not match["clause"].lower().startswith(
            ("their ", "its ", "it ", "it's ")
        )
        sayable = match.re is _THAT or (has_verb(clause) and not vague)
        return Act("told", statement(clause)) if sayable else None

    def saying(self, match: re.Match[str]) -> Act | None:
        words = self._restored(match["words"])
        vague = _VAGUE.match(words) or _IN_LANGUAGE.search(words)
        return None if vague else Act("literal", statement(words))

    def _reason(self, rest: str) -> str:
        reason = self._spoken(rest).strip(" ,")
        return reason if reason.startswith(("for ", "that ", "about ", "very ", "so ")) else ""

    def _spoken(self, text: str) -> str:
        return self._restored(spoken_to(text, self._by_user))

    def _keep(self, match: re.Match[str]) -> str:
        self._quotes.append(next(group for group in match.groups() if group is not None).strip())
        return f"\x00{len(self._quotes) - 1}\x00"

    def _restored(self, text: str) -> str:
        return _KEPT.sub(lambda match: f'"{self._quotes[int(match[1])]}"', text)


_ACTS: Sequence[tuple[re.Pattern[str], Callable[[_Reader, re.Match[str]], Act | None]]] = (
    (_ANSWER, _Reader.answering),
    (_SELF, _Reader.introduction),
    (_THAT, _Reader.message),
    (_BYE, _Reader.goodbye),
    (_HELLO, _Reader.greeting),
    (_WELCOME, _Reader.welcome),
    (_THANK, _Reader.thanks),
    (_SORRY, _Reader.apology),
    (_WISH, _Reader.wish),
    (_CONGRATULATE, _Reader.congratulation),
    (_OFFER, _Reader.offer),
    (_COUNT, _Reader.count),
    (_TO_DO, _Reader.request),
    (_ASK, _Reader.question),
    (_TOLD, _Reader.message),
    (_SAY, _Reader.saying),
)


def _opened(text: str) -> str:
    """Return `text` without what only leads to its verb, which gets its plain form: "by greeting" is "greet"."""
    for _ in range(6):
        shorter = _OPENING.sub("", text, count=1)
        if not shorter.strip() or shorter == text:
            break
        text = shorter
    gerund = _GERUND.match(text)
    plain = _GERUNDS.get(gerund.group().lower()) if gerund else None
    return f"{plain}{text[gerund.end() :]}" if gerund and plain else text


def _asking_for(wanted: str) -> str:
    words = wanted.split()
    if words[0] in ("your", "the") and len(words) <= 4 and not {"and", "or", "to"} & set(words):
        plural = words[-1].endswith("s") and not words[-1].endswith(("ss", "us", "is", "address"))
        return f"What {'are' if plural else 'is'} {wanted}?"
    return f"Could you give me {wanted}?"


def _asking_about(topic: str) -> str:
    return f"What can you tell me about {topic}?"


def _without_tags(text: str) -> str:
    """Return `text` without a pair of tags or fences around all of it."""
    match = re.fullmatch(r"<(\w+)>\s*(.*?)\s*</\1>", text, re.DOTALL) or re.fullmatch(
        r"(```)\w*\n(.*?)\n?```", text, re.DOTALL
    )
    return match[2] if match else text
