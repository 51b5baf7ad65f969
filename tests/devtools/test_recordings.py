"""An endpoint that plays a recording, and how recordings get here."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from devtools.endpoints.fetch_recordings import FOLDER, fetch_recordings
from devtools.endpoints.recorded import ForeignRecordingError, RecordedEndpoint, Recording
from realtime_widgets.testing.scripted_server import shapes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Open

ASKED = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "How late is it?"}]}
SOUND = base64.b64encode(bytes(33)).decode()  # the last sample was cut in half


def received(*events: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"kind": "message", "direction": "received", "data": {"event_id": "e", **event}} for event in events]


def sent(*events: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"kind": "message", "direction": "sent", "data": event} for event in events]


def answers(number: int, text: str) -> list[dict[str, Any]]:
    part = shapes.place(f"resp_{number}", f"item_a{number}")
    item = shapes.message(part["item_id"], "assistant", {"type": "output_audio", "transcript": text})
    return received(
        shapes.response_created(shapes.response(part["response_id"])),
        shapes.output_item_added(part["response_id"], item),
        shapes.item_added(item),
        {"type": "response.output_audio.delta", **part, "delta": SOUND},
        shapes.output_item_done(part["response_id"], item),
        shapes.item_done(item),
        shapes.response_done(shapes.response(part["response_id"], "completed", [item])),
    )


def written(folder: Path, *interactions: Any) -> Recording:
    path = folder / "recording.yaml"
    path.write_text(yaml.safe_dump({"interactions": [*interactions]}))
    return Recording.load(path)


def opening() -> list[dict[str, Any]]:
    settings = {"type": "realtime", "audio": {"input": {}, "output": {}}}
    update = {"type": "session.update", "session": settings}
    return [*received(shapes.session_created()), *sent(update), *received(shapes.session_updated(settings))]


def typed() -> list[dict[str, Any]]:
    asked = sent({"type": "conversation.item.create", "item": ASKED}, {"type": "response.create"})
    user = {"id": "item_u1", **ASKED, "status": "completed"}
    return [*asked, *received(shapes.item_added(user), shapes.item_done(user)), *answers(1, "Noon.")]


async def test_a_session_talks_with_a_recording(connect: Open, tmp_path: Path) -> None:
    block = {"type": "input_audio_buffer.append", "audio": SOUND}
    user = {"id": "item_u2", "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
    spoken = [
        *sent(block, block),
        *received(
            {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "item_u2"},
            {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 9, "item_id": "item_u2"},
            {"type": "input_audio_buffer.committed", "item_id": "item_u2", "previous_item_id": "item_a1"},
            shapes.item_added(user),
            shapes.item_done(user),
        ),
        *answers(2, "You are welcome."),
        *sent(block),
    ]
    async with RecordedEndpoint(written(tmp_path, *opening(), *typed(), *spoken)) as server:
        session = connect(server.url)
        assert (await session.ask("How late is it?")).text == "Noon."
        [reply] = await session.talk([0.1] * 4800, rate=24000)
        assert reply.text == "You are welcome."
        assert len(reply.audio) == 16
        await server.until(lambda: server.played)
        assert [line.text for line in session.conversation if line.source == "text"] == ["How late is it?"]


async def test_what_is_not_in_the_recording_stops_nothing(connect: Open, tmp_path: Path) -> None:
    async with RecordedEndpoint(written(tmp_path, *opening(), *typed())) as server:
        session = connect(server.url, history=[{"role": "user", "content": "I am Ada."}])
        await session.update(instructions="Be brief.")
        assert (await session.ask("And how late is it now?")).text == "Noon."


@pytest.mark.parametrize(
    ("interactions", "name"),
    [
        ([{"request": {}, "response": {}}], "HTTP"),
        (received({"type": "session.started"}), "GPT-Live"),
        (received({"setupComplete": {}}), "Gemini"),
    ],
)
def test_a_recording_of_another_protocol_is_named(tmp_path: Path, interactions: Any, name: str) -> None:
    with pytest.raises(ForeignRecordingError, match=name):
        written(tmp_path, *interactions)


def test_only_the_recordings_are_fetched(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    (origin / FOLDER / "test_x").mkdir(parents=True)
    (origin / FOLDER / "test_x" / "talk.yaml").write_text("interactions: []\n")
    (origin / "other.txt").write_text("something else")
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "--quiet"], ["add", "."], [*author, "commit", "--quiet", "-m", "Begin"]):
        subprocess.run(["git", "-C", str(origin), *command], check=True)
    target = tmp_path / "recordings"
    assert fetch_recordings(target, origin.as_uri()) == 1
    assert [path.relative_to(target).as_posix() for path in target.rglob("*.*")] == ["test_x/talk.yaml"]
    with pytest.raises(RuntimeError, match="cannot be fetched"):
        fetch_recordings(target, (tmp_path / "nowhere").as_uri())
