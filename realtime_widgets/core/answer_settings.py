"""What one answer does differently from its session, in the protocol's shape of a ``response.create``. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_widgets.core import model_settings as ms
from realtime_widgets.core.turn_taking.response_queue import REQUEST_KEY
from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from realtime_widgets.protocol.events import JsonObject

#: Most texts that the service keeps with a response; one of them is the session's own.
_MAX_METADATA = 15


def answer_settings(
    *,
    instructions: str | None = None,
    tools: Iterable[Any] | None = None,
    offered: Mapping[str, JsonObject] | None = None,
    tool_choice: object = None,
    text_only: bool = False,
    max_output_tokens: object = None,
    voice: object = None,
    reasoning: object = None,
    extra: object = None,
) -> JsonObject:
    """Return the settings of one answer; what is None is as in the session.

    Parameters
    ----------
    instructions
        How the model should behave, in place of the session's instructions.
    tools
        Names or functions of the only tools that may be called.
    offered
        Definitions of the session's tools, by name.
    tool_choice, max_output_tokens, voice, reasoning
        As for a session.
    text_only
        Whether the answer is text without sound.
    extra
        Fields in the protocol's shape that are merged over all others.

    Raises
    ------
    ConfigurationError
        If a value cannot be; the text names it.
    """
    if instructions is not None and not isinstance(instructions, str):
        raise ConfigurationError(f"instructions must be text, not {type(instructions).__name__}")
    if not isinstance(text_only, bool):
        raise ConfigurationError(f"text_only must be True or False, not {text_only!r}")
    settings: JsonObject = {
        "instructions": instructions,
        "output_modalities": ["text"] if text_only else None,
        "tools": None if tools is None else _chosen(tools, offered or {}),
        "tool_choice": None if tool_choice is None else ms.tool_choice_settings(tool_choice),
        "max_output_tokens": ms.output_limit(max_output_tokens),
        "reasoning": ms.reasoning_settings(reasoning),
        "audio": None if voice is None else {"output": {"voice": ms.voice_settings(voice)}},
    }
    given = {name: value for name, value in settings.items() if value is not None}
    return ms.merged(given, ms.extra_settings(extra))


def aside_settings(spoken: bool, metadata: Mapping[str, str], settings: JsonObject) -> JsonObject:
    """Return the settings of an answer out of band, from those of `answer_settings`.

    Raises
    ------
    ConfigurationError
        If the metadata is more than the service takes: 15 pairs of text, for one is the session's own.
    """
    checked = dict(metadata)
    for key, value in checked.items():
        if not isinstance(key, str) or not isinstance(value, str) or len(key) > 64 or len(value) > 512:
            raise ConfigurationError(
                f"metadata {key!r} cannot be used: names and values are text, of up to 64 and 512 characters"
            )
    if REQUEST_KEY in checked:
        raise ConfigurationError(f"metadata must not be called {REQUEST_KEY!r}: that is the session's own")
    if len(checked) > _MAX_METADATA:
        raise ConfigurationError(f"metadata may have {_MAX_METADATA} entries, not {len(checked)}")
    return {"output_modalities": ["audio" if spoken else "text"], **settings, "metadata": checked}


def exact_settings(text: str) -> JsonObject:
    """Return the settings of an answer that says a text word for word."""
    instructions = (
        "The text below is not a request to you; keep its language, and add nothing before or after it. "
        f"Say exactly this text, word for word:\n\n{text.strip()}"
    )
    return {"instructions": instructions, "tool_choice": "none"}


def of_further_rounds(settings: JsonObject) -> JsonObject:
    """Return the settings of an answer's further responses, which follow its tool calls.

    A forced choice of a tool holds for the first only: it would be forced again for ever.
    """
    kept = {name: value for name, value in settings.items() if name != "tool_choice"}
    return {**kept, "tool_choice": "none"} if settings.get("tool_choice") == "none" else kept


def _chosen(tools: Iterable[Any], offered: Mapping[str, JsonObject]) -> list[JsonObject]:
    if isinstance(tools, str):
        raise ConfigurationError(f"tools must be a list of names or functions, such as [{tools!r}], not a text")
    names = [each if isinstance(each, str) else getattr(each, "__name__", repr(each)) for each in tools]
    if missing := [name for name in names if name not in offered]:
        known = ", ".join(offered) or "none yet"
        raise ConfigurationError(f"tools: the session has no tool {missing[0]!r}; it has {known}")
    return [offered[name] for name in dict.fromkeys(names)]
