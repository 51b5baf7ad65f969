"""`AuditTrail`: who allowed, refused, changed and overrode what; each record has the hash of the one before."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import AuditError, ConfigurationError
from realtime_widgets.protocol.secrets import masked
from realtime_widgets.safety.append_file import AppendFile

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

#: The hash before the first record.
GENESIS = "0" * 64


@dataclass(frozen=True)
class AuditRecord:
    """One record of a trail.

    Attributes
    ----------
    number
        Counts from 1.
    time
        When, in seconds since 1970.
    session
        Id of the session; empty if it belongs to none.
    kind
        What happened: ``start``, ``end``, ``settings``, ``checks``, ``consent``, ``verdict``, ``review``,
        ``override``.
    facts
        What belongs to it, by name.
    before, hash
        SHA-256 of the record before this one, and of this one.
    """

    number: int
    time: float
    session: str
    kind: str
    facts: dict[str, Any]
    before: str
    hash: str


class AuditTrail:
    """Keeps what was decided in a session, in order; a record that is changed, removed or moved later shows.

    Of what was said and of arguments it holds only hashes. Records that are removed from the end show only to
    somebody who kept `head`, the last hash.

    Parameters
    ----------
    path
        A JSONL file that is written as it goes; a file that is there goes on, if it is whole. In memory alone
        without one.
    clock
        Returns the time in seconds since 1970.

    Raises
    ------
    ConfigurationError
        If the file cannot be read or written, or another process writes it.
    AuditError
        If the file is there and not whole; the text says from which line on.
    """

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        #: Called with what is wrong with the file; an empty text once it can be written again.
        self.on_problem: list[Callable[[str], object]] = []
        self._clock = clock
        self._file = None if path is None else AppendFile.opened(path)
        self._lock = self._file.lock if self._file else threading.RLock()
        self._records: list[AuditRecord] = []
        if self._file is not None:
            with self._lock:
                if self._file.kept is None:
                    self._file.kept = read_trail(self._file.path)
                if not isinstance(self._file.kept, list):
                    raise ConfigurationError(f"{self._file.path} is a review log: choose another file")
                self._records = self._file.kept
            self._file.on_problem.append(self._tell)

    @property
    def path(self) -> Path | None:
        """The file; None if there is none."""
        return self._file.path if self._file else None

    @property
    def head(self) -> str:
        """The hash of the last record: kept elsewhere, it shows whether records were removed from the end."""
        with self._lock:
            return self._records[-1].hash if self._records else GENESIS

    def note(self, kind: str, session: str = "", **facts: Any) -> AuditRecord:
        """Add a record; does not wait for the file.

        Parameters
        ----------
        kind
            What happened, such as ``"override"``.
        session
            Id of the session.
        **facts
            What belongs to it: texts, numbers, lists and mappings of these. Secrets in it are hidden.
        """
        plain = json.loads(masked(json.dumps(facts, ensure_ascii=False, default=str)))
        with self._lock:
            number = len(self._records) + 1
            before = self._records[-1].hash if self._records else GENESIS
            head: dict[str, Any] = {"number": number, "time": round(self._clock(), 3), "session": session}
            body = {**head, "kind": kind, "facts": plain, "before": before}
            record = AuditRecord(**body, hash=hash_of(body))
            self._records.append(record)
            if self._file:
                self._file.add(_canonical({**body, "hash": record.hash}))
        return record

    def records(self) -> list[AuditRecord]:
        """Return all records, oldest first."""
        with self._lock:
            return list(self._records)

    def verify(self, head: str | None = None) -> int:
        """Check that no record was changed, removed or moved, in the file too; returns how many there are.

        Parameters
        ----------
        head
            The last hash that you kept; it has to be among the hashes.

        Raises
        ------
        AuditError
            If something does not fit; the text says where.
        """
        check_chain(self.records(), head)
        if self._file:
            self._file.flush()
            written = read_trail(self._file.path)
            if [each.hash for each in written] != [each.hash for each in self.records()]:
                raise AuditError(f"{self._file.path} does not hold what was written to it")
        return len(self._records)

    def to_frame(self) -> Any:
        """Return all records as a DataFrame of pandas."""
        import pandas as pd

        return pd.DataFrame([vars(record) for record in self.records()])

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        where = f"in {self.path}" if self.path else "in memory"
        return f"<AuditTrail of {len(self):,} records, {where}, head {self.head[:12]}>"

    def close(self) -> None:
        """Let go of the file, which another process can write then; harmless if there is none."""
        if self._file:
            self._file.close()

    def _tell(self, problem: str) -> None:
        for listener in list(self.on_problem):
            listener(problem)


def digest(text: str) -> str:
    """Return the hash by which a trail tells a text without holding it."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def hash_of(body: dict[str, Any]) -> str:
    """Return the hash of a record, over all of it but the hash."""
    return hashlib.sha256(_canonical(body)).hexdigest()


def read_trail(path: str | os.PathLike[str], head: str | None = None) -> list[AuditRecord]:
    """Return the records of a file, if they are whole.

    Parameters
    ----------
    path
        The file.
    head
        The last hash that you kept.

    Raises
    ------
    ConfigurationError
        If the file cannot be read.
    AuditError
        If something does not fit; the text says where.
    """
    try:
        lines = Path(path).expanduser().read_bytes().splitlines()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}") from None
    records = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(AuditRecord(**json.loads(line)))
        except (ValueError, TypeError):
            raise AuditError(f"line {number} of {path} is no record, or was cut") from None
    check_chain(records, head)
    return records


def check_chain(records: Sequence[AuditRecord], head: str | None = None) -> None:
    """Check that records follow each other.

    Raises
    ------
    AuditError
        If one does not; the text says which.
    """
    before = GENESIS
    for number, record in enumerate(records, 1):
        body = {name: value for name, value in vars(record).items() if name != "hash"}
        if record.hash != hash_of(body):
            raise AuditError(f"record {number} was changed: its hash is another one")
        if record.number != number or record.before != before:
            raise AuditError(f"before record {number} something was removed, added or moved")
        before = record.hash
    if head is not None and head != GENESIS and head not in {record.hash for record in records}:
        raise AuditError("the head that was kept is not among the records: some were removed from the end")


def _canonical(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(errors="replace")
