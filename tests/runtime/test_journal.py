from __future__ import annotations

import base64
import contextlib
import errno
import io
import json
import os
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets.protocol import events as ev
from realtime_widgets.runtime.journal import KEPT_EVENTS, Journal
from realtime_widgets.testing import ScriptedServer, Talk
from tests.core import wire
from tests.session.watching import notices

if TYPE_CHECKING:
    from tests.conftest import Open

SOUND = bytes(range(1, 250)) * 3
CODED = base64.b64encode(SOUND).decode()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


def filled() -> Journal:
    journal = Journal(Clock())
    journal.record("client", ev.InputAppend(audio=SOUND))
    journal.record("client", ev.SessionUpdate(event_id="e1", session={"instructions": "Be brief."}))
    journal.record("server", wire.event("response.output_audio.delta", item_id="a1", delta=CODED))
    part = {"type": "input_audio", "audio": CODED, "transcript": "hello"}
    journal.record("server", wire.added(wire.message("u1", "user", part)))
    journal.record("server", wire.event("conversation.item.retrieved", item=wire.message("a1", "user", part)))
    journal.record("server", wire.event("response.audio.delta", delta=CODED))
    journal.record("server", wire.event("response.output_audio_transcript.delta", item_id="a1", delta="words"))
    return journal


def test_every_event_has_its_time_and_its_sender() -> None:
    records = list(filled())
    assert [record.at for record in records] == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5]
    assert [record.sender for record in records] == ["client"] * 2 + ["server"] * 5
    assert records[1].event == {
        "type": "session.update",
        "event_id": "e1",
        "session": {"instructions": "Be brief."},
    }


def test_no_sound_is_kept_but_its_length_is(tmp_path: Path) -> None:
    filled().save(tmp_path / "talk.jsonl")
    text = (tmp_path / "talk.jsonl").read_text()
    assert CODED[:40] not in text
    events = [json.loads(line)["event"] for line in text.splitlines()]
    assert events[0]["audio"] == events[2]["delta"] == events[5]["delta"] == len(SOUND)
    assert events[3]["item"]["content"][0] == {"type": "input_audio", "audio": len(SOUND), "transcript": "hello"}
    assert events[4]["item"]["content"][0]["audio"] == len(SOUND)
    assert events[6]["delta"] == "words"


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_the_length_is_exact(length: int) -> None:
    journal = Journal(Clock())
    delta = base64.b64encode(bytes(length)).decode()
    journal.record("server", wire.event("response.output_audio.delta", item_id="a1", delta=delta))
    assert next(iter(journal)).event["delta"] == length


def test_noting_an_event_leaves_it_as_it_was() -> None:
    event = wire.event("conversation.item.retrieved", item={"content": [{"audio": CODED}]})
    Journal(Clock()).record("server", event)
    assert event.data["item"]["content"][0]["audio"] == CODED


def test_fields_that_this_package_does_not_know_are_noted_too() -> None:
    journal = Journal(Clock())
    journal.record("server", wire.event("response.output_text.delta", item_id="a1", delta="x", obfuscation="aB3"))
    journal.record("server", wire.event("later.invented", deep={"er": 1}))
    first, second = (record.event for record in journal)
    assert (first["obfuscation"], second["deep"]) == ("aB3", {"er": 1})


def test_settings_named_audio_are_no_sound() -> None:
    journal = Journal(Clock())
    journal.record("client", ev.SessionUpdate(session={"audio": {"output": {"voice": "marin"}}}))
    assert next(iter(journal)).event["session"] == {"audio": {"output": {"voice": "marin"}}}


def test_a_file_gets_each_event_as_it_happens(tmp_path: Path) -> None:
    journal = Journal(Clock())
    with (tmp_path / "talk.jsonl").open("wb") as file:
        journal.write_to(file)
        journal.record("client", ev.InputCommit())
        journal.write_to(None)
        journal.record("client", ev.InputClear())
    [line] = (tmp_path / "talk.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "at": 0.5,
        "sender": "client",
        "event": {"type": "input_audio_buffer.commit"},
    }


def test_the_oldest_events_are_dropped_first() -> None:
    journal = Journal(Clock())
    for _ in range(KEPT_EVENTS + 5):
        journal.record("client", ev.InputClear())
    assert len(journal) == KEPT_EVENTS
    assert next(iter(journal)).at == 3.0


def test_a_microphone_that_is_open_for_long_takes_little_memory() -> None:
    journal = Journal(Clock())
    journal.record("client", ev.InputAppend(audio=SOUND))
    tracemalloc.start()
    for number in range(KEPT_EVENTS):
        journal.record("client", ev.InputAppend(audio=SOUND if number % 50 else SOUND[:100]))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 4e6
    assert [record.event["audio"] for record in list(journal)[-51:-48]] == [len(SOUND), 100, len(SOUND)]


def test_of_a_long_frame_of_sound_everything_but_the_sound_is_noted() -> None:
    journal, sound = Journal(Clock()), bytes(range(256)) * 40
    delta = base64.b64encode(sound).decode()
    frame = wire.event("response.output_audio.delta", item_id="a1", delta=delta, obfuscation="aB3", event_id="e7")
    tracemalloc.start()
    for _ in range(200):
        journal.record("server", frame)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 200 * 1000
    event = next(iter(journal)).event
    assert event == {
        "event_id": "e7",
        "type": "response.output_audio.delta",
        "item_id": "a1",
        "delta": len(sound),
        "obfuscation": "aB3",
    }


class FullDisk(io.BytesIO):
    """A file with room for some bytes."""

    name = "talk.jsonl"

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data)


def test_a_full_disk_is_told_once_and_costs_nothing_that_is_kept() -> None:
    journal, problems = Journal(Clock()), list[str]()
    journal.on_problem = problems.append
    disk = FullDisk(200)
    journal.write_to(disk)
    for number in range(9):
        journal.record("client", ev.ItemDelete(item_id=f"item {number}"))
    assert len(journal) == 9
    [problem] = problems
    assert (
        problem
        == journal.failure
        == ("talk.jsonl could not be written: No space left on device; its last events are missing.")
    )
    assert [json.loads(line)["event"]["item_id"] for line in disk.getvalue().splitlines()] == ["item 0", "item 1"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full disk at hand")
def test_what_a_full_disk_did_not_take_at_the_end_is_known() -> None:
    journal = Journal(Clock())
    with contextlib.suppress(OSError), Path("/dev/full").open("wb") as file:
        journal.write_to(file)
        journal.record("client", ev.InputCommit())
        assert not journal.failure  # it waits in the file's buffer
        journal.write_to(None)
    assert "/dev/full could not be written" in journal.failure
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        journal.save("/dev/full")


async def test_a_full_disk_does_not_end_the_talk(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello!")]) as server:
        session = connect(server)
        session.journal.write_to(FullDisk(0))
        assert (await session.ask("Hi")).text == "Hello!"
        assert [text for text in notices(session) if "No space left" in text] == [session.journal.failure]
