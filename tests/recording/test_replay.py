"""A recording as a widget: what a page gets of it, piece by piece, and what the notebook's file keeps."""

from __future__ import annotations

import io
import json
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from realtime_widgets.recording.entries import steps_of
from realtime_widgets.recording.replay import PIECE_S
from tests.widgets.page import PAGE, send

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    import pytest

    from realtime_widgets import Recording

    Recorded = Callable[[], Coroutine[Any, Any, Recording]]


class Page:
    """Receives what a widget sends."""

    def __init__(self, widget: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.came = threading.Event()
        self.messages: list[tuple[dict[str, Any], list[bytes]]] = []
        monkeypatch.setattr(widget, "send", self._receive)
        self._widget = widget

    def _receive(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.messages.append((content, buffers or []))
        self.came.set()

    def ask(self, content: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        self.came.clear()
        send(self._widget, {**content, "page_id": PAGE})
        assert self.came.wait(20)
        return self.messages[-1]


async def test_a_page_gets_how_it_went_and_the_sound_on_demand(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = await recorded()
    replay = recording.replay()
    assert replay is recording.replay()
    page = Page(replay, monkeypatch)
    script, _ = page.ask({"type": "open"})
    assert script["type"] == "script" and script["page_id"] == PAGE
    times = [step["at"] for step in script["steps"]]
    assert times == sorted(times)
    last = {step["id"]: step["entry"] for step in script["steps"]}
    assert [entry["text"] for entry in replay.entries] == [last[entry["id"]]["text"] for entry in replay.entries]
    assert [turn["detail"]["number"] for turn in script["turns"]] == [1, 2, 3, 4]
    sound, [file] = page.ask({"type": "want", "index": 0})
    assert (sound["type"], sound["index"]) == ("sound", 0)
    samples, rate = soundfile.read(io.BytesIO(file), dtype="int16")
    assert rate == 24_000
    assert np.array_equal(samples, recording.both[: PIECE_S * 24_000])
    # No sound is in what the notebook keeps.
    kept = {name: value for name, value in replay.get_state().items() if name not in ("_esm", "_css")}
    assert len(json.dumps(kept)) < 20_000
    assert recording._repr_mimebundle_() is not None


async def test_the_entries_are_those_of_the_console(recorded: Recorded) -> None:
    recording = await recorded()
    entries = recording.replay().entries
    story = next(entry for entry in entries if entry["text"] == "Once upon a time")
    assert story["cut"] and 0 < story["heard_ms"] < 2_000 and story["heard_length"] < len(story["text"])
    cards = [entry["tool"] for entry in entries if entry["kind"] == "tool"]
    assert [(card["name"], card["state"]) for card in cards] == [("add", "done"), ("divide", "error")]
    assert cards[0]["printed"] == "adding\n" and "ZeroDivisionError" in cards[1]["traceback"]
    assert any("being recorded" in entry["text"] for entry in entries if entry["kind"] == "notice")


async def test_what_is_lost_is_told_to_the_page(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = await recorded()
    page = Page(recording.replay(), monkeypatch)
    monkeypatch.setitem(recording.__dict__, "_both", None)
    failed, _ = page.ask({"type": "want", "index": 0})
    assert failed["type"] == "failed" and failed["text"]


def test_a_line_that_is_spoken_has_a_few_of_its_states() -> None:
    facts: list[dict[str, Any]] = [
        {"at": at / 100, "line": {"id": "a", "kind": "message", "role": "user", "text": "x" * at}, "after": None}
        for at in range(1, 101)
    ]
    steps = steps_of(facts)
    assert 4 <= len(steps) <= 8
    assert steps[-1].entry is not None and steps[-1].entry.text == "x" * 100
    gone = steps_of([*facts, {"at": 2.0, "gone": "a"}])
    assert gone[-1].entry is None
