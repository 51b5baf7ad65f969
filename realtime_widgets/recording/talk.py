"""A recording that is opened again: its events, conversation, calls, turns, and the sound of both sides."""

from __future__ import annotations

import bisect
import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE, SAMPLE_RATE
from realtime_widgets.core.captions.subtitles import to_markdown as segments_to_markdown
from realtime_widgets.core.captions.subtitles import to_srt, to_text, to_vtt
from realtime_widgets.errors import ConfigurationError, RecordingError
from realtime_widgets.recording.exports.cells import cells_of, code_of, notebook_of
from realtime_widgets.recording.exports.files import running_shell, save
from realtime_widgets.recording.file.format import FORMAT, VERSION
from realtime_widgets.recording.file.parts import open_parts
from realtime_widgets.recording.state import TalkState
from realtime_widgets.recording.times import segments_of
from realtime_widgets.recording.turns import RecordedTurn, recorded_turns
from realtime_widgets.recording.waterfall import timeline_of
from realtime_widgets.shown_text import visible

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    from realtime_widgets.core.captions.segments import Segment
    from realtime_widgets.core.conversation.export import ConversationExport
    from realtime_widgets.recording.file.parts import Parts
    from realtime_widgets.recording.replay import Replay
    from realtime_widgets.recording.state import RecordedCall, RecordedJoin
    from realtime_widgets.recording.writing.watching import Fact
    from realtime_widgets.timeline.timeline import Timeline


_SENDERS: tuple[Literal["client"], Literal["server"]] = ("client", "server")


@dataclass(frozen=True)
class RecordedEvent:
    """One event of the protocol.

    Attributes
    ----------
    at : float
        Seconds since the recording began.
    sender : {"client", "server"}
        Who sent it.
    event : dict
        As JSON has it, without secrets. Of captured sound, ``audio`` is its length in bytes; of an answer's,
        ``delta`` says where it is in the recording: see `RecordedTalk.sound_of`.
    """

    at: float
    sender: Literal["client", "server"]
    event: dict[str, Any] = field(repr=False)

    @property
    def type(self) -> str:
        """The event's name on the wire."""
        return str(self.event.get("type"))


class RecordedTalk:
    """What was recorded of a session.

    Made by `load`.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    problems : list of str
        What is missing or damaged; empty if everything is there.
    events : list of RecordedEvent
        All events of both sides, in order.
    state : TalkState
        What was known of the session at the end.
    """

    def __init__(self, path: Path, parts: Parts) -> None:
        self.path = path
        self._parts = parts
        self._replay: Replay | None = None
        self.problems = [parts.problem] if parts.problem else []
        self._manifest = _manifest(path, parts)
        self.facts: list[Fact] = []
        self.events: list[RecordedEvent] = []
        self.state = TalkState()
        self._names = sorted(parts.names())
        for name in self._named("events/"):
            self._read_events(name)
        if not self.has_sound:
            self.problems.append("its sound is missing; words, calls and times are there")
        if self.state.end is None and not self.problems:
            self.problems.append("it has no end: what is there was read")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Open a recording, also one that a crash has cut, or a folder into which it was unpacked.

        What is damaged is left out and named in `problems`; the file is never changed.

        Parameters
        ----------
        path
            The file.

        Raises
        ------
        RecordingError
            If there is none, it is something else, or it was written by a newer version of this package.
        """
        target = Path(path).expanduser()
        return cls(target, open_parts(target))

    @property
    def started(self) -> datetime:
        """When it began, in UTC."""
        return datetime.fromisoformat(str(self._manifest.get("started") or "1970-01-01T00:00:00+00:00"))

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the package, of Python and of the system that wrote it."""
        return dict(self._manifest.get("versions") or {})

    @property
    def endpoint(self) -> dict[str, str]:
        """Name, model and service of the endpoint; of the last one, if another session took over."""
        return dict(self.state.endpoint or self._manifest.get("endpoint") or {})

    @property
    def kind(self) -> Literal["talk", "captions"]:
        """What was recorded: a talk, or captions that only wrote down."""
        return "captions" if self._manifest.get("kind") == "captions" else "talk"

    @property
    def joins(self) -> list[RecordedJoin]:
        """Where it goes on because its session was started again, or another one took its place, in order."""
        return list(self.state.joins)

    @property
    def segments(self) -> list[Segment]:
        """What was said and heard as segments, in order, with times in seconds of the recording."""
        return segments_of(self.state, self.facts)

    @property
    def model(self) -> str:
        """Name of the model that answered."""
        sessions = [each.event.get("session") for each in self.events if each.type.startswith("session.")]
        named = [str(each["model"]) for each in sessions if isinstance(each, dict) and each.get("model")]
        return named[-1] if named else self.endpoint.get("model", "")

    @property
    def settings(self) -> dict[str, Any]:
        """The session's settings at the end, in the protocol's shape."""
        return self.state.settings

    @property
    def complete(self) -> bool:
        """Whether everything is there, to its end."""
        return not self.problems

    @property
    def seconds(self) -> float:
        """How long it is, in seconds."""
        last = max((float(fact.get("at") or 0.0) for fact in self.facts[-100:]), default=0.0)
        return max(last, len(self._both) / SAMPLE_RATE if self.has_sound else 0.0)

    @property
    def conversation(self) -> ConversationExport:
        """The conversation at its end, with tool calls; its images are small copies."""
        return self.state.conversation()

    @property
    def transcript(self) -> str:
        """The conversation as plain text, a line for each message; of captions the words alone."""
        if self.kind == "captions":
            return to_text(self.segments)
        return "\n".join(f"{line.role}: {line.text}" for line in self.conversation if line.kind == "message")

    @property
    def calls(self) -> list[RecordedCall]:
        """The tool calls, in order."""
        return list(self.state.calls.values())

    @property
    def tools(self) -> dict[str, dict[str, Any]]:
        """The tools at the end, by name: version, description, parameters, and the source if it was recorded."""
        return dict(self.state.tools)

    @property
    def money(self) -> float | None:
        """US dollars of the whole talk; None if a part of it has no price."""
        money = self.state.usage.get("money")
        return None if money is None else float(money)

    @cached_property
    def turns(self) -> list[RecordedTurn]:
        """The turns, in order, with their times."""
        waits = {item_id: turn.delay for turn in self.timeline() for item_id in turn.item_ids}
        return recorded_turns(self.state, self.facts, waits)

    def timeline(self) -> Timeline:
        """Return where the time of each turn went, in seconds of the recording; see `RealtimeSession.timeline`."""
        return self._timeline

    @property
    def captured(self) -> npt.NDArray[np.float32]:
        """What was captured of the user, float32 of shape (n,) at 24 kHz, on the clock of the recording.

        Raises
        ------
        RecordingError
            If the recording has no sound.
        """
        return self._side(0)

    @property
    def played(self) -> npt.NDArray[np.float32]:
        """What was heard of the answers, float32 of shape (n,) at 24 kHz, on the clock of the recording.

        It ends where an answer was interrupted. What no player played is laid down at the pace of speech.

        Raises
        ------
        RecordingError
            If the recording has no sound.
        """
        return self._side(1)

    @property
    def both(self) -> npt.NDArray[np.int16]:
        """Both sides as int16 of shape (n, 2) at 24 kHz: the user at the left, the answers at the right.

        Raises
        ------
        RecordingError
            If the recording has no sound.
        """
        if not self.has_sound:
            raise RecordingError(f"{self.path} has no sound: its parts sound/*.flac are missing")
        return self._both

    @property
    def has_sound(self) -> bool:
        """Whether it has any sound."""
        return bool(self._named("sound/"))

    def sound_of(self, event: RecordedEvent) -> bytes:
        """Return the sound that an event of an answer brought, PCM16 at 24 kHz, as it came; heard or not.

        Raises
        ------
        RecordingError
            If that sound is missing or damaged.
        """
        delta = event.event.get("delta")
        if not isinstance(delta, dict) or "bytes" not in delta:
            return b""
        begin, end = delta["bytes"]
        sound = self.stretch(begin, end)
        if len(sound) < end - begin:
            raise RecordingError(f"the sound of the answer at {event.at:.1f} s is missing in {self.path}")
        return sound

    def stretch(self, begin: int, end: int) -> bytes:
        """Return bytes `begin` to `end` of the sound of all answers, as it came; fewer if some are missing."""
        return self._answers.read(begin, end)

    @property
    def title(self) -> str:
        """A heading for it."""
        if self.kind == "captions":
            return "Captions"
        return f"Talk with {self.model or 'a voice model'}"

    def to_markdown(self) -> str:
        """Return the conversation for reading; words that were cut off are struck out."""
        if self.kind == "captions":
            return segments_to_markdown(self.segments)
        return self.conversation.to_markdown()

    def to_messages(self, *, unheard: bool = False) -> list[dict[str, Any]]:
        """Return the conversation as messages of Chat Completions; see `ConversationExport.to_messages`."""
        return self.conversation.to_messages(unheard=unheard)

    def to_srt(self) -> str:
        """Return what was said and heard as subtitles (SubRip), on the clock of the sound."""
        return to_srt(self.segments)

    def to_vtt(self) -> str:
        """Return what was said and heard as subtitles (WebVTT), on the clock of the sound."""
        return to_vtt(self.segments)

    def to_html(self, title: str | None = None) -> str:
        """Return a page to send to somebody: words, tool calls, and the sound of both sides to listen to.

        It is one file that loads nothing; an hour of sound takes about 40 MB.

        Parameters
        ----------
        title
            Its heading.
        """
        from realtime_widgets.recording.exports.page import page_of  # brings ipywidgets

        return page_of(self, title or self.title)

    def to_notebook(self, title: str | None = None) -> dict[str, Any]:
        """Return a notebook (nbformat 4.5): words as markdown, tool calls as code that runs, with their results.

        The tools' sources are its first cell, if they were recorded.

        Parameters
        ----------
        title
            Its heading.
        """
        return notebook_of(self.state, title or self.title)

    def insert_below(self) -> None:
        """Insert the talk as cells below the running one, and print what was done.

        JupyterLab gets the cells of `to_notebook`: words as markdown, tool calls as code that runs, with their
        results. Other front ends get one cell of code, with the words as comments: a kernel can insert no other.

        Raises
        ------
        ConfigurationError
            If there is no notebook here.
        """
        shell = running_shell()
        if shell is None:
            raise ConfigurationError("there is no notebook to insert a cell into: recording.save('talk.ipynb')")
        from realtime_widgets.recording.exports.inserting import insert_cells  # brings ipywidgets

        cells = cells_of(self.state, self.title)
        done = insert_cells(cells, shell.kernel)
        if done == "refused":
            shell.set_next_input(code_of(self.state))
            print(
                "The talk goes into one cell of code below: this front end takes no other cells from Python. "
                "recording.save('talk.ipynb') makes a notebook of it."
            )
        elif done == "inserted":
            print(f"Inserted {len(cells)} cells below.")
        else:
            print(f"Sent {len(cells)} cells to the page, which did not say yet that they are there.")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it as another kind of file; one that is there is replaced once the new one is whole.

        Parameters
        ----------
        path
            Where to. The ending says what: ``.wav`` (stereo, the user at the left), ``.html``, ``.md``,
            ``.json`` (messages of Chat Completions), ``.srt``, ``.vtt`` or ``.ipynb``.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ConfigurationError
            If there is no such kind, or the file cannot be written.
        RecordingError
            If it has no sound, and that is asked for.
        """
        return save(self, Path(path).expanduser())

    def replay(self) -> Replay:
        """Return the recording as a widget: the transcript, played with its sound, and to be scrubbed.

        A recording that is the last line of a cell shows itself like that.
        """
        if self._replay is None:
            from realtime_widgets.recording.replay import Replay  # brings ipywidgets

            self._replay = Replay(self, self.title)
        return self._replay

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.replay()._repr_mimebundle_()

    def _ipython_display_(self) -> None:
        self.replay()._ipython_display_()

    def _display_(self) -> Any:
        return self.replay()  # marimo shows what this returns

    def __repr__(self) -> str:
        problem = f"; {'; '.join(self.problems)}" if self.problems else ""
        turns = len(self.state.turns)
        return visible(
            f"<recording {self.path.name}: {self.started:%Y-%m-%d %H:%M} UTC, {turns} "
            f"turn{'' if turns == 1 else 's'}{problem}>"
        )

    def _named(self, folder: str) -> list[str]:
        begin = bisect.bisect_left(self._names, folder)
        end = bisect.bisect_left(self._names, f"{folder[:-1]}0")  # what follows a slash
        return self._names[begin:end]

    def _read_events(self, name: str) -> None:
        try:
            lines = self._parts.read(name).splitlines()
        except RecordingError as error:
            self.problems.append(f"{error}; the rest was read")
            return
        for line in lines:
            try:
                fact = json.loads(line)
            except ValueError:
                self.problems.append(f"a line of {name} is damaged; the rest was read")
                continue
            try:
                self._take(fact)
            except (TypeError, ValueError, KeyError, AttributeError):
                self.problems.append(f"a line of {name} is of a shape that nobody knows; the rest was read")

    def _take(self, fact: Fact) -> None:
        at = float(fact["at"])
        sender = next((each for each in _SENDERS if isinstance(fact.get(each), dict)), None)
        if sender is not None:
            self.events.append(RecordedEvent(at, sender, fact[sender]))
        else:
            self.state.apply(fact)
        self.facts.append(fact)

    @cached_property
    def _timeline(self) -> Timeline:
        return timeline_of(self)

    @cached_property
    def _both(self) -> npt.NDArray[np.int16]:
        import numpy as np

        from realtime_widgets.recording.file.sound import read_flac

        names = self._named("sound/")
        found = self._sounds(names, lambda data: read_flac(data, 2))
        last = next(self._sounds(names[::-1], lambda data: read_flac(data, 2)), None)
        both = np.zeros((last[0] + len(last[1]) if last else 0, 2), np.int16)
        for begin, samples in found:
            room = both[begin : begin + len(samples)]
            room[:] = samples[: len(room)]
        return both

    @cached_property
    def _answers(self) -> _Stretches:
        from realtime_widgets.recording.file.sound import read_flac

        found = self._sounds(self._named("answers/"), lambda data: read_flac(data, 1))
        return _Stretches(
            [(begin * BYTES_PER_SAMPLE, samples.astype("<i2").tobytes()) for begin, samples in found]
        )

    def _sounds(self, names: list[str], read: Any) -> Iterator[tuple[int, Any]]:
        """Return sounds and where each begins; those that are damaged are named as problems."""
        for name in names:
            try:
                yield int(Path(name).stem), read(self._parts.read(name))
            except (RecordingError, ValueError) as error:
                problem = f"the sound {name} is left out: {error}"
                if problem not in self.problems:
                    self.problems.append(problem)

    def _side(self, side: int) -> npt.NDArray[np.float32]:
        import numpy as np

        return self.both[:, side].astype(np.float32) / 32768.0


class _Stretches:
    """Bytes in several pieces, between which some may be missing."""

    def __init__(self, pieces: list[tuple[int, bytes]]) -> None:
        self._begins = [begin for begin, _ in pieces]
        self._pieces = [data for _, data in pieces]

    def read(self, begin: int, end: int) -> bytes:
        """Return the bytes from `begin` to `end`; fewer if some are missing."""
        found = bytearray()
        at = max(0, bisect.bisect_right(self._begins, begin) - 1)
        for start, data in zip(self._begins[at:], self._pieces[at:], strict=True):
            if start >= end:
                break
            found += data[max(0, begin - start) : max(0, end - start)]
        return bytes(found)


def _manifest(path: Path, parts: Parts) -> Fact:
    """Return what a recording says of itself.

    Raises
    ------
    RecordingError
        If it is none, or of a newer version.
    """
    try:
        manifest = json.loads(parts.read("recording.json")) if "recording.json" in parts.names() else None
    except (RecordingError, ValueError):
        manifest = {"format": FORMAT, "version": VERSION}  # it is damaged, and what follows may be whole
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise RecordingError(f"{path} is not a recording of realtime_widgets")
    version = manifest.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise RecordingError(
            f"{path} is a recording of format {version}, and this package reads format {VERSION}: update it "
            "(pip install -U realtime-widgets); the file is as it was"
        )
    return manifest
