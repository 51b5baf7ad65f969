"""A recording goes on with a session that starts again, or takes the place of another; captions are recorded."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from jupyter_client.manager import start_new_kernel

from realtime_widgets import ConfigurationError, Recording, RecordingError
from realtime_widgets.testing import ScriptedServer, Talk, reconnect
from tests.session.second_session import put_back, second_talk
from tests.session.test_blocking import ROOT, Kernel
from tests.session.test_captions import RATE, RECORDING, begins, captions, server_of, writes
from tests.session.watching import notices

if TYPE_CHECKING:
    from pathlib import Path

    from realtime_widgets import RealtimeSession
    from tests.conftest import Open

FIRST = "user: Hi\nassistant: Hello there!"


async def recorded(connect: Open, path: Path) -> RealtimeSession:
    """Return a session that was recorded, and is closed."""
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn("Hi", "Hello there!")]) as server:
        session = connect(server)
        session.record(path)
        await session.ask("Hi")
        await session.close()
    return session


@pytest.mark.parametrize("keep_talk", [True, False])
async def test_it_goes_on_when_its_session_is_started_again(
    connect: Open, tmp_path: Path, keep_talk: bool
) -> None:
    path, again = tmp_path / "talk.rwz", second_talk()
    session = await recorded(connect, path)
    before = Recording.load(path)
    assert before.complete and before.transcript == FIRST
    assert any("whole up to here" in text for text in notices(session))
    back = put_back(("user", "Hi"), ("assistant", "Hello there!")) if keep_talk else []
    async with ScriptedServer([*again.start(), *back, *again.text_turn("Again?", "Yes.")]) as server:
        session.runtime.endpoint = replace(session.runtime.endpoint, base_url=server.url)
        await session.restart(keep_talk=keep_talk)
        assert any("talk.rwz goes on" in text for text in notices(session))
        running = session.record(path)
        assert running.running
        await session.ask("Again?")
        await session.close()
    recording = Recording.load(path)
    assert recording.complete
    assert recording.transcript == f"{FIRST}\nuser: Again?\nassistant: Yes."
    assert [turn.question for turn in recording.turns] == ["Hi", "Again?"]
    [join] = recording.joins
    assert join.join == ("restart" if keep_talk else "anew")
    assert before.seconds <= join.at + 0.01 and recording.seconds >= join.at
    with zipfile.ZipFile(path) as opened:
        assert opened.testzip() is None


async def test_another_session_is_recorded_into_the_file_of_one_that_is_over(
    connect: Open, tmp_path: Path
) -> None:
    path, talk = tmp_path / "talk.rwz", second_talk()
    first = await recorded(connect, path)
    async with ScriptedServer([*talk.start(model="another"), *talk.text_turn("Who?", "Me.")]) as server:
        session = connect(server, model="another")
        running = session.record(path)
        await session.ask("Who?")
        used = first.usage.total_tokens + session.usage.total_tokens
        await session.close()
    assert running.stop() == path and not running.running
    recording = Recording.load(path)
    assert recording.complete
    assert recording.transcript == f"{FIRST}\nuser: Who?\nassistant: Me."
    assert [join.join for join in recording.joins] == ["session"]
    assert recording.model == "another"
    counts = recording.state.usage
    assert counts["input_tokens"] + counts["output_tokens"] == used > first.usage.total_tokens


async def test_a_file_that_was_changed_meanwhile_is_not_added_to(connect: Open, tmp_path: Path) -> None:
    path, again = tmp_path / "talk.rwz", second_talk()
    session = await recorded(connect, path)
    path.write_bytes(path.read_bytes() + b"more")
    back = put_back(("user", "Hi"), ("assistant", "Hello there!"))
    async with ScriptedServer([*again.start(), *back]) as server:
        session.runtime.endpoint = replace(session.runtime.endpoint, base_url=server.url)
        await session.restart()
        assert any("talk.rwz does not go on" in text for text in notices(session))
        with pytest.raises(ConfigurationError, match="there already"):
            session.record(path)
    assert path.read_bytes().endswith(b"more")


def test_a_cell_that_is_run_again_passes_its_recording_on(tmp_path: Path) -> None:
    path = tmp_path / "talk.rwz"
    manager, client = start_new_kernel(env=os.environ | {"PYTHONPATH": ROOT})
    kernel = Kernel(manager, client)
    cell = "from realtime_widgets import RealtimeSession\nsession = RealtimeSession(endpoint='ws://127.0.0.1:1')"
    try:
        client.session.metadata = {"cellId": "one"}
        kernel.run(cell)
        client.session.metadata = {"cellId": "two"}
        kernel.run(f"running = session.record({str(path)!r})")
        client.session.metadata = {"cellId": "one"}
        kernel.run(cell)
        client.session.metadata = {"cellId": "two"}
        assert kernel.run(f"print(session.record({str(path)!r}) is running, running.running)") == "True True\n"
        kernel.run("path = running.stop()")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    recording = Recording.load(path)
    assert recording.complete and [join.join for join in recording.joins] == ["session"]


async def test_captions_are_recorded_with_their_times_and_sound(tmp_path: Path) -> None:
    path = tmp_path / "captions.rwz"
    steps = [*begins(), writes("a", "The first."), writes("b", "The second.")]
    async with server_of([*steps, reconnect(), *begins(), writes("c", "The third.")]) as server:
        session = captions(server)
        with pytest.raises(ConfigurationError):
            session.record(path, minutes=0)
        session.record(path)
        assert any("What is said is being recorded into captions.rwz" in text for text in notices(session))
        await session.transcribe(RECORDING, rate=RATE)
        await session.close()
        assert Recording.load(path).transcript == "The first.\nThe second."
        await session.restart()
        await session.transcribe(RECORDING[: 3 * RATE], rate=RATE)
        await session.close()
    recording = Recording.load(path)
    assert (recording.kind, recording.complete) == ("captions", True)
    assert recording.transcript == "The first.\nThe second.\nThe third."
    starts = [segment.start for segment in recording.segments]
    assert starts == pytest.approx([0, 3, 6], abs=0.3)
    heard = recording.captured
    assert np.count_nonzero(heard) == pytest.approx(3 * np.count_nonzero(RECORDING[: 3 * RATE]), rel=0.01)
    assert "The second." in recording.save(tmp_path / "captions.srt").read_text()
    assert "The third." in recording.save(tmp_path / "captions.md").read_text()
    with pytest.raises(RecordingError, match="captions answered nothing"):
        await recording.rerun()
