"""The file: any program that reads ZIP opens it, and wherever it is cut, what is whole before that is there."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from realtime_widgets import RecordingError
from realtime_widgets.recording.file.parts import PartsWriter, open_parts

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = {
    "recording.json": b"{}",
    "events/000000.jsonl": b"a line\n" * 50,
    "sound/0.flac": b"PK\x03\x04 in sound",
}


def written(path: Path, end: bool = True) -> list[int]:
    """Write a file; returns where each part ends."""
    writer, ends = PartsWriter(), []
    with path.open("wb") as file:
        for name, data in CONTENT.items():
            file.write(writer.part(name, data, pack=name.endswith("jsonl")))
            ends.append(writer.size)
        if end:
            file.write(writer.directory())
    return ends


@pytest.mark.parametrize("end", [True, False], ids=["finished", "cut"])
def test_every_part_is_read_again(tmp_path: Path, end: bool) -> None:
    written(tmp_path / "a.rwz", end)
    parts = open_parts(tmp_path / "a.rwz")
    assert {name: parts.read(name) for name in parts.names()} == CONTENT
    assert bool(parts.problem) is not end
    with pytest.raises(RecordingError, match="damaged"):
        parts.read("nothing")
    if end:
        with zipfile.ZipFile(tmp_path / "a.rwz") as opened:
            assert opened.testzip() is None and set(opened.namelist()) == set(CONTENT)


def test_wherever_it_is_cut_the_whole_parts_are_there(tmp_path: Path) -> None:
    path = tmp_path / "a.rwz"
    ends = written(path)
    whole = path.read_bytes()
    for size in range(ends[0], ends[-1] + 30):
        path.write_bytes(whole[:size])
        parts = open_parts(path)
        expected = [name for name, end in zip(CONTENT, ends, strict=True) if end <= size]
        assert parts.names() == expected
        assert [parts.read(name) for name in expected] == [CONTENT[name] for name in expected]
    for size in (0, 10, ends[0] - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(RecordingError, match="not a recording"):
            open_parts(path)


def test_what_is_damaged_in_the_middle_costs_one_part(tmp_path: Path) -> None:
    path = tmp_path / "a.rwz"
    first, second, _ = written(path, end=False)
    data = bytearray(path.read_bytes())
    data[first : first + 4] = b"junk"  # the header of the second part
    path.write_bytes(data)
    assert open_parts(path).names() == ["recording.json", "sound/0.flac"]
    data[second + 50] ^= 1  # in the content of the third
    path.write_bytes(data)
    parts = open_parts(path)
    assert parts.read("recording.json") == b"{}"
    with pytest.raises(RecordingError, match=r"sound/0\.flac"):
        parts.read("sound/0.flac")
