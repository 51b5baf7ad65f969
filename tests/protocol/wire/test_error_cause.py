"""An error that names no event is laid to the request that caused it."""

from __future__ import annotations

import typing
from typing import Any

from realtime_widgets.protocol import events as ev
from realtime_widgets.protocol.endpoint.capabilities import Capabilities
from realtime_widgets.protocol.wire.codec import Codec
from tests.core.wire import message
from tests.protocol.exchange import read


def test_an_error_that_names_nobody_is_laid_to_the_oldest_open_request_that_fits() -> None:
    codec = Codec("ga", Capabilities(event_id_echo=False))

    def blamed(**error: Any) -> str | None:
        [event] = read(codec, "error", error={"message": "no", **error})
        return typing.cast("str | None", event.error.event_id)

    assert blamed() is None
    for made in (
        ev.SessionUpdate(event_id="s1", session={}),
        ev.ItemCreate(event_id="i1", item={}),
        ev.ResponseCreate(event_id="r1"),
        ev.ItemCreate(event_id="i2", item={}),
    ):
        codec.write(made)
    read(codec, "session.updated", session={})
    read(codec, "conversation.item.added", item=message("a1", "assistant"))
    assert blamed(param="session.voice") is None
    assert blamed(code="conversation_already_has_active_response") == "r1"
    read(codec, "conversation.item.added", item=message("u1", "user"))
    assert blamed(event_id="mine") == "mine"
    assert blamed(param="item.content") == "i2"
    assert blamed() is None
