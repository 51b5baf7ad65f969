"""Which utterances allow or refuse a call."""

from __future__ import annotations

import pytest

from realtime_widgets.tools.execution.consent_words import read_answer


@pytest.mark.parametrize(
    "said",
    [
        "yes",
        "Yes.",
        "Yeah!",
        "OK, go ahead.",
        "Yes, yes, please do it.",
        "Allow it",
        "Ja, bitte!",
        "In Ordnung, mach das.",
        "Oui, d\N{RIGHT SINGLE QUOTATION MARK}accord.",
        "Vas-y, s'il te plaît",
        "¡Sí, adelante!",
        "Si\u0301, por favor",
    ],
)
def test_a_yes_allows(said: str) -> None:
    assert read_answer(said) is True


@pytest.mark.parametrize(
    "said",
    [
        "no",
        "No, don\N{RIGHT SINGLE QUOTATION MARK}t!",
        "Stop",
        "stop it, please",
        "No thanks",
        "Nein, danke.",
        "Non, surtout pas",
        "No lo hagas",
    ],
)
def test_a_no_refuses(said: str) -> None:
    assert read_answer(said) is False


@pytest.mark.parametrize(
    "said",
    [
        "",
        "...",
        "please",
        "thank you",
        "ok?",
        "¿sí",
        "yes?",
        "yes no",
        "no, yes",
        "ok, no",
        "yes but wait",
        "yes, and then open the other valve",
        "no problem",
        "not ok",
        "yesterday",
        "say yes",
        "the assistant says yes",
        "si nein",
        "ja oui",
        "don't stop",
        "no, don't stop",
        "do not refuse",
        "yes " * 9,
        "y e s",
        "1",
        "да",
    ],
)
def test_anything_else_is_an_ordinary_message(said: str) -> None:
    assert read_answer(said) is None, said
