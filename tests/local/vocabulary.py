"""Every event and field of the protocol, as this package and the official one know them."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any

from openai.types.realtime import (
    ConversationItem,
    RealtimeConversationItemAssistantMessage,
    RealtimeConversationItemUserMessage,
    RealtimeResponse,
    RealtimeResponseCreateParams,
    RealtimeSessionCreateRequest,
    RealtimeTranscriptionSessionCreateRequest,
)
from pydantic import BaseModel

from realtime_widgets.protocol.events import CLIENT_EVENTS, SERVER_EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Fields that are described as one, whatever is inside; and objects that are only a way to their fields.
WHOLE = ("prompt", "reasoning", "tracing")
CHOICES = ("tools", "tool_choice", "truncation", "format")


def client_events() -> list[str]:
    return list(CLIENT_EVENTS)


def server_events() -> list[str]:
    return list(SERVER_EVENTS)


def session_fields() -> list[str]:
    return list(_fields(RealtimeSessionCreateRequest))


def transcription_fields() -> list[str]:
    return list(_fields(RealtimeTranscriptionSessionCreateRequest))


def response_create_fields() -> list[str]:
    return list(_fields(RealtimeResponseCreateParams))


def response_fields() -> list[str]:
    return list(_fields(RealtimeResponse))


def items() -> list[str]:
    names = []
    for kind in _models(ConversationItem):
        name = _literal(kind, "type")
        role = _literal(kind, "role") if "role" in kind.model_fields else ""
        names.append(f"{name} ({role})" if role else name)
    for message in (RealtimeConversationItemUserMessage, RealtimeConversationItemAssistantMessage):
        [content] = _models(message.model_fields["content"].annotation)
        names += typing.get_args(typing.get_args(content.model_fields["type"].annotation)[0])
    return names


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        inner = [] if name in WHOLE else _models(field.annotation)
        if name in CHOICES:
            yield from [path] if name != "format" else []
            yield from (f"{path}[{_literal(each, 'type')}]" for each in inner)
        elif name == "turn_detection":
            yield path
            for each in inner:
                yield from _fields(each, f"{path}[{_literal(each, 'type')}].")
        elif len(inner) == 1 and name != "voice":
            yield from _fields(inner[0], f"{path}.")
        else:
            yield path


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in typing.get_args(annotation) for model in _models(argument)]


def _literal(model: type[BaseModel], name: str) -> str:
    annotation: Any = model.model_fields[name].annotation
    while typing.get_origin(annotation) is not typing.Literal:
        annotation = typing.get_args(annotation)[0]
    return str(typing.get_args(annotation)[0])
