"""Odd requests: whatever comes, the brain answers and never raises."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.brain.rules.brain import StandInBrain
from realtime_widgets.local.models.interfaces import BrainRequest, CallTool, Say
from tests.local.brain.requests_table import EXACT
from tests.local.brain.talk import ask, calls, spoken
from tests.local.brain.tools_table import TOOLS, tool

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.models

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(["number", "integer", "string", "boolean", "array", "object", "null", "nonsense"])
SCHEMAS = st.recursive(
    JSON | st.fixed_dictionaries({"type": KINDS}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": KINDS | JSON,
            "enum": st.lists(JSON, max_size=4) | JSON,
            "anyOf": st.lists(inner, max_size=3) | JSON,
            "items": inner,
            "properties": st.dictionaries(st.text(max_size=10), inner, max_size=4) | JSON,
            "required": st.lists(st.text(max_size=5), max_size=3) | JSON,
            "format": st.sampled_from(["date", "time", "date-time", "duration"]) | JSON,
            "minimum": JSON,
            "maximum": JSON,
            "description": st.text(max_size=40) | JSON,
            "$ref": st.sampled_from(["#", "#/$defs/A", "#/properties/x"]) | JSON,
            "const": JSON,
        },
    ),
    max_leaves=6,
)
TEXTS = st.sampled_from([row[0] for row in EXACT]) | st.text(max_size=60) | st.sampled_from(
    ["try again", "and at 60?", "in 99999999999 days",
     "at 9e99 degrees", "the 31st of the 99th", "no", "yes", "a", "'"]
)  # fmt: skip
TOOL_LISTS = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("function"), "name": st.text(min_size=1, max_size=12)},
        optional={"description": st.text(max_size=40) | JSON, "parameters": SCHEMAS},
    )
    | JSON
    | st.sampled_from(TOOLS),
    max_size=4,
)
CONTENTS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["input_audio", "input_text", "input_image", "output_text", "else"])},
        optional={"text": TEXTS | JSON, "transcript": TEXTS | JSON},
    )
    | JSON,
    max_size=3,
)
ITEMS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["message", "function_call", "function_call_output", "mcp_call", "new_kind"])},
        optional={
            "role": st.sampled_from(["user", "assistant", "system"]) | JSON,
            "content": CONTENTS | JSON,
            "name": st.sampled_from([one["name"] for one in TOOLS]) | JSON,
            "call_id": JSON,
            "arguments": st.just('{"temperature": 40}') | JSON,
            "output": JSON | JSON.map(json.dumps),
        },
    )
    | JSON,
    max_size=5,
)
CHOICES = (
    st.sampled_from(["auto", "none", "required"]) | st.fixed_dictionaries({"name": st.text(max_size=8)}) | JSON
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(items=ITEMS, tools=TOOL_LISTS, choice=CHOICES, instructions=st.text(max_size=40))
def test_any_request_is_answered(
    brain: StandInBrain, items: list[Any], tools: list[Any], choice: Any, instructions: str
) -> None:
    check(list(brain.answer(BrainRequest(items, tools, choice, instructions))))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(said=TEXTS, schema=SCHEMAS, forced=st.booleans())
def test_any_schema_is_filled_or_asked_about(brain: StandInBrain, said: str, schema: Any, forced: bool) -> None:
    odd = {"type": "function", "name": "roll_dice", "description": "Roll some dice.", "parameters": schema}
    choice = "required" if forced else "auto"
    for text in (said, f"Roll some dice {said}"):
        check(ask(brain, [spoken(text)], [odd], tool_choice=choice))


def check(parts: list[Say | CallTool]) -> None:
    assert parts
    for part in parts:
        if isinstance(part, CallTool):
            assert isinstance(json.loads(part.arguments), dict)
        else:
            assert part.text.strip()


def test_two_hundred_tools(brain: StandInBrain) -> None:
    many = [tool(f"read_sensor_{n}", f"Reading of sensor number {n}.") for n in range(200)]
    parts = ask(brain, [spoken("How fast is our reaction at 40 degrees?")], [*many, *TOOLS])
    assert calls(parts) == [("reaction_rate", {"temperature": 40})]


def test_a_very_long_utterance(brain: StandInBrain) -> None:
    check(ask(brain, [spoken("roll two dice and then " * 3000)], TOOLS))


def test_other_scripts(brain: StandInBrain) -> None:
    for said in ("反応はどのくらい速いですか", "Как быстро идёт реакция при сорока градусах?", "٤٠ درجة", "🎲🎲"):
        check(ask(brain, [spoken(said)], TOOLS))


def test_a_wrong_model_file_is_refused_with_a_cure(tmp_path: Path) -> None:
    wrong = tmp_path / "model.onnx"
    with pytest.raises(
        LocalEndpointError, match=r"does not exist; give the path of the sentence model's model\.onnx"
    ):
        StandInBrain.load(wrong)
    wrong.write_bytes(b"not a model")
    with pytest.raises(LocalEndpointError, match=r"the sentence model at .* cannot be used"):
        StandInBrain.load(wrong)
