"""The captions' widget: what its page gets, and what the file keeps."""

from __future__ import annotations

import pytest
import traitlets

from realtime_widgets import Captions
from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.core.captions.segments import Segment
from realtime_widgets.widgets.console.captions import CaptionConsole, CaptionText
from realtime_widgets.widgets.saved.form import saved_captions
from tests.session.test_captions import RATE, RECORDING, begins, captions, server_of, writes


def refresh(shown: CaptionText, session: Captions) -> None:
    shared_engine().run(shown._refresh, session)
    shared_engine().run(shown._save)


async def test_the_words_come_with_their_times_and_the_microphone_stays_open_without_a_button() -> None:
    steps = [*begins(), writes("a", "The first."), writes("b", "The second.")]
    async with server_of(steps) as server:
        session = captions(server, font_size=40)
        shown = CaptionConsole(session)
        assert (shown.microphone.mode, shown.microphone.hidden_off) == ("open", None)
        assert shown.text.font_size == 40
        assert shown.status.status["detail"] == "click the microphone"
        await session.transcribe(RECORDING, rate=RATE)
        refresh(shown.text, session)
        assert [(each["time"], each["text"], each["final"]) for each in shown.text.entries] == [
            ("0:00", "The first.", True),
            ("0:02", "The second.", True),
        ]
    await session.close()


async def test_what_goes_wrong_stands_under_the_words_until_more_is_said() -> None:
    async with server_of([*begins(), writes("a", "The first."), writes("b", "The second.")]) as server:
        session = captions(server)
        await session.start()
        shown = CaptionText(session)
        assert shown.problem == ""
        shared_engine().run(session.runtime.problem, "The words of the last minute were lost.")
        refresh(shown, session)
        assert shown.problem == "The words of the last minute were lost."
        await session.transcribe(RECORDING, rate=RATE)
        refresh(shown, session)
        assert shown.problem == ""
    await session.close()


def test_a_size_that_nobody_can_read_is_refused() -> None:
    shown = CaptionText(Captions(endpoint="http://127.0.0.1:9/v1", model="m"))
    with pytest.raises(traitlets.TraitError, match="10 to 200"):
        shown.font_size = 3


def test_the_file_keeps_the_words_as_text() -> None:
    said = [
        Segment("a", 7.2, 9, "<b>Good</b> $x$ *morning*", True, speaker="Ann"),
        Segment("b", 3671.0, 3672, "Good night.", True),
    ]
    form = saved_captions(said, "gpt-live-transcribe", "rw-saved-1")
    assert "&lt;b&gt;Good&lt;/b&gt;" in form.html
    assert "1:01:11" in form.html
    assert "<strong>Ann</strong>" in form.html
    assert r"*0:07* **Ann:** \<b>Good\</b>" in form.markdown
    assert form.plain.splitlines()[:2] == [
        "Captions by gpt-live-transcribe",
        "Ann: <b>Good</b> $x$ *morning*",
    ]


def test_a_long_lecture_keeps_its_end() -> None:
    said = [Segment(str(n), n, n + 1, f"Sentence number {n} of it.", True) for n in range(5_000)]
    form = saved_captions(said, "m", "rw-saved-1")
    assert len(form.html) < 125_000
    assert "Sentence number 4999" in form.plain
    assert "oldest entries are left out" in form.markdown
