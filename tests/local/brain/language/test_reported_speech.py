"""Reported speech becomes direct speech."""

from __future__ import annotations

import pytest

from realtime_widgets.local.brain.language.reported_speech import spoken_to, whether, which


@pytest.mark.parametrize(
    ("reported", "direct"),
    [
        ("their order is ready", "your order is ready"),
        ("the user has two messages", "you have two messages"),
        ("the caller's table waits for them", "your table waits for you"),
        ("you are glad that they're here", "I am glad that you are here"),
        ("you will call them and they can call you", "I will call you and you can call me"),
        ("they may ask you for help", "you may ask me for help"),
        ("your name is Ada", "my name is Ada"),
    ],
)
def test_who_speaks_and_who_listens(reported: str, direct: str) -> None:
    assert spoken_to(reported) == direct


def test_the_users_own_words() -> None:
    assert spoken_to("I am late and you know my name", by_user=True) == "you are late and I know your name"


@pytest.mark.parametrize(
    ("clause", "question"),
    [
        ("you are there", "Are you there?"),
        ("you still are there", "Are you still there?"),
        ("the shop is open", "Is the shop open?"),
        ("you have a car", "Do you have a car?"),
        ("you have been there", "Have you been there?"),
        ("I can help", "Can I help?"),
        ("the parcel arrived", "May I ask whether the parcel arrived?"),
    ],
)
def test_questions_of_yes_or_no(clause: str, question: str) -> None:
    assert whether(clause) == question


@pytest.mark.parametrize(
    ("clause", "question"),
    [
        ("what your name is", "What is your name?"),
        ("what kind of tea you would like", "What kind of tea would you like?"),
        ("where you live", "Where do you live?"),
        ("who is calling", "Who is calling?"),
        ("how to get there", "May I ask how to get there?"),
    ],
)
def test_questions_with_a_question_word(clause: str, question: str) -> None:
    assert which(clause) == question
