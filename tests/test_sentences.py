"""Text in pieces becomes sentences that can be spoken one by one."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.sentences import LONGEST, SentenceCutter


def cut(*pieces: str) -> list[str]:
    cutter = SentenceCutter()
    return [sentence for piece in pieces for sentence in cutter.take(piece)] + cutter.finish()


def test_a_sentence_comes_as_soon_as_the_next_begins() -> None:
    cutter = SentenceCutter()
    assert cutter.take("The rate is 3.5 per ") == []
    assert cutter.take("second. It") == ["The rate is 3.5 per second."]
    assert cutter.take(" doubles") == []
    assert cutter.finish() == ["It doubles"]


def test_short_words_with_a_point_go_with_what_follows() -> None:
    assert cut("Dr. Smith is in. Yes. Ask her!") == ["Dr. Smith is in.", "Yes. Ask her!"]


def test_lines_of_a_list_are_spoken_apart() -> None:
    assert cut("These are the steps:\n- heat it slowly\n\n- stir it well") == [
        "These are the steps:",
        "- heat it slowly",
        "- stir it well",
    ]


def test_what_is_too_long_for_a_service_is_cut_between_words() -> None:
    pieces = cut("word " * 2000)
    assert max(map(len, pieces)) <= LONGEST
    assert " ".join(pieces) == ("word " * 2000).strip()


@given(st.text(alphabet="ab .!?\n", max_size=60), st.lists(st.integers(0, 60)))
def test_nothing_is_lost_wherever_the_pieces_are_cut(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(text)]
    pieces = [text[start:end] for start, end in pairwise(places)]
    sentences = cut(*pieces)
    assert "".join("".join(sentences).split()) == "".join(text.split())
    assert all(sentence.strip() for sentence in sentences)
