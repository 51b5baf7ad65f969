"""`realtime-widgets captions` as a person runs it: a process of its own against a scripted server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_widgets.audio.samples import write_wav
from tests.cli.test_talk import run
from tests.session.test_captions import RATE, RECORDING, begins, server_of, writes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    write_wav(tmp_path / "lecture.wav", RECORDING, RATE)
    return tmp_path / "lecture.wav"


def steps() -> list[object]:
    return [*begins(turn_detection=None), writes("a", "The first."), writes("b", "The second.")]


async def test_a_recording_is_printed_as_text_or_subtitles(sound: Path) -> None:
    for given, begin in ((), "The first.\nThe second.\n"), (("--format", "srt"), "1\n00:00:00,000 --> "):
        async with server_of(steps()) as server:
            url = server.url.removesuffix("/realtime")
            code, out, err = await run("captions", sound, "--endpoint", url, "--model", "gpt-transcribe", *given)
        assert code == 0, err
        assert out.startswith(begin)
        assert "$0.00039" in err


async def test_a_file_gets_the_format_of_its_name(sound: Path, tmp_path: Path) -> None:
    async with server_of(steps()) as server:
        url = server.url.removesuffix("/realtime")
        code, out, err = await run("captions", sound, "--endpoint", url, "--out", tmp_path / "lecture.vtt")
    assert (code, out) == (0, ""), err
    assert (tmp_path / "lecture.vtt").read_text().startswith("WEBVTT\n\n00:00:00.000 --> ")


async def test_a_missing_recording_is_told(tmp_path: Path) -> None:
    code, out, err = await run("captions", tmp_path / "none.wav", "--endpoint", "http://127.0.0.1:9/v1")
    assert (code, out) == (2, "")
    assert "none.wav" in err
