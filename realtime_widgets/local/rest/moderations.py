"""``POST /v1/moderations``: the service's shape around a word list, which says so in its model name."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from realtime_widgets.local.realtime.errors import invalid_value
from realtime_widgets.local.realtime.identifiers import new_id
from realtime_widgets.local.realtime.schema import Shape, check
from realtime_widgets.local.rest.bodies import read_json
from realtime_widgets.local.rest.chat_messages import ImagePart, TextPart
from realtime_widgets.local.rest.word_list import CATEGORIES, WORD_LIST_MODEL, found_categories


class ModerationCreate(Shape):
    """The body; every model name is taken, and answered by the word list."""

    input: str | list[str | TextPart | ImagePart]
    model: str | None = None


async def create_moderation(request: web.Request) -> web.Response:
    """Look for the list's phrases in each text; parts of one message are looked at together."""
    body = check(await read_json(request), ModerationCreate)
    results = [_result(texts) for texts in _inputs(body.input)]
    return web.json_response({"id": new_id("modr"), "model": WORD_LIST_MODEL, "results": results})


def _inputs(given: str | list[str | TextPart | ImagePart]) -> list[list[str]]:
    """The texts of each input that gets a result of its own."""
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
    found = set().union(*(found_categories(text) for text in texts))
    applied = ["text"] if texts else []
    return {
        "flagged": bool(found),
        "categories": {category: category in found for category in CATEGORIES},
        # Found or not: a word list knows no degrees.
        "category_scores": {category: float(category in found) for category in CATEGORIES},
        "category_applied_input_types": dict.fromkeys(CATEGORIES, applied),
    }
