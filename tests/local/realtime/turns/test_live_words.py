"""Words are told once two recognitions agree on them, and never taken back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.local.realtime.turns.live_words import LiveWords

TEXTS = st.lists(st.sampled_from(["we", "shall", "fight", "on", "the."]), max_size=6).map(" ".join)


def test_the_last_words_wait_until_they_are_heard_again() -> None:
    live = LiveWords()
    assert live.heard("we shall.") == ""
    assert live.heard("we shall fight") == "we"
    assert live.heard("we shall fight on") == " shall fight"
    assert live.rest("we shall fight on the beaches.") == " on the beaches."


def test_words_that_are_heard_otherwise_later_are_told_at_the_end_only() -> None:
    live = LiveWords()
    live.heard("wee shall")
    assert live.heard("wee shall") == "wee shall"
    assert live.heard("we shall fight") == live.heard("we shall fight") == ""
    assert live.rest("we shall fight.") == ""


def test_words_of_which_nothing_was_told_are_told_as_they_are() -> None:
    assert LiveWords().rest("  we shall ") == "  we shall "


@given(st.lists(TEXTS), TEXTS)
def test_what_was_told_begins_as_the_final_words_or_ends_there(heard: list[str], final: str) -> None:
    live = LiveWords()
    told = "".join(map(live.heard, heard))
    assert " ".join(told.split()) == told
    whole = told + live.rest(final)
    assert whole in (told, final)
