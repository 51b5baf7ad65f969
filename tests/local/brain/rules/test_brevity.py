"""Answers of a length that was asked for."""

from __future__ import annotations

import pytest

from realtime_widgets.local.brain.rules.brevity import Length, asked_length, shortened, without_length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("Answer in one word.", Length(words=1)),
        ("Reply with a single word, please.", Length(words=1)),
        ("Give one-word answers.", Length(words=1)),
        ("Use at most five words.", Length(words=5)),
        ("Keep it to 2 sentences.", Length(sentences=2)),
        ("Respond in no more than three short sentences.", Length(sentences=3)),
        ("Answer only with yes or no.", Length(words=1)),
        ("Do not answer in one word.", None),
        ("Put in a good word for me.", None),
        ("Be kind.", None),
    ],
)
def test_lengths_are_found(text: str, length: Length | None) -> None:
    assert asked_length(text) == length


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("The weather is sunny.", "Sunny."),
        ("The reaction rate is minus 3.", "-3."),
        ("Yes, I can hear you.", "Yes."),
        ("Stable: yes.", "Yes."),
        ("Today is Thursday, November 26, 2026.", "Thursday."),
        ("Done.", "Done."),
    ],
)
def test_one_word_is_what_the_sentence_says(sentence: str, word: str) -> None:
    assert shortened([sentence, "There is more."], Length(words=1)) == [word]


def test_sentences_that_fit_stay() -> None:
    told = ["It is late.", "The shop is closed.", "Come back tomorrow."]
    assert shortened(told, Length(sentences=2)) == told[:2]
    assert shortened(told, Length(words=7)) == told[:2]
    assert shortened(told, None) == told


def test_the_request_is_read_without_its_length() -> None:
    assert without_length("Answer in one word: is the shop open?") == "is the shop open?"
    assert without_length("Is the shop open? Please answer in one word.") == "Is the shop open?"
    assert without_length("Roll two dice.") == "Roll two dice."
