"""Turns reported speech into direct speech: "that their order is ready" becomes "Your order is ready."."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from realtime_widgets.local.brain.language.words import word_set

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How an application names whom the brain talks to.
PERSON = (
    r"(?:the|our|this|your) "
    r"(?:user|caller|customer|person|guest|visitor|client|student|patient|listener|human)"
)
#: Forms of being and having after each pronoun, by the form after the other one.
_AS_YOU = {"am": "are", "is": "are", "was": "were", "has": "have", "does": "do", "are": "are", "were": "were"}
_AS_I = {"are": "am", "were": "was"}
_CONTRACTIONS = {"'re": " are", "'ve": " have", "'ll": " will", "'d": " would", "'m": " am"}
_PREPOSITIONS = word_set("to for with from about of at by on in than like after before near without")
_TAKING_PERSONS = word_set(
    "call tell ask give help show send reach contact interrupt find see hear let thank trust"
)
#: What follows a subject: "is it you" and "you are" differ, "calls you" and "you call" too.
_AUXILIARIES = word_set(
    "is are am was were will would can could should shall may might must do does did have has had"
)
_SUBJECTS = word_set("i you we they it he she there this that someone anyone everyone")
_PARTICIPLES = word_set("been gone done seen heard made got taken come become found given had met read sent left")
_QUESTION_WORDS = r"(?:who|whom|whose|what|which|where|when|why|how)"
_LONGEST_SUBJECT = 4  # words

_SHORT_VERB = re.compile(r"['\u2019](?:re|ve|ll|d|t)$")
_THEM = re.compile(
    rf"\b(?P<owner>{PERSON}['\u2019]s|their|his or her)\b(?!\s+(?:is|are)\b)"
    rf"|\b(?P<named>{PERSON})\s+(?P<verb>[a-z]+)\b"
    rf"|\b(?P<self>themselves|themself)\b|\b(?P<theirs>theirs)\b"
    rf"|\b(?P<they>they|them|{PERSON})\b"
    r"|(?P<before>\b[\w']+\s+)?\b(?P<you>you)\b(?:\s+(?P<being>are|were)\b)?"
    r"|\b(?P<your>your)\b|\b(?P<yourself>yourself)\b|\b(?P<yours>yours)\b",
    re.IGNORECASE,
)
_ME = re.compile(
    r"\b(?P<i>I)\b(?:\s+(?P<verb>am|was)\b)?|\b(?P<me>me)\b|\b(?P<my>my)\b|\b(?P<self>myself)\b|\b(?P<mine>mine)\b"
    r"|(?P<before>\b[\w']+\s+)?\b(?P<you>you)\b(?:\s+(?P<being>are|were)\b)?"
    r"|\b(?P<your>your)\b|\b(?P<yourself>yourself)\b|\b(?P<yours>yours)\b",
    re.IGNORECASE,
)


def spoken_to(text: str, by_user: bool = False) -> str:
    """Return `text` as it is said to the user: "they" and "the user" become "you", and "you" becomes "I".

    Parameters
    ----------
    text
        A clause of somebody who tells the brain what to say.
    by_user
        Whether it was the user, whose "I" becomes "you".
    """
    flat = _expanded(" ".join(text.split()))
    return _ME.sub(_from_user, flat) if by_user else _THEM.sub(_from_application, flat)


def statement(text: str) -> str:
    """Return a clause as a sentence: with a capital and a full stop."""
    text = text.strip().rstrip(",;:")
    sentence = text[:1].upper() + text[1:]
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def whether(clause: str) -> str:
    """Return the question of "whether `clause`": "you are there" gives "Are you there?"."""
    inverted = _inverted(_words(clause))
    return (
        f"{statement(' '.join(inverted))[:-1]}?" if inverted else f"May I ask whether {' '.join(_words(clause))}?"
    )


def which(clause: str) -> str:
    """Return the question of a clause with a question word: "what your name is" gives "What is your name?"."""
    words = _words(clause)
    for place in range(1, min(len(words), 2 + _LONGEST_SUBJECT)):
        if words[place].lower() in _SUBJECTS:
            inverted = _inverted(words[place:])
            if inverted:
                return f"{statement(' '.join([*words[:place], *inverted]))[:-1]}?"
    if len(words) > 2 and words[-1].lower() in ("is", "are", "was", "were"):
        return f"{statement(' '.join([words[0], words[-1], *words[1:-1]]))[:-1]}?"
    if len(words) > 1 and words[1].lower() in _AUXILIARIES:
        return f"{statement(' '.join(words))[:-1]}?"
    return f"May I ask {' '.join(words)}?"


def is_question_clause(text: str) -> bool:
    """Return whether `text` begins with a question word."""
    return re.match(rf"{_QUESTION_WORDS}\b", text, re.IGNORECASE) is not None


def has_verb(text: str) -> bool:
    """Return whether `text` may be a clause: whether something like "is" or "will" follows a subject in it."""
    words = [word.lower() for word in _words(text)]
    if any(word in _AUXILIARIES or _SHORT_VERB.search(word) for word in words[1:]):
        return True
    return bool(words) and re.split("['\u2019]", words[0])[0] in _SUBJECTS


def _inverted(words: Sequence[str]) -> list[str]:
    """Return a clause in the order of a question; empty if it cannot be told how."""
    if len(words) < 2:
        return []
    lowered = [word.lower() for word in words]
    pronoun = lowered[0] in _SUBJECTS
    at = next((i for i, word in enumerate(lowered[1:], 1) if word in _AUXILIARIES), None)
    if at is not None and at <= (2 if pronoun else _LONGEST_SUBJECT):
        own = lowered[at] not in ("have", "has", "had") or _is_participle(lowered[at + 1 : at + 2])
        if own and not (pronoun and at == 2 and not lowered[1].endswith(("ly", "still", "also", "ready"))):
            subject = list(words[:at])
            if subject[0].lower() != "i" and not subject[0][1:2].isupper():
                subject[0] = subject[0][0].lower() + subject[0][1:] if pronoun else subject[0]
            return [lowered[at], *subject, *words[at + 1 :]]
    if lowered[0] in ("i", "you", "we", "they"):
        return ["do", *(words if lowered[0] == "i" else [lowered[0], *words[1:]])]
    return []


def _is_participle(following: Sequence[str]) -> bool:
    return bool(following) and (following[0] in _PARTICIPLES or following[0].endswith("ed"))


def _words(clause: str) -> list[str]:
    return clause.strip().rstrip(".?!,;").split()


def _expanded(text: str) -> str:
    return re.sub(
        r"\b(they|you|I|we)(['\u2019](?:re|ve|ll|d|m))\b",
        lambda match: match[1] + _CONTRACTIONS[match[2].replace("\u2019", "'").lower()],
        text,
        flags=re.IGNORECASE,
    )


def _from_application(match: re.Match[str]) -> str:
    if match["owner"]:
        return "your"
    if match["named"]:
        return f"you {_for_you(match['verb'])}"
    if match["self"]:
        return "yourself"
    if match["theirs"]:
        return "yours"
    return "you" if match["they"] else _myself(match)


def _from_user(match: re.Match[str]) -> str:
    if match["i"]:
        return f"you {_AS_YOU[match['verb'].lower()]}" if match["verb"] else "you"
    for group, said in (("me", "you"), ("my", "your"), ("self", "yourself"), ("mine", "yours")):
        if match[group]:
            return said
    return _myself(match)


def _myself(match: re.Match[str]) -> str:
    """Return what the brain says of itself for a form of "you"."""
    for group, said in (("your", "my"), ("yourself", "myself"), ("yours", "mine")):
        if match[group]:
            return said
    before = match["before"] or ""
    if match["being"]:
        return f"{before}I {_AS_I[match['being'].lower()]}"
    earlier = before.strip().lower()
    last = not match.string[match.end() :].strip(" .!?,;")
    return f"{before}me" if earlier in _PREPOSITIONS or earlier in _TAKING_PERSONS or last else f"{before}I"


def _for_you(verb: str) -> str:
    """Return a verb of the third person as it stands after "you": "wants" gives "want"."""
    lowered = verb.lower()
    if lowered in _AS_YOU:
        return _AS_YOU[lowered]
    if len(lowered) > 3 and lowered.endswith("s") and not lowered.endswith(("ss", "us", "ways")):
        return lowered[:-2] if lowered.endswith(("shes", "ches", "sses")) else lowered[:-1]
    return verb
