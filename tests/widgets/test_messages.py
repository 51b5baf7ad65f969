"""What a page sends is checked before a widget takes it; what does not fit is told, and does no harm."""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.widgets.sound.microphone import Microphone
from realtime_widgets.widgets.sound.port import port_of
from realtime_widgets.widgets.sound.recorder import Recorder
from realtime_widgets.widgets.talk.transcript import Transcript
from tests.widgets.page import PAGE, problems, send

if TYPE_CHECKING:
    import pytest

    from realtime_widgets import RealtimeSession


def test_what_a_page_leaves_out_or_adds_is_not_an_error(session: RealtimeSession) -> None:
    microphone = Microphone(session)
    port = port_of(session)
    send(port, {"type": "hello", "page_id": PAGE, "colour": "red"})
    report = {"type": "microphone", "page_id": PAGE}
    problem = {"code": "denied", "message": "It may not.", "cure": "Allow it."}
    send(port, {**report, "state": "error", "problem": problem, "settings": {"label": "built in"}})
    send(port, {**report, "state": "off"})
    shared_engine().run(int)  # what was handed over before is done
    assert (microphone.state, microphone.problem, microphone.settings) == ("off", {}, {"label": "built in"})
    assert problems(session) == []


def test_a_decision_that_is_none_is_shown_in_the_transcript(session: RealtimeSession) -> None:
    send(Transcript(session), {"type": "decide", "call_id": "c1", "decision": "perhaps"})
    [problem] = problems(session)
    assert "Invalid enum value 'perhaps'" in problem


def test_a_recorder_keeps_its_recording_when_a_message_does_not_fit(caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder()
    send(recorder, {"type": "recording", "rate": 24_000}, bytes(4800))
    assert recorder.seconds == 0.1
    with caplog.at_level(logging.ERROR):
        send(recorder, {"type": "recording", "rate": 24_000})
        send(recorder, {"type": "recording"}, bytes(2))
    assert "Recording came without its sound" in caplog.text
    assert "missing required field `rate`" in caplog.text
    assert recorder.seconds == 0.1


def test_a_page_that_could_not_do_what_it_was_told_is_shown_and_logged(
    session: RealtimeSession, caplog: pytest.LogCaptureFixture
) -> None:
    port = port_of(session)
    error = {"type": "page_error", "message": "play", "problem": "Error: it came without its sound"}
    with caplog.at_level(logging.ERROR):
        send(port, error)
        shared_engine().run(int)
    [problem] = problems(session)
    assert "AudioPort" in problem
    assert "'play'" in problem
    assert "it came without its sound" in problem
    assert problem in caplog.text


def test_a_widget_without_a_session_logs_what_its_page_could_not_do(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        send(Recorder(), {"type": "page_error", "message": "x", "problem": "TypeError: y"})
    assert "TypeError: y" in caplog.text


def test_a_recording_that_comes_as_text_is_kept_and_what_is_no_base64_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    recorder = Recorder()
    text = base64.b64encode(bytes(4800)).decode()
    send(recorder, {"type": "recording", "rate": 24_000, "buffers_base64": [text]})
    assert recorder.seconds == 0.1
    with caplog.at_level(logging.ERROR):
        send(recorder, {"type": "recording", "rate": 24_000, "buffers_base64": ["no!"]})
        send(recorder, {"type": "recording", "rate": 24_000, "buffers_base64": "AAAA"})
    assert "is no base64" in caplog.text
    assert "is no list of texts" in caplog.text
    assert recorder.seconds == 0.1
