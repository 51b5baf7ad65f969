"""Chooses a tool: how well each one fits what was said, by meaning and by words."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from realtime_widgets.local.brain.language.words import STOP_WORDS, content_stems, stem, words_of
from realtime_widgets.local.brain.slots.fill import Filled, fill
from realtime_widgets.local.brain.slots.strings import is_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.local.brain.tool_schema import Parameter, Tool

#: Least score of a tool that is called.
CALL_SCORE = 0.48
#: Least lead of the best tool over the second, unless it reaches `SURE_SCORE`.
MARGIN = 0.03
SURE_SCORE = 0.60
#: Least score, and least lead, of a tool that is asked about.
ASK_SCORE = 0.36
_ASK_MARGIN = 0.08
_WORD_WEIGHT = 0.30
_VERB_WEIGHT = 0.12
_ALL_ARGUMENTS, _ONLY_TEXTS, _NO_ARGUMENTS = 0.15, 0.06, -0.06
_STATEMENT = -0.40
_OPENING_WORDS = 6
_REREAD = 2  # tools for which the text is read again without its arguments
_LOOKED_AT = 4  # tools whose arguments are looked for
_MAX_TEXT = 300


class Embedder(Protocol):
    """Turns texts into unit vectors."""

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the vectors of `texts`, float32 of shape (len(texts), dimensions)."""


@dataclass(frozen=True)
class Fit:
    """How well a tool fits: `score` is about 0 for not at all and above 1 if the tool is named."""

    tool: Tool
    score: float


def rank(text: str, tools: Sequence[Tool], embed: Embedder, now: datetime) -> list[Fit]:
    """Return `tools` ranked by how well they fit `text`, the best first; `now` is for dates in it."""
    if not tools or not text.strip():
        return []
    spoken = _without_courtesy(text)[:_MAX_TEXT]
    # A long sentence consists mostly of arguments after its beginning.
    opening = " ".join(spoken.split()[:_OPENING_WORDS])
    vectors = embed([spoken] if opening == spoken else [spoken, opening])
    rarity = _rarity(tools)
    said = content_stems(spoken)
    verb = stem(words_of(spoken)[0].text) if words_of(spoken) else ""
    form = _STATEMENT if _is_statement(spoken) else 0.0
    fits = []
    for tool in tools:
        score = _meaning(tool, vectors, embed) + _WORD_WEIGHT * _shared_words(said, tool, rarity) + form
        if verb in tool.own_stems:
            score += _VERB_WEIGHT * rarity.get(verb, 1.0)
        fits.append(Fit(tool, score))
    fits.sort(key=lambda fit: -fit.score)
    best = [
        _with_arguments(fit, text, vectors, embed if place < _REREAD else None, now)
        for place, fit in enumerate(fits[:_LOOKED_AT])
    ]
    return sorted(best, key=lambda fit: -fit.score) + fits[_LOOKED_AT:]


def _meaning(tool: Tool, vectors: npt.NDArray[np.float32], embed: Embedder) -> float:
    return float((embed(descriptions(tool)) @ vectors.T).max())


def _with_arguments(
    fit: Fit, text: str, vectors: npt.NDArray[np.float32], embed: Embedder | None, now: datetime
) -> Fit:
    """Return `fit` with its score adjusted by the arguments that were said."""
    filled = fill(fit.tool, text, now)
    score = fit.score + _argument_evidence(filled)
    if embed is not None and filled.values and not filled.missing and score < SURE_SCORE:
        # "Write a message to Peter: lunch is ready" means more like the tool without its arguments.
        rest = _without_courtesy(filled.rest)
        if rest:
            without = _meaning(fit.tool, embed([rest]), embed)
            score += max(0.0, without - _meaning(fit.tool, vectors, embed))
    return Fit(fit.tool, score)


def _argument_evidence(filled: Filled) -> float:
    """Return how much the arguments that were said, or not said, speak for a tool."""
    if filled.missing:
        return _NO_ARGUMENTS
    if not filled.values:
        return 0.0
    if any(_is_guess(one, value) for one, value in filled.values.items()):
        return _ONLY_TEXTS
    return _ONLY_TEXTS if all(one.shape.kind in ("string", "any") for one in filled.values) else _ALL_ARGUMENTS


def _is_guess(parameter: Parameter, value: object) -> bool:
    """Return whether a name is only a guess: names have capitals."""
    if parameter.shape.kind != "string" or not parameter.required or not is_name(parameter):
        return False
    return isinstance(value, str) and value == value.lower()


def is_likely(fits: Sequence[Fit]) -> bool:
    """Return whether the best of `fits`, which is not clear, is good enough to ask about."""
    if not fits or fits[0].score < ASK_SCORE:
        return False
    return len(fits) == 1 or fits[0].score - fits[1].score >= _ASK_MARGIN


def is_clear(fits: Sequence[Fit]) -> bool:
    """Return whether the best of `fits` is good enough, and enough better than the second, to be called."""
    if not fits or fits[0].score < CALL_SCORE:
        return False
    return len(fits) == 1 or fits[0].score >= SURE_SCORE or fits[0].score - fits[1].score >= MARGIN


def descriptions(tool: Tool) -> list[str]:
    """Return the texts whose meaning stands for the tool; they are embedded once and cached."""
    texts = [tool.spoken]
    if tool.summary:
        texts += [tool.summary[:_MAX_TEXT], f"{tool.spoken}: {tool.summary}"[:_MAX_TEXT]]
    return texts


def _rarity(tools: Sequence[Tool]) -> dict[str, float]:
    """Return the weight of each stem: a word that many tools share tells little."""
    counts = Counter(one for tool in tools for one in _stems(tool))
    return {one: 1.0 / (1.0 + math.log(count)) for one, count in counts.items()}


def _stems(tool: Tool) -> set[str]:
    stems = set(tool.own_stems)
    for parameter in tool.parameters:
        stems |= {stem(word) for word in parameter.words if word not in STOP_WORDS}
        for choice in parameter.shape.choices:
            if isinstance(choice, str):
                stems |= {stem(word.text) for word in words_of(choice) if len(word.text) > 1}
    return stems


def _shared_words(said: frozenset[str], tool: Tool, rarity: dict[str, float]) -> float:
    """Return the share of the tool's name, description and arguments in what was said, 0 to 1."""
    names = {stem(word) for word in tool.words if word not in STOP_WORDS}
    by_name = sum(rarity.get(one, 1.0) for one in said & names) / max(len(names), 1)
    others = (said & _stems(tool)) - names
    by_rest = sum(rarity.get(one, 1.0) for one in others)
    return min(1.0, 0.8 * by_name + 0.25 * min(by_rest, 2.0))


_COURTESY = re.compile(
    r"^(?:(?:ok(?:ay)?|hey|hi|hello|well|so|um+|uh+|er+|oh|now|then|and|please|yes|yeah|no|alright|all right"
    r"|thanks|thank you|great|good|assistant|computer)\b[\s,.!]*)+"
    r"|^(?:can|could|would|will) you (?:please |kindly |maybe |also )*"
    r"|^i(?:'d| would) (?:like|love) (?:(?:you )?to )?"
    r"|^(?:i|we) (?:want|need) (?:(?:you )?to )?|^(?:please|kindly) "
    r"|^would you mind ",
    re.IGNORECASE,
)


_TELLING = re.compile(
    r"^(?:i|i'm|i've|the|it|it's|he|she|we|they|that|that's|this|there|my|his|her|our|your|you)\b(?!.*\?\s*$)"
    r"|^(?:do|did|are|were|have) you\b|^what (?:do|did) you\b|\byour\b",
    re.IGNORECASE | re.DOTALL,
)


def _is_statement(text: str) -> bool:
    """Return whether the user tells something, or asks about the brain, instead of making a request."""
    return _TELLING.search(text) is not None


def _without_courtesy(text: str) -> str:
    for _ in range(3):
        shorter = _COURTESY.sub("", text, count=1).strip()
        if not shorter or shorter == text:
            break
        text = shorter
    return text
