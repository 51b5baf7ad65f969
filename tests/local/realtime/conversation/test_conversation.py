"""What is left of an answer after truncation."""

from __future__ import annotations

import pytest

from realtime_widgets.local.realtime.conversation.conversation import Speech
from realtime_widgets.local.realtime.conversation.kept_sound import KeptSound
from tests.local.stand_ins import silence


def speech() -> Speech:
    sentences = [("One two three four.", 0.0), ("Five six seven eight.", 1000.0)]
    return Speech(data=KeptSound(silence(2.0)), sentences=sentences)


@pytest.mark.parametrize(
    ("end_ms", "words"),
    [
        (0, ""),
        (100, ""),
        (500, "One two"),
        (999, "One two three"),
        (1000, "One two three four."),
        (1500, "One two three four. Five six"),
        (2000, "One two three four. Five six seven eight."),
    ],
)
def test_words_heard_by_then(end_ms: int, words: str) -> None:
    cut = speech()
    cut.cut(end_ms)
    assert " ".join(text for text, _ in cut.sentences) == words
    assert cut.milliseconds == end_ms


def test_cutting_twice_keeps_less() -> None:
    cut = speech()
    cut.cut(1500)
    cut.cut(250)
    assert " ".join(text for text, _ in cut.sentences) == "One"
