"""The file of a recording: a ZIP to which parts are only added, and which can be read without its end.

Each part is whole by itself: its header says how long it is, and has its checksum. The directory at the end of a
ZIP is written when the recording ends; without it, as after a crash, the parts are found by their headers.
"""

from __future__ import annotations

import mmap
import os
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from realtime_widgets.errors import RecordingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_STORED, _DEFLATED = 0, 8
_VERSION, _UTF8 = 20, 0x800
#: First of January 1980: when each part was written stands in its events.
_DATE = 33
_NO_END = "it has no end, as when its program was killed or the file was cut; what is there was read"
#: Most parts of one file, and its most bytes: what a ZIP holds without extensions.
MOST_PARTS, MOST_BYTES = 65_000, 4_000_000_000


@dataclass(frozen=True)
class _Entry:
    name: bytes
    method: int
    checksum: int
    packed: int
    size: int
    offset: int


class PartsWriter:
    """Makes the bytes of a recording's file, part by part; who asks for them writes them in this order.

    Attributes
    ----------
    size
        Bytes made so far.
    """

    def __init__(self) -> None:
        self.size = 0
        self._entries: list[_Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def part(self, name: str, data: bytes, *, pack: bool = False) -> bytes:
        """Return the bytes of one part.

        Parameters
        ----------
        name
            Its name, with slashes.
        data
            Its content.
        pack
            Whether it is compressed, as text should be and FLAC need not.
        """
        encoded = name.encode()
        stored = _deflated(data) if pack else data
        method = _DEFLATED if pack else _STORED
        entry = _Entry(encoded, method, zlib.crc32(data), len(stored), len(data), self.size)
        header = _LOCAL.pack(
            _LOCAL_MARK,
            _VERSION,
            _UTF8,
            method,
            0,
            _DATE,
            entry.checksum,
            entry.packed,
            entry.size,
            len(encoded),
            0,
        )
        self._entries.append(entry)
        made = header + encoded + stored
        self.size += len(made)
        return made

    def directory(self) -> bytes:
        """Return the end of the file, with which every program opens it as a ZIP.

        More parts may follow: then another directory is its end, and this one is passed over.
        """
        entries = b"".join(
            _CENTRAL.pack(
                _CENTRAL_MARK,
                _VERSION,
                _VERSION,
                _UTF8,
                each.method,
                0,
                _DATE,
                each.checksum,
                each.packed,
                each.size,
                len(each.name),
                0,
                0,
                0,
                0,
                0,
                each.offset,
            )
            + each.name
            for each in self._entries
        )
        number = len(self._entries)
        made = entries + _END.pack(_END_MARK, 0, 0, number, number, len(entries), self.size, 0)
        self.size += len(made)
        return made


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


class Parts(Protocol):
    """The parts of a recording, by name.

    Attributes
    ----------
    problem
        What is wrong with the file as a whole; empty if it was finished.
    """

    problem: str

    def names(self) -> list[str]:
        """Return the names of all parts, in the order in which they were written."""

    def read(self, name: str) -> bytes:
        """Return the content of a part.

        Raises
        ------
        RecordingError
            If it is damaged.
        """


def open_parts(path: Path) -> Parts:
    """Open the file of a recording, or the folder into which it was unpacked.

    Raises
    ------
    RecordingError
        If there is none, or it cannot be read.
    """
    if path.is_dir():
        return _Folder(path)
    if not path.is_file():
        raise RecordingError(f"there is no recording {path}")
    try:
        try:
            return _finished(path)
        except zipfile.BadZipFile:
            return _cut(path)
    except OSError as error:
        raise RecordingError(f"the recording {path} cannot be read: {error.strerror or error}") from None


def _damaged(path: Path, name: str) -> RecordingError:
    return RecordingError(f"the part {name} of {path} is damaged")


class _Folder:
    problem = ""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        return sorted(each.relative_to(self._path).as_posix() for each in self._path.rglob("*") if each.is_file())

    def read(self, name: str) -> bytes:
        try:
            return (self._path / name).read_bytes()
        except OSError:
            raise _damaged(self._path, name) from None


class _File:
    """A file, finished or cut: its parts that are whole, by name, and where each header is."""

    def __init__(self, path: Path, entries: dict[str, _Entry], problem: str = "") -> None:
        self._path, self._entries, self.problem = path, entries, problem

    def names(self) -> list[str]:
        return list(self._entries)

    def read(self, name: str) -> bytes:
        entry = self._entries.get(name)
        try:
            if entry is None:
                raise _damaged(self._path, name)
            with self._path.open("rb") as file:
                file.seek(entry.offset)
                *_, length, extra = _LOCAL.unpack(file.read(_LOCAL.size))
                file.seek(length + extra, os.SEEK_CUR)
                stored = file.read(entry.packed)
            data = zlib.decompress(stored, -zlib.MAX_WBITS) if entry.method == _DEFLATED else stored
        except (OSError, struct.error, zlib.error):
            raise _damaged(self._path, name) from None
        if zlib.crc32(data) != entry.checksum:
            raise _damaged(self._path, name)
        return data


def _finished(path: Path) -> _File:
    """Open a file with its directory: a ZIP like any other."""
    with zipfile.ZipFile(path) as opened:
        listed = opened.infolist()
    entries = {
        each.filename: _Entry(
            each.filename.encode(),
            each.compress_type,
            each.CRC,
            each.compress_size,
            each.file_size,
            each.header_offset,
        )
        for each in listed
        if not each.is_dir()
    }
    return _File(path, entries)


def _cut(path: Path) -> _File:
    """Open a file without its end."""
    entries: dict[str, _Entry] = {}
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END):
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                entries = {entry.name.decode(): entry for entry in _whole_parts(content)}
    if not entries:
        raise RecordingError(f"{path} is not a recording, or nothing of it is left")
    return _File(path, entries, _NO_END)


def _whole_parts(content: mmap.mmap) -> Iterator[_Entry]:
    """Find the parts by their headers; what is damaged between two of them is passed over."""
    at, size = content.find(_LOCAL_MARK), len(content)
    while at >= 0 and at + _LOCAL.size <= size:
        _, _, _, method, _, _, checksum, packed, unpacked, length, extra = _LOCAL.unpack_from(content, at)
        begin = at + _LOCAL.size + length + extra
        name = content[at + _LOCAL.size : at + _LOCAL.size + length]
        if begin + packed > size or not _may_be_a_name(name):
            at = content.find(_LOCAL_MARK, at + 1)
            continue
        yield _Entry(name, method, checksum, packed, unpacked, at)
        at = content.find(_LOCAL_MARK, begin + packed)


def _may_be_a_name(name: bytes) -> bool:
    return bool(name) and name.isascii() and all(0x20 < each < 0x7F for each in name)
