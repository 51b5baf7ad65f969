"""What a server or a proxy sends twice is read once."""

from __future__ import annotations

import json
from typing import Any

from realtime_widgets.protocol.endpoint.capabilities import Capabilities
from realtime_widgets.protocol.wire.codec import Codec


def frame(kind: str, event_id: str, **fields: Any) -> str:
    return json.dumps({"type": kind, "event_id": event_id, **fields})


def words(text: str, event_id: str) -> str:
    place = {"response_id": "r1", "item_id": "a1", "output_index": 0, "content_index": 0}
    return frame("response.output_text.delta", event_id, delta=text, **place)


def read(*frames: str) -> list[str]:
    codec = Codec("ga", Capabilities())
    return [event.type.rpartition(".")[2] for each in frames for event in codec.read(each)]


def test_an_event_that_comes_twice_under_its_id_is_read_once() -> None:
    assert len(read(words("ha", "e1"), words("ha", "e1"), words("ha", "e2"))) == 2


def test_of_a_server_that_gives_all_events_one_id_nothing_is_left_out() -> None:
    assert len(read(words("a", "same"), words("ha", "same"), words("ha", "same"))) == 3


def test_events_without_an_id_are_all_read() -> None:
    assert len(read(words("ha", ""), words("ha", ""))) == 2


def test_a_response_begins_once_and_ends_once_whatever_the_ids() -> None:
    running = {"id": "r1", "status": "in_progress"}
    over = {"id": "r1", "status": "completed"}
    frames = [
        frame("response.created", "e1", response=running),
        frame("response.created", "e2", response=running),
        frame("response.done", "e3", response=over),
        frame("response.done", "e4", response=over),
        frame("response.created", "e5", response=running),
        frame("response.created", "e6", response={"id": "r2", "status": "in_progress"}),
    ]
    assert read(*frames) == ["created", "done", "created"]
