"""Whatever happens to a notebook, in any order: no microphone, session, thread or process is left unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from devtools.endpoints.echo import EchoEndpoint
from tests.browser.life.talk import Talk, open_talk
from tests.core.cases import NIGHTLY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from devtools.browser.lab import Lab

pytestmark = pytest.mark.browser

ACTIONS = (
    Talk.run_again,
    Talk.clear_output,
    Talk.delete_cell,
    Talk.close_session,
    Talk.restart_kernel,
    Talk.kill_kernel,
    Talk.close_notebook,
    Talk.reload,
    Talk.open_second,
    Talk.close_second,
    Talk.lose_network,
    Talk.switch_microphone,
    Talk.mute,
    Talk.speak,
    Talk.start_again,
)
#: Each action once; the nightly run also has each of them right before each other one.
EVERYDAY = (
    (Talk.run_again, Talk.clear_output, Talk.restart_kernel),
    (Talk.open_second, Talk.speak, Talk.close_second),
    (Talk.reload, Talk.switch_microphone, Talk.kill_kernel),
    (Talk.lose_network, Talk.close_session, Talk.start_again),
    (Talk.mute, Talk.delete_cell, Talk.close_notebook),
)


def orders() -> list[tuple[Callable[[Talk], Awaitable[None]], ...]]:
    """Return orders of three actions: some two hundred in the nightly run, else a few."""
    if settings.default is None or settings.default.max_examples < NIGHTLY:
        return [*EVERYDAY]
    count = len(ACTIONS)
    turns = [(first, first + near, first + 3 * near + 1) for near in range(1, count) for first in range(count)]
    return [*EVERYDAY, *(tuple(ACTIONS[place % count] for place in turn) for turn in turns)]


async def test_nothing_unseen_is_left_after_any_order_of_three_things(lab: Lab) -> None:
    failures: list[str] = []
    async with EchoEndpoint() as endpoint:
        talk = await open_talk(lab, endpoint)
        for order in orders():
            done: list[str] = []
            try:
                await talk.begin()
                for action in order:
                    done.append(action.__name__)
                    await action(talk)
                    await talk.check_tracks()
                await talk.check_kernel()
            except AssertionError as error:
                failures.append(f"{' > '.join(done)}: {error}")
        await talk.end()
    assert not failures, "\n".join(failures)
