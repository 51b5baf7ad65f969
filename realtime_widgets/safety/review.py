"""`ReviewLog`: what was flagged, and what people decided on it; in memory, and in a file if one is given."""

from __future__ import annotations

import json
import logging
import math
import threading
import time
import wave
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.secrets import masked
from realtime_widgets.safety.agreement import Agreement, agreement
from realtime_widgets.safety.append_file import AppendFile
from realtime_widgets.safety.flagged import Flagged, Said

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)

#: What a person decides: the check was right; it was a false alarm; that cannot be said.
Judgement = Literal["right", "wrong", "unsure"]
#: Items that are kept at most; the oldest ones go first.
MOST_ITEMS = 10_000
_DAY_S = 86_400.0
Side = Literal["heard", "spoken"]
_SOUND: tuple[Side, ...] = get_args(Side)
#: Sound that is kept in memory, in bytes: some fifty minutes. A log with a file reads older sound from there.
MOST_SOUND = 150_000_000


@dataclass(frozen=True)
class Decision:
    """What one person decided on one item.

    Attributes
    ----------
    judgement
        See `Judgement`.
    reviewer
        Who decided.
    note
        Why.
    time
        When, in seconds since 1970.
    """

    judgement: Judgement
    reviewer: str = ""
    note: str = ""
    time: float = 0.0


@dataclass(frozen=True)
class Reviewed:
    """One item of the log: what was flagged, and the newest decision of each reviewer on it."""

    flagged: Flagged
    decisions: tuple[Decision, ...] = ()

    @property
    def open(self) -> bool:
        """Whether nobody has decided yet."""
        return not self.decisions

    def by(self, reviewer: str) -> Decision | None:
        """Return what a reviewer decided, None if that is nothing yet."""
        return next((each for each in self.decisions if each.reviewer == reviewer), None)


class ReviewLog:
    """Keeps what checks flagged until people have looked at it. Safe in any thread; nothing leaves this machine.

    Parameters
    ----------
    path
        A JSONL file that is written as it goes and read again by the next log; in memory alone without one.
    keep_sound
        Whether the last seconds of sound of both sides are kept with each item; in a folder beside the file.
    keep_days
        Days after which items are forgotten, also in the file; None is never.
    clock
        Returns the time in seconds since 1970.

    Raises
    ------
    ConfigurationError
        If the file cannot be read or written, or another process writes it, or a value cannot be.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        keep_sound: bool = False,
        keep_days: float | None = 30,
        clock: Callable[[], float] = time.time,
    ) -> None:
        number = isinstance(keep_days, int | float) and not isinstance(keep_days, bool)
        if keep_days is not None and not (number and 0 < keep_days < math.inf):
            raise ConfigurationError(f"keep_days must be a number above 0, or None for ever, not {keep_days!r}")
        self.keep_sound, self.keep_days = bool(keep_sound), keep_days
        #: Called with what is wrong with the file; an empty text once it can be written again.
        self.on_problem: list[Callable[[str], object]] = []
        #: Called after each change, on the thread that changed it.
        self.on_change: list[Callable[[], object]] = []
        #: Called with each decision and the item that it is about.
        self.on_decided: list[Callable[[Reviewed, Decision], object]] = []
        #: Lines of the file that could not be read.
        self.unread = 0
        self._clock = clock
        self._file = None if path is None else AppendFile.opened(path)
        self._lock = self._file.lock if self._file else threading.RLock()
        self._items: dict[str, Reviewed] = {}
        self._sounds: dict[str, dict[Side, bytes]] = {}
        if self._file is not None:
            self._share(self._file)
        self.expire()

    def _share(self, file: AppendFile) -> None:
        """Take what the file has: from an earlier log of this process, or by reading it."""
        with file.lock:
            if file.kept is None:
                self._read(file.path)
                file.kept = self._items
            if not isinstance(file.kept, dict):
                raise ConfigurationError(f"{file.path} is an audit trail: choose another file")
            self._items = file.kept
        file.on_problem.append(self._tell)
        if self.unread:
            log.warning("%s: %d lines could not be read, such as one that was cut", file.path, self.unread)

    @property
    def path(self) -> Path | None:
        """The file; None if there is none."""
        return self._file.path if self._file else None

    def add(self, flagged: Flagged) -> None:
        """Add something that was flagged; does not wait and never raises."""
        sound = {side: getattr(flagged, side) for side in _SOUND if self.keep_sound and getattr(flagged, side)}
        text, reason = masked(flagged.text), masked(flagged.reason)
        flagged = replace(flagged, text=text, reason=reason, heard=b"", spoken=b"")
        with self._lock:
            self._items[flagged.id] = Reviewed(flagged)
            while len(self._items) > MOST_ITEMS:
                del self._items[next(iter(self._items))]
            self._keep_sound(flagged.id, sound)
        self._write({"kind": "flagged", **_without_sound(flagged)})
        if self._file and sound:
            self._file.do(lambda: self._write_sound(flagged.id, sound))
        self._changed()

    def sound(self, item_id: str, side: Side) -> bytes:
        """Return sound of an item, mono PCM16 at 24 kHz; empty if none is kept.

        Parameters
        ----------
        item_id
            Id of the item.
        side
            ``"heard"``: of the user. ``"spoken"``: of the answer.
        """
        with self._lock:
            kept = self._sounds.get(item_id, {}).get(side)
        if kept is not None or self._file is None:
            return kept or b""
        return _read_sound(_sound_file(self._file.path, item_id, side))

    def has_sound(self, item_id: str, side: Side) -> bool:
        """Whether there is sound of an item, as `sound` returns it."""
        with self._lock:
            if side in self._sounds.get(item_id, {}):
                return True
        return self._file is not None and _sound_file(self._file.path, item_id, side).is_file()

    def _keep_sound(self, item_id: str, sound: dict[Side, bytes]) -> None:
        if sound:
            self._sounds[item_id] = sound
        size = sum(len(pcm) for each in self._sounds.values() for pcm in each.values())
        while size > MOST_SOUND and len(self._sounds) > 1:
            oldest = next(iter(self._sounds))
            size -= sum(map(len, self._sounds.pop(oldest).values()))

    def items(self) -> list[Reviewed]:
        """Return all items, oldest first; what is too old is forgotten first."""
        self.expire()
        with self._lock:
            return list(self._items.values())

    def __getitem__(self, item_id: str) -> Reviewed:
        with self._lock:
            found = self._items.get(item_id)
        if found is None:
            raise KeyError(f"the review log has no item {item_id!r}; it may have been forgotten")
        return found

    def __len__(self) -> int:
        return len(self._items)

    def decide(self, item_id: str, judgement: Judgement, note: str = "", reviewer: str = "") -> None:
        """Decide on an item; a reviewer's newest decision counts.

        Parameters
        ----------
        item_id
            Id of the item: `Flagged.id`.
        judgement
            ``"right"``: the check was right. ``"wrong"``: it was a false alarm. ``"unsure"``.
        note
            Why.
        reviewer
            Who decides.

        Raises
        ------
        KeyError
            If there is no such item.
        ConfigurationError
            If there is no such judgement.
        """
        if judgement not in get_args(Judgement):
            raise ConfigurationError(f"a judgement is one of {', '.join(get_args(Judgement))}, not {judgement!r}")
        decision = Decision(judgement, reviewer, masked(note), self._clock())
        with self._lock:
            decided = self._items[item_id] = _with(self[item_id], decision)
        self._write({"kind": "decision", "id": item_id, **asdict(decision)})
        for listener in list(self.on_decided):
            listener(decided, decision)
        self._changed()

    def forget(self, item_id: str) -> None:
        """Forget an item, in the file too; harmless if there is none."""
        with self._lock:
            known = self._items.pop(item_id, None)
            self._sounds.pop(item_id, None)
        if known is not None:
            self._rewrite({item_id})
            self._changed()

    def expire(self) -> None:
        """Forget what is older than `keep_days`, in the file too."""
        if self.keep_days is None:
            return
        oldest = self._clock() - self.keep_days * _DAY_S
        with self._lock:
            old = {item_id for item_id, each in self._items.items() if each.flagged.time < oldest}
            for item_id in old:
                del self._items[item_id]
                self._sounds.pop(item_id, None)
        if old:
            self._rewrite(old)
            self._changed()

    def agreement(self) -> Agreement:
        """Return how far the reviewers agree on what several of them have judged."""
        return agreement(
            {each.flagged.id: {d.reviewer: d.judgement for d in each.decisions} for each in self.items()}
        )

    def records(self) -> list[dict[str, Any]]:
        """Return all items as plain records, without sound, oldest first."""
        return [
            {**_without_sound(each.flagged), "decisions": [asdict(decision) for decision in each.decisions]}
            for each in self.items()
        ]

    def export(self, path: str | os.PathLike[str]) -> None:
        """Write all items to a JSONL file, one a line with its decisions, without sound.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in self.records()]
        Path(path).expanduser().write_text("".join(lines), encoding="utf-8")

    def to_frame(self) -> Any:
        """Return all items as a DataFrame of pandas, a row for each decision and for each item without one."""
        import pandas as pd

        rows = []
        for each in self.items():
            item = _without_sound(each.flagged)
            item["talk"] = "\n".join(f"{said['role']}: {said['text']}" for said in item["talk"])
            for decision in each.decisions or (None,):
                told = asdict(decision) if decision else dict.fromkeys(each.name for each in fields(Decision))
                rows.append({**item, **{f"decision_{name}": value for name, value in told.items()}})
        return pd.DataFrame(rows)

    def flush(self) -> None:
        """Wait until the file has what was added so far."""
        if self._file:
            self._file.flush()

    def close(self) -> None:
        """Let go of the file, which another process can write then; harmless if there is none."""
        if self._file:
            self._file.close()

    def __repr__(self) -> str:
        items = self.items()
        waiting = sum(each.open for each in items)
        where = f", in {self.path}" if self.path else ", in memory"
        return f"<ReviewLog of {len(items):,}, {waiting:,} not looked at{where}>"

    def _write(self, record: dict[str, Any]) -> None:
        if self._file:
            self._file.add(_line(record))

    def _rewrite(self, gone: Iterable[str]) -> None:
        if self._file is None:
            return
        with self._lock:
            items = list(self._items.values())
        self._file.replace(line for each in items for line in _lines_of(each))
        path = self._file.path

        def delete() -> None:
            for item_id in gone:
                for side in _SOUND:
                    _sound_file(path, item_id, side).unlink(missing_ok=True)

        self._file.do(delete)

    def _write_sound(self, item_id: str, sound: dict[Side, bytes]) -> None:
        assert self._file is not None
        for side, pcm in sound.items():
            path = _sound_file(self._file.path, item_id, side)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with wave.open(str(path), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(24_000)
                file.writeframes(pcm)

    def _read(self, path: Path) -> None:
        try:
            lines = path.read_bytes().splitlines()
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read: {error.strerror or error}") from None
        for line in lines:
            try:
                self._take(json.loads(line))
            except (ValueError, TypeError, KeyError):
                self.unread += 1

    def _take(self, record: dict[str, Any]) -> None:
        if record.pop("kind") == "decision":
            item_id = record.pop("id")
            self._items[item_id] = _with(self._items[item_id], Decision(**record))
            return
        talk = tuple(Said(**said) for said in record.pop("talk"))
        flagged = Flagged(**record, talk=talk)
        self._items[flagged.id] = Reviewed(flagged)

    def _tell(self, problem: str) -> None:
        for listener in list(self.on_problem):
            listener(problem)

    def _changed(self) -> None:
        for listener in list(self.on_change):
            listener()


def _with(item: Reviewed, decision: Decision) -> Reviewed:
    others = tuple(each for each in item.decisions if each.reviewer != decision.reviewer)
    return replace(item, decisions=(*others, decision))


def _without_sound(flagged: Flagged) -> dict[str, Any]:
    record = asdict(flagged)
    for side in _SOUND:
        del record[side]
    record["talk"] = [*record["talk"]]
    return record


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False).encode(errors="replace")


def _lines_of(item: Reviewed) -> list[bytes]:
    decisions = [{"kind": "decision", "id": item.flagged.id, **asdict(each)} for each in item.decisions]
    return [_line({"kind": "flagged", **_without_sound(item.flagged)}), *map(_line, decisions)]


def _sound_file(path: Path, item_id: str, side: Side) -> Path:
    return path.with_name(path.name + ".sound") / f"{item_id}_{side}.wav"


def _read_sound(path: Path) -> bytes:
    """Return the samples of a sound file; empty if it is not there or cannot be read."""
    try:
        with wave.open(str(path), "rb") as file:
            return file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error):
        return b""
