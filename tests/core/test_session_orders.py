"""What holds in whatever order the service, the player, the tools and the person come."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from realtime_widgets.protocol import events as ev
from tests.core.cases import cases
from tests.core.service import PLANS, SERVICES, Plan, Service
from tests.core.world import World

STEPS = st.lists(
    st.sampled_from(
        [
            "ask",
            "speak",
            "interrupt",
            "cough",
            "close",
            "murmur",
            "time",
            "write",
            "step",
            "read",
            "tool",
            "hear",
            "silenced",
            *["go on"] * 4,
        ]
    ),
    min_size=5,
    max_size=50,
)


def requests_on_their_way(world: World) -> int:
    asked = sum(isinstance(event, ev.ResponseCreate) for event in world.sent)
    begun = sum("request" in response.metadata for response in world.core.conversation.responses.values())
    read = sum(isinstance(event, ev.ErrorEvent) and bool(event.error.event_id) for event in world.service.out)
    return asked - begun - (world.service.refused - read)


def play_out(world: World, steps: list[str]) -> None:
    for step in steps:
        match step:
            case "ask":
                world.ask()
            case "speak":
                world.speak()
            case _:
                world.act(step)
        check_always(world)


def check_always(world: World) -> None:
    assert 0 <= requests_on_their_way(world) <= 1
    assert not world.overlapping
    interrupted = {id for turn in world.core.turns.values() if turn.interrupted for id in turn.response_ids}
    for item in world.core.conversation:
        for _, part in world.core.ledger.item_parts(item.id):
            assert 0 <= part.heard <= part.sent <= part.received
            assert not part.cut or item.response_id in interrupted
    for event in world.sent:
        if isinstance(event, ev.ItemTruncate):
            [(_, part)] = world.core.ledger.item_parts(event.item_id)
            assert 0 < event.audio_end_ms <= part.received * 1000 // 24000


def check_the_end(world: World) -> None:
    assert all(turn.done for turn in world.core.turns.values())
    assert Counter(turn.id for turn in world.ended) == Counter(list(world.core.turns))
    assert world.core.quiet()
    states = [part for item in world.core.conversation for _, part in world.core.ledger.item_parts(item.id)]
    assert all(part.cut or part.heard == part.received for part in states)
    assert len(world.player.heard) == 2 * sum(part.heard for part in states)
    assert Counter(world.service.outputs) == Counter(list(world.core.calls))
    assert set(world.service.calls) <= set(world.core.calls)
    check_questions_follow_outputs(world)
    truncated = Counter(event.item_id for event in world.sent if isinstance(event, ev.ItemTruncate))
    assert all(times == 1 for times in truncated.values())


def check_questions_follow_outputs(world: World) -> None:
    """A response with calls is followed up once, after its last output, unless it was interrupted."""
    sent = [getattr(event, "item", {}).get("call_id") or event.event_id for event in world.sent]
    for turn in world.core.turns.values():
        for before, after in pairwise(turn.response_ids):
            calls = [call.call_id for call in world.core.calls.values() if call.response_id == before]
            request = world.core.conversation.responses[after].metadata.get("request")
            assert calls
            assert request is None or all(sent.index(call_id) < sent.index(request) for call_id in calls)
        last = turn.response_ids[-1:]
        if not turn.interrupted:
            assert not [call for call in world.core.calls.values() if call.response_id in last]


@cases(150)
@example(Service(), ["speak", "speak", "step", "step"] * 2 + ["speak", "speak", "go on"], None, False)
@example(
    Service(sends_item_done=False), ["ask", "speak", "speak", "speak", "go on", "go on", "interrupt"], 1.0, False
)
@example(
    Service(transcribes=True, sends_item_done=False),
    ["ask", "go on", "step", "go on", "go on", "cough"],
    1.0,
    False,
)
@example(
    Service(transcribes=True, sends_item_done=False),
    ["ask", "go on", "step", "step", "step", "cough", "go on", "interrupt"],
    1.0,
    False,
)
@example(
    Service(transcribes=True, sends_item_done=False),
    ["ask", "ask", *["go on"] * 4, "cough", "go on", "go on", "speak"],
    1.0,
    False,
)
@given(SERVICES, STEPS, st.sampled_from([None, 1.0]), st.booleans())
def test_every_turn_ends_and_every_call_has_one_output(
    service: Service, steps: list[str], limit_s: float | None, closes: bool
) -> None:
    """Invariants 1, 2, 4, 5, 6, 7 and 11."""
    world = World(service, limit_s)
    play_out(world, steps)
    if closes:
        world.close_microphone()
    elif service.hears_speech:
        service.speak()
    world.settle()
    check_always(world)
    check_the_end(world)


@cases(60)
@given(PLANS, STEPS.map(lambda steps: [step for step in steps if step != "speak"]))
def test_a_server_that_echoes_no_metadata_serves_every_request(plans: list[Plan], steps: list[str]) -> None:
    """Invariants 1, 2, 6 and 7."""
    service = Service(echoes_metadata=False)
    service.plans.extend(plans)
    world = World(service)
    for step in steps:
        play_out_without_names(world, step)
    world.settle()
    check_the_end(world)
    assert service.refused == 0


def play_out_without_names(world: World, step: str) -> None:
    before = sum(isinstance(event, ev.ResponseCreate) for event in world.sent)
    match step:
        case "ask":
            world.ask()
        case "interrupt":
            world.interrupt()
        case "write":
            world.write()
        case "step":
            world.service.step()
        case "tool":
            world.end_tool()
        case "hear":
            world.hear(1000)
        case "read":
            world.read()
        case _:
            world.go_on()
    assert sum(isinstance(event, ev.ResponseCreate) for event in world.sent) <= before + 1
