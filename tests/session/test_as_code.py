"""The cell that makes a session, written from its settings: it makes the same session, and holds no key."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_widgets import Budget, RealtimeSession, Transcription
from realtime_widgets.runtime.as_code import session_as_code


def written(session: RealtimeSession) -> str:
    settings: Any = session.runtime.settings
    return session_as_code(settings, session.endpoint, list(session.tools), session.runtime.accounts.limits)


def rate(celsius: float) -> str:
    """How fast our reaction goes."""
    return f"{celsius}"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"instructions": 'Be "brief".\nAnd kind: \\o/', "voice": "marin", "speed": 1.25},
        {"instructions": "One.\nTwo.", "turn_detection": "push_to_talk", "answers": "text"},
        {"turn_detection": {"type": "server_vad", "silence_duration_ms": 700}, "max_output_tokens": 500},
        {"turn_detection": "semantic_vad", "reasoning": "low", "transcription": "off"},
        {"transcription": Transcription(languages=["de"]), "tools": [rate], "budget": Budget(money=0.5)},
        {"noise_reduction": "far_field", "false_interruption_timeout": None, "tool_choice": "required"},
    ],
)
def test_the_cell_makes_the_same_session(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1234567890")
    session = RealtimeSession(
        endpoint="openai", api_key="sk-secret-1234567890", model="gpt-realtime-2.1", **options
    )
    code = written(session)
    assert "sk-secret" not in code
    made: dict[str, Any] = {"rate": rate}
    exec(compile(code, "cell.py", "exec"), made)
    again = made["session"]
    assert again.runtime.settings == session.runtime.settings
    assert (again.endpoint.name, again.endpoint.model) == (session.endpoint.name, session.endpoint.model)
    assert list(again.tools) == list(session.tools)
    assert again.runtime.accounts.limits == session.runtime.accounts.limits


def test_defaults_are_not_written() -> None:
    assert written(RealtimeSession(endpoint="local")) == (
        "from realtime_widgets import RealtimeSession\n\nsession = RealtimeSession(endpoint='local')\nsession\n"
    )
