"""What holds wherever the connection is cut: every turn goes on in the next session, or is named as lost."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.client.cases import cases
from tests.client.service import Plan, Service
from tests.client.test_session_orders import SERVICES
from tests.client.world import World

KINDS = [
    "ask", "speak", "cough", "time", "interrupt", "write", "step", "read", "tool", "hear", "silenced",
    *["go on"] * 6, *["cut"] * 2,
    *["reconnect"] * 3,
]  # fmt: skip
STEPS = st.lists(st.sampled_from(KINDS), min_size=5, max_size=60)


def play_out(world: World, steps: list[str]) -> None:
    for number, step in enumerate(steps):
        match step:
            case "ask":
                world.say(number)
            case "speak":
                world.speak()
            case _:
                world.act(step)
        for item in world.core.conversation:
            for _, part in world.core.ledger.item_parts(item.id):
                assert 0 <= part.heard <= part.sent <= part.received


def finish(world: World) -> None:
    world.reconnect()
    world.settle()
    if world.service.hears_speech:
        world.speak()
    world.settle()


def check(world: World) -> None:
    core, service = world.core, world.service
    assert core.quiet()
    for turn in core.turns.values():
        assert turn.done
        responses = [core.conversation.responses[response_id] for response_id in turn.response_ids]
        answered = bool(responses) and responses[-1].status == "completed"
        assert turn.error or turn.interrupted or answered
    assert Counter(turn.id for turn in world.ended) == Counter(list(core.turns))
    told = " ".join(notice.text for notice in core.notices)
    for item in core.conversation:
        if item.role == "user" and item.id not in service.items:
            assert item.forgotten
            assert "The model does not know any more" in told
        elif not item.forgotten:
            names = {own for own, known in core.conversation.aliases.items() if known == item.id}
            assert (names | {item.id}) & set(service.items)
    questions = {text for text in service.items.values() if text.startswith("Question")}
    assert Counter(questions) == Counter(
        item.text for item in core.conversation if item.text.startswith("Question")
    )
    assert all(times == 1 for times in Counter(service.outputs).values())
    assert set(service.outputs) == {call_id for call_id in core.calls if call_id in service.known_calls}


@cases(200)
@given(SERVICES, STEPS, st.sampled_from([None, 1.0]))
def test_every_turn_goes_on_or_is_named_as_lost(service: Service, steps: list[str], limit_s: float | None) -> None:
    """Invariants 1, 4, 5, 7 and 8."""
    world = World(service, limit_s)
    play_out(world, steps)
    finish(world)
    check(world)


@pytest.mark.parametrize("seed", range(20))
def test_a_long_talk_survives_many_losses(seed: int) -> None:
    chance = random.Random(seed)
    service = Service(transcribes=bool(seed % 2))
    service.plans.extend(Plan(chance.random() < 0.8, chance.choice([0, 0, 1, 2])) for _ in range(200))
    world = World(service, limit_s=1.0 if seed % 3 else None)
    steps: list[str] = []
    for _ in range(5):
        steps += [*chance.choices(KINDS, k=60), "cut", "reconnect"]
    play_out(world, steps)
    finish(world)
    check(world)
