"""What comes over the wire is read the same however it was cut, and nonsense is told in words."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets import ResponseFailedError
from realtime_widgets.chat.wire import Completion, EventLines, error_of, event_of, realtime_usage

EVENTS = [{"n": 1, "text": "ä\nb"}, {"n": 2}, {"n": 3, "data": "x" * 50}]


@given(st.lists(st.integers(0, 200)), st.sampled_from(["\n", "\r\n"]))
def test_events_are_read_wherever_the_network_cuts_them(cuts: list[int], end: str) -> None:
    lines = [f": a comment{end}data: {json.dumps(event, ensure_ascii=False)}{end}{end}" for event in EVENTS]
    stream = "".join([*lines, f"data: [DONE]{end}{end}"]).encode()
    places = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    reader = EventLines()
    assert [event for start, stop in pairwise(places) for event in reader.take(stream[start:stop])] == EVENTS
    assert reader.done


@pytest.mark.parametrize("data", [b"<html>", b"[1]", b"\xff", b"null"])
def test_what_is_no_event_is_told(data: bytes) -> None:
    with pytest.raises(ResponseFailedError, match="not a JSON object"):
        event_of(data)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"error": {"message": "No.", "code": "c", "type": "t"}}, ("No.", "c")),
        ({"error": {"message": "No.", "code": None, "type": "t"}}, ("No.", "t")),
        ({"error": "No."}, ("No.", None)),
        ({"detail": "No."}, ("No.", None)),
        (["No."], ("", None)),
        (None, ("", None)),
    ],
)
def test_errors_are_read_in_the_shapes_that_servers_give_them(body: Any, told: tuple[str, str | None]) -> None:
    assert error_of(body) == told


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "message", "audio", "tool_calls", "function", "index", "id", "data"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["choices", "usage", "model"]), _JSON, max_size=3))
def test_hostile_answers_are_read_or_refused(body: dict[str, Any]) -> None:
    for take in (Completion().take, Completion().take_whole):
        try:
            take(body)
        except ResponseFailedError:
            continue
    realtime_usage(body.get("usage"))


def test_what_is_not_told_of_another_kind_is_text() -> None:
    usage = realtime_usage({"prompt_tokens": 9, "completion_tokens": 4})
    assert usage is not None
    assert usage["input_token_details"]["text_tokens"] == 9
    assert usage["output_token_details"]["text_tokens"] == 4
