"""Captions over a real WebSocket: what is sent, what becomes of words, times, money and losses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets import Budget, Captions, ConfigurationError, ConnectionFailedError, SessionClosedError
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.testing import ManualClock, ScriptedServer, close, cut, emit, expect, reconnect, stall, tone
from realtime_widgets.testing.scripted_server import shapes
from realtime_widgets.testing.scripted_server.steps import Emit
from realtime_widgets.widgets.console.status import SessionStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from realtime_widgets.testing.scripted_server.steps import Expect, Step

RATE = 24_000
LIVE = "gpt-live-transcribe"
TRANSCRIPTION = "conversation.item.input_audio_transcription"
#: Two sentences of two seconds with a second of silence after each.
RECORDING = np.frombuffer((tone(2000) + bytes(RATE * 2)) * 2, "<i2")


def begins(**audio_input: Any) -> list[Step]:
    """Open a session that only writes down; the client's settings have these parts of ``audio.input``."""

    def effective(matched: Any) -> Any:
        return {"object": "realtime.transcription_session", "id": "sess_1", **matched[-1]["session"]}

    asked = {"type": "transcription", "audio": {"input": audio_input or ...}}
    created = shapes.session_created(type="transcription", object="realtime.transcription_session")
    return [Emit(created), expect("session.update", session=asked).then(Emit(shapes.session_updated(effective)))]


def writes(item_id: str, words: str, seconds: float = 2.6, **fields: Any) -> Expect:
    """Answer a commit with words, as a model that writes while somebody speaks does."""
    usage = {"type": "duration", "seconds": seconds}
    item = shapes.user_speech(item_id, status="completed")
    return expect("input_audio_buffer.commit").then(
        Emit(shapes.committed(item_id)),
        Emit(shapes.item_added(item)),
        Emit(shapes.item_done(item)),
        emit(f"{TRANSCRIPTION}.delta", item_id=item_id, content_index=0, delta=words[:3]),
        Emit(shapes.transcribed(item_id, words, usage=usage, **fields)),
    )


def server_of(steps: list[Step]) -> ScriptedServer:
    """Play a script; silence may be cleared at any time."""
    return ScriptedServer(steps, ignored={"input_audio_buffer.append", "input_audio_buffer.clear"})


def captions(server: ScriptedServer, **options: Any) -> Captions:
    return Captions(endpoint=server.url.removesuffix("/realtime"), **{"model": LIVE, "api_key": "k", **options})


async def reached(session: Captions, condition: Callable[[], bool]) -> None:
    waiting = shared_engine().submit(session.runtime.until(condition, 20))
    assert await asyncio.wrap_future(waiting), session.state


async def test_a_recording_is_committed_at_its_pauses_and_written_down(tmp_path: Path) -> None:
    heard = {"model": LIVE, "languages": ["en", "de"], "keywords": ["hibari"]}
    steps = [
        *begins(transcription=heard, turn_detection=None),
        writes("a", "The first.", languages=[{"code": "en"}]),
        writes("b", "The second."),
    ]
    async with server_of(steps) as server:
        session = captions(server, languages=["en", "de"], keywords=["hibari"])
        segments = await session.transcribe(RECORDING, rate=RATE)
        assert server.paths == ["/v1/realtime?intent=transcription"]
        assert not server.received_of("response.create")
    assert [(each.text, each.final, each.languages) for each in segments] == [
        ("The first.", True, ("en",)),
        ("The second.", True, ()),
    ]
    assert [(each.start, each.end) for each in segments] == [
        (pytest.approx(0, abs=0.05), pytest.approx(2.2, abs=0.05)),
        (pytest.approx(2.8, abs=0.05), pytest.approx(5.2, abs=0.05)),
    ]
    assert server.heard() == RECORDING.tobytes()
    assert session.segments == segments
    assert session.text == "The first.\nThe second."
    assert session.to_markdown() == "*0:00* The first.\n\n*0:02* The second.\n\n"
    srt = session.save(tmp_path / "words.srt").read_text()
    assert srt == session.to_srt()
    assert srt.startswith("1\n00:00:00,000 --> 00:00:02,2")
    assert session.save(tmp_path / "words.VTT").read_text() == session.to_vtt()
    assert session.save(tmp_path / "words", format="md").read_text() == session.to_markdown()
    with pytest.raises(ConfigurationError, match="docx"):
        session.save(tmp_path / "words.docx")
    with pytest.raises(ConfigurationError, match="could not be written"):
        session.save(tmp_path / "nowhere" / "words.srt")
    await session.close()


async def test_the_service_finds_turns_where_the_model_can_and_a_recording_does_without() -> None:
    detection = {"type": "server_vad", "silence_duration_ms": 500}
    steps = [
        *begins(transcription={"model": "gpt-transcribe", "language": "de"}, turn_detection=detection),
        expect("input_audio_buffer.append"),
        Emit(shapes.speech_started("a", 100)),
        emit(f"{TRANSCRIPTION}.delta", item_id="a", content_index=0, delta="Gu"),
        Emit(shapes.speech_stopped("a", 180)),
        Emit(shapes.committed("a")),
        Emit(shapes.transcribed("a", "Guten Tag.", usage={"type": "duration", "seconds": 1})),
        *begins(turn_detection=None)[1:],
        writes("b", "The first."),
        writes("c", "The second."),
        *begins(turn_detection=detection)[1:],
    ]
    async with server_of(steps) as server:
        session = captions(server, model="gpt-transcribe", language="de")
        await session.start()
        shared_engine().run(session.runtime.hear, tone(200))
        await reached(session, lambda: any(each.final for each in session.segments))
        [said] = session.segments
        assert (said.text, said.start, said.end) == ("Guten Tag.", 0.1, 0.18)
        assert [each.text for each in await session.transcribe(RECORDING, rate=RATE)] == [
            "The first.",
            "The second.",
        ]
        await server.finished()
        kinds = [event["type"] for event in server.received if event["type"] != "input_audio_buffer.append"]
        assert kinds[1:3] == ["session.update", "input_audio_buffer.clear"]  # the rest of what was said before
        assert "response.create" not in kinds
    await session.close()


async def test_minutes_are_counted_and_the_budget_ends_the_captions() -> None:
    steps = [*begins(), writes("a", "The first.", 30), writes("b", "The second.", 30)]
    async with server_of(steps) as server:
        session = captions(server, budget=Budget(money=0.017))
        await session.transcribe(RECORDING[: 5 * RATE], rate=RATE)  # ends with its last word
        with pytest.raises(SessionClosedError, match="budget"):
            await session.transcribe(RECORDING, rate=RATE)
        with pytest.raises(SessionClosedError, match="budget"):
            await session.restart()
    assert session.usage.money == pytest.approx(0.017)
    assert session.usage.transcription.seconds == 60
    shown = SessionStatus(session)
    assert shown.status["usage"] == "1.0 min, $0.017"
    assert shown.status["model"] == LIVE
    assert [each.text for each in session.segments] == ["The first.", "The second."]


async def test_after_a_loss_the_words_that_were_to_come_come_over_the_next_connection() -> None:
    steps = [
        *begins(),
        writes("a", "The first."),
        expect("input_audio_buffer.commit"),
        cut(),
        reconnect(),
        *begins(),
        writes("b", "The second."),
    ]
    async with server_of(steps) as server:
        session = captions(server)
        segments = await session.transcribe(RECORDING, rate=RATE)
        assert [each.text for each in segments] == ["The first.", "The second."]
        assert segments[1].start == pytest.approx(2.8, abs=0.05)
        assert not server.received_of("conversation.item.create")
        assert session.state == "listening"
    await session.close()


async def test_a_service_that_refuses_ends_them_with_its_reason() -> None:
    refused = emit(
        "error",
        error={
            "type": "invalid_request_error",
            "code": "invalid_model",
            "message": "There is no such model.",
            "event_id": lambda matched: matched[-1]["event_id"],
        },
    )
    async with server_of([begins()[0], expect("session.update").then(refused)]) as server:
        session = captions(server)
        with pytest.raises(ConfigurationError, match=r"There is no such model\."):
            await session.transcribe(RECORDING, rate=RATE)
    assert session.state == "closed"


async def test_an_end_in_the_middle_is_told_and_the_words_so_far_stay() -> None:
    ends = [expect("input_audio_buffer.commit"), close(1008, "policy")]
    async with server_of([*begins(), writes("a", "The first."), *ends]) as server:
        session = captions(server)
        with pytest.raises(SessionClosedError, match="policy"):
            await session.transcribe(RECORDING, rate=RATE)
        assert session.text == "The first."


async def test_closing_waits_for_the_last_words() -> None:
    async with server_of([*begins(), writes("a", "The last.")]) as server:
        session = captions(server)
        await session.start()
        shared_engine().run(session.runtime.hear, tone(1000))
        await session.close()
        assert (session.text, session.state) == ("The last.", "closed")


async def test_they_start_again_after_what_was_said_before() -> None:
    steps = [*begins(), writes("a", "One."), writes("b", "Two."), reconnect(), *begins(), writes("c", "Three.")]
    async with server_of(steps) as server:
        session = captions(server)
        await session.transcribe(RECORDING, rate=RATE)
        await session.close()
        await session.restart()
        await session.transcribe(RECORDING[: 3 * RATE], rate=RATE)
        assert session.text == "One.\nTwo.\nThree."
        assert session.segments[-1].start == pytest.approx(6, abs=0.05)
    await session.close()


async def test_two_clicks_start_them_again_once() -> None:
    async with server_of([*begins(), reconnect(), *begins()]) as server:
        session = captions(server)
        await session.start()
        await session.close()
        session.start_again(True)
        session.start_again(True)
        await reached(session, lambda: session.state == "listening")
        assert len(server.paths) == 2
    await session.close()


async def test_in_real_time_a_recording_takes_as_long_as_it_is() -> None:
    clock = ManualClock()
    first = [expect("input_audio_buffer.append"), stall()]
    async with server_of([*begins(), *first, writes("a", "The first.")]) as server:
        session = captions(server, clock=clock)
        written = asyncio.create_task(session.transcribe(RECORDING[: 3 * RATE], rate=RATE, realtime=True))
        await server.stalled()
        server.resume()
        await clock.advance(2.9)
        assert not written.done()
        await clock.advance(0.2)
        assert [each.text for each in await written] == ["The first."]
    await session.close()


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"delay": "low"}, "delay"),
        ({"turn_detection": "server_vad"}, "turn_detection"),
        ({"model": "gpt-realtime-whisper", "prompt": "Names"}, "prompt"),
        ({"model": "gpt-realtime-whisper", "keywords": ["x"]}, "keywords"),
        ({"model": "gpt-4o-transcribe", "languages": ["de", "en"]}, "language="),
        ({"language": "de", "languages": ["en"]}, "not both"),
        ({"keywords": "hibari"}, "keywords"),
        ({"noise_reduction": "loud"}, "noise_reduction"),
        ({"endpoint": "xai", "model": None, "api_key": "k"}, "endpoint|model="),
    ],
)
def test_what_a_model_does_not_take_is_refused_before_anything_is_sent(
    options: dict[str, Any], names: str
) -> None:
    with pytest.raises(ConfigurationError, match=names):
        Captions(**{"endpoint": "http://127.0.0.1:9/v1", "model": LIVE, **options})


async def test_an_endpoint_that_is_not_there_is_told() -> None:
    session = Captions(endpoint="http://127.0.0.1:9/v1", model=LIVE)
    with pytest.raises(ConnectionFailedError):
        await session.transcribe(RECORDING, rate=RATE)


async def test_the_key_is_nowhere_to_be_seen() -> None:
    session = Captions(endpoint="http://127.0.0.1:9/v1", model=LIVE, api_key="sk-very-secret")
    assert "very-secret" not in repr(session) + repr(vars(session)) + repr(session.endpoint)
