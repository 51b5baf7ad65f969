"""``POST /v1/moderations``: the service's response, computed from a list of phrases.

It is not a classifier and finds nothing but these phrases; its model name says so.
"""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from realtime_widgets.local.api.errors import invalid_value
from realtime_widgets.local.api.names import new_id
from realtime_widgets.local.api.validation import Shape, check
from realtime_widgets.local.rest.bodies import read_json
from realtime_widgets.local.rest.chat.messages import ImagePart, TextPart

#: Model name of the responses: never that of a classifier.
_MODEL = "local-word-list"
#: Regular expressions of whole words, by category.
_PHRASES: dict[str, tuple[str, ...]] = {
    "harassment": (
        r"(you are|you're|you) (a |an |such an? )?(idiot|moron|loser|imbecile|worthless|pathetic)",
        r"shut (the \w+ )?up,? (you )?(idiot|moron|loser)",
        r"nobody (likes|loves|wants) you",
    ),
    "harassment/threatening": (
        r"(i will|i'll|i'm going to|i am going to|we will|we'll) (kill|hurt|stab|shoot|beat|find) you",
        r"you (will|are going to) (regret this|die)",
    ),
    "hate": (
        r"(all|those|these) (immigrants|foreigners|jews|muslims|christians|gays|women) (are|should be) "
        r"(vermin|animals|inferior|scum|parasites|subhuman)",
        r"(white|racial|male) supremacy (is right|now|forever)",
    ),
    "hate/threatening": (
        r"(kill|gas|exterminate|shoot|lynch) (all )?(the )?"
        r"(immigrants|foreigners|jews|muslims|christians|gays|women)",
    ),
    "illicit": (
        r"how (do i|can i|to) (steal|shoplift|launder money|pick a lock|hack into|forge|cook meth|make meth)\b",
        r"(buy|sell|make) (stolen|counterfeit|illegal) \w+",
    ),
    "illicit/violent": (
        r"how (do i|can i|to) (make|build) (a |an )?(\w+ )?(bomb|explosives?|grenade|ghost gun)",
        r"how (do i|can i|to) (poison|murder|kill) (somebody|someone|a person|people|my \w+)",
    ),
    "self-harm": (
        r"(kill|hurt|harm|cut|cutting|killing|hurting|harming) (myself|yourself)",
        r"suicid(e|al)",
        r"(end|ending) (my|your) (own )?life",
    ),
    "self-harm/intent": (
        r"(i want to|i'm going to|i am going to|i will|i'll) (die|kill myself|hurt myself|end my life|end it all)",
    ),
    "self-harm/instructions": (
        r"(how (do i|can i|to)|(best|painless) ways? to) (kill myself|kill yourself|commit suicide|hurt myself)",
    ),
    "sexual": (r"\b(porn|pornography|explicit sex|blow ?job|naked (pictures|photos) of)",),
    "sexual/minors": (
        r"(child|kiddie|underage) (porn|pornography|sex|nudes)",
        r"(sex|nudes|naked) (\w+ )?(with|of) (a )?(child|children|minors?|underage)",
    ),
    "violence": (
        r"(kill|murder|stab|shoot|behead|massacre|strangle|torture)(s|ed|ing)? "
        r"(him|her|them|you|people|everyone|everybody|someone|somebody)",
    ),
    "violence/graphic": (
        r"(blood|guts|brains|entrails) (\w+ )?(splattered|everywhere|spilling|spilled|pouring)",
        r"(dismember|disembowel|decapitat|mutilat)\w*",
    ),
}
#: Categories that another one implies: a threat is also harassment, and so on.
_IMPLIED = {
    "harassment/threatening": ("harassment", "violence"),
    "hate/threatening": ("hate", "violence"),
    "illicit/violent": ("illicit",),
    "self-harm/intent": ("self-harm",),
    "self-harm/instructions": ("self-harm",),
    "sexual/minors": ("sexual",),
    "violence/graphic": ("violence",),
}
_CATEGORIES = tuple(_PHRASES)
_FOUND = {
    category: re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)", re.IGNORECASE)
    for category, phrases in _PHRASES.items()
}


class ModerationCreate(Shape):
    """The body of the request; any model name is accepted, and the list of phrases answers."""

    input: str | list[str | TextPart | ImagePart]
    model: str | None = None


async def create_moderation(request: web.Request) -> web.Response:
    """Look for the list's phrases in each text; the parts of one message count as one input."""
    body = check(await read_json(request), ModerationCreate)
    results = [_result(texts) for texts in _inputs(body.input)]
    return web.json_response({"id": new_id("modr"), "model": _MODEL, "results": results})


def _inputs(given: str | list[str | TextPart | ImagePart]) -> list[list[str]]:
    """Return the texts of each input that has its own result."""
    if isinstance(given, str):
        return [[given]]
    if not given:
        raise invalid_value("Invalid value for 'input': the list is empty.", "input")
    texts = [one for one in given if isinstance(one, str)]
    if len(texts) == len(given):
        return [[text] for text in texts]
    if texts:
        raise invalid_value("Invalid value for 'input': give strings or parts, not both.", "input")
    return [[part.text for part in given if isinstance(part, TextPart)]]


def _result(texts: list[str]) -> dict[str, Any]:
    found = set().union(*(_found_categories(text) for text in texts))
    applied = ["text"] if texts else []
    return {
        "flagged": bool(found),
        "categories": {category: category in found for category in _CATEGORIES},
        # Found or not: there are no degrees.
        "category_scores": {category: float(category in found) for category in _CATEGORIES},
        "category_applied_input_types": dict.fromkeys(_CATEGORIES, applied),
    }


def _found_categories(text: str) -> set[str]:
    """Return the categories of the phrases in `text`, and those that they imply."""
    plain = re.sub(r"\s+", " ", text.replace("\u2019", "'"))
    found = {category for category, phrases in _FOUND.items() if phrases.search(plain)}
    return found.union(*(_IMPLIED.get(category, ()) for category in found))
