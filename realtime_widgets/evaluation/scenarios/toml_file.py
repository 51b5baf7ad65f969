"""Scenarios in a TOML file; every error names the file, the line, the scenario and the key."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.evaluation.scenarios.checking import OWN_KEYS, SESSION_KEYS, near
from realtime_widgets.evaluation.scenarios.scenario import Caller, Expect, Place, Scenario, Source, Turn

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

_FILE_KEYS = ("session", "scenario")
_SCENARIO_KEYS = ("name", "turn", "expect", "caller", "session", "repeat")
_TURN_KEYS = tuple(each.name for each in fields(Turn))
_EXPECT_KEYS = tuple(each.name for each in fields(Expect))
_CALLER_KEYS = tuple(each.name for each in fields(Caller))
#: Types of what is no text, by key; a key that is not here is a text.
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "arguments": ((dict,), "a table"),
    "says": ((str, list), "a text or a list of texts"),
    "says_not": ((str, list), "a text or a list of texts"),
    "allow": ((str, list), "a text or a list of texts"),
    "repeat": ((int,), "a whole number"),
    "turns": ((int,), "a whole number"),
    "expect": ((dict,), "a table"),
    **dict.fromkeys(("latency_ms", "cents", "noise_db", "cough_at"), ((int, float), "a number")),
    **dict.fromkeys(
        ("no_tool", "no_invention", "recovers", "asks_back", "interrupted", "speaks"), ((bool,), "true or false")
    ),
}
_HEADER = re.compile(r"\s*(\[\[?)\s*([\w\s.\"'-]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([\w\"'-]+(?:\s*\.\s*[\w\"'-]+)*)\s*=")


@dataclass(frozen=True)
class Broken:
    """A scenario that cannot be read: its name as far as it is known, and why."""

    name: str
    file: str
    problem: str


def load_scenarios(path: str | os.PathLike[str]) -> list[Scenario]:
    """Return the scenarios of a TOML file; see `SCENARIOS.md` for its keys.

    Raises
    ------
    ConfigurationError
        If the file or one of its scenarios cannot be read; the text names all that is wrong.
    """
    found = read_file(Path(path))
    broken = [each.problem for each in found if isinstance(each, Broken)]
    if broken:
        raise ConfigurationError("\n".join(broken))
    return [each for each in found if isinstance(each, Scenario)]


def read_file(path: Path) -> list[Scenario | Broken]:
    """Return the scenarios of a file in order, the broken ones as what is wrong with them.

    Raises
    ------
    ConfigurationError
        If nothing of it can be read: it is missing, is not TOML, or has no scenario.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigurationError(f"the scenarios {path} cannot be read: {reason}") from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from None
    lines = key_lines(text)
    for key in values:
        if key not in _FILE_KEYS:
            raise ConfigurationError(
                f"{Source(str(path), lines).at((key,))}: unknown key {key!r}: {near(key, _FILE_KEYS)}"
            )
    tables, common = values.get("scenario", []), values.get("session", {})
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise ConfigurationError(f"{path} has no [[scenario]] (with double brackets)")
    reader = _Reader(path, lines)
    if not isinstance(common, dict):
        raise ConfigurationError(f"{Source(str(path), lines).at(('session',))}: 'session' must be a table")
    reader.check_keys(common, (*SESSION_KEYS, *OWN_KEYS), "the file's [session]", ("session",))
    names: set[str] = set()
    found: list[Scenario | Broken] = []
    for number, table in enumerate(tables):
        name = table.get("name") if isinstance(table.get("name"), str) else ""
        try:
            scenario = reader.scenario(number, table, common)
            if scenario.name in names:
                raise ConfigurationError(f"{scenario.where(('name',))}: another scenario has the same name")
            names.add(scenario.name)
            found.append(scenario)
        except ConfigurationError as error:
            found.append(Broken(name or f"scenario {number + 1}", str(path), str(error)))
    return found


class _Reader:
    """Reads the tables of one file."""

    def __init__(self, path: Path, lines: Mapping[Place, int]) -> None:
        self._path = path
        self._lines = lines

    def scenario(self, number: int, table: Mapping[str, Any], common: Mapping[str, Any]) -> Scenario:
        place: Place = ("scenario", number)
        lines = {key: line for key, line in self._lines.items() if key[:1] == ("session",)}
        lines |= {key[2:]: line for key, line in self._lines.items() if key[:2] == place}
        source = Source(str(self._path), lines)
        name = table.get("name")
        if not isinstance(name, str) or not name.strip():
            raise ConfigurationError(f"{source.at(('name',))}: scenario {number + 1} needs a name, a text")
        here = Scenario(name, source=source)
        self._table = here
        self.check_keys(table, _SCENARIO_KEYS, "", ())
        session = table.get("session", {})
        self._is_table(session, ("session",))
        self.check_keys(session, (*SESSION_KEYS, *OWN_KEYS), "", ("session",))
        merged = {**common, **session}
        if "api_key" in merged:
            raise self._wrong(
                ("session",), "a file holds no key: name the environment variable with it as key_variable"
            )
        for key in ("script", "tools", "endpoint", "key_variable"):
            if not isinstance(merged.get(key, ""), str):
                raise self._wrong(("session", key), f"must be a text, not {merged[key]!r:.80}")
        for key in ("script", "tools"):
            if key in merged:
                merged[key] = str(self._beside(merged[key]))
        turns = table.get("turn", [])
        if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
            raise self._wrong(("turn",), "each turn must be a table [[scenario.turn]], with double brackets")
        caller = table.get("caller")
        if caller is not None:
            self._is_table(caller, ("caller",))
            self._check_values(caller, _CALLER_KEYS, ("caller",))
            caller = Caller(**{"goal": "", **caller})
        if "repeat" in table:
            self._check_values({"repeat": table["repeat"]}, _SCENARIO_KEYS, ())
        return Scenario(
            name,
            tuple(self._turn(turn, ("turn", index)) for index, turn in enumerate(turns)),
            self._expect(table.get("expect", {}), ("expect",)),
            caller,
            merged,
            repeat=table.get("repeat"),
            source=source,
        )

    def check_keys(self, table: Mapping[str, Any], known: Sequence[str], what: str, place: Place) -> None:
        for key in table:
            if key not in known:
                text = f"unknown key {key!r}: {near(key, known)}"
                if what:
                    raise ConfigurationError(f"{Source(str(self._path), self._lines).at((*place, key))}: {text}")
                raise ConfigurationError(f"{self._table.where((*place, key))}: {text}")

    def _turn(self, table: Mapping[str, Any], place: Place) -> Turn:
        self._check_values(table, _TURN_KEYS, place)
        values = dict(table)
        for key in ("sound", "noise"):
            if key in values:
                values[key] = str(self._beside(values[key]))
        return Turn(**{**values, "expect": self._expect(table.get("expect", {}), (*place, "expect"))})

    def _expect(self, table: Any, place: Place) -> Expect:
        self._is_table(table, place)
        self._check_values(table, _EXPECT_KEYS, place)
        texts = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
        return Expect(**{**table, **texts})

    def _check_values(self, table: Mapping[str, Any], known: Sequence[str], place: Place) -> None:
        self.check_keys(table, known, "", place)
        for key, value in table.items():
            kinds, words = _KINDS.get(key, ((str,), "a text"))
            wrong = not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)
            if wrong or (isinstance(value, list) and not all(isinstance(each, str) for each in value)):
                raise self._wrong((*place, key), f"must be {words}, not {value!r:.80}")

    def _is_table(self, value: object, place: Place) -> None:
        if not isinstance(value, dict):
            raise self._wrong(place, "must be a table")

    def _beside(self, name: str) -> Path:
        """Return a path of the file, which is meant from the file's folder."""
        return self._path.parent / Path(name).expanduser()

    def _wrong(self, place: Place, text: str) -> ConfigurationError:
        return ConfigurationError(f"{self._table.where(place)}: {text}")


def key_lines(text: str) -> dict[Place, int]:
    """Return on which line each table and key of a TOML text begins, from 1; elements of arrays are numbered.

    What is inside a value of several lines may be listed too, but never in place of a key before it.
    """
    counts: dict[Place, int] = {}
    found: dict[Place, int] = {}
    current: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            current = _opened(_parts(header[2]), header[1] == "[[", counts)
            found.setdefault(current, number)
        elif key := _KEY.match(line):
            place = current
            for part in _parts(key[1]):
                place = (*place, part)
                found.setdefault(place, number)
    return found


def _opened(parts: list[str], repeated: bool, counts: dict[Place, int]) -> Place:
    """Return the place of a table that is opened; its parents are the last elements of their arrays."""
    place: Place = ()
    for index, part in enumerate(parts):
        place = (*place, part)
        last = index == len(parts) - 1
        if last and repeated:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _parts(name: str) -> list[str]:
    return [part.strip().strip("\"'") for part in name.split(".")]
