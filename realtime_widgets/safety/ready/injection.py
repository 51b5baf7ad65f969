"""`PromptInjection`: text that tries to give the model orders, where only data are expected. Pure."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from typing import TYPE_CHECKING

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.safety.ready.acting import Acting, Found
from realtime_widgets.safety.verdict import PASS
from realtime_widgets.sentences import sentence_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_widgets.safety.verdict import Action, Checked, Verdict

#: Signals with their weights: a sentence counts from `THRESHOLD` on. A strong signal is enough, weak ones add up.
THRESHOLD = 0.6
_SIGNALS: tuple[tuple[float, re.Pattern[str]], ...] = tuple(
    (weight, re.compile("|".join(patterns), re.IGNORECASE))
    for weight, *patterns in (
        # Orders to leave the instructions, in four languages.
        (
            0.8,
            r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,30}\b(?:previous|prior|earlier|above|all|your|system"
            r"|the)\b.{0,20}\b(?:instructions?|rules?|prompts?|directions?|guidelines?|orders?|context)\b",
            r"\bignorier\w*\b.{0,40}\b(?:anweisung\w*|regeln|vorgaben)\b",
            r"\bvergiss\b.{0,30}\b(?:anweisung\w*|regeln)\b",
            r"\b(?:ignore[zr]?|oublie[zr]?)\b.{0,40}\b(?:instructions|consignes|r\u00e8gles)\b",
            r"\b(?:ignora|olvida)\w*\b.{0,40}\b(?:instrucciones|reglas|indicaciones)\b",
        ),
        (0.7, r"\b(?:new|updated|real|actual|secret)\s+(?:system\s+)?instructions?\s*(?:are|follow|:)"),
        (
            0.7,
            r"\b(?:do not|don't|never)\s+(?:tell|inform|mention (?:this|it) to|let)\b.{0,20}"
            r"\b(?:the )?(?:user|human|person|him|her|them)\b",
        ),
        # Another role for the model.
        (
            0.6,
            r"\byou are (?:now|no longer) (?:an?|the|called|named|my|bound|dan|free)\b",
            r"\bfrom now on,? you (?:are|will|must|have to)\b",
        ),
        (0.6, r"\bpretend (?:to be|that you are|you are)\b.{0,60}\b(?:without|no|unrestricted|free of)\b"),
        (0.7, r"\b(?:developer|debug|god|jailbreak|dan) mode\b"),
        (
            0.6,
            r"\breveal\b.{0,30}\b(?:system prompt|instructions|hidden|secret)\b",
            r"\b(?:print|repeat|show)\b.{0,30}\bsystem prompt\b",
        ),
        # Headings of a conversation, where there is none.
        (
            0.8,
            r"<\|(?:im_start|im_end|system|user|assistant|endoftext)\|>",
            r"\[/?INST\]|<</?SYS>>|</?(?:system|assistant)>",
        ),
        (0.5, r"^\s*#{0,3}\s*(?:system|assistant|developer)\s*(?:message|prompt|note|instructions?)?\s*:\s*\S"),
        # Orders to an assistant.
        (
            0.5,
            r"\b(?:dear |hey |attention,? |note to (?:the )?)(?:ai|assistant|model|llm|chatbot|agent)\b",
        ),
        (
            0.3,
            r"\b(?:ai|language model|llm|chatbot|assistant)s?\b.{0,40}"
            r"\b(?:must|should|has to|have to|needs? to|shall)\b",
        ),
        # Orders to act, and to send data away.
        (
            0.4,
            r"\b(?:call|invoke|use|run|execute|trigger)\b.{0,20}\b(?:the )?[\w.]*\s*(?:tool|function|command)\b",
        ),
        (0.3, r"\b(?:call|invoke|run|execute)\s+(?:the\s+)?\w+_\w+", r"\b\w+_\w+\("),
        (
            0.4,
            r"\b(?:send|forward|post|upload|e-?mail|transfer|leak|exfiltrate)\b.{0,60}"
            r"(?:https?://|www\.|[\w.]+@[\w.]+)",
        ),
        (
            0.3,
            r"\b(?:send|forward|e-?mail|upload)\b.{0,30}"
            r"\b(?:passwords?|keys?|credentials|conversation|history|contacts|secrets?)\b",
        ),
        (0.6, r"!\[[^\]]*\]\(https?://[^)\s]+\?[^)]*=[^)]*\)"),
        (
            0.3,
            r"\b(?:delete|remove|drop|erase|wipe)\b.{0,20}"
            r"\b(?:all|every|everything|files?|records?|database|tables?)\b",
        ),
        (
            0.2,
            r"\b(?:immediately|right now|at once|urgent|important)\b"
            r"|\bbefore (?:anything else|answering|you answer)\b",
        ),
    )
)
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]")
_TAGS = re.compile("[\U000e0020-\U000e007e]{4,}")
_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_BASE64 = re.compile(r"\b[A-Za-z0-9+/]{24,}={0,2}")
#: What quotes a sentence that gives orders is about it and gives none, if it says so.
_ABOUT = re.compile(
    r"\b(?:attack(?:s|ers?)?|example|so-called|known as|phrase|article|paper|research|prompt injection|such as"
    r"|e\.g\.)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"\u201c\u2018\u00ab'][^\"\u201d\u2019\u00bb']{4,}[\"\u201d\u2019\u00bb']")
WITHHELD = "orders withheld"


class PromptInjection:
    """Finds sentences that try to give the model orders, in results of tools, in images' texts and elsewhere.

    It goes by signals that are added up: words to leave the instructions (English, German, French, Spanish), roles
    and headings of a conversation, orders to call tools or to send data away, text that is hidden from people. It
    is no proof against a new attack: give tools that act `confirm`.

    Parameters
    ----------
    action
        What to do: ``"mask"`` withholds the sentences and says so to the model, ``"stop"`` the whole text;
        ``"flag"``, ``"replace"`` or ``"end"``.
    say
        With ``"replace"``, what the model gets instead.
    threshold
        Sum of the signals, 0 to 1, from which a sentence counts.

    Raises
    ------
    ConfigurationError
        If a value cannot be.
    """

    name = "prompt injection"

    def __init__(self, *, action: Action = "mask", say: str = "", threshold: float = THRESHOLD) -> None:
        if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 < threshold <= 1:
            raise ConfigurationError(f"threshold must be above 0 and up to 1, not {threshold!r}")
        self._acting = Acting(action, say)
        self._threshold = threshold

    def __call__(self, checked: Checked) -> Verdict:
        """Check a text."""
        if not checked.text:
            return PASS
        scored = list(self._scored(checked.text))
        found = [Found(start, end, WITHHELD) for start, end, _ in scored]
        return self._acting.verdict(checked.text, found, max((score for *_, score in scored), default=None))

    def __repr__(self) -> str:
        return f"<PromptInjection from {self._threshold:g}, {self._acting.action}>"

    def _scored(self, text: str) -> Iterator[tuple[int, int, float]]:
        start = 0
        before = 0.0
        while start < len(text):
            end = sentence_end(text, start) or len(text)
            score = score_of(text[start:end])
            # Two halves of an order that are two sentences.
            if score >= self._threshold or (0 < score < self._threshold <= score + before):
                yield start, start + len(text[start:end].rstrip()), min(1.0, score)
            before = score / 2
            start = end


def score_of(sentence: str) -> float:
    """Return how much a sentence looks like an order to the model, from 0."""
    plain = unicodedata.normalize("NFKC", _HIDDEN.sub("", sentence))
    score = _visible_score(plain)
    for secret in _hidden_texts(sentence):
        if _visible_score(secret) > 0:
            score += 0.6
    if _TAGS.search(sentence):
        score += 0.6
    return min(1.0, score)


def _visible_score(plain: str) -> float:
    score = sum(weight for weight, pattern in _SIGNALS if pattern.search(plain))
    if score and _ABOUT.search(plain) and _QUOTED.search(plain):
        unquoted = _QUOTED.sub(" ", plain)
        score = sum(weight for weight, pattern in _SIGNALS if pattern.search(unquoted))
    return score


def _hidden_texts(sentence: str) -> Iterator[str]:
    """Yield texts that people do not see: in tags, in comments, in base64."""
    yield from ("".join(chr(ord(each) - 0xE0000) for each in found) for found in _TAGS.findall(sentence))
    yield from _COMMENT.findall(sentence)
    for found in _BASE64.findall(sentence):
        try:
            decoded = base64.b64decode(found + "=" * (-len(found) % 4), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            continue
        if decoded.isprintable():
            yield decoded
