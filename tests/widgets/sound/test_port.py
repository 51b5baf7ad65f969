"""What a page reports to the port: checked first, and what does not fit is told and does no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.widgets.sound.port import port_of
from tests.widgets.page import PAGE, problems, send

if TYPE_CHECKING:
    from realtime_widgets import RealtimeSession

POSITION = {"item_id": "a", "content_index": 0, "played": 480, "received": 960}
PLAYBACK = {
    "type": "playback",
    "page_id": PAGE,
    "generation": 0,
    "positions": [POSITION],
    "playing": True,
    "queued_ms": 20,
    "startup_ms": 40,
    "underruns": 0,
    "dropped": 0,
    "skipped_ms": 0,
}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"type": "hello"}, "missing required field `page_id`"),
        ({"type": "sing", "page_id": PAGE}, "Invalid value 'sing' - at `$.message.type`"),
        ({"type": "talk", "page_id": PAGE, "pressed": "yes"}, "Expected `bool`, got `str`"),
        ({"type": "microphone", "page_id": PAGE, "state": "loud"}, "Invalid enum value 'loud'"),
        ({**PLAYBACK, "positions": [{**POSITION, "played": None}]}, "`$.message.positions[0].played`"),
        ({"type": "audio", "page_id": PAGE, "sequence": 0}, "Audio came without its sound"),
        ("hello", "Expected `object`, got `str`"),
    ],
)
def test_a_bad_report_of_the_port_is_shown_and_the_next_good_one_counts(
    session: RealtimeSession, content: Any, says: str
) -> None:
    port = port_of(session)
    send(port, {"type": "hello", "page_id": PAGE})
    send(port, content)
    [problem] = problems(session)
    assert says in problem
    assert "Reload the page" in problem
    send(port, PLAYBACK)
    playback = shared_engine().run(lambda: port.playback)
    assert playback is not None
    assert [position.played for position in playback.positions] == [480]
    assert problems(session) == [problem]


def test_a_page_that_errs_all_the_time_is_shown_once_and_logged_each_time(
    session: RealtimeSession, caplog: pytest.LogCaptureFixture
) -> None:
    port = port_of(session)
    for _ in range(3):
        send(port, {"type": "hello"})
    assert len(problems(session)) == 1
    assert caplog.text.count("missing required field `page_id`") == 3
    send(port, {"type": "sing"})
    assert len(problems(session)) == 2
