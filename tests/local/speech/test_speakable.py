"""Written text becomes text that can be read aloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.local.speech.speakable import cut_into_pieces, speakable


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Plain words stay.", "Plain words stay."),
        ("# Results\nThe *first* **second** ***third*** ~~gone~~", "Results.\nThe first second third gone"),
        ("one line\nof a paragraph\n\nanother", "one line of a paragraph\nanother"),
        ("- salt\n- [x] water\n1. stir\n2) wait", "salt.\nwater.\n1, stir.\n2, wait."),
        ("> quoted", "quoted."),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b.\n1, 2."),
        ("before\n\n***\n\nafter", "before\nafter"),
        ("```python\nx = 1\n```\nDone.", "Done."),
        ("```\nnever closed", ""),
        ("Call `run_all()` now", "Call run all now"),
        ("See [the docs][1] or ![a cat](cat.png)", "See the docs or a cat"),
        ("Go to https://www.example.com/a_b?c=1.", "Go to example dot com."),
        ("Write to ann@example.org!", "Write to ann at example dot org!"),
        ("<b>bold</b> <!-- no --> x < y", "bold x < y"),
        ("Hi 👩\u200d🔬 there 🇩🇪!", "Hi there!"),
        ("9.81 m/s² on 5 m²", "9.81 meters per second squared on 5 square meters"),
        ("1 m, 2 m, 10 µL, 3 kJ/mol", "1 meter, 2 meters, 10 microliters, 3 kilojoules per mole"),
        ("3\u00d710⁻⁵ mol/L", "3 times 10 to the power of minus 5 moles per liter"),
        ("1e-5 and x^2", "1 times 10 to the power of minus 5 and x squared"),
        ("the 1980s, 10K runs, 5 A grades", "the 1980s, 10K runs, 5 A grades"),
        ("H₂O at ~20 °C", "H2O at about 20 °C"),
        ("192.168.0.1", "192 point 168 point 0 point 1"),
        ("a → b ≈ π", "a to b about pi"),
        ("2½ cups", "2 and 1/2 cups"),
        ("2 * 3", "2 times 3"),
        ("cafe\u0301, naïve", "café, naïve"),
        ("Привет", ""),
        ("😀", ""),
        ("...", ""),
    ],
)
def test_reading(written: str, read: str) -> None:
    assert speakable(written) == read


@given(st.text())
def test_any_text_becomes_readable(text: str) -> None:
    read = speakable(text)
    assert not set(read) & set("[]{}\\`^_*|\t\r")
    assert read == "" or any(map(str.isalnum, read))


def test_long_first_sentence_is_cut_at_its_first_clause() -> None:
    sentence = "This is where the first clause ends, " + "and then it goes on for quite some time " * 3
    first, *_ = pieces = cut_into_pieces([sentence])
    assert first == "This is where the first clause ends,"
    assert " ".join(pieces).split() == sentence.split()


def test_short_sentences_and_later_ones_stay_whole() -> None:
    later = "This is where the first clause ends, " + "and then it goes on for quite some time " * 3
    assert cut_into_pieces(["Yes, of course.", later]) == ["Yes, of course.", later]


@given(st.lists(st.text("ab, ", min_size=1, max_size=900), max_size=3))
def test_no_piece_is_endless_and_no_word_is_lost(sentences: list[str]) -> None:
    pieces = cut_into_pieces(sentences)
    assert all(0 < len(piece) <= 300 for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join("".join(sentences).split())
