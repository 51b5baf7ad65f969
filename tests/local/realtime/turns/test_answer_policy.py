"""When spoken turns are answered."""

from __future__ import annotations

from realtime_widgets.local.realtime.turns.answer_policy import AnswerPolicy


def test_a_turn_is_answered_when_it_is_understood() -> None:
    answers = AnswerPolicy()
    answers.started(interrupts=True)
    answers.stopped("a", wanted=True)
    assert answers.understood("a", has_words=True)


def test_sound_without_words_is_not_answered() -> None:
    answers = AnswerPolicy()
    answers.stopped("a", wanted=True)
    assert not answers.understood("a", has_words=False)


def test_speaking_on_makes_one_answer_after_the_last_turn() -> None:
    answers = AnswerPolicy()
    answers.stopped("a", wanted=True)
    answers.started(interrupts=True)
    assert not answers.understood("a", has_words=True)
    answers.stopped("b", wanted=True)
    assert answers.understood("b", has_words=True)
    answers.answered()
    assert not answers.dropped()


def test_a_cough_does_not_take_the_answer_away() -> None:
    answers = AnswerPolicy()
    answers.stopped("a", wanted=True)
    answers.started(interrupts=True)
    assert not answers.understood("a", has_words=True)
    answers.stopped("cough", wanted=True)
    assert answers.understood("cough", has_words=False)


def test_speech_that_does_not_interrupt_does_not_hold_the_answer_back() -> None:
    answers = AnswerPolicy()
    answers.stopped("a", wanted=True)
    answers.started(interrupts=False)
    assert answers.understood("a", has_words=True)


def test_clearing_the_turn_under_way_releases_the_answer() -> None:
    answers = AnswerPolicy()
    answers.stopped("a", wanted=True)
    answers.started(interrupts=True)
    assert not answers.understood("a", has_words=True)
    assert answers.dropped()


def test_items_that_were_committed_by_hand_wait_for_the_client() -> None:
    answers = AnswerPolicy()
    answers.started(interrupts=True)
    answers.stopped("a", wanted=False)
    assert not answers.understood("a", has_words=True)


def test_an_answer_that_a_cough_cut_is_made_again() -> None:
    answers = AnswerPolicy()
    answers.stopped("a", wanted=True)
    assert answers.understood("a", has_words=True)
    answers.answered()
    answers.started(interrupts=True, cut=True)
    answers.stopped("cough", wanted=True)
    assert answers.understood("cough", has_words=False)
    answers.answered()
    answers.started(interrupts=True)
    answers.stopped("later cough", wanted=True)
    assert not answers.understood("later cough", has_words=False)


def test_a_client_that_answers_by_itself_gets_no_answer_again() -> None:
    answers = AnswerPolicy()
    answers.started(interrupts=True, cut=True)
    answers.stopped("cough", wanted=False)
    assert not answers.understood("cough", has_words=False)
    answers.started(interrupts=True, cut=True)
    assert not answers.dropped()
