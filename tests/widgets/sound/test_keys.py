"""The keys of a microphone: written in any way, never one that types, never one for two things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_widgets import ConfigurationError
from realtime_widgets.testing import ScriptedServer
from realtime_widgets.widgets.sound.keys import KEYS, checked_keys

if TYPE_CHECKING:
    from tests.conftest import Open


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("alt+shift+k", "Alt+Shift+K"),
        ("Shift Control k", "Ctrl+Shift+K"),
        ("Cmd + Option + 1", "Alt+Meta+1"),
        ("Ctrl+space", "Ctrl+Space"),
        ("f9", "F9"),
        ("Pause", "Pause"),
        (None, ""),
    ],
)
def test_a_key_is_written_in_any_way(given: str | None, key: str) -> None:
    assert checked_keys({"hold": given}, KEYS) == {**KEYS, "hold": key}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"hold": "h"}, "types something"),
        ({"hold": "Shift+Space"}, "types something"),
        ({"hold": "Hyper+H"}, "must be such as"),
        ({"hold": "Alt+"}, "must be such as"),
        ({"hold": 9}, "must be such as"),
        ({"shout": "F9"}, "hold, talk, mute, stop"),
        ({"hold": "Alt+Shift+S"}, "both hold and stop"),
    ],
)
def test_what_is_no_key_is_refused_in_words(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        checked_keys(keys, KEYS)


async def test_a_session_sets_some_of_its_keys(connect: Open) -> None:
    async with ScriptedServer([]) as server:
        microphone = connect(server).microphone
        microphone.shortcuts = {"hold": "F9", "stop": None}
        assert microphone.shortcuts == {**KEYS, "hold": "F9", "stop": ""}
        with pytest.raises(ConfigurationError):
            microphone.shortcuts = {"talk": "t"}
        assert microphone.shortcuts["talk"] == "Alt+Shift+T"
