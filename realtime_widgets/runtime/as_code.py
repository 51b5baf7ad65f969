"""Writes the cell that makes a session: what differs from the defaults, and never a key. Pure."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from realtime_widgets.core.settings import SessionSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from realtime_widgets.protocol.endpoint.endpoint import Endpoint

#: Longest line of code before the arguments stand one on a line.
_LINE = 88
_DEFAULT = SessionSettings(turn_detection="server_vad")


def session_as_code(
    settings: SessionSettings,
    endpoint: Endpoint,
    tools: Sequence[str] = (),
    limits: Mapping[str, float | None] | None = None,
) -> str:
    """Return Python that makes a session with these settings.

    Parameters
    ----------
    settings, endpoint
        Of the session.
    tools
        Names of the functions that are its tools.
    limits
        Limits of its budget, by name.
    """
    given: dict[str, str] = {}
    if settings.instructions:
        given["instructions"] = _text(settings.instructions)
    for field in fields(SessionSettings):
        value = getattr(settings, field.name)
        if field.name == "instructions" or value == getattr(_DEFAULT, field.name):
            continue
        given[field.name] = repr(_plain(field.name, value))
    where = _endpoint(endpoint)
    if where:
        given["endpoint"] = repr(where)
    if endpoint.model and not endpoint.local:
        given["model"] = repr(endpoint.model)
    if tools:
        given["tools"] = f"[{', '.join(tools)}]"
    imports = ["RealtimeSession"]
    if known := {name: value for name, value in (limits or {}).items() if value is not None}:
        given["budget"] = f"Budget({', '.join(f'{name}={value!r}' for name, value in known.items())})"
        imports.insert(0, "Budget")
    call = f"session = RealtimeSession({', '.join(f'{name}={value}' for name, value in given.items())})"
    if len(call) > _LINE or "\n" in call:
        lines = "".join(f"    {name}={value},\n" for name, value in given.items())
        call = f"session = RealtimeSession(\n{lines})"
    return f"from realtime_widgets import {', '.join(imports)}\n\n{call}\nsession\n"


def _plain(name: str, value: Any) -> Any:
    """Return a setting as a user would write it."""
    if name == "turn_detection":
        if value is None:
            return "push_to_talk"
        return value["type"] if set(value) == {"type"} else value
    if name == "reasoning" and isinstance(value, dict) and set(value) == {"effort"}:
        return value["effort"]
    if name == "transcription" and value == {"model": None}:
        return "off"
    return value


def _endpoint(endpoint: Endpoint) -> str:
    if endpoint.local:
        return "local"
    if endpoint.service in ("openai", "xai"):
        return endpoint.service
    return endpoint.base_url


def _text(text: str) -> str:
    if "\n" not in text or '"""' in text or "\\" in text or text.endswith('"'):
        return repr(text)
    return f'"""{text}"""'
