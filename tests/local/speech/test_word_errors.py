"""Word errors count what was heard differently, not what was written differently."""

from __future__ import annotations

import pytest

from devtools.sound.word_errors import word_errors


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("ten of clubs", "10 of clubs."),
        ("two nine three four zero", "29340"),
        ("twenty-one, two thousand four hundred", "21 2,400"),
        ("the eighth of May", "The 8th of May!"),
        ("I'm sure it's fine, don't worry", "i am sure it is fine do not worry"),
        ("mister Smith's colour", "Mr. Smith's color"),
        ("fifty percent", "50%"),
        ("seven of clubs", "7 of Clubs."),
        ("two hundred and five", "205"),
        ("the twenty-first of May", "the 21st of May"),
        ("minus two point five degrees", "-2.5 degrees"),
        ("five dollars and twelve pounds", "$5 and £12."),
    ],
)
def test_writing_makes_no_error(said: str, heard: str) -> None:
    assert word_errors(said, heard)[0] == 0


@pytest.mark.parametrize(
    ("said", "heard", "errors", "words"),
    [
        ("the cat sat", "the bat sat", 1, 3),
        ("the cat sat", "the cat", 1, 3),
        ("the cat sat", "the the cat sat", 1, 3),
        ("the cat sat", "", 3, 3),
        ("eleven", "10", 1, 2),
        ("eighth", "8", 1, 2),
    ],
)
def test_hearing_does(said: str, heard: str, errors: int, words: int) -> None:
    assert word_errors(said, heard) == (errors, words)


def test_what_is_written_in_figures_can_be_counted_apart() -> None:
    assert word_errors("seven of clubs", "7 of clubs", figures=False) == (1, 3)
