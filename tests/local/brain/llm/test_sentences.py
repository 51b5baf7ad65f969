"""Text that arrives bit by bit leaves in whole sentences, the first one early."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.local.brain.llm.sentences import SentenceCutter


def pieces(text: str, size: int = 1) -> list[str]:
    cutter = SentenceCutter()
    found = [piece for start in range(0, len(text), size) for piece in cutter.feed(text[start : start + size])]
    return found + cutter.flush()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there. How are you? Fine!", ["Hello there.", "How are you?", "Fine!"]),
        ("It is 3.5 metres. Long.", ["It is 3.5 metres.", "Long."]),
        ("Dr. Smith met Mrs. Jones. They talked.", ["Dr. Smith met Mrs. Jones.", "They talked."]),
        ("Fruit, e.g. apples. Done.", ["Fruit, e.g. apples.", "Done."]),
        ('He said "No." Then he left.', ['He said "No."', "Then he left."]),
        ("Wait... what? Yes.", ["Wait...", "what?", "Yes."]),
        ("That was in 2020. Long ago.", ["That was in 2020.", "Long ago."]),
        ("Two things:\n1. Apples\n2. Pears\n", ["Two things:", "\n1. Apples", "\n2. Pears"]),
        ("First.\n\nSecond.", ["First.", "\n\nSecond."]),
        ("Look:\n```py\na = 1. + 2\nb\n```\nDone.", ["Look:", "\n```py\na = 1. + 2\nb\n```", "\nDone."]),
        ("   ", []),
        ("", []),
    ],
)
def test_sentences_and_lines_stay_whole(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected
    assert pieces(text, 1000) == expected


def test_a_sentence_leaves_as_soon_as_the_next_one_begins() -> None:
    cutter = SentenceCutter()
    assert cutter.feed("Hello there.") == []  # it might go on: "there.5"
    assert cutter.feed(" ") == ["Hello there."]


def test_the_first_sound_need_not_wait_for_the_end_of_a_long_sentence() -> None:
    text = "When you heat the sample slowly to forty degrees, it begins to change its colour, and then, it melts."
    assert pieces(text) == [
        "When you heat the sample slowly to forty degrees,",
        "it begins to change its colour, and then, it melts.",
    ]


def test_text_without_any_end_is_cut_between_words() -> None:
    found = pieces("word " * 400)
    assert max(map(len, found)) <= 300
    assert " ".join(found).split() == ["word"] * 400


@given(st.text(alphabet="ab .!?,\n`1\u2026", max_size=400), st.integers(1, 9))
def test_no_word_is_lost_or_changed_however_the_text_arrives(text: str, size: int) -> None:
    assert "".join("".join(pieces(text, size)).split()) == "".join(text.split())
