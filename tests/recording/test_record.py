"""A session is written down while it goes on, and opened again: words, calls, sound as captured and as played."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_widgets import ConfigurationError, Recording, RecordingError, SessionClosedError
from realtime_widgets.audio.samples import from_pcm16
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.testing import Call, ManualClock, ScriptedServer, Talk, tone
from tests.session.watching import HEARD, SOUND, hears, notices, reaches

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Open


def add(first: int, second: int) -> int:
    """Add two numbers."""
    print("adding")
    return first + second


CALL = [Call("add", {"first": 1, "second": 2}, "3")]


async def test_a_talk_is_opened_again_as_it_was(connect: Open, tmp_path: Path) -> None:
    talk = Talk()
    voice = tone(300)
    steps = [
        *talk.start(model="scripted"),
        HEARD,
        *talk.spoken_turn("How late?", "Noon.", voice),
        *talk.function_call_turn("1 + 2?", CALL, "Three."),
    ]
    async with ScriptedServer(steps) as server:
        session = connect(server, "Be brief.", tools=[add], api_key="sk-a-key-that-nobody-may-see-0123456789")
        running = session.record(tmp_path / "talk", sources=True)
        assert running.path == tmp_path / "talk.rwz"
        assert any("being recorded into talk.rwz" in text for text in notices(session))
        await session.talk(SOUND, rate=24_000)
        await session.ask("1 + 2?")
        said = session.conversation
        assert running.stop() == running.path
    assert not running.running and running.problem == ""

    recording = Recording.load(tmp_path / "talk.rwz")
    assert recording.complete
    assert [(line.role, line.text) for line in recording.conversation] == [(line.role, line.text) for line in said]
    assert recording.conversation.to_messages() == said.to_messages()
    assert recording.transcript == "user: How late?\nassistant: Noon.\nuser: 1 + 2?\nassistant: Three."
    [call] = recording.calls
    assert (call.name, json.loads(call.arguments), call.output) == ("add", {"first": 1, "second": 2}, "3")
    assert call.printed == "adding\n"
    assert "return first + second" in recording.tools["add"]["source"]
    assert recording.settings["instructions"] == "Be brief."
    first, second = recording.turns
    assert (first.spoken, first.question, first.answer) == (True, "How late?", "Noon.")
    assert (second.spoken, second.calls) == (False, (call,))
    assert first.wait is not None and first.wait < 2
    assert [turn.question for turn in recording.timeline()] == ["How late?", "1 + 2?"]
    assert first.asked <= (first.heard or 0) <= (first.done or 0) + 1
    assert first.heard_s == pytest.approx(0.3)
    types = [event.type for event in recording.events if event.type != "input_audio_buffer.append"]
    assert types[:3] == ["session.update", "session.created", "session.updated"] or "session.created" in types[:2]
    came = b"".join(map(recording.sound_of, recording.events))
    assert came.startswith(voice)
    assert b"sk-a-key" not in (tmp_path / "talk.rwz").read_bytes()
    with zipfile.ZipFile(tmp_path / "talk.rwz") as opened:
        assert opened.testzip() is None
        text = b"".join(opened.read(name) for name in opened.namelist() if name.endswith(("json", "jsonl")))
    assert b"sk-a-key" not in text


async def test_both_sides_are_on_the_clock_as_captured_and_as_played(connect: Open, tmp_path: Path) -> None:
    talk = Talk()
    voice = tone(2_000)
    turns = talk.barge_in_turn("Tell me", "Once upon a time", "Stop", "All right", audio=voice, after_done=True)
    async with ScriptedServer([*talk.start(), HEARD, *turns]) as server:
        session = connect(server)
        session.record(tmp_path / "talk.rwz")
        talking = asyncio.create_task(session.talk(SOUND, rate=24_000))
        await server.stalled()
        await hears(session, 12_000)
        server.resume()
        await talking
        [truncate] = server.received_of("conversation.item.truncate")
        await session.close()
    recording = Recording.load(tmp_path / "talk.rwz")
    heard_ms = truncate["audio_end_ms"]
    first = recording.turns[0]
    assert first.interrupted
    assert first.heard_s * 1000 == pytest.approx(heard_ms, abs=1)
    # What was heard of the answer is there to the sample, and nothing of the rest.
    played = recording.both[:, 1]
    heard = np.frombuffer(voice, "<i2")[: heard_ms * 24]
    begin = int(np.flatnonzero(played)[0]) - 1
    assert np.array_equal(played[begin : begin + len(heard)], heard)
    rest = played[begin + len(heard) :]
    assert np.count_nonzero(rest) <= len(tone(600)) / 2  # the answer to what interrupted it
    spoken = from_pcm16(np.full(4_800, 3277, "<i2").tobytes())
    captured = recording.captured
    assert np.count_nonzero(captured) == np.count_nonzero(spoken)
    assert np.flatnonzero(captured)[0] < begin
    assert recording.seconds == pytest.approx(len(captured) / 24_000, abs=0.5)


async def test_what_no_player_plays_is_laid_down_at_the_pace_of_speech(connect: Open, tmp_path: Path) -> None:
    talk = Talk()
    turn = talk.function_call_turn("1 + 2?", CALL, "Three.", spoken=True)
    async with ScriptedServer([*talk.start(), *turn]) as server:
        session = connect(server, tools=[add])
        with session.record(tmp_path / "talk.rwz"):
            await session.ask("1 + 2?")
        await session.close()
    recording = Recording.load(tmp_path / "talk.rwz")
    assert np.count_nonzero(recording.both[:, 1]) > 0.25 * 24_000


async def test_the_same_cell_again_goes_on_and_a_file_that_is_there_stays(connect: Open, tmp_path: Path) -> None:
    path = tmp_path / "talk.rwz"
    session = connect("http://127.0.0.1:9/v1")
    running = session.record(path)
    assert session.record(path) is running
    other = connect("http://127.0.0.1:9/v1")
    with pytest.raises(ConfigurationError, match="another session"):
        other.record(path)
    running.stop()
    assert "recorded talk.rwz" in repr(running)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="replace=True"):
        session.record(path)
    assert path.read_bytes() == before
    again = session.record(path, replace=True)
    again.stop()
    with pytest.raises(ConfigurationError, match="no folder"):
        session.record(tmp_path / "missing" / "talk.rwz")
    for wrong in ({"minutes": 0}, {"minutes": 1_000}, {"megabytes": -1}, {"minutes": "long"}):
        with pytest.raises(ConfigurationError, match="must be a number"):
            session.record(tmp_path / "other.rwz", **wrong)
    await session.close()
    with pytest.raises(SessionClosedError):
        session.record(tmp_path / "late.rwz")


async def test_it_ends_at_its_limit_and_says_so(connect: Open, tmp_path: Path) -> None:
    clock = ManualClock()
    session = connect("http://127.0.0.1:9/v1", clock=clock)
    running = session.record(tmp_path / "talk.rwz", minutes=0.1)
    await clock.advance(7)
    await _over(session, running)
    running.stop()
    assert "0.1 minutes" in running.problem
    assert any("0.1 minutes is reached" in text for text in notices(session))
    assert Recording.load(tmp_path / "talk.rwz").complete


async def test_a_file_of_a_few_kilobytes_is_a_limit_too(connect: Open, tmp_path: Path) -> None:
    session = connect("http://127.0.0.1:9/v1")
    running = session.record(tmp_path / "talk.rwz", megabytes=0.001)
    await _over(session, running)
    assert "0.001 MB" in running.problem


async def _over(session: Any, running: Any) -> None:
    waiting = shared_engine().submit(session.runtime.until(lambda: not running.running, 20))
    assert await asyncio.wrap_future(waiting)


PROGRAM = """
import asyncio, sys
from realtime_widgets import RealtimeSession
from realtime_widgets.testing import ScriptedServer, Talk, tone, stall, expect
import numpy as np

async def main():
    talk = Talk()
    steps = [*talk.start(), expect("input_audio_buffer.append"),
             *talk.spoken_turn("How late?", "Noon.", tone(500)), stall()]
    async with ScriptedServer(steps, patience=600) as server:
        session = RealtimeSession(endpoint=server.url)
        session.record(sys.argv[1])
        clock = session.runtime.clock
        begun = clock.time()
        loud = np.full(480, 0.3, np.float32)
        from realtime_widgets.audio.samples import to_pcm16
        from realtime_widgets.concurrency.io_thread import shared_engine
        block, sent = to_pcm16(loud), 0
        while True:
            shared_engine().call(session.runtime.hear, block)
            sent += 1
            if sent % 50 == 0:
                print(clock.time() - begun, flush=True)
            await asyncio.sleep(max(0, begun + sent * 0.02 - clock.time()))

asyncio.run(main())
"""


def test_a_kill_costs_the_last_second_at_most(tmp_path: Path) -> None:
    path = tmp_path / "talk.rwz"
    program = textwrap.dedent(PROGRAM)
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        told = [float(running.stdout.readline()) for _ in range(4)]
        running.send_signal(signal.SIGKILL)
    recording = Recording.load(path)
    assert not recording.complete
    assert "no end" in recording.problems[0]
    assert recording.transcript == "user: How late?\nassistant: Noon."
    loud = np.flatnonzero(recording.captured)
    assert loud[-1] / 24_000 >= told[-1] - 1.0
    assert np.count_nonzero(recording.both[:, 1]) > 11_000
    assert recording.events[-1].at >= told[-1] - 1.0


async def test_files_that_are_none_cut_or_newer(connect: Open, tmp_path: Path) -> None:
    path = tmp_path / "talk.rwz"
    talk = Talk()
    async with ScriptedServer(
        [*talk.start(), *talk.text_turn("Hi", "Hello"), *talk.text_turn("Bye", "So long")]
    ) as s:
        session = connect(s)
        session.record(path)
        await session.ask("Hi")
        await session.ask("Bye")
        await session.close()
    whole = path.read_bytes()
    for missing in (tmp_path / "none.rwz", tmp_path):
        with pytest.raises(RecordingError):
            Recording.load(missing)
    (tmp_path / "other.rwz").write_bytes(b"something else" * 100)
    with pytest.raises(RecordingError, match="not a recording"):
        Recording.load(tmp_path / "other.rwz")
    # Cut anywhere, it opens with what is before the cut.
    for share in (0.5, 0.8, 0.95):
        path.write_bytes(whole[: int(len(whole) * share)])
        recording = Recording.load(path)
        assert not recording.complete
        assert path.read_bytes() == whole[: int(len(whole) * share)]
    # Unpacked, it is the same; without its sound the words are there.
    path.write_bytes(whole)
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(path) as opened:
        opened.extractall(folder)
    assert Recording.load(folder).transcript == Recording.load(path).transcript
    for each in (folder / "sound").iterdir():
        each.unlink()
    silent = Recording.load(folder)
    assert "sound is missing" in silent.problems[0]
    assert silent.transcript.endswith("assistant: So long")
    with pytest.raises(RecordingError, match="has no sound"):
        _ = silent.played
    manifest = json.loads((folder / "recording.json").read_text())
    (folder / "recording.json").write_text(json.dumps({**manifest, "version": 99}))
    with pytest.raises(RecordingError, match=r"format 99.*update it"):
        Recording.load(folder)


async def test_a_damaged_part_is_named_and_the_rest_is_read(connect: Open, tmp_path: Path) -> None:
    path = tmp_path / "talk.rwz"
    talk = Talk()
    async with ScriptedServer(
        [*talk.start(), HEARD, *talk.spoken_turn("How late?", "Noon.", tone(900))]
    ) as server:
        session = connect(server)
        session.record(path)
        await session.talk(SOUND, rate=24_000)
        await session.close()
    with zipfile.ZipFile(path) as opened:
        parts = [each for each in opened.infolist() if each.filename.startswith("sound/")]
    data = bytearray(path.read_bytes())
    middle = parts[len(parts) // 2]
    data[middle.header_offset + 60] ^= 0xFF
    path.write_bytes(data)
    recording = Recording.load(path)
    assert recording.transcript == "user: How late?\nassistant: Noon."
    assert recording.played.size > 0
    assert any(middle.filename in problem for problem in recording.problems)


async def test_a_lost_connection_is_part_of_the_recording(connect: Open, tmp_path: Path) -> None:
    from realtime_widgets.testing import cut

    talk = Talk()
    async with ScriptedServer([*talk.start(), cut()]) as server:
        session = connect(server, reconnect=False)
        running = session.record(tmp_path / "talk.rwz")
        await session.start()
        await reaches(session, "closed")
        await asyncio.to_thread(running.stop)  # waits until the file is whole
    recording = Recording.load(tmp_path / "talk.rwz")
    states = [fact["state"] for fact in recording.facts if "state" in fact]
    assert states[-1] == "closed"


class Disk:
    """A disk that can be full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        self._write = os.write
        monkeypatch.setattr(os, "write", self.write)

    def write(self, descriptor: int, data: bytes) -> int:
        if self.full and data.startswith(b"PK"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._write(descriptor, data)


async def test_a_full_disk_is_told_and_costs_nothing_once_there_is_room(
    connect: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello")]) as server:
        session = connect(server)
        running = session.record(tmp_path / "talk.rwz")
        disk.full = True
        await session.ask("Hi")
        told = shared_engine().submit(session.runtime.until(lambda: bool(running.problem), 20))
        assert await asyncio.wrap_future(told)
        assert "No space left" in running.problem
        assert any("No space left" in text for text in notices(session))
        disk.full = False
        running.stop()
    recording = Recording.load(tmp_path / "talk.rwz")
    assert recording.complete
    assert recording.transcript == "user: Hi\nassistant: Hello"


async def test_a_disk_that_stays_full_leaves_what_was_written(
    connect: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello")]) as server:
        session = connect(server)
        running = session.record(tmp_path / "talk.rwz")
        await session.ask("Hi")
        while running.seconds <= 0.2:  # noqa: ASYNC110 - its clock runs on, and tells nobody
            await asyncio.sleep(0.02)
        disk.full = True
        await session.close()
    assert "could not be written" in running.problem
    recording = Recording.load(tmp_path / "talk.rwz")
    assert not recording.complete


async def test_an_error_of_the_recorder_ends_the_recording_and_not_the_talk(
    connect: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any) -> None:
        raise ValueError("no such sound")

    talk = Talk()
    async with ScriptedServer([*talk.start(), HEARD, *talk.spoken_turn("Late?", "Noon.", tone(100))]) as server:
        session = connect(server)
        running = session.record(tmp_path / "talk.rwz")
        monkeypatch.setattr("realtime_widgets.recording.writing.tracks.Track.put", broken)
        [reply] = await session.talk(SOUND, rate=24_000)
        assert reply.text == "Noon."
    assert not running.running and "no such sound" in running.problem
    assert Recording.load(tmp_path / "talk.rwz").complete


async def test_a_key_in_the_source_of_a_tool_is_not_recorded(connect: Open, tmp_path: Path) -> None:
    def ask_the_lab(question: str) -> str:
        """Ask the laboratory."""
        key = "sk-lab-0123456789abcdefghij"
        return question + key

    session = connect("http://127.0.0.1:9/v1", tools=[ask_the_lab])
    session.record(tmp_path / "talk.rwz", sources=True).stop()
    source = Recording.load(tmp_path / "talk.rwz").tools["ask_the_lab"]["source"]
    assert "return question + key" in source and "0123456789" not in source


async def test_lines_of_an_unknown_shape_are_named(connect: Open, tmp_path: Path) -> None:
    session = connect("http://127.0.0.1:9/v1")
    session.record(tmp_path / "talk.rwz").stop()
    folder = tmp_path / "unpacked"
    with zipfile.ZipFile(tmp_path / "talk.rwz") as opened:
        opened.extractall(folder)
    strange = ["[]", "{}", '{"at": "x"}', '{"at": 1, "turn": {"id": 5}}', '{"at": 1, "line": {"images": 3}}', "{"]
    (folder / "events" / "999999.jsonl").write_text("\n".join([*strange, '{"at": 2, "later": 1}']))
    recording = Recording.load(folder)
    assert len(recording.problems) == 5
    assert recording.facts[-1] == {"at": 2, "later": 1}


async def test_in_a_folder_each_talk_has_a_file_of_its_own(connect: Open, tmp_path: Path) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello")]) as server:
        session = connect(server)
        running = session.record(tmp_path)
        assert session.record(tmp_path) is running  # the cell again
        await session.ask("Hi")
        running.stop()
        session.record(tmp_path).stop()
    kept = transcripts(tmp_path)
    assert len(kept) == 2
    assert any("assistant: Hello" in text for text in kept)


def transcripts(folder: Path) -> list[str]:
    return [Recording.load(file).transcript for file in folder.glob("talk-*.rwz")]
