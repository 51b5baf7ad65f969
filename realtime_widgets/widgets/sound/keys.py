"""The keys that work from anywhere in a notebook: hold to talk, talk, mute, stop."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: None of them types a character or is a key of a notebook's command mode.
KEYS = {"hold": "Alt+Shift+H", "talk": "Alt+Shift+T", "mute": "Alt+Shift+M", "stop": "Alt+Shift+S"}
_MODIFIERS = {
    **{"ctrl": "Ctrl", "control": "Ctrl", "alt": "Alt", "option": "Alt", "shift": "Shift"},
    **{"meta": "Meta", "cmd": "Meta", "command": "Meta", "win": "Meta"},
}
_ORDER = ("Ctrl", "Alt", "Shift", "Meta")
_ALONE = {"pause": "Pause", "scrolllock": "ScrollLock", **{f"f{number}": f"F{number}" for number in range(1, 25)}}


def checked_keys(keys: Mapping[str, str | None], before: Mapping[str, str]) -> dict[str, str]:
    """Return all keys, with some of them changed.

    Parameters
    ----------
    keys
        Keys by what they do: ``"hold"``, ``"talk"``, ``"mute"`` or ``"stop"``; None or empty is no key.
    before
        Those that are not changed.

    Raises
    ------
    ConfigurationError
        If there is no such key, it would type something, or two would do different things.
    """
    made = dict(before)
    for name, key in keys.items():
        if name not in KEYS:
            raise ConfigurationError(f"shortcuts are for {', '.join(KEYS)}, not for {name!r}")
        made[name] = _key(name, key) if key else ""
    used = [key for key in made.values() if key]
    if twice := next((key for key in used if used.count(key) > 1), ""):
        both = " and ".join(name for name, key in made.items() if key == twice)
        raise ConfigurationError(f"{twice} cannot do both {both}: choose another key, or None for one of them")
    return made


def _key(name: str, key: object) -> str:
    *modifiers, last = re.split(r"\s*\+\s*|\s+", key.strip()) if isinstance(key, str) else [""]
    wrong = [each for each in modifiers if each.lower() not in _MODIFIERS]
    held = {_MODIFIERS[each.lower()] for each in modifiers if each.lower() in _MODIFIERS}
    alone = _ALONE.get(last.lower())
    named = alone or ("Space" if last.lower() == "space" else last.upper())
    if wrong or not (alone or named == "Space" or re.fullmatch("[A-Z0-9]", named)):
        raise ConfigurationError(
            f"shortcuts[{name!r}] must be such as 'Alt+Shift+H' or 'F9' (a letter, digit, Space, F1 to F24, Pause "
            f"or ScrollLock, with Ctrl, Alt, Shift, Meta), not {key!r}"
        )
    if not alone and not held & {"Ctrl", "Alt", "Meta"}:
        raise ConfigurationError(
            f"shortcuts[{name!r}] must not be {key!r}, which types something or is a command of the notebook: put "
            "Alt or Ctrl before it, or take a function key such as 'F9'"
        )
    return "+".join([*(each for each in _ORDER if each in held), named])
