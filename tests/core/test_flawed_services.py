"""A service that answers nothing, or without ids: from every state there is a way on, and Stop always works."""

from __future__ import annotations

from collections import Counter, deque

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.core.turn_taking.patience import STOP_S
from tests.core.cases import cases
from tests.core.flawed_service import FLAWS, FlawedService
from tests.core.service import COUGHS
from tests.core.test_session_orders import PLANS, STEPS
from tests.core.world import World

SERVICES = st.builds(
    FlawedService,
    interrupt_response=st.booleans(),
    echoes_metadata=st.booleans(),
    sends_item_done=st.booleans(),
    transcribes=st.booleans(),
    hears_silence=st.booleans(),
    coughs=COUGHS,
    plans=PLANS.map(deque),
    flaws=st.frozensets(st.sampled_from(FLAWS), min_size=1, max_size=3),
)


def check(world: World) -> None:
    core = world.core
    assert all(turn.done for turn in core.turns.values())
    assert Counter(turn.id for turn in world.ended) == Counter(list(core.turns))
    assert core.quiet()


@cases(300)
@given(SERVICES, STEPS, st.sampled_from([None, 1.0]), st.booleans())
def test_from_every_state_there_is_a_way_on(
    service: FlawedService, steps: list[str], limit_s: float | None, slow: bool
) -> None:
    """Invariants 1 and 7."""
    world = World(service, limit_s, slow)
    world.play_out(steps)
    world.settle()
    check(world)
    outputs = Counter(getattr(event, "item", {}).get("call_id") for event in world.sent)
    for call_id, call in world.core.calls.items():
        assert outputs[call_id] == 1 or call.item_id not in world.core.conversation.items
        assert outputs[call_id] <= 1


@cases(300)
@given(SERVICES, STEPS, st.sampled_from([None, 1.0]))
def test_stop_always_works(service: FlawedService, steps: list[str], limit_s: float | None) -> None:
    """Invariant 7."""
    world = World(service, limit_s)
    world.play_out(steps)
    open_turns = sum(not turn.done for turn in world.core.turns.values())
    for _ in range(1 + open_turns + len(service.plans)):
        if world.core.activity == "listening":
            break
        world.interrupt()
        while world.silenced() or world.end_tool():
            pass
        world.pass_seconds(STOP_S)
    assert world.core.activity == "listening"


@cases(100)
@given(SERVICES, STEPS, st.booleans())
def test_a_talk_with_a_flawed_service_survives_losses(
    service: FlawedService, steps: list[str], slow: bool
) -> None:
    """Invariants 7 and 8."""
    world = World(service, 1.0, slow)
    for number, step in enumerate(steps):
        world.play_out([step])
        if number % 7 == 6:
            world.cut()
            world.pass_time()
            world.reconnect()
    world.settle()
    check(world)
