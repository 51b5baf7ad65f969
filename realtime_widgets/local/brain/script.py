r"""A brain that follows a script, for demonstrations and tests.

A script is a TOML file:

    [[answer]]                        # answers are given in this order ...
    say = "Good morning."

    [[answer]]                        # ... unless a pattern is found in what the user said
    heard = 'weather in (?P<city>\w+)'
    say = "I will look."
    call = "get_weather"
    arguments = { city = "{city}" }
    then = "In {city} it is {result}."

    [otherwise]                       # when no answer is left
    say = "That is not in my script."

It keeps no state: the conversation tells how far it has come.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.local.brain.errors import BrainError
from realtime_widgets.local.brain.language.numbers import find_numbers, plain
from realtime_widgets.local.brain.rules.history import fresh_outputs, read_turns
from realtime_widgets.local.brain.rules.phrasing import say_result, sentences
from realtime_widgets.local.brain.rules.pictures import apart_from_tools
from realtime_widgets.local.brain.tool_schema import read_tools
from realtime_widgets.local.models.interfaces import CallTool, Say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from realtime_widgets.local.brain.rules.history import Turn
    from realtime_widgets.local.models.interfaces import BrainRequest

_FIELDS: dict[str, tuple[type, ...]] = {
    "heard": (str,),
    "say": (str, list),
    "call": (str,),
    "arguments": (dict,),
    "then": (str, list),
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_RESULT = "result"


@dataclass(frozen=True)
class ScriptedAnswer:
    """One answer of a script.

    Attributes
    ----------
    heard : re.Pattern or None
        What must be found in what the user said; None for an answer that comes in its turn.
    say : tuple of str
        Sentences, said before the call.
    call : str
        Name of the tool to call; empty for none.
    arguments : dict
        Arguments of the call; ``{name}`` in their texts stands for a group of `heard`.
    then : tuple of str
        Sentences about the result, in which ``{result}`` stands for its text; if empty, a sentence tells it.
    """

    heard: re.Pattern[str] | None = None
    say: tuple[str, ...] = ()
    call: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    then: tuple[str, ...] = ()


class ScriptBrain:
    """A `Brain` that follows a script.

    Parameters
    ----------
    answers
        The answers in order.
    otherwise
        The answer if none of them fits; without it such a turn fails with an error.
    name
        Name of the script, for errors.
    """

    def __init__(
        self, answers: Sequence[ScriptedAnswer], otherwise: ScriptedAnswer | None = None, name: str = "the script"
    ) -> None:
        self._patterns = [answer for answer in answers if answer.heard is not None]
        self._sequence = [answer for answer in answers if answer.heard is None]
        self._otherwise = otherwise
        self._name = name

    @classmethod
    def read(cls, file: Path) -> ScriptBrain:
        """Read a script from a TOML file.

        Raises
        ------
        ConfigurationError
            If it cannot be read or is not a script; the text names the file and the line.
        """
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigurationError(f"the script {file} cannot be read: {reason}") from None
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{file} is not TOML: {error}") from None
        answers, otherwise = _Reader(str(file), text.splitlines()).script(values)
        return cls(answers, otherwise, file.name)

    def prepare(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Do nothing: a script is always ready."""

    def answer(self, request: BrainRequest) -> Iterator[Say | CallTool]:
        """Yield the answer of the script to the last turn.

        Raises
        ------
        BrainError
            If the script has none, or calls a tool that the session does not have.
        """
        turns, _ = apart_from_tools(read_turns(request.items))
        users = [turn for turn in turns if turn.kind == "user"]
        answer, groups = self._answer_to(users)
        outputs = fresh_outputs(turns)
        if outputs:
            for output in outputs:
                said = [_filled(text, {**groups, _RESULT: output.text}) for text in answer.then]
                yield from map(Say, _sentences(said) if said else say_result(output.tool, output.text))
            return
        yield from map(Say, _sentences([_filled(text, groups) for text in answer.say]))
        if answer.call and request.tool_choice != "none":
            yield self._call(answer, groups, request.tools)

    def _answer_to(self, users: Sequence[Turn]) -> tuple[ScriptedAnswer, dict[str, str]]:
        """Return the answer to the user's last turn, and what its pattern found."""
        position = -1
        for text in [turn.text for turn in users] or [""]:
            match = self._match(text)
            position += match is None
        if match is not None:
            return match
        if position < len(self._sequence):
            return self._sequence[position], {}
        if self._otherwise is not None:
            return self._otherwise, {}
        raise BrainError(f"{self._name} has no answer to turn {max(len(users), 1)}; add one, or [otherwise]")

    def _match(self, text: str) -> tuple[ScriptedAnswer, dict[str, str]] | None:
        for answer in self._patterns:
            assert answer.heard is not None
            found = answer.heard.search(text)
            if found is not None:
                return answer, {name: value or "" for name, value in found.groupdict().items()}
        return None

    def _call(
        self, answer: ScriptedAnswer, groups: Mapping[str, str], definitions: Sequence[Mapping[str, Any]]
    ) -> CallTool:
        tools = {tool.name: tool for tool in read_tools(definitions)}
        if answer.call not in tools:
            known = ", ".join(tools) or "none"
            raise BrainError(f"{self._name} calls {answer.call}, which this session does not have; it has {known}")
        kinds = {one.name: one.shape.kind for one in tools[answer.call].parameters if len(one.path) == 1}
        arguments = {
            name: _typed(_filled(value, groups), kinds.get(name, "any"))
            for name, value in answer.arguments.items()
        }
        return CallTool(answer.call, json.dumps(arguments, ensure_ascii=False, default=str))


def _filled(value: Any, groups: Mapping[str, str]) -> Any:
    """Return `value` with what was found in place of each ``{name}``."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda match: groups.get(match[1], match[0]), value)
    if isinstance(value, Mapping):
        return {key: _filled(inner, groups) for key, inner in value.items()}
    return [_filled(inner, groups) for inner in value] if isinstance(value, list) else value


def _typed(value: Any, kind: str) -> Any:
    """Return a text as the number that the tool takes: 40 for "forty"."""
    if isinstance(value, str) and kind in ("number", "integer") and (numbers := find_numbers(value)):
        return round(numbers[0].value) if kind == "integer" else plain(numbers[0].value)
    return value


def _sentences(texts: Sequence[str]) -> list[str]:
    return [sentence for text in texts for sentence in sentences(text)]


class ScriptFile:
    """A `Brain` that follows the script of a file, as it is when an answer is asked for.

    Parameters
    ----------
    file
        The script.

    Raises
    ------
    ConfigurationError
        If it cannot be read or is not a script.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp = _stamp(file)
        self._brain = ScriptBrain.read(file)

    def prepare(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Do nothing: a script is always ready."""

    def answer(self, request: BrainRequest) -> Iterator[Say | CallTool]:
        """Yield the answer of the script to the last turn.

        Raises
        ------
        BrainError
            As for `ScriptBrain.answer`, or if the file was changed into what is not a script.
        """
        if (stamp := _stamp(self._file)) != self._stamp:
            try:
                self._brain = ScriptBrain.read(self._file)
            except ConfigurationError as error:
                raise BrainError(str(error)) from None
            self._stamp = stamp
        yield from self._brain.answer(request)


def _stamp(file: Path) -> object:
    """Return what is different once a file was written again; None if it is not there."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


class _Reader:
    """Reads a parsed file as a script; an error names the line."""

    def __init__(self, file: str, lines: Sequence[str]) -> None:
        self._file = file
        self._lines = lines

    def script(self, values: Mapping[str, Any]) -> tuple[list[ScriptedAnswer], ScriptedAnswer | None]:
        for key in values:
            if key not in ("answer", "otherwise"):
                raise self._wrong(f"there is no {key!r} in a script, only [[answer]] and [otherwise]", 0, key)
        tables = values.get("answer", [])
        if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
            raise self._wrong("each answer must be a table [[answer]], with double brackets", 0, "answer")
        answers = [self._answer(table, self._header("answer", place)) for place, table in enumerate(tables)]
        otherwise = values.get("otherwise")
        if otherwise is not None and (not isinstance(otherwise, Mapping) or "heard" in otherwise):
            raise self._wrong("otherwise must be one table [otherwise] without 'heard'", 0, "otherwise")
        if not answers and otherwise is None:
            raise self._wrong("the script holds no [[answer]]", 0)
        if otherwise is None:
            return answers, None
        return answers, self._answer(otherwise, self._header("otherwise", 0))

    def _answer(self, table: Mapping[str, Any], line: int) -> ScriptedAnswer:
        for key, value in table.items():
            if key not in _FIELDS:
                raise self._wrong(f"an answer has no {key!r}, only {', '.join(_FIELDS)}", line, key)
            if not isinstance(value, _FIELDS[key]):
                raise self._wrong(f"{key!r} must be {_kind(key)}", line, key)
        if not table.get("say") and not table.get("call"):
            raise self._wrong("an answer needs 'say' or 'call'", line)
        for key in ("arguments", "then"):
            if key in table and not table.get("call"):
                raise self._wrong(f"{key!r} belongs to a 'call', which this answer does not have", line, key)
        heard = self._pattern(table, line)
        named = set(heard.groupindex) if heard else set()
        for key, known in (("say", named), ("arguments", named), ("then", named | {_RESULT})):
            for name in _placeholders(table.get(key, "")):
                if name not in known:
                    raise self._wrong(f"nothing is called {{{name}}}: name a group (?P<{name}>…)", line, key)
        return ScriptedAnswer(
            heard,
            self._texts(table, "say", line),
            table.get("call", ""),
            table.get("arguments", {}),
            self._texts(table, "then", line),
        )

    def _pattern(self, table: Mapping[str, Any], line: int) -> re.Pattern[str] | None:
        if "heard" not in table:
            return None
        try:
            return re.compile(table["heard"], re.IGNORECASE)
        except re.error as error:
            raise self._wrong(f"'heard' is not a regular expression: {error}", line, "heard") from None

    def _texts(self, table: Mapping[str, Any], key: str, line: int) -> tuple[str, ...]:
        value = table.get(key, [])
        texts = [value] if isinstance(value, str) else value
        if not all(isinstance(text, str) for text in texts):
            raise self._wrong(f"{key!r} must be {_kind(key)}", line, key)
        return tuple(texts)

    def _header(self, name: str, place: int) -> int:
        """Return the index of the line that opens the table; 0 if it is not found."""
        opening = re.compile(rf"\s*\[+\s*{name}\s*\]+")
        found = [index for index, line in enumerate(self._lines) if opening.match(line)]
        return found[place] if place < len(found) else 0

    def _wrong(self, what: str, line: int, key: str = "") -> ConfigurationError:
        if key:
            named = re.compile(rf"\s*(?:\[+\s*)?[\"']?{re.escape(key)}\b")
            line = next((i for i in range(line, len(self._lines)) if named.match(self._lines[i])), line)
        return ConfigurationError(f"{self._file}, line {line + 1}: {what}")


def _placeholders(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _PLACEHOLDER.findall(value)
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _placeholders(inner)


def _kind(key: str) -> str:
    return {
        "arguments": "a table",
        "say": "a string or a list of strings",
        "then": "a string or a list of strings",
    }.get(key, "a string")
