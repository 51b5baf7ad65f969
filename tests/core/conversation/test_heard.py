"""Which words of a cut answer count as heard."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.core.conversation.heard import heard_length

TEXT = "First this. Then, after a while, that. And so on."


def test_nothing_and_everything_are_exact() -> None:
    assert heard_length(TEXT, 0, 5000, True) == 0
    assert heard_length(TEXT, 5000, 5000, True) == len(TEXT)
    assert heard_length("", 100, 5000, True) == 0


def test_half_of_even_words_is_half() -> None:
    text = "aaaa bbbb cccc dddd"
    assert text[: heard_length(text, 520, 1000, True)] == "aaaa bbbb "


def test_words_that_ran_ahead_of_the_sound_count_as_unheard() -> None:
    text = "word " * 100
    assert heard_length(text, 1000, 1000, complete=False) < len(text) / 5
    assert heard_length(text, 1000, 1000, complete=True) == len(text)


@given(st.text("ab ,.", max_size=60), st.floats(0, 10_000), st.floats(0, 10_000), st.booleans())
def test_it_ends_between_words_and_grows_with_what_was_heard(
    text: str, heard: float, received: float, complete: bool
) -> None:
    length = heard_length(text, heard, received, complete)
    assert 0 <= length <= len(text)
    assert length in (0, len(text)) or text[length - 1].isspace()
    assert length <= heard_length(text, heard + 100, received, complete)
