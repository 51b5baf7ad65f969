"""Segments as SRT, WebVTT, markdown and text: whatever was said, the files stay well-formed."""

from __future__ import annotations

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.core.captions.segments import Segment
from realtime_widgets.core.captions.subtitles import (
    LINE_CHARACTERS,
    cues,
    to_markdown,
    to_srt,
    to_text,
    to_vtt,
)

SAID = [
    Segment("a", 0.5, 2.25, "Hello there.", True),
    Segment("b", 3661.0, 3664.0, "An hour & a minute <later>.", True, speaker="Ann"),
]
SRT_CUE = re.compile(r"\d+\n\d\d+:\d\d:\d\d,\d{3} --> \d\d+:\d\d:\d\d,\d{3}\n([^\n]+\n){1,2}")
VTT_CUE = re.compile(r"\d\d+:\d\d:\d\d\.\d{3} --> \d\d+:\d\d:\d\d\.\d{3}\n([^\n]+\n){1,2}")

segments = st.lists(
    st.builds(
        Segment,
        st.just("x"),
        st.floats(0, 10_000),
        st.floats(0, 10_000),
        st.text(max_size=300),
        st.booleans(),
        st.just(()),
        st.text(max_size=12),
    ),
    max_size=12,
)


def test_srt_has_numbers_times_with_a_comma_and_an_empty_line_between() -> None:
    assert to_srt(SAID) == (
        "1\n00:00:00,500 --> 00:00:02,250\nHello there.\n\n"
        "2\n01:01:01,000 --> 01:01:04,000\nAnn: An hour & a minute <later>.\n\n"
    )


def test_webvtt_escapes_what_would_be_markup_and_marks_voices() -> None:
    assert to_vtt(SAID) == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.250\nHello there.\n\n"
        "01:01:01.000 --> 01:01:04.000\n<v Ann>An hour &amp; a minute &lt;later&gt;.\n\n"
    )


def test_markdown_and_text_say_who_and_markdown_when() -> None:
    assert to_markdown(SAID) == "*0:00* Hello there.\n\n*1:01:01* **Ann:** An hour \\& a minute \\<later>.\n\n"
    assert to_text(SAID) == "Hello there.\nAnn: An hour & a minute <later>."


def test_a_long_segment_is_cut_between_words_and_its_time_with_it() -> None:
    words = " ".join(f"word{number}" for number in range(60))
    made = cues([Segment("a", 10, 40, words, True)])
    assert len(made) > 3
    assert all(len(cue.lines) <= 2 and max(map(len, cue.lines)) <= LINE_CHARACTERS for cue in made)
    assert " ".join(line for cue in made for line in cue.lines) == words
    assert (made[0].start_ms, made[-1].end_ms) == (10_000, 40_000)
    assert all(before.end_ms == after.start_ms for before, after in itertools.pairwise(made))


def test_an_arrow_in_the_words_is_no_times_line() -> None:
    said = [Segment("a", 0, 1, "from --> to", True)]
    assert to_srt(said).count("-->") == to_vtt(said).count("-->") == 1


@given(segments)
def test_cues_come_one_after_the_other_and_never_overlap(said: list[Segment]) -> None:
    made = cues(said)
    assert all(cue.start_ms < cue.end_ms for cue in made)
    assert all(before.end_ms <= after.start_ms for before, after in itertools.pairwise(made))


@given(segments)
def test_every_block_of_both_files_is_a_cue(said: list[Segment]) -> None:
    number = len(cues(said))
    srt = to_srt(said).split("\n\n")[:-1]
    assert len(srt) == number
    assert all(SRT_CUE.fullmatch(f"{block}\n") for block in srt)
    head, *vtt = to_vtt(said).split("\n\n")[:-1]
    assert (head, len(vtt)) == ("WEBVTT", number)
    assert all(VTT_CUE.fullmatch(f"{block}\n") for block in vtt)
    assert not any("<" in block.replace("<v ", "") for block in vtt)
