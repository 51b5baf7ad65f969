"""What a server sends and what goes to it, as JSON that can be read and written."""

from __future__ import annotations

import json

import pytest

from realtime_widgets.protocol import events as ev
from realtime_widgets.protocol.events.frames import MAX_DEPTH, encode_json


def nested(opening: str, closing: str, depth: int) -> str:
    return f'{{"type": "rate_limits.updated", "later": {opening * depth}1{closing * depth}}}'


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a": ', "}"), ('[{"a": ', "}]")])
@pytest.mark.parametrize("depth", [MAX_DEPTH, 900, 5000, 100_000])
def test_what_is_nested_too_deep_is_no_event(opening: str, closing: str, depth: int) -> None:
    frame = nested(opening, closing, depth)
    for each in (frame, frame.encode(), frame.replace("rate_limits.updated", "later.invented")):
        with pytest.raises(ValueError, match="nested deeper"):
            ev.decode(each)


def test_many_lists_beside_each_other_are_not_deep() -> None:
    limits = [{"name": "tokens", "limit": [1]}] * 1000
    event = ev.decode(json.dumps({"type": "rate_limits.updated", "rate_limits": limits}))
    assert isinstance(event, ev.RateLimitsUpdated)
    assert event.rate_limits == limits
    assert isinstance(ev.decode(nested("[", "]", MAX_DEPTH - 2)), ev.RateLimitsUpdated)


def test_half_a_surrogate_pair_is_replaced_and_the_rest_is_read() -> None:
    frame = (
        r'{"type": "response.output_text.delta", "item_id": "a", "delta": "Hi \ud83d", "later": "\udc00 \\ud800"}'
    )
    event = ev.decode(frame)
    assert isinstance(event, ev.OutputTextDelta)
    assert event.delta == "Hi \ufffd"
    assert event.extra == {"later": "\ufffd \\ud800"}
    unknown = ev.decode(r'{"type": "rate_limits.updated", "later": "\ud83d\ude00 \ud83d"}')
    assert unknown.extra == {"later": "\N{GRINNING FACE} \ufffd"}


def test_half_a_surrogate_pair_is_sent_as_a_question_mark() -> None:
    session = {"instructions": "a\ud800", "tools": [{"name": "t\udfff", "parameters": {"\ud800": ["\ud800"]}}]}
    frame = ev.encode(ev.SessionUpdate(event_id="e", session=session))
    assert json.loads(frame) == {
        "type": "session.update",
        "event_id": "e",
        "session": {"instructions": "a?", "tools": [{"name": "t?", "parameters": {"?": ["?"]}}]},
    }
    assert json.loads(encode_json(["\ud800", 1, None])) == ["?", 1, None]
