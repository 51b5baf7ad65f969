"""The plan of a lesson: its questions, and its answers that are certain. Pure, but for the script's file."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Most questions that have a button: as many as number keys.
MOST_QUESTIONS = 9
#: Default limits of a lesson.
MINUTES, MONEY = 45.0, 1.0
INSTRUCTIONS = (
    "You talk with a class that hears you from a loudspeaker. The lesson is about: {title}. Answer in two or "
    "three short sentences in plain words. Say so if you are not sure, and do not guess. If a question is about "
    "something else, say kindly that the lesson is about something else."
)
_OTHERWISE = "That is not part of this lesson."
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Question:
    """A question that is prepared.

    Attributes
    ----------
    text
        The question, as it is asked.
    note
        A note for the teacher, which only the presenter's view shows.
    """

    text: str
    note: str = ""


@dataclass(frozen=True)
class Lesson:
    """The plan of a lesson.

    Attributes
    ----------
    title
        What it is about.
    questions
        The prepared questions, in order.
    tell_speaker
        Whether the model is told which table has the floor.
    """

    title: str
    questions: tuple[Question, ...] = ()
    tell_speaker: bool = False


def planned(title: object, questions: object, tell_speaker: bool) -> Lesson:
    """Return a lesson.

    Parameters
    ----------
    title
        What it is about.
    questions
        Texts, or pairs of a text and a note for the teacher.
    tell_speaker
        As in `Lesson`.

    Raises
    ------
    ConfigurationError
        If there is no title, or a question is none, or there are too many.
    """
    if not isinstance(title, str) or not title.strip():
        raise ConfigurationError(f"a lesson needs a title in words, not {title!r:.80}")
    if isinstance(questions, str):
        raise ConfigurationError("questions= takes a list of questions, not one text")
    made = tuple(_question(each) for each in _listed(questions))
    if len(made) > MOST_QUESTIONS:
        raise ConfigurationError(f"a lesson has buttons for {MOST_QUESTIONS} questions, not {len(made)}")
    return Lesson(title.strip(), made, bool(tell_speaker))


def _listed(questions: Any) -> Iterable[Any]:
    try:
        return list(questions)
    except TypeError:
        raise ConfigurationError(f"questions= takes a list of questions, not {questions!r:.80}") from None


def _question(given: Any) -> Question:
    text, note = (given, "") if isinstance(given, str) else given if _is_pair(given) else ("", "")
    if not text.strip():
        raise ConfigurationError(f"a question is a text, or a text with a note for the teacher, not {given!r:.80}")
    return Question(text.strip(), note.strip())


def _is_pair(given: Any) -> bool:
    return isinstance(given, tuple | list) and len(given) == 2 and all(isinstance(each, str) for each in given)


def script_of(answers: Mapping[str, str] | str | os.PathLike[str], plan: Lesson) -> str:
    """Return the brain that gives certain answers, such as ``"script:lesson.toml"``.

    Parameters
    ----------
    answers
        An answer for each question, by its text or by words that are in it; or the path of a script, a TOML file.
    plan
        The lesson: each of its prepared questions has to have an answer.

    Raises
    ------
    ConfigurationError
        If there are no answers, a prepared question has none, or the script cannot be read.
    """
    if not isinstance(answers, Mapping):
        path = Path(answers).expanduser().absolute()
        if not path.is_file():
            raise ConfigurationError(f"the script {path} is not there")
        return f"script:{path}"
    if not answers:
        raise ConfigurationError("answers= has no answers: leave it out to let the model answer")
    patterns = {_pattern(question): answer for question, answer in answers.items()}
    for question in plan.questions:
        if not any(re.search(pattern, question.text, re.IGNORECASE) for pattern in patterns):
            raise ConfigurationError(f"answers= has no answer to the prepared question {question.text!r}")
    lines = [f"[otherwise]\nsay = {json.dumps(_OTHERWISE)}\n"]
    for pattern, answer in patterns.items():
        if not isinstance(answer, str) or not answer.strip():
            raise ConfigurationError(f"an answer is a text, not {answer!r:.80}")
        lines.append(f"[[answer]]\nheard = {json.dumps(pattern)}\nsay = {json.dumps(answer)}\n")
    return f"script:{_written(plan.title, chr(10).join(lines))}"


def _written(title: str, script: str) -> Path:
    """Write a script to a file of this process, the same for each lesson of a title; it goes with the process."""
    name = f"lesson-{os.getpid()}-{hashlib.sha256(title.encode()).hexdigest()[:12]}.toml"
    path = Path(tempfile.gettempdir()) / name
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".toml", delete=False, encoding="utf-8") as file:
        file.write(script)
    Path(file.name).replace(path)
    atexit.register(path.unlink, missing_ok=True)
    return path


def _pattern(question: object) -> str:
    """Return a pattern that finds the words of a question in their order, whatever stands between them."""
    words = _WORD.findall(question) if isinstance(question, str) else []
    if not words:
        raise ConfigurationError(f"answers= holds answers by questions in words, not by {question!r:.80}")
    return r"\b" + r"\b.*\b".join(map(re.escape, words)) + r"\b"
