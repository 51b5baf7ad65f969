"""The interruption of a sound check: a tone goes the way of an answer, and nothing of it is in the talk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.playback.ledger import Part
from realtime_widgets.core.playback.pacing import Block
from realtime_widgets.widgets.sound.port import AudioPort, port_of
from realtime_widgets.widgets.sound.silence_check import TONE_ITEM, TONE_S
from tests.widgets.page import PAGE, problems, send

if TYPE_CHECKING:
    from realtime_widgets import RealtimeSession

Sent = list[tuple[dict[str, Any], list[bytes]]]
ASK = {"type": "check_silence", "page_id": PAGE, "step": "tone"}
CUT = {**ASK, "step": "cut"}


@pytest.fixture
def port(session: RealtimeSession) -> AudioPort:
    """Return the port of a session without a connection, which a page plays."""
    port = port_of(session)
    send(port, {"type": "hello", "page_id": PAGE, "views": 1, "sound": "ready"})
    return port


@pytest.fixture
def sent(port: AudioPort, monkeypatch: pytest.MonkeyPatch) -> Sent:
    shared_engine().run(lambda: None)
    made: Sent = []
    monkeypatch.setattr(port, "send", lambda content, buffers=None: made.append((content, buffers or [])))
    return made


def types(sent: Sent) -> list[str]:
    shared_engine().run(lambda: None)
    return [content["type"] for content, _ in sent if content["type"] not in ("beat", "configure")]


def test_a_tone_is_played_and_cleared_without_a_connection(
    session: RealtimeSession, port: AudioPort, sent: Sent
) -> None:
    send(port, ASK)
    assert set(types(sent)) == {"play"}
    tone = b"".join(buffer for _, buffers in sent for buffer in buffers)
    assert len(tone) == TONE_S * SAMPLE_RATE * BYTES_PER_SAMPLE and any(tone)
    starts = [content["start"] for content, _ in sent if content["type"] == "play"]
    assert starts == sorted(starts) and starts[0] == 0
    send(port, CUT)
    assert types(sent)[-1] == "clear"
    position = {"item_id": TONE_ITEM, "content_index": 0, "played": 9600, "received": 48_000}
    send(
        port,
        {"type": "cleared", "page_id": PAGE, "generation": sent[-1][0]["generation"], "positions": [position]},
    )
    send(port, CUT)
    assert types(sent)[-1] == "clear" and types(sent).count("clear") == 1
    assert shared_engine().run(lambda: list(session.runtime.core.notices)) == [] and problems(session) == []
    assert not list(session.conversation)


def test_an_answer_comes_first(port: AudioPort, sent: Sent) -> None:
    send(port, ASK)
    shared_engine().run(lambda: port.play(Block(Part("answer", 0), b"\1\0" * 480)))
    names = types(sent)
    assert names[-3:] == ["clear", "silence_refused", "play"]
    assert sent[-1][0]["generation"] == sent[-3][0]["generation"]  # the page does not drop it


def test_it_is_refused_while_something_goes_on(
    session: RealtimeSession, port: AudioPort, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(port, ASK)
    send(port, ASK)
    assert types(sent)[-1] == "silence_refused"
    send(port, CUT)
    monkeypatch.setattr(session.runtime.core, "quiet", lambda: False)
    send(port, ASK)
    assert types(sent)[-2:] == ["clear", "silence_refused"]


def test_another_page_gets_no_tone(port: AudioPort, sent: Sent) -> None:
    send(port, {**ASK, "page_id": "another"})
    assert "play" not in types(sent)
