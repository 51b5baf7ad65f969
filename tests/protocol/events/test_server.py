"""Server events: what each of them tells."""

from __future__ import annotations

from realtime_widgets.protocol import events as ev
from tests.core.wire import event


def test_an_event_made_here_has_data_too() -> None:
    made = ev.ItemDeleted(item_id="a", event_id="e")
    assert (made.data, made.extra) == ({"type": "conversation.item.deleted", "item_id": "a", "event_id": "e"}, {})


def test_sound_is_decoded_once() -> None:
    decoded = event("response.output_audio.delta", item_id="a", delta="AAEC")
    assert isinstance(decoded, ev.OutputAudioDelta)
    assert decoded.audio() == b"\0\1\2"
    assert decoded.audio() is decoded.audio()
