"""The events of this package against those of the newest openai package."""

from __future__ import annotations

import json
import typing
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from realtime_widgets.protocol import events as ev

realtime = pytest.importorskip("openai.types.realtime")

SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8),
    bool: st.booleans(),
    int: st.integers(-(2**53), 2**53),
    float: st.floats(-1e6, 1e6),
    type(None): st.none(),
    object: st.one_of(st.integers(0, 9), st.text(max_size=3), st.just({"deep": [1]})),
    Any: st.text(max_size=3),
}


@cache
def values(hint: Any) -> st.SearchStrategy[Any]:
    """Give JSON values that a type hint of the openai package allows."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint in SCALARS:
        return SCALARS[hint]
    if origin is typing.Literal:
        return st.sampled_from(args)
    if origin is typing.Annotated:
        return values(args[0])
    if origin is list:
        return st.lists(values(args[0]), max_size=2)
    if origin is dict:
        return st.dictionaries(st.text(max_size=4), values(args[1]), max_size=2)
    if args:
        return st.one_of([values(each) for each in args])
    assert issubclass(hint, BaseModel), hint
    return models(hint)


@cache
def models(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    required = {name: values(field.annotation) for name, field in fields.items() if field.is_required()}
    optional = {name: values(field.annotation) for name, field in fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def members(union: Any) -> list[type[BaseModel]]:
    union = typing.get_args(union)[0] if typing.get_origin(union) is typing.Annotated else union
    return list(typing.get_args(union))


def names(classes: list[type[BaseModel]]) -> set[str]:
    return {typing.get_args(model.model_fields["type"].annotation)[0] for model in classes}


SERVER = members(realtime.RealtimeServerEvent)
CLIENT = members(realtime.RealtimeClientEvent)


def same(mine: Any, sent: Any) -> bool:
    """Whether a field says what was sent: null reads as nothing, a typed part has defaults beside it."""
    if sent is None:
        return not mine
    if isinstance(mine, msgspec.Struct):
        return all(same(getattr(mine, name), value) for name, value in sent.items())
    return bool(mine == sent)


def test_no_event_of_the_service_is_missing_and_none_is_invented() -> None:
    assert set(ev.SERVER_EVENTS) == names(SERVER)
    assert set(ev.CLIENT_EVENTS) == names(CLIENT)


@pytest.mark.parametrize("model", SERVER, ids=lambda model: model.__name__)
def test_every_field_of_the_service_has_its_name_here(model: type[BaseModel]) -> None:
    [kind] = names([model])
    ours = ev.SERVER_EVENTS[kind]
    assert set(model.model_fields) - {"type"} <= set(ours.__struct_fields__)


@pytest.mark.parametrize("model", SERVER, ids=lambda model: model.__name__)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_event_the_official_package_builds_is_read_the_same(model: type[BaseModel], data: Any) -> None:
    built = model.model_validate(data.draw(models(model)))
    sent = built.model_dump(mode="json", by_alias=True, exclude_unset=True)
    event = ev.decode(built.model_dump_json(by_alias=True, exclude_unset=True))
    assert (event.type, event.data) == (sent["type"], sent)
    assert event.extra == {}
    assert all(same(getattr(event, name), value) for name, value in sent.items())


@pytest.mark.parametrize("model", CLIENT, ids=lambda model: model.__name__)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_event_a_client_of_the_service_sends_can_be_sent(model: type[BaseModel], data: Any) -> None:
    drawn = {name: value for name, value in data.draw(models(model)).items() if value is not None}
    if "audio" in drawn:
        drawn["audio"] = "AAEC"
    drawn["audio_end_ms"] = abs(drawn.get("audio_end_ms", 0))
    drawn = {name: value for name, value in drawn.items() if name in model.model_fields}
    ours = ev.CLIENT_EVENTS[drawn["type"]]
    sent = json.loads(ev.encode(msgspec.convert(drawn, type=ours)))
    defaults = {"event_id": "", "response": {}}
    assert sent == {name: value for name, value in drawn.items() if value != defaults.get(name, ...)}
