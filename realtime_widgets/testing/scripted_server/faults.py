"""Faults for the steps of a script: events that are sent twice, or in another order that the protocol allows."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from realtime_widgets.testing.scripted_server.steps import Emit, Expect, ExpectAnyOrder, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

_DELTAS = frozenset({"response.output_audio.delta", "response.output_audio_transcript.delta"})
_OF_A_RESPONSE = ("response.output_", "response.content_part.", "response.function_call_arguments.")
_CHAIN = ("conversation.item.added", "conversation.item.created")


def duplicate(steps: Iterable[Step], *types: str) -> list[Step]:
    """Send server events of these types twice under the same ``event_id``; without types, all events."""

    def twice(sent: Emit) -> Emit:
        return replace(sent, copies=2) if not types or sent.event["type"] in types else sent

    def doubled(step: Step) -> Step:
        match step:
            case Emit():
                return twice(step)
            case Expect():
                return replace(step, replies=tuple(twice(reply) for reply in step.replies))
            case ExpectAnyOrder():
                return ExpectAnyOrder(
                    tuple(replace(each, replies=tuple(map(twice, each.replies))) for each in step.events)
                )
            case _:
                return step

    return [doubled(step) for step in steps]


def reorder(steps: Iterable[Step], seed: int = 0) -> list[Step]:
    """Shuffle consecutive server events as far as the protocol leaves their order open.

    These may change places: the words and the sound of one content part; the items of one response, although
    each item's own events keep their order and items join the conversation in theirs; transcripts of what the user
    said, with anything after their item; and rate limits. Everything else stays where it is.

    Parameters
    ----------
    steps
        The steps of a script, or a part of them.
    seed
        Seed of the shuffle; the same seed produces the same order.
    """
    choose = random.Random(seed)
    result: list[Step] = []
    run: list[Emit] = []
    for step in steps:
        if isinstance(step, Emit):
            run.append(step)
            continue
        result += _shuffled(run, choose)
        result.append(step)
        run = []
    return result + _shuffled(run, choose)


def may_swap(first: Emit, second: Emit) -> bool:
    """Whether the protocol lets `second` come before `first`."""
    one: str = first.event["type"]
    two: str = second.event["type"]
    if "rate_limits.updated" in (one, two):
        return one != two
    if (_transcribes(one) or _transcribes(two)) and not _same(_item(first), _item(second)):
        return True
    if one in _CHAIN and two in _CHAIN:
        return False
    if not (_moves(one) and _moves(two)):
        return False
    if _same(_item(first), _item(second)):
        return one in _DELTAS and two in _DELTAS and one != two
    return not (one == two == "response.output_item.added")


def _shuffled(run: list[Emit], choose: random.Random) -> list[Step]:
    left, result = list(run), []
    while left:
        free = [
            index for index, sent in enumerate(left) if all(may_swap(earlier, sent) for earlier in left[:index])
        ]
        result.append(left.pop(choose.choice(free)))
    return list(result)


def _transcribes(type: str) -> bool:
    return type.startswith("conversation.item.input_audio_transcription.")


def _moves(type: str) -> bool:
    """Whether an event belongs to an item of a response, or to the item's place in the conversation."""
    return type.startswith(_OF_A_RESPONSE) or type in (*_CHAIN, "conversation.item.done")


def _item(sent: Emit) -> object:
    item = sent.event.get("item")
    return sent.event.get("item_id") or (item.get("id") if isinstance(item, dict) else item)


def _same(one: object, two: object) -> bool:
    return bool(one == two) or callable(one) or callable(two) or one is None or two is None
